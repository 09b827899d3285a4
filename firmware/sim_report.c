/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/sim_report.h"

#include "firmware/api/record.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double micro = 1e-6;
static const double floor_uwh = 1000;
static const double nearly_empty = 1e-3; /* of the apparent energy */

static const double *model_of(const struct sim_truth *truth, const struct point *point)
{
    return point->leg == 0 ? truth->energy[point->circuit] : truth->leg[point->circuit][point->leg - 1];
}

static bool report_register(FILE *file, const char *name, double meter, double model, double apparent,
                            double limit_pct)
{
    double difference = meter - model;
    double measure = model < nearly_empty * apparent ? apparent : model;
    bool within = limit_pct <= 0 || fabs(difference) <= limit_pct / 100 * measure + floor_uwh;
    fprintf(file, "%-14.*s %16.6f %16.6f %12.6f ", (int)strcspn(name, "_"), name, meter * micro,
            model * micro, difference * micro);
    if (model > floor_uwh)
        fprintf(file, "%9.4f%s\n", 100 * difference / model, within ? "" : "  above the limit");
    else
        fprintf(file, "%9s%s\n", "-", within ? "" : "  above the limit");
    return within;
}

static bool report_point(FILE *file, const struct point *point, const struct energy *start,
                         const struct energy *end, const double model[ENERGIES], double limit_pct)
{
    struct energy gained = energy_difference(end, start);
    int64_t meter[ENERGIES];
    char title[32];
    memcpy(meter, &gained, sizeof meter);
    snprintf(title, sizeof title, "%s register", record_point_name((int64_t)point->circuit * 3 + point->leg));
    fprintf(file, "%-14s %16s %16s %12s %9s\n", title, "meter", "model", "difference", "error %");
    bool good = true;
    for (int k = 0; k < ENERGIES; k++)
        good &=
            report_register(file, energy_name[k], (double)meter[k], model[k], model[ENERGIES - 1], limit_pct);
    return good;
}

bool sim_report(FILE *file, const struct topology *topology, const struct energy start[DSP_POINTS],
                const struct energy end[DSP_POINTS], const struct sim_truth *truth, double limit_pct,
                double real_s)
{
    bool good = true;
    for (int p = 0; p < topology->n_points; p++)
        good &= report_point(file, &topology->point[p], &start[p], &end[p],
                             model_of(truth, &topology->point[p]), limit_pct);
    fprintf(file, "(Wh, varh, VAh) %.0f s simulated in %.1f s: %.0f times real time\n", truth->duration_s,
            real_s, truth->duration_s / real_s);
    if (limit_pct > 0)
        fprintf(file, "%s: limit %g %%\n", good ? "within the limit" : "ABOVE THE LIMIT", limit_pct);
    return good;
}
