/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/clock.h"

#include <sys/timex.h>
#include <time.h>

enum { READ_TRIES = 5 };
static const int64_t read_late_ns = 100000;

static int64_t read_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t real_mono_ns(struct clock *clock)
{
    (void)clock;
    return read_ns(CLOCK_MONOTONIC_RAW);
}

/* Who is preempted between the two clocks would be off by as much: then they are read again. */
static int64_t real_utc_ms(struct clock *clock, int64_t mono_ns)
{
    (void)clock;
    int64_t raw_ns, utc_ns, late_ns = read_late_ns + 1;
    for (int k = 0; k < READ_TRIES && late_ns > read_late_ns; k++) {
        raw_ns = read_ns(CLOCK_MONOTONIC_RAW);
        utc_ns = read_ns(CLOCK_REALTIME);
        late_ns = read_ns(CLOCK_MONOTONIC_RAW) - raw_ns;
    }
    return (utc_ns + mono_ns - raw_ns) / 1000000;
}

/* Where the call is forbidden (a sandbox), nothing is known of the wall clock: not synchronised. */
static bool real_utc_synced(struct clock *clock, int64_t mono_ns)
{
    (void)clock;
    (void)mono_ns;
    struct timex state = {.modes = 0};
    return adjtimex(&state) >= 0 && !(state.status & STA_UNSYNC);
}

/* The kernel does not sleep on CLOCK_MONOTONIC_RAW, so each wait is translated to CLOCK_MONOTONIC, which may
 * be slewed against it; hence the loop. MONOTONIC is read first: a preemption between the two readings wakes
 * early, never late. */
static int real_sleep_until(struct clock *clock, int64_t until_ns)
{
    (void)clock;
    for (;;) {
        int64_t monotonic_ns = read_ns(CLOCK_MONOTONIC);
        int64_t wait_ns = until_ns - read_ns(CLOCK_MONOTONIC_RAW);
        if (wait_ns <= 0)
            return 0;
        int64_t target_ns = monotonic_ns + wait_ns;
        struct timespec target = {.tv_sec = target_ns / 1000000000, .tv_nsec = target_ns % 1000000000};
        int error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &target, NULL);
        if (error)
            return -error;
    }
}

static const struct clock_ops real_ops = {real_mono_ns, real_utc_ms, real_utc_synced, real_sleep_until};

void clock_real_init(struct clock_real *real)
{
    real->clock = (struct clock){.ops = &real_ops, .simulated = false};
}
