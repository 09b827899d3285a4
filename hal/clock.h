/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock.h - time, injected: the real clocks or a simulated one that can run faster.
 *
 * mono:    the clock of samples, energy and intervals. Real: CLOCK_MONOTONIC_RAW. Simulated: starts at 1 s.
 * utc:     labels only; a step of it never changes energy. ms since 1970.
 * Threads: all functions may be called from any thread. The simulated clock is advanced by sleep_until of one thread
 *          (acquire) only.
 */
#ifndef VATIO_HAL_CLOCK_H
#define VATIO_HAL_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct clock;
struct clock_ops {
    int64_t (*mono_ns)(struct clock *clock);
    int64_t (*utc_ms)(struct clock *clock);
    bool (*utc_synced)(struct clock *clock);
    /* Returns when mono_ns has reached until_ns; at once if it has. 0, or -EINTR. */
    int (*sleep_until)(struct clock *clock, int64_t until_ns);
};
struct clock {
    const struct clock_ops *ops;
    bool simulated; /* nobody is late and nothing may be lost: producers wait for consumers */
};

struct clock_real {
    struct clock clock;
};
void clock_real_init(struct clock_real *real);

/* Simulated time: mono advances only in sleep_until, paced to speed x real time (at most lead ahead of it), or
 * unpaced when speed is 0. */
struct clock_sim {
    struct clock clock;
    _Atomic int64_t now_ns;
    int64_t utc_start_ms;
    int64_t real_start_ns;
    double speed;
};
void clock_sim_init(struct clock_sim *sim, int64_t utc_start_ms, double speed);

static inline int64_t clock_mono_ns(struct clock *clock)
{
    return clock->ops->mono_ns(clock);
}
static inline int64_t clock_utc_ms(struct clock *clock)
{
    return clock->ops->utc_ms(clock);
}
static inline bool clock_utc_synced(struct clock *clock)
{
    return clock->ops->utc_synced(clock);
}
static inline int clock_sleep_until(struct clock *clock, int64_t until_ns)
{
    return clock->ops->sleep_until(clock, until_ns);
}

#endif
