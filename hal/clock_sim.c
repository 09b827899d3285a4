/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/clock.h"

#include <time.h>

static const int64_t start_ns = 1000000000;
static const int64_t lead_ns = 2000000; /* real time: how far simulated time may run ahead before it waits */

static int64_t real_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t sim_mono_ns(struct clock *clock)
{
    return atomic_load(&((struct clock_sim *)clock)->now_ns);
}

static int64_t sim_utc_ms(struct clock *clock, int64_t mono_ns)
{
    const struct clock_sim *sim = (const struct clock_sim *)clock;
    int64_t utc_ms = sim->utc_start_ms + (mono_ns - start_ns) / 1000000;
    for (int k = 0; k < sim->steps; k++)
        utc_ms += mono_ns >= sim->step[k].at_ns ? sim->step[k].by_ms : 0;
    return utc_ms;
}

static bool sim_utc_synced(struct clock *clock, int64_t mono_ns)
{
    const struct clock_sim *sim = (const struct clock_sim *)clock;
    const bool stepped = sim->steps > 0 && mono_ns >= sim->step[0].at_ns;
    const bool synced[] = {
        [CLOCK_ALWAYS] = true,
        [CLOCK_NEVER] = false,
        [CLOCK_AFTER_STEP] = stepped,
        [CLOCK_UNTIL_STEP] = !stepped,
    };
    return synced[sim->synced];
}

/* Real time is read without entering the kernel, and slept on only once the lead is used up: at 8,000 scans
 * per second about one scan in sixteen makes a system call. */
static int pace_real_time(const struct clock_sim *sim, int64_t until_ns)
{
    int64_t due_ns = sim->real_start_ns + (int64_t)((double)(until_ns - start_ns) / sim->speed);
    if (due_ns - real_now_ns() <= lead_ns)
        return 0;
    struct timespec due = {.tv_sec = due_ns / 1000000000, .tv_nsec = due_ns % 1000000000};
    return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static int sim_sleep_until(struct clock *clock, int64_t until_ns)
{
    struct clock_sim *sim = (struct clock_sim *)clock;
    if (until_ns <= atomic_load(&sim->now_ns))
        return 0;
    if (sim->speed > 0) {
        int error = pace_real_time(sim, until_ns);
        if (error)
            return error;
    }
    atomic_store(&sim->now_ns, until_ns);
    return 0;
}

static const struct clock_ops sim_ops = {sim_mono_ns, sim_utc_ms, sim_utc_synced, sim_sleep_until};

void clock_sim_init(struct clock_sim *sim, int64_t utc_start_ms, double speed)
{
    sim->clock = (struct clock){.ops = &sim_ops, .simulated = true};
    atomic_init(&sim->now_ns, start_ns);
    sim->steps = 0;
    sim->synced = CLOCK_ALWAYS;
    sim->utc_start_ms = utc_start_ms;
    sim->real_start_ns = real_now_ns();
    sim->speed = speed;
}
