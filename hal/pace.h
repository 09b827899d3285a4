/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pace.h - when the next scan is due. The pace is dithered on purpose: after each block of scans a random pause of
 * 0..1 period breaks up any fixed ratio between scan rate and mains, which would turn the edges of phase-fired loads
 * into a constant error. Time stamps make this free.
 *
 * Threads: one object, one thread. Same seed, same instants.
 */
#ifndef VATIO_HAL_PACE_H
#define VATIO_HAL_PACE_H

#include <stdint.h>

enum { PACE_BLOCK = 16 };

struct pace {
    int64_t period_ns;
    int64_t due_ns;
    uint64_t random;
    int in_block;
};

/* The mean distance between scans is period_ns; within a block it is a little shorter to make room for the pause. */
void pace_init(struct pace *pace, int64_t start_ns, int64_t period_ns, uint64_t seed);

/* The instant of the next scan. After a delay beyond a period the schedule goes on from now_ns; no burst catches up. */
int64_t pace_next(struct pace *pace, int64_t now_ns);

#endif
