/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/noise.h"

static uint64_t splitmix(uint64_t *x)
{
    *x += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *x;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void noise_init(struct noise *noise, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        noise->state[i] = splitmix(&seed);
    }
}
