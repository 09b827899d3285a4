/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch_state.h - a condition that flickers made into a state that does not.
 *
 * Hold:    the state begins when the condition has held for begin_s without a break, and ends when it has been gone for end_s.
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_FIRMWARE_WATCH_STATE_H
#define VATIO_FIRMWARE_WATCH_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: it has not begun. */
struct watch_state {
    bool on;
    double changed_s; /* for how long the condition has been other than the state */
    double seen_s;    /* how long it was there since it began */
    int64_t since_ns; /* monotonic: it became other than the state was */
};

struct watch_hold {
    double begin_s, end_s;
};

/* A stretch of monotonic time. */
struct watch_span {
    int64_t start_ns;
    double duration_s;
};

/* The condition in the next stretch of time. True: the state changed. */
bool watch_state_see(struct watch_state *state, const struct watch_hold *hold, bool seen,
                     const struct watch_span *span);

#endif
