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
    segment->legs = 1;

    double u_peak = sqrt(2) * config->u_v;
    double i_peak = sqrt(2) * config->i_a;
    add_sine(segment->u_v[0], u_peak, 1, 0);
    add_sine(segment->grid_a[0], i_peak, 1, -config->phi_deg * two_pi / 360);
    status = add_harmonics(segment->u_v[0], u_peak, config->u_harmonics, "u_harmonics", error, error_size);
    if (status == 0) {
        status =
            add_harmonics(segment->grid_a[0], i_peak, config->i_harmonics, "i_harmonics", error, error_size);
    }
    memcpy(segment->load_a[0], segment->grid_a[0], sizeof segment->load_a[0]);
    return status;
}
