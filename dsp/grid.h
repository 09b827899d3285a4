/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid.h - residuals at their own instants onto an even grid.
 *
 * Method:  straight lines between neighbours, by merging the two sorted lists. A hole is bridged by a line between
 *          the means of up to BRIDGE_MEAN residuals on either side. Only ever the residual is bridged, never the
 *          signal: the template carries what is periodic across the hole.
 * Shape:   strip->u in grid points; grid[k] is at u = k.
 * Threads: pure.
 */
#ifndef VATIO_DSP_GRID_H
#define VATIO_DSP_GRID_H

#include "dsp/cycle.h"
#include "dsp/strip.h"

enum {
    BRIDGE_MEAN = 4,
    GRID_SPARE = 3 /* points behind the grid that may be written */
};

/* r = x - template(u). */
void grid_residual(struct strip *strip, const struct cycle *cycle);

/* r onto n points; grid has room for GRID_SPARE more. Without a sample the grid is 0. */
void grid_write(const struct strip *strip, double *grid, int n);

#endif
