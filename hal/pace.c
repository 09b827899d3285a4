/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/pace.h"

/* SplitMix64 (Steele, Lea, Flood 2014): one addition and a mixing, full period, any seed. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void pace_init(struct pace *pace, int64_t start_ns, int64_t period_ns, uint64_t seed)
{
    *pace = (struct pace){.period_ns = period_ns, .due_ns = start_ns, .random = seed};
}

/* The pause lasts half a period on average, so the steps of a block are half a period shorter altogether.
 * What integer division takes from the steps goes to the pause: the mean is off by at most 1 ns per block. */
static int64_t pause_ns(struct pace *pace, int64_t step_ns)
{
    int64_t room_ns = PACE_BLOCK * (pace->period_ns - step_ns);
    int64_t random_ns = (int64_t)(random_next(&pace->random) % (uint64_t)pace->period_ns);
    return room_ns - pace->period_ns / 2 + random_ns;
}

int64_t pace_next(struct pace *pace, int64_t now_ns)
{
    int64_t due_ns = pace->due_ns;
    if (now_ns - due_ns > pace->period_ns)
        due_ns = now_ns;
    int64_t step_ns = pace->period_ns * (2 * PACE_BLOCK - 1) / (2 * PACE_BLOCK);
    pace->due_ns = due_ns + step_ns;
    if (++pace->in_block == PACE_BLOCK) {
        pace->in_block = 0;
        pace->due_ns += pause_ns(pace, step_ns);
    }
    return due_ns;
}
