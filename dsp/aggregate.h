/* SPDX-License-Identifier: GPL-3.0-or-later */
/* aggregate.h - readings in, one reading for every 150 or 180 cycles out: 15 windows, about 3 s.
 *
 * Means:   rms values, THD, harmonics, groups, unbalance, crest and noise by root mean square; squares keep their sign (see
 *          reading.h). Powers, DC, the K factor and frequency by arithmetic mean; pf, dpf and phi_deg from the mean powers;
 *          half-cycle values smallest and largest. All weighted with the window's duration.
 * Shape:   windows that follow one another, as many as asked for; a window that is several long (nothing was metered) is the
 *          last of its aggregate, so that no other waits for it.
 * Flags:   quality is the union over the windows, flagged counts those with a flag that is not the unit's own: during a dip,
 *          swell or interruption (QUALITY_EVENT) as IEC 61000-4-30 has it, but also GAP, CLIPPED, UNLOCKED, SENSOR_FAULT.
 * Absent:  each value on its own: a window in which it was absent does not count for it; NaN when no window had it.
 * Threads: pure; one object, one thread.
 * Source:  IEC 61000-4-30, aggregation by the square root of the mean square; as commonly cited.
 */
#ifndef VATIO_DSP_AGGREGATE_H
#define VATIO_DSP_AGGREGATE_H

#include "dsp/reading.h"

#include <stdbool.h>
#include <stdint.h>

enum { AGGREGATE_WINDOWS = 15 };

#define AGGREGATE_WINDOW_MOST_S                                                                              \
    0.29 /* a window has at most 10 cycles at 42.5 Hz, two at least 20 at 57.5 Hz */

struct aggregate {
    uint32_t windows;
    uint32_t metered; /* windows that were */
    uint32_t flagged; /* windows with a flag other than UNCALIBRATED, UNSYNCED, SIMULATED, ASSUMED */
    struct reading
        reading; /* seq counts aggregates; start of the first window, end of the last, their duration; metered
                             * when any was; h_max the smallest of the metered; mains_cycles absent */
};

enum { AGGREGATE_VALUES = (int)(sizeof(struct point_reading) / sizeof(double)) };

struct aggregate_sum {
    double sum;
    double weight_s;
};

/* About 100 KiB. */
struct aggregate_builder {
    uint32_t n_windows; /* in an aggregate */
    uint64_t seq;
    struct aggregate now;
    struct aggregate_sum f;
    struct aggregate_sum noise[DSP_CHANNELS];
    struct aggregate_sum value[DSP_POINTS][AGGREGATE_VALUES];
};

void aggregate_init(struct aggregate_builder *builder, uint32_t n_windows);

/* True when the window was the last of an aggregate, which is then in *closed. */
bool aggregate_add(struct aggregate_builder *builder, const struct reading *reading,
                   struct aggregate *closed);

#endif
