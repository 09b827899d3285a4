/* SPDX-License-Identifier: GPL-3.0-or-later */
/* points.h - the waves of the channels in, the readings of all metering points out.
 *
 * Leg:     the currents of all elements of a circuit on one leg, added bin by bin, with the leg's voltage: of load, grid's
 *          and solar's together on grid's voltage.
 * Circuit: of two legs: powers by power_sum, u_ll_v and u_unbalance_pct from two measured voltages, i_neutral_a from the
 *          currents. QUALITY_ASSUMED where an element's voltage is assumed and the window was metered.
 * Errors:  init returns false when memory is short.
 * Threads: one object, one thread.
 */
#ifndef VATIO_DSP_POINTS_H
#define VATIO_DSP_POINTS_H

#include "dsp/analysis.h"
#include "dsp/reading.h"
#include "dsp/topology.h"

struct points {
    struct topology topology;
    struct wave sum; /* of currents */
    struct point_reading leg[2];
};

bool points_init(struct points *points, const struct topology *topology, int cycles, int grid_points);
void points_close(struct points *points);

/* analysis NULL: nothing was measured, all values are absent. */
void points_read(struct points *points, const struct analysis *analysis, struct reading *reading);

#endif
