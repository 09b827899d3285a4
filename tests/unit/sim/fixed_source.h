/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixed_source.h - a waveform source for tests: one segment, given again and again; change may alter it each time.
 */
#ifndef VATIO_TEST_SIM_FIXED_SOURCE_H
#define VATIO_TEST_SIM_FIXED_SOURCE_H

#include "fixture.h"

#include <string.h>

struct fixed_source {
    struct waveform_source source;
    struct waveform_segment segment;
    void (*change)(struct waveform_segment *segment, int number);
    int given;
};

static inline void fixed_next(struct waveform_source *source, struct waveform_segment *segment)
{
    struct fixed_source *fixed = (struct fixed_source *)source;
    fixed->segment.start_s = fixed->segment.end_s;
    if (fixed->change != 0) {
        fixed->change(&fixed->segment, fixed->given);
    }
    /* f T + rate T^2 / 2 = cycles; without a rate this is cycles / f to the last bit. */
    double f_hz = fixed->segment.f_hz, cycles = fixed->segment.cycles;
    double end_hz = sqrt(f_hz * f_hz + 2 * fixed->segment.rate_hz_s * cycles);
    fixed->segment.end_s = fixed->segment.start_s + 2 * cycles / (f_hz + end_hz);
    fixed->given++;
    *segment = fixed->segment;
}

static inline void fixed_init(struct fixed_source *fixed)
{
    static const struct waveform_source_ops ops = {.name = "fixed", .next = fixed_next};
    memset(fixed, 0, sizeof *fixed);
    fixed->source.ops = &ops;
    fixed->segment.f_hz = 60;
    fixed->segment.cycles = 6;
    fixed->segment.legs = 1;
}

static inline void fixed_constant(double *table, double value)
{
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        table[n] = value;
    }
}

static inline void fixed_sine(double *table, double peak, int h, double angle_rad)
{
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        table[n] = peak * sin(2 * fixture_pi * h * n / WAVEFORM_POINTS + angle_rad);
    }
}

#endif
