/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/curve.h"

#include "hal/sim/noise.h"

#include <math.h>

enum { BITS = 10, FIRST = 1, LAST = MCP3008_CODES - 1, STEPS = 40 };

static const double two_pi = 6.283185307179586;

/* Takes the straight line through both ends away. */
static void level_ends(double curve[MCP3008_CODES])
{
    double first = curve[FIRST], slope = (curve[LAST] - curve[FIRST]) / (LAST - FIRST);
    for (int c = FIRST; c <= LAST; c++) {
        curve[c] -= first + slope * (c - FIRST);
    }
}

static double largest(const double curve[MCP3008_CODES])
{
    double most = 0;
    for (int c = FIRST; c <= LAST; c++) {
        most = fmax(most, fabs(curve[c]));
    }
    return most;
}

static double largest_step(const double curve[MCP3008_CODES])
{
    double most = 0;
    for (int c = FIRST; c < LAST; c++) {
        most = fmax(most, fabs(curve[c + 1] - curve[c]));
    }
    return most;
}

static void scale_to(double curve[MCP3008_CODES], double factor)
{
    for (int c = FIRST; c <= LAST; c++) {
        curve[c] *= factor;
    }
}

static void draw_bits(struct noise *noise, double curve[MCP3008_CODES])
{
    double error[BITS];
    for (int b = 0; b < BITS; b++) {
        error[b] = sqrt(1 << b) * noise_gaussian(noise);
    }
    for (int c = 0; c < MCP3008_CODES; c++) {
        curve[c] = 0;
        for (int b = 0; b < BITS; b++) {
            curve[c] += (c >> b & 1) ? error[b] : 0;
        }
    }
    level_ends(curve);
}

static void draw_smooth(struct noise *noise, double curve[MCP3008_CODES])
{
    double parabola = noise_gaussian(noise), cubic = 2 * noise_gaussian(noise),
           wave = 0.2 * noise_gaussian(noise), rad = two_pi * noise_uniform(noise);
    double waves = 2 + 2 * noise_uniform(noise);
    for (int c = 0; c < MCP3008_CODES; c++) {
        double x = (double)c / LAST;
        curve[c] =
            parabola * x * (1 - x) + cubic * x * (1 - x) * (1 - 2 * x) + wave * sin(two_pi * waves * x + rad);
    }
    level_ends(curve);
}

static double largest_sum(const double a[MCP3008_CODES], const double b[MCP3008_CODES], double factor)
{
    double sum[MCP3008_CODES];
    for (int c = 0; c < MCP3008_CODES; c++) {
        sum[c] = a[c] + factor * b[c];
    }
    return largest(sum);
}

/* How much of smooth makes the sum's largest value peak: bits alone stay below it, so there is a factor, and halving
 * finds it. */
static double share_of_smooth(const double bits[MCP3008_CODES], const double smooth[MCP3008_CODES],
                              double peak)
{
    double low = 0, high = 1;
    while (largest_sum(bits, smooth, high) < peak) {
        high *= 2;
    }
    for (int k = 0; k < STEPS; k++) {
        double middle = (low + high) / 2;
        if (largest_sum(bits, smooth, middle) < peak) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void curve_thresholds(uint64_t seed, double inl_lsb, double threshold_lsb[MCP3008_CODES])
{
    struct noise noise;
    double bits[MCP3008_CODES], smooth[MCP3008_CODES];
    noise_init(&noise, seed ^ UINT64_C(0x6375727665)); /* "curve" */
    draw_bits(&noise, bits);
    draw_smooth(&noise, smooth);
    double x = noise_uniform(&noise), y = noise_uniform(&noise);
    double peak = (0.3 + 0.7 * x * x) * inl_lsb, step = (0.15 + 0.45 * y * y) * inl_lsb;
    scale_to(bits, step / largest_step(bits));
    if (largest(bits) > 0.9 * peak) {
        scale_to(bits, 0.9 * peak / largest(bits));
    }
    double share = share_of_smooth(bits, smooth, peak);
    threshold_lsb[0] = 0;
    for (int c = FIRST; c <= LAST; c++) {
        threshold_lsb[c] = c + bits[c] + share * smooth[c];
    }
}
