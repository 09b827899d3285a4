/* SPDX-License-Identifier: GPL-3.0-or-later */
/* halfcycle.h - rms over one cycle, anew every half cycle.
 *
 * Shape:   the half cycle before the window's first one is kept from the window before, so that the values run on
 *          across windows: 2 per cycle, one less after a reset.
 * Threads: pure; one object, one thread.
 * Source:  the Urms(1/2) of IEC 61000-4-30.
 */
#ifndef VATIO_DSP_HALFCYCLE_H
#define VATIO_DSP_HALFCYCLE_H

#include <stdbool.h>

struct halfcycle {
    bool has_last;
    double last; /* mean square of the last half cycle */
    double min;  /* of the latest window */
    double max;
    bool step; /* min and max are further apart than a steady signal's */
};

void halfcycle_reset(struct halfcycle *half);

/* One window of `cycles` cycles of `points` each; dc is taken off, gain multiplies. */
void halfcycle_add(struct halfcycle *half, const double *grid, int cycles, int points, double dc,
                   double gain);

#endif
