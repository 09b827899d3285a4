/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch_clock.h - the wall clock made into labels: steady, one behind the other, broken by nothing but a step.
 *
 * Labels:  the monotonic clock with a distance to UTC. The distance follows the wall clock by at most half of the time that
 *          passes, so that labels never go back nor stand still while it is slewed, set by less than a step, or repeats a
 *          leap second; a second is caught up within two.
 * Step:    the wall clock is more than 1.1 s away from the labels: they jump to it. A leap second, which is no step, and
 *          100 ms for what the clocks' rates and roundings differ by in between.
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_FIRMWARE_WATCH_CLOCK_H
#define VATIO_FIRMWARE_WATCH_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { WATCH_CLOCK_STEP_MS = 1100 };

struct watch_clock {
    bool known;
    int64_t mono_ns; /* where the labels were last held against the wall clock */
    int64_t utc_ms;  /* the label there */
    bool follows;    /* the next window begins where the last one ended */
    int64_t window_end_ms;
};

struct watch_label {
    int64_t utc_start_ms, utc_end_ms;
};

void watch_clock_init(struct watch_clock *clock);

/* At mono_ns the wall clock says utc_ms. Returns by how many ms it stepped (signed), 0 = it did not. An instant before the
 * last one tells nothing. */
int64_t watch_clock_follow(struct watch_clock *clock, int64_t mono_ns, int64_t utc_ms);

/* The label of an instant, at the distance of now. */
int64_t watch_clock_utc_ms(const struct watch_clock *clock, int64_t mono_ns);

/* The next window's labels, in order: it starts where the last one ended, except after a step. */
struct watch_label watch_clock_window(struct watch_clock *clock, int64_t start_ns, int64_t end_ns);

#endif
