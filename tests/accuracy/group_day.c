/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/interval.h"
#include "hal/sim/house.h"
#include "tests/accuracy/fail.h"
#include "tests/accuracy/group.h"
#include "tests/accuracy/rig.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, QUARTER_MS = 900000, MINUTE_MS = 60000, BUILDERS = 2 };

static const char *const name[ENERGIES] = {"import",       "export",      "quadrant I", "quadrant II",
                                           "quadrant III", "quadrant IV", "apparent"};

struct sums {
    struct interval_builder builder;
    int64_t energy[ENERGIES];
    int intervals;
};

static void take(struct sums *sums, const struct interval *closed)
{
    int64_t value[ENERGIES];
    memcpy(value, &closed->point[0].energy, sizeof value);
    for (int k = 0; k < ENERGIES; k++)
        sums->energy[k] += value[k];
    sums->intervals++;
}

static void run_day(struct rig *rig, struct sums sums[BUILDERS], double seconds)
{
    struct reading reading;
    struct interval closed;
    do {
        rig_read(rig, &reading);
        for (int b = 0; b < BUILDERS; b++)
            if (interval_add(&sums[b].builder, &reading, &rig->registers, reading.start_ns / 1000000,
                             reading.end_ns / 1000000, &closed))
                take(&sums[b], &closed);
    } while (rig_seconds(rig, reading.end_ns) < seconds);
    for (int b = 0; b < BUILDERS; b++)
        if (interval_close(&sums[b].builder, &rig->registers, &closed))
            take(&sums[b], &closed);
}

static void add_registers(const struct run *run, struct rig *rig, const char *board, double limit_pct)
{
    struct sim_truth truth;
    int64_t meter[ENERGIES];
    rig_truth(rig, &truth);
    memcpy(meter, &rig->registers.energy[0], sizeof meter);
    for (int k = 0; k < ENERGIES; k++) {
        double model = truth.energy[CIRCUIT_GRID][k];
        struct row row = {.unit = "%",
                          .kind = ROW_WORST,
                          .n = 1,
                          .error = 100 * ((double)meter[k] / model - 1),
                          .limit = limit_pct};
        snprintf(row.quantity, sizeof row.quantity, "%s", name[k]);
        table_row(run->table, &row, "%s, %.0f h, %.6g Wh, varh or VAh", board, truth.duration_s / 3600,
                  model * 1e-6);
    }
}

static void add_intervals(const struct run *run, const struct rig *rig, const struct sums *sums,
                          const char *board)
{
    int64_t meter[ENERGIES];
    memcpy(meter, &rig->registers.energy[0], sizeof meter);
    struct row row = {
        .quantity = "sum - register", .unit = "micro-unit", .kind = ROW_WORST, .n = sums->intervals};
    for (int k = 0; k < ENERGIES; k++)
        row.error = fmax(row.error, fabs((double)(sums->energy[k] - meter[k])));
    table_row(run->table, &row, "%s, sum of %d intervals", board, sums->intervals);
}

static void measure(const struct run *run, struct rig_config *config, const char *board, double limit_pct)
{
    static struct rig rig;
    struct house_config house = {.f_nominal_hz = config->board.f_nominal_hz,
                                 .u_nominal_v = config->board.u_nominal_v,
                                 .solar_peak_w = 2500,
                                 .seed = run->seed,
                                 .legs = 1};
    struct sums sums[BUILDERS] = {0};
    struct house *home = house_init(&house);
    if (home == NULL)
        fail("no house");
    interval_init(&sums[0].builder, MINUTE_MS, 0);
    interval_init(&sums[1].builder, QUARTER_MS, 0);
    config->source = house_source(home);
    config->with_truth = true;
    rig_init(&rig, config);
    run_day(&rig, sums, DAY_S);
    add_registers(run, &rig, board, limit_pct);
    for (int b = 0; b < BUILDERS; b++)
        add_intervals(run, &rig, &sums[b], board);
    rig_close(&rig);
    house_close(home);
}

void group_day(const struct run *run)
{
    struct rig_config config;
    rig_reference(&config, 60);
    rig_noise(&config, run->seed);
    measure(run, &config, "reference board", 0.01);
}

void group_ideal_day(const struct run *run)
{
    struct rig_config config;
    rig_reference(&config, 60);
    rig_ideal(&config);
    config.pace_seed = run->seed;
    measure(run, &config, "ideal converter", 0.001);
}
