/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinc.h - interpolation between the samples of a band-limited signal: sin(pi x) / (pi x) under a Kaiser window.
 *
 * Shape:   SINC_TAPS samples around the instant, half of them before it. The weights of SINC_PHASES instants between two
 *          samples are made once, and lie on straight lines in between.
 * Accuracy: 1e-4 of the size of anything up to 0.84 of half the sampling rate; steady values exactly.
 * Threads: read by any once made.
 */
#ifndef VATIO_HAL_SIM_SINC_H
#define VATIO_HAL_SIM_SINC_H

#include <stdint.h>

enum { SINC_TAPS = 32, SINC_PHASES = 512 };

struct sinc {
    double weight[SINC_PHASES + 1][SINC_TAPS];
};

void sinc_init(struct sinc *sinc);

/* The value at position (in samples) of n samples that repeat for ever. */
double sinc_read(const struct sinc *sinc, const double *x, int64_t n, double position);

#endif
