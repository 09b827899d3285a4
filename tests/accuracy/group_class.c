/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/calibrate.h"
#include "tests/accuracy/errors.h"
#include "tests/accuracy/group.h"
#include "tests/accuracy/rig.h"

#include <math.h>

/* The limits of class 0.5 S, UNVERIFIED: In and above of 0.05 In at PF 1; at other factors from 0.1 In, below twice
 * and less. */
struct factor {
    const char *name;
    double phi_deg;
    double low_pct;  /* from 0.05 In */
    double high_pct; /* from 0.1 In */
};

static const struct factor factors[] = {{"PF 1", 0, 0.5, 0.5},
                                        {"PF 0.5 ind", 60, 1.0, 0.6},
                                        {"PF 0.8 cap", -36.869897645844, 1.0, 0.6},
                                        {"PF 0.25 ind", 75.522487814070, 0, 1.0},
                                        {"PF 0.5 cap", -60, 0, 1.0}};

static const struct current {
    double ratio; /* of In */
    const char *name;
    double bias_pct;
    int repeats, reduced; /* of 10 s */
} currents[] = {{0.05, "0.05 In", 0.05, 60, 0}, {0.1, "0.1 In", 0.02, 90, 0}, {0.2, "0.2 In", 0.02, 24, 0},
                {0.5, "0.5 In", 0.02, 12, 0},   {1, "In", 0.02, 12, 4},       {7, "Imax", 0.02, 12, 4}};

static const double settle_s = 1, average_s = 10;

/* Active energy of the averages, in percent of the true one and of S. */
static void measure(struct errors *error, struct errors *bias, const struct rig_config *config, int repeats)
{
    static struct rig rig;
    struct reading reading;
    double s_va = config->steady.u_v * config->steady.i_a;
    double p_w = s_va * cos(config->steady.phi_deg * 6.283185307179586 / 360);
    rig_init(&rig, config);
    rig_skip(&rig, settle_s);
    for (int n = 0; n < repeats; n++) {
        double energy_ws = 0, s = 0;
        while (s < average_s) {
            rig_read(&rig, &reading);
            energy_ws += reading.point[0].p_w * reading.duration_s;
            s += reading.duration_s;
        }
        errors_add(error, 100 * (energy_ws / s - p_w) / p_w);
        errors_add(bias, 100 * (energy_ws / s - p_w) / s_va);
    }
    rig_close(&rig);
}

static void add_rows(const struct run *run, struct rig_config *config, const struct current *current,
                     const struct factor *factor, bool export)
{
    struct errors error = {0}, bias = {0};
    double sign = factor->phi_deg < 0 ? -1 : 1; /* export: the current turned round */
    int repeats = run->full ? current->repeats : current->reduced;
    config->steady.i_a = current->ratio * config->board.i_nominal_a;
    config->steady.phi_deg = export ? factor->phi_deg - sign * 180 : factor->phi_deg;
    measure(&error, &bias, config, repeats);
    const char *way = export ? "export" : "import";
    double limit = current->ratio < 0.1 ? factor->low_pct : factor->high_pct;
    struct row row = {.quantity = "P, 10 s",
                      .unit = "%",
                      .kind = ROW_WORST,
                      .mark = ROW_RECALLED,
                      .n = error.n,
                      .error = errors_worst(&error),
                      .limit = limit};
    table_row(run->table, &row, "%g Hz, %s, %s, %s", config->steady.f_hz, current->name, factor->name, way);
    struct row mean = {.quantity = "P, bias",
                       .unit = "% of S",
                       .kind = ROW_MEAN,
                       .n = bias.n,
                       .error = errors_mean(&bias),
                       .limit = current->bias_pct};
    table_row(run->table, &mean, "%g Hz, %s, %s, %s", config->steady.f_hz, current->name, factor->name, way);
}

void group_class(const struct run *run)
{
    static const double mains_hz[] = {60, 50};
    for (size_t m = 0; m < (run->full ? 2 : 1); m++) {
        struct rig_config config;
        rig_reference(&config, mains_hz[m]);
        rig_noise(&config, run->seed + m);
        unit_draw(&config, run->seed + m);
        calibrate(&config, 60, run->full ? 120 : 60);
        for (size_t c = 0; c < sizeof currents / sizeof currents[0]; c++)
            for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++) {
                bool due = run->full || (currents[c].reduced > 0 && f < 3);
                if (!due || (currents[c].ratio < 0.1 && factors[f].low_pct <= 0))
                    continue;
                config.sim.seed = config.pace_seed = run->seed * 1000 + m * 100 + c * 10 + f;
                add_rows(run, &config, &currents[c], &factors[f], false);
                add_rows(run, &config, &currents[c], &factors[f], true);
            }
    }
}
