/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/upset.h"

#include "hal/sim/list.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double two_pi = 6.283185307179586;

/* An instant that a cycle's start misses by less than this is met: rounding must not cost a cycle. */
static const double same_s = 1e-6;

enum { EVENT_FIELDS = 4, FLICKER_FIELDS = 2 };

static const struct list_format events_format = {
    .option = "events",
    .rows = UPSET_EVENTS,
    .fields = EVENT_FIELDS,
    .needed = 3,
    .field = {
        {"at_s", 0, 1e9}, {"residual_pct", 0, 200}, {"duration_s", 0.001, 1e9}, {"jump_deg", -180, 180}}};

static const struct list_format flicker_format = {
    .option = "flicker",
    .rows = 1,
    .fields = FLICKER_FIELDS,
    .needed = FLICKER_FIELDS,
    .field = {{"percent", 0, 50}, {"changes_per_minute", 0.1, 4800}}};

static int check_number(const char *option, double value, double min, double max, char *error,
                        size_t error_size)
{
    if (value >= min && value <= max) {
        return 0;
    }
    snprintf(error, error_size, "%s: expected %g..%g, got %g", option, min, max, value);
    return -EINVAL;
}

static int read_events(struct upset *upset, char *error, size_t error_size)
{
    double value[UPSET_EVENTS * EVENT_FIELDS];
    upset->n = list_read(&events_format, upset->config.events, value, error, error_size);
    for (int k = 0; k < upset->n; k++) {
        const double *row = value + (size_t)(k * EVENT_FIELDS);
        upset->event[k] = (struct upset_event){.start_s = row[0],
                                               .end_s = row[0] + row[2],
                                               .ratio = row[1] / 100,
                                               .jump_rad = row[3] * two_pi / 360};
    }
    return upset->n < 0 ? upset->n : 0;
}

static int read_flicker(struct upset *upset, char *error, size_t error_size)
{
    double value[FLICKER_FIELDS];
    int rows = list_read(&flicker_format, upset->config.flicker, value, error, error_size);
    if (rows == 1) {
        upset->flicker = value[0] / 200;
        upset->flicker_hz = value[1] / 120; /* two changes in a period */
    }
    return rows < 0 ? rows : 0;
}

int upset_init(struct upset *upset, const struct upset_config *config, char *error, size_t error_size)
{
    memset(upset, 0, sizeof *upset);
    upset->config = *config;
    int status = check_number("impedance_mohm", config->impedance_mohm, 0, 10000, error, error_size);
    if (status == 0) {
        status = check_number("i_dc_a", config->i_dc_a, -100, 100, error, error_size);
    }
    if (status == 0) {
        status = read_events(upset, error, error_size);
    }
    return status == 0 ? read_flicker(upset, error, error_size) : status;
}

bool upset_changes(const struct upset *upset)
{
    return upset->n > 0 || upset->flicker > 0;
}

static double flicker_ratio(const struct upset *upset, double start_s, double cycle_s)
{
    if (upset->config.flicker_shape == UPSET_SINUSOIDAL) {
        return 1 + upset->flicker * sin(two_pi * upset->flicker_hz * (start_s + cycle_s / 2));
    }
    double half_periods = floor(2 * upset->flicker_hz * (start_s + same_s));
    return fmod(half_periods, 2) > 0 ? 1 - upset->flicker : 1 + upset->flicker;
}

struct upset_state upset_at(const struct upset *upset, double start_s, double cycle_s)
{
    struct upset_state state = {.ratio = upset->flicker > 0 ? flicker_ratio(upset, start_s, cycle_s) : 1};
    for (int k = 0; k < upset->n; k++) {
        const struct upset_event *event = &upset->event[k];
        if (event->start_s <= start_s + same_s && start_s + same_s < event->end_s) {
            state.ratio *= event->ratio;
            state.turn_rad += event->jump_rad;
        }
    }
    return state;
}

/* The first instant after t_s at which something changes. */
static double next_change_s(const struct upset *upset, double t_s)
{
    double next_s = HUGE_VAL;
    for (int k = 0; k < upset->n; k++) {
        const struct upset_event *event = &upset->event[k];
        next_s = event->start_s > t_s ? fmin(next_s, event->start_s) : next_s;
        next_s = event->end_s > t_s ? fmin(next_s, event->end_s) : next_s;
    }
    if (upset->flicker > 0) {
        next_s = fmin(next_s, (floor(2 * upset->flicker_hz * t_s) + 1) / (2 * upset->flicker_hz));
    }
    return next_s;
}

int upset_cycles(const struct upset *upset, double start_s, double f_hz, int most)
{
    if (upset->flicker > 0 && upset->config.flicker_shape == UPSET_SINUSOIDAL) {
        return 1;
    }
    double left_s = next_change_s(upset, start_s + same_s) - start_s - same_s;
    return left_s * f_hz >= most ? most : (int)fmax(1, ceil(left_s * f_hz));
}
