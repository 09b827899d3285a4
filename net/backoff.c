/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/backoff.h"

void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms, uint64_t seed)
{
    backoff->min_ms = min_ms;
    backoff->max_ms = max_ms;
    backoff->state = seed;
    backoff_reset(backoff);
}

/* SplitMix64: any seed will do, also 0. */
static uint64_t random_bits(struct backoff *backoff)
{
    backoff->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = backoff->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t backoff_get(struct backoff *backoff)
{
    const double unit = (double)(random_bits(backoff) >> 11) * 0x1p-53; /* 0 <= unit < 1 */
    const int64_t delay_ms = (int64_t)(unit * ((double)backoff->ceiling_ms + 1.0));

    if (backoff->ceiling_ms > backoff->max_ms / 2)
        backoff->ceiling_ms = backoff->max_ms;
    else
        backoff->ceiling_ms *= 2;
    return delay_ms;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->ceiling_ms = backoff->min_ms;
}
