/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/steady.h"

#include "hal/sim/harmonics.h"
#include "hal/sim/tones.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { STEADY_CYCLES = 12 /* of a segment */ };
static const double f_lowest_hz = 42.5, f_highest_hz = 69;

static const double two_pi = 6.283185307179586;

static int check_range(const char *name, double value, double min, double max, char *error, size_t error_size)
{
    if (value >= min && value <= max) {
        return 0;
    }
    snprintf(error, error_size, "%s: expected %g..%g, got %g", name, min, max, value);
    return -EINVAL;
}

static int check_config(const struct steady_config *config, char *error, size_t error_size)
{
    const struct {
        const char *name;
        double value, min, max;
    } range[] = {
        {"f_hz", config->f_hz, f_lowest_hz, f_highest_hz},
        {"u_v", config->u_v, 0, 1000},
        {"i_a", config->i_a, 0, 1000},
        {"phi_deg", config->phi_deg, -180, 180},
        {"solar_i_a", config->solar.i_a, 0, 1000},
        {"solar_phi_deg", config->solar.phi_deg, -180, 180},
        {"legs", config->legs, 0, WAVEFORM_LEGS},
        {"l2_u_v", config->l2_u_v, -1, 1000},
        {"l2_i_a", config->l2_grid.i_a, 0, 1000},
        {"l2_phi_deg", config->l2_grid.phi_deg, -180, 180},
        {"l2_solar_i_a", config->l2_solar.i_a, 0, 1000},
        {"l2_solar_phi_deg", config->l2_solar.phi_deg, -180, 180},
        {"f_rate_hz_s", config->f_rate_hz_s, -10, 10},
    };
    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++) {
        int status =
            check_range(range[i].name, range[i].value, range[i].min, range[i].max, error, error_size);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

/* Whole cycles of f tau + rate tau^2 / 2 end at f^2 + 2 rate cycles, squared. */
static double end_squared(const struct waveform_segment *segment, double rate_hz_s)
{
    return segment->f_hz * segment->f_hz + 2 * rate_hz_s * segment->cycles;
}

/* Up or down as before, turned where the next segment would leave the range. */
static double next_rate(const struct steady *steady)
{
    double squared = end_squared(&steady->segment, steady->rate_hz_s);
    bool leaves = steady->rate_hz_s > 0 ? squared > steady->f_high_hz * steady->f_high_hz
                                        : squared < steady->f_low_hz * steady->f_low_hz;
    return leaves ? -steady->rate_hz_s : steady->rate_hz_s;
}

static double end_s(const struct waveform_segment *segment)
{
    double end_hz = sqrt(end_squared(segment, segment->rate_hz_s));
    return segment->start_s + 2 * segment->cycles / (segment->f_hz + end_hz);
}

static void step_ramp(struct steady *steady)
{
    struct waveform_segment *segment = &steady->segment;
    segment->f_hz += segment->rate_hz_s * (segment->end_s - segment->start_s);
    segment->start_s = segment->end_s;
    steady->rate_hz_s = segment->rate_hz_s = next_rate(steady);
    segment->end_s = end_s(segment);
}

/* From the count, not by adding up: no rounding grows over a long run, and each start is the end before it. */
static void step_steady(struct steady *steady)
{
    struct waveform_segment *segment = &steady->segment;
    segment->start_s = (double)(STEADY_CYCLES * steady->given) / segment->f_hz;
    steady->given++;
    segment->end_s = (double)(STEADY_CYCLES * steady->given) / segment->f_hz;
}

/* The triangle has room for a segment in each direction. */
static int check_ramp(const struct steady *steady, char *error, size_t error_size)
{
    double low_hz = steady->f_low_hz, high_hz = steady->f_high_hz, f_hz = steady->config.f_hz;
    if (f_hz < low_hz || f_hz > high_hz) {
        snprintf(error, error_size, "f_hz: expected f_low_hz..f_high_hz, %g..%g, with a ramp, got %g", low_hz,
                 high_hz, f_hz);
        return -EINVAL;
    }
    if (high_hz * high_hz - low_hz * low_hz < 4 * STEADY_CYCLES * fabs(steady->rate_hz_s)) {
        snprintf(error, error_size, "f_rate_hz_s: expected a slower ramp or more room than %g..%g Hz, got %g",
                 low_hz, high_hz, steady->rate_hz_s);
        return -EINVAL;
    }
    return 0;
}

static void steady_next(struct waveform_source *source, struct waveform_segment *segment)
{
    struct steady *steady = (struct steady *)source;
    if (steady->rate_hz_s != 0) {
        step_ramp(steady);
    } else {
        step_steady(steady);
    }
    *segment = steady->segment;
}

static const struct waveform_source_ops steady_ops = {.name = "steady", .next = steady_next};

/* One wave of the installation, as stated. */
struct wave {
    double *table;
    double rms;
    double lag_deg;
    const char *harmonics;
    const char *option; /* that gave the harmonics */
};

enum { LEG_WAVES = 3 }; /* voltage, grid, solar */

static int fill_waves(const struct wave wave[LEG_WAVES], double direction, char *error, size_t error_size)
{
    int status = 0;
    for (int k = 0; k < LEG_WAVES && status == 0; k++) {
        double peak = direction * sqrt(2) * wave[k].rms;
        harmonics_add_sine(wave[k].table, peak, 1, -wave[k].lag_deg * two_pi / 360);
        status = harmonics_add(wave[k].table, peak, wave[k].harmonics, 0, wave[k].option, error, error_size);
    }
    return status;
}

static int fill_leg1(struct waveform_segment *segment, const struct steady_config *config, char *error,
                     size_t error_size)
{
    const struct steady_current *solar = &config->solar;
    const struct wave wave[LEG_WAVES] = {
        {segment->u_v[0], config->u_v, 0, config->u_harmonics, "u_harmonics"},
        {segment->grid_a[0], config->i_a, config->phi_deg, config->i_harmonics, "i_harmonics"},
        {segment->solar_a[0], solar->i_a, solar->phi_deg, solar->harmonics, "solar_i_harmonics"},
    };
    return fill_waves(wave, 1, error, error_size);
}

static int fill_leg2(struct waveform_segment *segment, const struct steady_config *config, char *error,
                     size_t error_size)
{
    const struct steady_current *grid = &config->l2_grid, *solar = &config->l2_solar;
    const struct wave wave[LEG_WAVES] = {
        {segment->u_v[1], config->l2_u_v < 0 ? config->u_v : config->l2_u_v, 0, config->u_harmonics,
         "u_harmonics"},
        {segment->grid_a[1], grid->i_a, grid->phi_deg, grid->harmonics, "l2_i_harmonics"},
        {segment->solar_a[1], solar->i_a, solar->phi_deg, solar->harmonics, "l2_solar_i_harmonics"},
    };
    return fill_waves(wave, -1, error, error_size);
}

int steady_init(struct steady *steady, const struct steady_config *config, char *error, size_t error_size)
{
    int status = check_config(config, error, error_size);
    if (status < 0) {
        return status;
    }
    memset(steady, 0, sizeof *steady);
    steady->source.ops = &steady_ops;
    steady->config = *config;
    steady->rate_hz_s = config->f_rate_hz_s;
    steady->f_low_hz = fmax(config->f_low_hz, f_lowest_hz);
    steady->f_high_hz = config->f_high_hz > 0 ? fmin(config->f_high_hz, f_highest_hz) : f_highest_hz;
    status = config->f_rate_hz_s != 0 ? check_ramp(steady, error, error_size) : 0;
    if (status < 0) {
        return status;
    }
    struct waveform_segment *segment = &steady->segment;
    segment->f_hz = config->f_hz;
    segment->cycles = STEADY_CYCLES;
    segment->legs = config->legs == 2 ? 2 : 1;
    status = fill_leg1(segment, config, error, error_size);
    if (status == 0 && segment->legs == 2) {
        status = fill_leg2(segment, config, error, error_size);
    }
    for (int leg = 0; leg < segment->legs; leg++) {
        for (int n = 0; n < WAVEFORM_POINTS; n++) {
            segment->load_a[leg][n] = segment->grid_a[leg][n] + segment->solar_a[leg][n];
        }
    }
    if (status == 0) {
        status = segment->n_tones =
            tones_read(config->tones, config->u_v, config->i_a, config->f_rate_hz_s != 0 ? 0 : config->f_hz,
                       segment->tone, error, error_size);
    }
    return status < 0 ? status : 0;
}
