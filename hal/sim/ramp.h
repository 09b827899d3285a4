/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ramp.h - a frequency that rises and falls at a constant rate between two limits: a triangle, turned between segments.
 *
 * Formula: within a segment the phase is f tau + rate tau^2 / 2 cycles; after a whole number of them the frequency is
 *          sqrt(f^2 + 2 rate cycles) and tau = 2 cycles / (f + that).
 */
#ifndef VATIO_HAL_SIM_RAMP_H
#define VATIO_HAL_SIM_RAMP_H

#include <stddef.h>

struct ramp {
    double rate_hz_s; /* of the segment before; 0 = no ramp */
    double low_hz, high_hz;
};

/* -EINVAL with one sentence when f_hz is outside the limits, or they are too near for segments of so many cycles. */
int ramp_check(const struct ramp *ramp, double f_hz, int cycles, char *error, size_t error_size);

/* The rate of a segment that begins at f_hz: as before, turned where it would leave the limits. */
double ramp_next(struct ramp *ramp, double f_hz, int cycles);

/* How long whole cycles last; without a rate cycles / f. */
double ramp_s(double f_hz, double rate_hz_s, int cycles);

#endif
