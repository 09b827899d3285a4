/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lock.h - finds the mains in a stretch of samples without knowing its frequency to better than the range.
 *
 * Method:  Hann-weighted Fourier integrals over the true instants, tried every 2.5 Hz over the range; then the phase
 *          between the first and the second half corrects the frequency until it stands still. Harmonics, offset
 *          and noise that would move a zero crossing do not matter.
 * Shape:   strip->u is time in seconds from the start of the window, from 0 to span_s; strip->r is overwritten.
 * Threads: pure.
 */
#ifndef VATIO_DSP_LOCK_H
#define VATIO_DSP_LOCK_H

#include "dsp/phasor.h"
#include "dsp/strip.h"

#include <stdbool.h>

struct tone {
    double f_hz;
    struct phasor phasor; /* peak, phase at the start of the window */
};

/* False when there is no steady tone of at least live_v (rms) in both halves within f_low_hz..f_high_hz. */
bool lock_find(struct strip *strip, double span_s, double f_low_hz, double f_high_hz, double live_v,
               struct tone *tone);

#endif
