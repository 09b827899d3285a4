/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/steady.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEADY_CYCLES = 12,             /* of a segment */
    H_MAX = WAVEFORM_POINTS / 2 - 1 /* what the table can hold */
};

static const double two_pi = 6.283185307179586;

/* Whatever h and degrees are, the sum over the table's points stays one whole cycle. */
static void add_sine(double *table, double peak, int h, double angle_rad)
{
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        table[n] += peak * sin(two_pi * h * n / WAVEFORM_POINTS + angle_rad);
    }
}

/* Reads a number in min..max and the character after it. */
static bool take_number(const char **text, double min, double max, double *value)
{
    char *end;
    *value = strtod(*text, &end);
    bool taken = end != *text && *value >= min && *value <= max;
    *text = end;
    return taken;
}

static bool take_harmonic(const char **text, int *h, double *percent, double *degrees)
{
    double number;
    if (!take_number(text, 2, H_MAX, &number) || number != floor(number) || *(*text)++ != ':') {
        return false;
    }
    *h = (int)number;
    return take_number(text, 0, 1000, percent) && *(*text)++ == ':' &&
           take_number(text, -360, 360, degrees) && (**text == ',' || **text == '\0');
}

static int add_harmonics(double *table, double fundamental, const char *text, const char *option, char *error,
                         size_t error_size)
{
    bool given[H_MAX + 1] = {false};
    while (*text != '\0') {
        const char *entry = text;
        int h;
        double percent, degrees;
        if (!take_harmonic(&text, &h, &percent, &degrees)) {
            snprintf(error, error_size,
                     "%s: expected h:percent:degrees with h 2..%d, percent 0..1000, degrees -360..360, got "
                     "\"%.40s\"",
                     option, H_MAX, entry);
            return -EINVAL;
        }
        if (given[h]) {
            snprintf(error, error_size, "%s: harmonic %d is given twice", option, h);
            return -EINVAL;
        }
        given[h] = true;
        add_sine(table, percent / 100 * fundamental, h, degrees * two_pi / 360);
        if (*text == ',') {
            text++;
            if (*text == '\0') {
                snprintf(error, error_size, "%s: expected a harmonic after the last comma", option);
                return -EINVAL;
            }
        }
    }
    return 0;
}

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
        {"f_hz", config->f_hz, 42.5, 69},
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

static void steady_next(struct waveform_source *source, struct waveform_segment *segment)
{
    struct steady *steady = (struct steady *)source;
    /* From the count, not by adding up: no rounding grows over a long run, and each start is the end before
     * it. */
    steady->segment.start_s = (double)(STEADY_CYCLES * steady->given) / steady->segment.f_hz;
    steady->given++;
    steady->segment.end_s = (double)(STEADY_CYCLES * steady->given) / steady->segment.f_hz;
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
        add_sine(wave[k].table, peak, 1, -wave[k].lag_deg * two_pi / 360);
        status = add_harmonics(wave[k].table, peak, wave[k].harmonics, wave[k].option, error, error_size);
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
    return status;
}
