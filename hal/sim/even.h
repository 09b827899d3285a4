/* SPDX-License-Identifier: GPL-3.0-or-later */
/* even.h - a recording's samples on an even grid.
 *
 * Threads: pure.
 */
#ifndef VATIO_HAL_SIM_EVEN_H
#define VATIO_HAL_SIM_EVEN_H

#include "hal/replay/recording.h"

#include <stdint.h>

struct even {
    double rate_hz;
    int64_t n;
    bool as_recorded; /* the recording's own samples are the grid */
};

/* The recording's own grid if it has one (instants within 2 % of a spacing), else one of rate_hz over its length. */
struct even even_grid(const struct recording *recording, double rate_hz);

/* The channel's values on the grid. Missing ones (NaN) lie on a straight line between those around them, at an end they are
 * the nearest, 0 when there is none. Returns how many were missing. */
int64_t even_read(const struct even *even, const struct recording *recording, int channel, double *value);

#endif
