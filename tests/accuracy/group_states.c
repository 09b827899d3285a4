/* SPDX-License-Identifier: GPL-3.0-or-later */
/* group_states.c - the testing states of IEC 61000-4-30, scaled to class S: no voltage above 120 % of Udin, state 3's
 * 1.52, 1.40 and 1.28 Udin become 1.20, 1.105 and 1.01. In each state each parameter in five steps.
 *
 * Flicker: 39 changes a minute of Pst 1 in state 2, 110 with Pst 4 in state 3 (1.040 and 4 x 0.844 %, 120 V lamp, 60 Hz);
 *          with it U is the rms of whole periods of the flicker, about 60 s.
 */
#include "tests/accuracy/errors.h"
#include "tests/accuracy/group.h"
#include "tests/accuracy/probe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double settle_s = 2;
static const double u_limit_pct = 0.5, f_limit_mhz = 50, unbalance_limit = 0.3;
static const double bend_pct = 3, floor_pct = 0.15, of_value_pct = 5; /* class II */

static const struct state {
    const char *name;
    double f_step_hz;
    double u_ratio[3];
    const char *harmonics;
    double tone_ratio; /* of an interharmonic of 1 % to the mains frequency; 0 = none */
    const char *flicker;
    double flicker_pct, flicker_s; /* peak to peak; whole periods */
} states[] = {
    {"state 1", 0, {1, 1, 1}, "", 0, "", 0, 60},
    {"state 2", -1, {0.73, 0.80, 0.87}, "3:10:0,5:5:0,29:5:0", 7.5, "1.04:39", 1.04, 20 * 120.0 / 39},
    {"state 3", 1, {1.2, 1.105, 1.01}, "7:10:180,13:5:0,25:5:0", 3.5, "3.376:110", 3.376, 55 * 120.0 / 110},
};

static void set_harmonics(struct rig_config *config, const struct state *state, int order, double pct)
{
    char *text = config->steady.u_harmonics;
    int n = snprintf(text, STEADY_HARMONICS, "%s", state->harmonics);
    if (order > 0)
        snprintf(text + n, STEADY_HARMONICS - (size_t)n, "%s%d:%g:0", n > 0 ? "," : "", order, pct);
}

static void set_state(struct rig_config *config, const struct run *run, const struct state *state,
                      double f_nominal_hz, int phase)
{
    rig_reference(config, f_nominal_hz);
    rig_noise(config, run->seed + (uint64_t)phase);
    config->steady.f_hz = f_nominal_hz + state->f_step_hz;
    config->steady.u_v = state->u_ratio[phase] * config->board.u_nominal_v;
    set_harmonics(config, state, 0, 0);
}

/* After everything else is set. */
static void set_tone(struct rig_config *config, const struct state *state)
{
    if (state->tone_ratio > 0)
        snprintf(config->steady.tones, sizeof config->steady.tones, "%.6f:1:0:0:0",
                 state->tone_ratio * config->steady.f_hz);
}

/* True rms with everything that the state adds, flicker left out. */
static double true_u_v(const struct rig_config *config, const struct state *state, double extra_pct)
{
    double squares = 1 + extra_pct * extra_pct * 1e-4 + (state->tone_ratio > 0 ? 1e-4 : 0);
    for (const char *text = state->harmonics; *text != '\0'; text++) {
        int h, used = 0;
        double pct, deg;
        if (sscanf(text, "%d:%lf:%lf%n", &h, &pct, &deg, &used) != 3)
            break;
        squares += pct * pct * 1e-4;
        text += used;
        if (*text == '\0')
            break;
    }
    return config->steady.u_v * sqrt(squares);
}

static void add_row(const struct run *run, const struct state *state, double f_nominal_hz,
                    const char *quantity, const char *unit, const struct errors *errors, double limit,
                    const char *what)
{
    struct row row = {
        .kind = ROW_WORST, .mark = ROW_SEEN, .n = errors->n, .error = errors_worst(errors), .limit = limit};
    snprintf(row.quantity, sizeof row.quantity, "%s", quantity);
    snprintf(row.unit, sizeof row.unit, "%s", unit);
    table_row(run->table, &row, "%g Hz, %s, %s", f_nominal_hz, state->name, what);
}

struct found {
    struct errors u, f, harmonic;
};

/* Windows of 4 s, f of all of them. */
static void measure(struct found *found, struct rig_config *config, const struct state *state, int order,
                    double pct)
{
    enum { WINDOWS = 20 };
    static struct rig rig;
    struct reading reading;
    set_tone(config, state);
    double u_v = true_u_v(config, state, pct);
    rig_init(&rig, config);
    rig_skip(&rig, settle_s);
    for (int n = 0; n < WINDOWS; n++) {
        rig_read(&rig, &reading);
        errors_add(&found->u, 100 * (reading.point[0].u_rms_v - u_v) / config->board.u_nominal_v);
        errors_add(&found->f, 1e3 * (reading.f_hz - config->steady.f_hz));
        if (order == 0)
            continue;
        double nominal_pct = 100 * reading.point[0].u_sg_v[order] / config->board.u_nominal_v;
        double true_pct = pct * config->steady.u_v / config->board.u_nominal_v;
        double error = nominal_pct - true_pct;
        errors_add(&found->harmonic,
                   true_pct >= bend_pct ? error / true_pct * floor_pct / of_value_pct * 100 : error);
    }
    rig_close(&rig);
}

