/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise.h - seeded random numbers of the simulator: xoshiro256** (Blackman, Vigna), and from it uniform and nearly
 * Gaussian deviates.
 *
 * Tails:   noise_gaussian adds four 16-bit uniforms: mean 0, rms 1, never beyond +-3.464; kurtosis 2.7 instead of 3.
 * One draw of the generator per deviate.
 * Threads: one object, one thread. Same seed, same numbers, on every machine.
 */
#ifndef VATIO_HAL_SIM_NOISE_H
#define VATIO_HAL_SIM_NOISE_H

#include <stdint.h>

struct noise {
    uint64_t state[4];
};

/* Any seed is good, also 0: the state is spread by splitmix64. */
void noise_init(struct noise *noise, uint64_t seed);

static inline uint64_t noise_rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static inline uint64_t noise_bits(struct noise *noise)
{
    uint64_t *s = noise->state;
    uint64_t bits = noise_rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = noise_rotate(s[3], 45);
    return bits;
}

/* 0 <= x < 1, 53 bits. */
static inline double noise_uniform(struct noise *noise)
{
    return (double)(noise_bits(noise) >> 11) * 0x1p-53;
}

static inline double noise_gaussian(struct noise *noise)
{
    /* The variance of one uniform of n = 65536 steps is (n^2 - 1) / 12; of four, a third of n^2 - 1. */
    static const double over_rms = 1 / 37837.22723720648; /* sqrt((65536^2 - 1) / 3) */
    uint64_t bits = noise_bits(noise);
    int64_t sum = (int64_t)((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48));
    return ((double)sum - 131070.0) * over_rms;
}

#endif
