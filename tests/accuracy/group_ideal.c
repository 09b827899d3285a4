/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/frequency.h"
#include "tests/accuracy/errors.h"
#include "tests/accuracy/group.h"
#include "tests/accuracy/load.h"
#include "tests/accuracy/rig.h"

#include <math.h>
#include <stdio.h>

enum { SETS = 3 }; /* of harmonics */

/* Errors of one frequency and kind of waveform, over all angles. */
struct worst {
    struct errors u, i, p, q1, f, harmonic;
};

static const double settle_s = 2;

/* Both in percent of their fundamental. */
static void add_harmonics(struct worst *worst, const struct point_reading *point, const struct load *load,
                          int h_max)
{
    for (int h = 1; h <= h_max; h++) {
        errors_add(&worst->harmonic, 100 * (point->u_h_v[h] - load->u_h_v[h]) / load->u_h_v[1]);
        errors_add(&worst->harmonic, 100 * (point->i_h_a[h] - load->i_h_a[h]) / load->i_h_a[1]);
    }
}

static void add_window(struct worst *worst, const struct reading *reading, const struct load *load)
{
    const struct point_reading *point = &reading->point[0];
    errors_add(&worst->u, 100 * (point->u_rms_v / load->u_rms_v - 1));
    errors_add(&worst->i, 100 * (point->i_rms_a / load->i_rms_a - 1));
    errors_add(&worst->p, 100 * (point->p_w - load->p_w) / load->s_va);
    errors_add(&worst->q1, 100 * (point->q1_var - load->q1_var) / load->s_va);
    add_harmonics(worst, point, load, reading->h_max);
}

/* Until the first power frequency of 10 s is there. */
static void measure(struct worst *worst, const struct rig_config *config)
{
    static struct rig rig;
    struct reading reading;
    struct load load;
    struct frequency_builder builder;
    struct frequency frequency;
    load_of(&load, &config->steady);
    rig_init(&rig, config);
    frequency_init(&builder, FREQUENCY_PERIOD_MS);
    bool closed;
    do {
        rig_read(&rig, &reading);
        if (rig_seconds(&rig, reading.start_ns) >= settle_s)
            add_window(worst, &reading, &load);
        closed = frequency_add(&builder, &reading, reading.start_ns / 1000000, reading.end_ns / 1000000,
                               &frequency);
    } while (!closed);
    errors_add(&worst->f, 1e3 * (frequency.f_hz - config->steady.f_hz));
    rig_close(&rig);
}

static void add_rows(struct table *table, const struct worst *worst, double f_hz, const char *wave)
{
    const struct {
        const char *quantity, *unit;
        const struct errors *errors;
        double limit;
    } rows[] = {{"P", "% of S", &worst->p, 0.001},
                {"U", "%", &worst->u, 0.001},
                {"I", "%", &worst->i, 0.001},
                {"Q1", "% of S", &worst->q1, 0.002},
                {"f over 10 s", "mHz", &worst->f, 0.01},
                {"harmonics", "% of h1", &worst->harmonic, 0.002}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct row row = {.kind = ROW_WORST,
                          .n = rows[k].errors->n,
                          .error = errors_worst(rows[k].errors),
                          .limit = rows[k].limit};
        snprintf(row.quantity, sizeof row.quantity, "%s", rows[k].quantity);
        snprintf(row.unit, sizeof row.unit, "%s", rows[k].unit);
        table_row(table, &row, "%g Hz, %s", f_hz, wave);
    }
}

void group_ideal(const struct run *run)
{
    static const double full_deg[] = {0, 30, 60, 90, 143.13, 180, -36.87, -75.52, -90, -120, -150, 107};
    static const double reduced_deg[] = {60, -36.87, 180, -120};
    static const struct {
        double f_hz, f_nominal_hz;
        bool reduced;
    } mains[] = {{45, 50, true},  {50, 50, false}, {50.37, 50, false},  {55, 50, false},
                 {55, 60, false}, {60, 60, true},  {60.037, 60, false}, {65, 60, true}};
    const double *angle = run->full ? full_deg : reduced_deg;
    size_t angles =
        run->full ? sizeof full_deg / sizeof full_deg[0] : sizeof reduced_deg / sizeof reduced_deg[0];
    for (size_t k = 0; k < sizeof mains / sizeof mains[0]; k++) {
        if (!run->full && !mains[k].reduced)
            continue;
        struct worst sine = {0}, rich = {0};
        for (size_t a = 0; a < angles; a++) {
            struct rig_config config;
            rig_reference(&config, mains[k].f_nominal_hz);
            rig_ideal(&config);
            config.pace_seed = run->seed + a;
            config.steady.f_hz = mains[k].f_hz;
            config.steady.phi_deg = angle[a];
            measure(&sine, &config);
            load_rich(&config.steady, (int)(a % SETS), SETS, 1, 3);
            measure(&rich, &config);
        }
        char wave[32];
        snprintf(wave, sizeof wave, "nominal %g, sine", mains[k].f_nominal_hz);
        add_rows(run->table, &sine, mains[k].f_hz, wave);
        snprintf(wave, sizeof wave, "nominal %g, rich", mains[k].f_nominal_hz);
        add_rows(run->table, &rich, mains[k].f_hz, wave);
    }
}