static void sweep_frequency(const struct run *run, const struct state *state, double f_nominal_hz)
{
    struct found found = {0};
    static const double ratio[] = {0.85, 0.925, 1, 1.065, 1.15};
    for (size_t k = 0; k < 5; k++) {
        struct rig_config config;
        set_state(&config, run, state, f_nominal_hz, 0);
        config.steady.f_hz = ratio[k] * f_nominal_hz;
        measure(&found, &config, state, 0, 0);
    }
    add_row(run, state, f_nominal_hz, "f, window", "mHz", &found.f, f_limit_mhz,
            "f 85, 92.5, 100, 106.5, 115 %");
}

static void sweep_voltage(const struct run *run, const struct state *state, double f_nominal_hz)
{
    struct found found = {0}, phases = {0};
    static const double ratio[] = {0.2, 0.45, 0.7, 0.95, 1.2};
    for (size_t k = 0; k < 5; k++) {
        struct rig_config config;
        set_state(&config, run, state, f_nominal_hz, 0);
        config.steady.u_v = ratio[k] * config.board.u_nominal_v;
        measure(&found, &config, state, 0, 0);
    }
    for (int phase = 0; phase < 3; phase++) {
        struct rig_config config;
        set_state(&config, run, state, f_nominal_hz, phase);
        measure(&phases, &config, state, 0, 0);
    }
    add_row(run, state, f_nominal_hz, "U, window", "% Udin", &found.u, u_limit_pct,
            "U 20, 45, 70, 95, 120 %");
    add_row(run, state, f_nominal_hz, "U, window", "% Udin", &phases.u, u_limit_pct, "U of the three phases");
}

static void sweep_harmonic(const struct run *run, const struct state *state, double f_nominal_hz, int order)
{
    static const double pct[] = {0.1, 1, 5, 10};
    struct found found = {0};
    char what[40];
    for (size_t k = 0; k < sizeof pct / sizeof pct[0]; k++) {
        struct rig_config config;
        set_state(&config, run, state, f_nominal_hz, 1);
        set_harmonics(&config, state, order, pct[k]);
        measure(&found, &config, state, order, pct[k]);
    }
    snprintf(what, sizeof what, "h%d 0.1, 1, 5, 10 %%", order);
    add_row(run, state, f_nominal_hz, "U subgroup", "% (see text)", &found.harmonic, floor_pct, what);
}

static void measure_flicker(const struct run *run, const struct state *state, double f_nominal_hz)
{
    struct errors u = {0};
    struct rig_config config;
    struct probe probe;
    set_state(&config, run, state, f_nominal_hz, 1);
    set_tone(&config, state);
    snprintf(config.steady.upset.flicker, sizeof config.steady.upset.flicker, "%s", state->flicker);
    probe_run(&probe, &config, settle_s, state->flicker_s);
    double half = state->flicker_pct / 200;
    double u_v = true_u_v(&config, state, 0) * sqrt(1 + half * half);
    errors_add(&u, 100 * (sqrt(probe.u2_v2) - u_v) / config.board.u_nominal_v);
    add_row(run, state, f_nominal_hz, "U, 60 s", "% Udin", &u, u_limit_pct, "with flicker");
}

/* A second leg like the first. */
static void two_legs(struct rig_config *config)
{
    config->board.channel[2] = config->board.channel[0];
    config->board.channel[3] = config->board.channel[1];
    config->board.channel[3].element = 2;
    config->board.channel[3].voltage_channel = 2;
    config->scan_rate_hz = 6000;
    config->steady.legs = 2;
    rig_nominal(config);
}

static void sweep_unbalance(const struct run *run, const struct state *state, double f_nominal_hz)
{
    enum { WINDOWS = 20 };
    static struct rig rig;
    static const double pct[] = {0, 1, 2, 3.5, 5};
    struct errors errors = {0};
    for (size_t k = 0; k < 5; k++) {
        struct rig_config config;
        struct reading reading;
        set_state(&config, run, state, f_nominal_hz, 1);
        two_legs(&config);
        config.steady.l2_u_v = config.steady.u_v * (1 - pct[k] / 100) / (1 + pct[k] / 100);
        rig_init(&rig, &config);
        rig_skip(&rig, settle_s);
        for (int n = 0; n < WINDOWS; n++) {
            rig_read(&rig, &reading);
            errors_add(&errors, reading.point[0].u_unbalance_pct - pct[k]);
        }
        rig_close(&rig);
    }
    add_row(run, state, f_nominal_hz, "unbalance", "points", &errors, unbalance_limit,
            "two legs, 0, 1, 2, 3.5, 5 %");
}

void group_states(const struct run *run)
{
    static const double mains_hz[] = {60, 50};
    for (size_t m = 0; m < (run->full ? 2 : 1); m++)
        for (size_t k = 0; k < sizeof states / sizeof states[0]; k++) {
            sweep_frequency(run, &states[k], mains_hz[m]);
            sweep_voltage(run, &states[k], mains_hz[m]);
            sweep_harmonic(run, &states[k], mains_hz[m], 2);
            sweep_harmonic(run, &states[k], mains_hz[m], 17);
            if (states[k].flicker_pct > 0)
                measure_flicker(run, &states[k], mains_hz[m]);
            sweep_unbalance(run, &states[k], mains_hz[m]);
        }
}
