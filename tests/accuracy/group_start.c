/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/calibrate.h"
#include "tests/accuracy/errors.h"
#include "tests/accuracy/group.h"
#include "tests/accuracy/rig.h"

#include <math.h>
#include <stdio.h>

static const double start_ratio = 0.004, start_within_s = 60, register_s = 600,
                    rad_per_deg = 6.283185307179586 / 360;
static const double crosstalk = 6e-4; /* board/README.md: 20 pF of 33 nF */
static const double pulse_uwh = 1e6;  /* 1,000 imp/kWh */

static int64_t total(const struct energy *energy)
{
    return energy->import_uwh + energy->export_uwh + energy->q1_uvarh + energy->q2_uvarh + energy->q3_uvarh +
           energy->q4_uvarh;
}

/* Without active power its sign is the noise's, and both quadrants of the reactive power's sign take it up. */
static int64_t quadrant(const struct energy *energy, double phi_deg)
{
    int64_t importing = phi_deg > 0 ? energy->q1_uvarh : energy->q4_uvarh;
    int64_t exporting = phi_deg > 0 ? energy->q2_uvarh : energy->q3_uvarh;
    if (fabs(phi_deg) < 90)
        return importing;
    return fabs(phi_deg) > 90 ? exporting : importing + exporting;
}

static void add_register(struct table *table, const char *name, double phi_deg, int64_t uwh, double power,
                         double s)
{
    if (fabs(power) < 0.1) /* nothing to register */
        return;
    struct row row = {.unit = "%", .kind = ROW_WORST, .n = 1, .limit = 10};
    snprintf(row.quantity, sizeof row.quantity, "%s", name);
    row.error = 100 * ((double)uwh * 3600e-6 / (fabs(power) * s) - 1);
    table_row(table, &row, "0.004 In, current lagging by %g deg, %g s", phi_deg, register_s);
}

static void measure_start(const struct run *run, struct rig_config *config, double phi_deg)
{
    static struct rig rig;
    struct reading reading;
    config->steady.i_a = start_ratio * config->board.i_nominal_a;
    config->steady.phi_deg = phi_deg;
    config->sim.seed = config->pace_seed = run->seed + (uint64_t)(phi_deg + 360);
    rig_init(&rig, config);
    double started_s = (double)NAN;
    do {
        rig_read(&rig, &reading);
        if (isnan(started_s) && total(&rig.registers.energy[0]) > 0)
            started_s = rig_seconds(&rig, reading.end_ns);
    } while (rig_seconds(&rig, reading.end_ns) < start_within_s);
    struct row row = {.quantity = "starts after",
                      .unit = "s",
                      .kind = ROW_WORST,
                      .n = 1,
                      .error = started_s,
                      .limit = start_within_s};
    table_row(run->table, &row, "0.004 In, current lagging by %g deg", phi_deg);
    struct energy before = rig.registers.energy[0];
    int64_t before_ns = reading.end_ns;
    rig_skip(&rig, start_within_s + register_s);
    struct energy energy = energy_difference(&rig.registers.energy[0], &before);
    double s = (double)(rig.registers.metered_ns - (before_ns - rig.start_ns)) * 1e-9 +
               (double)rig.registers.unmetered_ns * 1e-9;
    rig_close(&rig);
    double s_va = config->steady.u_v * config->steady.i_a;
    add_register(run->table, "P register", phi_deg,
                 cos(phi_deg * rad_per_deg) > 0 ? energy.import_uwh : energy.export_uwh,
                 s_va * cos(phi_deg * rad_per_deg), s);
    add_register(run->table, "Q1 register", phi_deg, quadrant(&energy, phi_deg),
                 s_va * sin(phi_deg * rad_per_deg), s);
}

/* The fullest register after the standard's time, in pulses. */
static double no_load_pulses(const struct rig_config *config, double seconds)
{
    static struct rig rig;
    rig_init(&rig, config);
    rig_skip(&rig, seconds);
    const struct energy *energy = &rig.registers.energy[0];
    const int64_t value[] = {energy->import_uwh, energy->export_uwh, energy->q1_uvarh,     energy->q2_uvarh,
                             energy->q3_uvarh,   energy->q4_uvarh,   energy->apparent_uvah};
    double most = 0;
    for (size_t k = 0; k < sizeof value / sizeof value[0]; k++)
        most = fmax(most, (double)value[k] / pulse_uwh);
    rig_close(&rig);
    return most;
}

static void measure_no_load(const struct run *run, const struct rig_config *start_config)
{
    struct rig_config config = *start_config;
    const struct board *board = &config.board;
    double standard_s = 60 * 600e6 / (board->pulse.imp_per_kwh * board->u_nominal_v * board->i_max_a);
    double seconds = run->full ? standard_s : standard_s / 5;
    config.steady.i_a = 0;
    config.steady.u_v = 1.15 * board->u_nominal_v;
    struct row row = {.quantity = "fullest register",
                      .unit = "pulses",
                      .kind = ROW_COUNT,
                      .mark = ROW_SEEN,
                      .n = 1,
                      .error = no_load_pulses(&config, seconds),
                      .limit = 1};
    table_row(run->table, &row, "no load, 1.15 Un, %.0f min, crosstalk calibrated", seconds / 60);
    config.calibration.channel[1].crosstalk = 0;
    row.kind = ROW_FIGURE;
    row.error = no_load_pulses(&config, standard_s / 5);
    table_row(run->table, &row, "the same without its calibration, %.0f min", standard_s / 300);
}

void group_start(const struct run *run)
{
    static const double full_deg[] = {0, 180, 45, 135, -135, -45, 90, -90};
    struct rig_config config;
    rig_reference(&config, 60);
    rig_noise(&config, run->seed);
    config.sim.crosstalk = crosstalk;
    calibrate_crosstalk(&config, 60);
    struct row row = {.quantity = "share found",
                      .unit = "1",
                      .kind = ROW_FIGURE,
                      .error = config.calibration.channel[1].crosstalk};
    table_row(run->table, &row, "crosstalk of %g, from 60 s with the conductor open", crosstalk);
    for (size_t k = 0; k < (run->full ? sizeof full_deg / sizeof full_deg[0] : 4); k++)
        measure_start(run, &config, full_deg[k]);
    measure_no_load(run, &config);
}
