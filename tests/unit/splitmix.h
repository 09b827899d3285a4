/* SPDX-License-Identifier: GPL-3.0-or-later */
/* splitmix.h - repeatable random numbers for tests, benches and studies; the state is the seed.
 *
 * Source:  SplitMix64 (Steele, Lea, Flood 2014); Box and Muller's normal numbers.
 */
#ifndef VATIO_TESTS_UNIT_SPLITMIX_H
#define VATIO_TESTS_UNIT_SPLITMIX_H

#include <math.h>
#include <stdint.h>

static inline uint64_t splitmix_bits(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Between 0 and 1, neither of them. */
static inline double splitmix_uniform(uint64_t *state)
{
    return ((double)(splitmix_bits(state) >> 11) + 0.5) * 0x1p-53;
}

/* Of mean 0 and variance 1. */
static inline double splitmix_gauss(uint64_t *state)
{
    const double size = sqrt(-2 * log(splitmix_uniform(state)));
    return size * cos(2 * 3.14159265358979323846 * splitmix_uniform(state));
}

#endif
