/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock.h - time, injected: the real clocks or a simulated one that can run faster.
 *
 * mono:    the clock of samples, energy and intervals. Real: CLOCK_MONOTONIC_RAW. Simulated: starts at 1 s.
 * utc:     labels only; a step of it never changes energy. ms since 1970. Asked for an instant of mono: the wall clock
 *          as it goes now, taken back (or on) to it; the simulated one as it went then.
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
    int64_t (*utc_ms)(struct clock *clock, int64_t mono_ns);
    bool (*utc_synced)(struct clock *clock, int64_t mono_ns);
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

enum { CLOCK_STEPS = 32 };

/* When the simulated UTC is synchronised. */
enum clock_synced { CLOCK_ALWAYS, CLOCK_NEVER, CLOCK_AFTER_STEP, CLOCK_UNTIL_STEP /* the first one */ };

/* Somebody sets the simulated UTC. */
struct clock_step {
    int64_t at_ns; /* mono */
    int64_t by_ms;
};

/* Simulated time: mono advances only in sleep_until, paced to speed x real time (at most lead ahead of it), or
 * unpaced when speed is 0. */
struct clock_sim {
    struct clock clock;
    _Atomic int64_t now_ns;
    int64_t utc_start_ms;
    int64_t real_start_ns;
    double speed;
    int steps; /* set with the next two after init, before anyone reads */
    struct clock_step step[CLOCK_STEPS];
    enum clock_synced synced;
};
void clock_sim_init(struct clock_sim *sim, int64_t utc_start_ms, double speed);

static inline int64_t clock_mono_ns(struct clock *clock)
{
    return clock->ops->mono_ns(clock);
}
static inline int64_t clock_utc_at_ms(struct clock *clock, int64_t mono_ns)
{
    return clock->ops->utc_ms(clock, mono_ns);
}
static inline bool clock_utc_synced_at(struct clock *clock, int64_t mono_ns)
{
    return clock->ops->utc_synced(clock, mono_ns);
}
static inline int64_t clock_utc_ms(struct clock *clock)
{
    return clock_utc_at_ms(clock, clock_mono_ns(clock));
}
static inline bool clock_utc_synced(struct clock *clock)
{
    return clock_utc_synced_at(clock, clock_mono_ns(clock));
}
static inline int clock_sleep_until(struct clock *clock, int64_t until_ns)
{
    return clock->ops->sleep_until(clock, until_ns);
}

#endif
