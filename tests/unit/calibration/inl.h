/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inl.h - a converter with random nonlinearity, and random numbers, for the tests and the study of the estimators.
 *
 * A smooth curve of four half waves at most and unequal weights of the ten bits, in random shares; the largest deviation
 * from the best straight line is 0.25 to 1 LSB, 0.5 typically. No code is missing. Beside the estimators' model on
 * purpose: `odd` puts steps at codes that are no sums of a few bits.
 */
#ifndef VATIO_TESTS_CALIBRATION_INL_H
#define VATIO_TESTS_CALIBRATION_INL_H

#include "tests/unit/splitmix.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { INL_CODES = 1024 };
static const double inl_pi = 3.14159265358979323846;

struct inl_random {
    uint64_t state;
};

static inline double inl_uniform(struct inl_random *random)
{
    return (double)(splitmix_bits(&random->state) >> 11) * 0x1p-53;
}

static inline double inl_normal(struct inl_random *random)
{
    const double u = inl_uniform(random), v = inl_uniform(random);
    return sqrt(-2 * log(1 - u)) * cos(2 * inl_pi * v);
}

struct inl {
    double begin_lsb[INL_CODES]; /* level at which each code begins, in ideal steps; of code 0: -infinity */
    double correction_lsb[INL_CODES]; /* true middle of each step less the ideal one */
};

static inline double inl_peak(const double table[INL_CODES])
{
    double peak = 0;
    for (int c = 0; c < INL_CODES; c++)
        peak = fmax(peak, fabs(table[c]));
    return peak;
}

/* Takes the best straight line out of table[first..last]; returns the rms of the rest. */
static inline double inl_level(double table[INL_CODES], int first, int last)
{
    double sum = 0, slope = 0, square = 0, rest = 0, n = last - first + 1, middle = 0.5 * (first + last);
    for (int c = first; c <= last; c++) {
        sum += table[c];
        slope += (c - middle) * table[c];
        square += (c - middle) * (c - middle);
    }
    for (int c = first; c <= last; c++) {
        table[c] -= sum / n + slope / square * (c - middle);
        rest += table[c] * table[c];
    }
    return sqrt(rest / n);
}

static inline void inl_finish(struct inl *inl, double error[INL_CODES], double size_lsb)
{
    inl_level(error, 0, INL_CODES - 1);
    const double factor = inl_peak(error) > 0 ? size_lsb / inl_peak(error) : 0;
    for (int c = 0; c < INL_CODES; c++)
        inl->begin_lsb[c] = c + factor * error[c];
    for (int c = 1; c < INL_CODES; c++) /* none missing: a step is at least a tenth wide */
        inl->begin_lsb[c] = fmax(inl->begin_lsb[c], inl->begin_lsb[c - 1] + 0.1);
    for (int c = 0; c < INL_CODES; c++) {
        const double end = c + 1 < INL_CODES ? inl->begin_lsb[c + 1] : inl->begin_lsb[c] + 1;
        inl->correction_lsb[c] = 0.5 * (inl->begin_lsb[c] + end) - (c + 0.5);
    }
    inl->begin_lsb[0] = -1e9;
}

static inline void inl_make(struct inl *inl, struct inl_random *random, int odd)
{
    double error[INL_CODES] = {0}, smooth[INL_CODES] = {0}, step[INL_CODES] = {0}, weight[10];
    const double share = inl_uniform(random);
    for (int k = 1; k <= 4; k++) {
        const double size = inl_normal(random) / k, phase = 2 * inl_pi * inl_uniform(random);
        for (int c = 0; c < INL_CODES; c++)
            smooth[c] += size * cos(inl_pi * k * c / INL_CODES + phase);
    }
    for (int b = 0; b < 10; b++)
        weight[b] = inl_normal(random) * sqrt((double)(1 << b));
    int at[12];
    for (int k = 0; k < 12; k++)
        at[k] = (int)(inl_uniform(random) * INL_CODES);
    for (int c = 0; c < INL_CODES; c++) {
        for (int b = 0; b < 10 && !odd; b++)
            step[c] += weight[b] * ((c >> b) & 1);
        for (int k = 0; k < 12 && odd; k++)
            step[c] += c >= at[k] ? weight[k % 10] : 0;
    }
    inl_level(smooth, 0, INL_CODES - 1);
    inl_level(step, 0, INL_CODES - 1);
    for (int c = 0; c < INL_CODES; c++)
        error[c] = (1 - share) * smooth[c] / inl_peak(smooth) + share * step[c] / inl_peak(step);
    const double u = inl_uniform(random);
    inl_finish(inl, error, 0.25 + 0.25 * u + 0.5 * u * u * u);
}

/* The code of a level in ideal steps: code c stands for c..c + 1 in an ideal converter. */
static inline uint16_t inl_code(const struct inl *inl, double level_lsb)
{
    int c = (int)fmin(fmax(level_lsb, 0), INL_CODES - 1);
    while (c > 0 && level_lsb < inl->begin_lsb[c])
        c--;
    while (c < INL_CODES - 1 && level_lsb >= inl->begin_lsb[c + 1])
        c++;
    return (uint16_t)c;
}

#endif
