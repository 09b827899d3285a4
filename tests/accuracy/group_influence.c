/* SPDX-License-Identifier: GPL-3.0-or-later */
/* group_influence.c - the waveforms of IEC 62053-21's influence tests at the scan rates that the firmware permits: from
 * 3,000 a second (firmware/config) to what two conversions leave room for (firmware/source: 1 / (1.1 x 2 x 31.8 us)).
 */
#include "tests/accuracy/errors.h"
#include "tests/accuracy/group.h"
#include "tests/accuracy/probe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Limits: a quarter of the variation that class 1 permits. */
static const struct wave {
    const char *name;
    double i_ratio; /* of In, of the sine that the shape is cut from, or the fundamental */
    const char *u_harmonics, *i_harmonics;
    struct shape_config shape;
    double p_ratio; /* true P over U I of that sine */
    double limit_pct;
    enum row_mark mark;
    bool registers;
} waves[] = {
    {"5th in U 10 % and I 40 %, 0.5 Imax", 3.5, "5:10:0", "5:40:0", {0}, 1.04, 0.2, ROW_SEEN, false},
    {"half-wave, Imax/sqrt2", 7, "", "", {.kind = SHAPE_HALF_WAVE}, 0.5, 0.75, ROW_SEEN, true},
    {"burst 2/2, 0.5 In",
     0.5,
     "",
     "",
     {.kind = SHAPE_BURST, .on_cycles = 2, .off_cycles = 2},
     0.5,
     0.75,
     ROW_RECALLED,
     false},
    {"fired at 45 deg, 0.5 In",
     0.5,
     "",
     "",
     {.kind = SHAPE_PHASE_FIRED, .fired_deg = 45},
     0.909154943091895,
     0.75,
     ROW_RECALLED,
     false},
    {"fired at 90 deg, 0.5 In",
     0.5,
     "",
     "",
     {.kind = SHAPE_PHASE_FIRED, .fired_deg = 90},
     0.5,
     0.75,
     ROW_RECALLED,
     false},
    {"fired at 135 deg, 0.5 In",
     0.5,
     "",
     "",
     {.kind = SHAPE_PHASE_FIRED, .fired_deg = 135},
     0.090845056908105,
     0.75,
     ROW_RECALLED,
     false},
};

/* Ratios to 50 and 60 Hz that stand still, and some that do not. */
static const double rates_hz[] = {3000, 3200, 3600, 4000, 4500,  4800,  5000,  6000,  6400, 7200,
                                  7500, 8000, 9000, 9600, 10000, 12000, 12800, 14000, 14290};
static const struct band {
    const char *name;
    double from_hz, to_hz;
} bands[] = {{"8,000", 8000, 8000},
             {"3,000-3,600", 3000, 3600},
             {"4,000-7,500", 4000, 7500},
             {"9,000-14,290", 9000, 14290}};

static const double settle_s = 2, average_s = 10;

struct found {
    struct errors p, registers;
    double worst_rate_hz;
};

static void measure(struct found *found, const struct run *run, const struct wave *wave, double mains_hz,
                    double rate_hz, uint64_t repeat)
{
    struct rig_config config;
    struct probe probe;
    rig_reference(&config, mains_hz);
    rig_noise(&config, run->seed + 1000 * repeat + (uint64_t)rate_hz);
    config.scan_rate_hz = rate_hz;
    config.steady.i_a = wave->i_ratio * config.board.i_nominal_a;
    config.steady.shape = wave->shape;
    snprintf(config.steady.u_harmonics, STEADY_HARMONICS, "%s", wave->u_harmonics);
    snprintf(config.steady.i_harmonics, STEADY_HARMONICS, "%s", wave->i_harmonics);
    probe_run(&probe, &config, settle_s, average_s);
    double p_w = wave->p_ratio * config.steady.u_v * config.steady.i_a;
    double error_pct = 100 * (probe.p_w / p_w - 1);
    if (!(fabs(error_pct) <= errors_worst(&found->p))) /* also the first */
        found->worst_rate_hz = rate_hz;
    errors_add(&found->p, error_pct);
    double import_ws = (double)probe.energy.import_uwh * 3600e-6;
    errors_add(&found->registers, 100 * (import_ws / (p_w * probe.s) - 1));
    errors_add(&found->registers, 100 * (double)probe.energy.export_uwh * 3600e-6 / (p_w * probe.s));
}

static void add_rows(const struct run *run, const struct found *found, const struct wave *wave,
                     double mains_hz, const struct band *band)
{
    struct row row = {.quantity = "P, mean of 10 s",
                      .unit = "%",
                      .kind = ROW_WORST,
                      .mark = wave->mark,
                      .n = found->p.n,
                      .error = errors_worst(&found->p),
                      .limit = wave->limit_pct};
    table_row(run->table, &row, "%s, %g Hz, %s/s (worst at %g)", wave->name, mains_hz, band->name,
              found->worst_rate_hz);
    if (!wave->registers)
        return;
    snprintf(row.quantity, sizeof row.quantity, "registers, 10 s");
    row.error = errors_worst(&found->registers);
    row.n = found->registers.n;
    table_row(run->table, &row, "%s, %g Hz, %s/s", wave->name, mains_hz, band->name);
}

static void measure_band(const struct run *run, const struct wave *wave, double mains_hz,
                         const struct band *band)
{
    struct found found = {0};
    for (size_t k = 0; k < sizeof rates_hz / sizeof rates_hz[0]; k++)
        if (rates_hz[k] >= band->from_hz && rates_hz[k] <= band->to_hz)
            for (uint64_t repeat = 0; repeat < (run->full ? 5 : 1); repeat++)
                measure(&found, run, wave, mains_hz, rates_hz[k], repeat);
    add_rows(run, &found, wave, mains_hz, band);
}

void group_influence(const struct run *run)
{
    static const double mains_hz[] = {60, 50};
    for (size_t w = 0; w < sizeof waves / sizeof waves[0]; w++)
        for (size_t m = 0; m < sizeof mains_hz / sizeof mains_hz[0]; m++)
            for (size_t b = 0; b < (run->full ? sizeof bands / sizeof bands[0] : 1); b++)
                measure_band(run, &waves[w], mains_hz[m], &bands[b]);
}
