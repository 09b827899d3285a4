/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/sim_report.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double micro = 1e-6;
static const double floor_uwh = 1000;

bool sim_report(FILE *file, const struct energy *start, const struct energy *end,
                const struct sim_truth *truth, double limit_pct, double real_s)
{
    int64_t before[ENERGIES], after[ENERGIES];
    memcpy(before, start, sizeof before);
    memcpy(after, end, sizeof after);
    bool good = true;
    fprintf(file, "%-14s %16s %16s %12s %9s\n", "grid register", "meter", "model", "difference", "error %");
    for (int k = 0; k < ENERGIES; k++) {
        double meter = (double)(after[k] - before[k]);
        double model = truth->energy[CIRCUIT_GRID][k];
        double difference = meter - model;
        bool within = limit_pct <= 0 || fabs(difference) <= limit_pct / 100 * model + floor_uwh;
        good = good && within;
        fprintf(file, "%-14.*s %16.6f %16.6f %12.6f ", (int)strcspn(energy_name[k], "_"), energy_name[k],
                meter * micro, model * micro, difference * micro);
        if (model > floor_uwh)
            fprintf(file, "%9.4f%s\n", 100 * difference / model, within ? "" : "  above the limit");
        else
            fprintf(file, "%9s%s\n", "-", within ? "" : "  above the limit");
    }
    fprintf(file, "(Wh, varh, VAh) %.0f s simulated in %.1f s: %.0f times real time\n", truth->duration_s,
            real_s, truth->duration_s / real_s);
    if (limit_pct > 0)
        fprintf(file, "%s: limit %g %%\n", good ? "within the limit" : "ABOVE THE LIMIT", limit_pct);
    return good;
}
