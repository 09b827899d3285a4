/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/shape.h"

#include "hal/sim/harmonics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static const double pi = 3.141592653589793;

int shape_check(const struct shape_config *config, char *error, size_t error_size)
{
    if (config->kind == SHAPE_PHASE_FIRED && !(config->fired_deg >= 0 && config->fired_deg <= 180)) {
        snprintf(error, error_size, "fired_deg: expected 0..180, got %g", config->fired_deg);
        return -EINVAL;
    }
    if (config->kind == SHAPE_BURST && (config->on_cycles < 1 || config->off_cycles < 1)) {
        snprintf(error, error_size,
                 "burst_on_cycles, burst_off_cycles: expected at least 1, got %lld and %lld",
                 (long long)config->on_cycles, (long long)config->off_cycles);
        return -EINVAL;
    }
    return 0;
}

/* table += peak (sine sin(h x') + cosine cos(h x')), x' = x + angle_rad */
static void add_term(double *table, double peak, int h, double angle_rad, double sine, double cosine)
{
    harmonics_add_sine(table, peak * hypot(sine, cosine), h, h * angle_rad + atan2(cosine, sine));
}

/* max(sin x, 0) = 1 / pi + sin(x) / 2 - 2 / pi sum cos(h x) / (h^2 - 1), h even */
static void add_half_wave(double *table, double peak, double angle_rad)
{
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        table[n] += peak / pi;
    }
    add_term(table, peak, 1, angle_rad, 0.5, 0);
    for (int h = 2; h <= HARMONICS_MAX; h += 2) {
        add_term(table, peak, h, angle_rad, 0, -2 / (pi * (h * h - 1)));
    }
}

/* sine(h) = 2 / pi int sin x sin hx, cosine(h) = 2 / pi int sin x cos hx, from the firing angle to pi, h odd. */
static void add_phase_fired(double *table, double peak, double angle_rad, double fired_rad)
{
    add_term(table, peak, 1, angle_rad, (pi - fired_rad + sin(2 * fired_rad) / 2) / pi,
             -sin(fired_rad) * sin(fired_rad) / pi);
    for (int h = 3; h <= HARMONICS_MAX; h += 2) {
        double below = h - 1, above = h + 1;
        double sine = (sin(above * fired_rad) / above - sin(below * fired_rad) / below) / pi;
        double cosine = ((cos(above * fired_rad) - 1) / above - (cos(below * fired_rad) - 1) / below) / pi;
        add_term(table, peak, h, angle_rad, sine, cosine);
    }
}

void shape_add(double *table, double peak, double angle_rad, const struct shape_config *config)
{
    switch ((enum shape_kind)config->kind) {
    case SHAPE_HALF_WAVE:
        add_half_wave(table, peak, angle_rad);
        break;
    case SHAPE_PHASE_FIRED:
        add_phase_fired(table, peak, angle_rad, config->fired_deg * pi / 180);
        break;
    case SHAPE_SINE:
    case SHAPE_BURST:
        harmonics_add_sine(table, peak, 1, angle_rad);
        break;
    }
}

/* Cycles since the burst's present period began. */
static int64_t within(const struct shape_config *config, int64_t cycle)
{
    return cycle % (config->on_cycles + config->off_cycles);
}

bool shape_is_on(const struct shape_config *config, int64_t cycle)
{
    return config->kind != SHAPE_BURST || within(config, cycle) < config->on_cycles;
}

int shape_cycles(const struct shape_config *config, int64_t cycle, int most)
{
    if (config->kind != SHAPE_BURST) {
        return most;
    }
    int64_t n = within(config, cycle);
    int64_t left = (n < config->on_cycles ? 0 : config->off_cycles) + config->on_cycles - n;
    return left < most ? (int)left : most;
}
