/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study.h"

#include <math.h>

enum { FINE = 16, LEVELS = CODES * FINE, STEPS = 4096, REACH = 4, THD_MOST = 40 };

static const double pi = 3.14159265358979323846;
static const double noise_lsb = 0.5, offset_lsb = 512.36;

/* 5 A rms at 122 mA a step */
static const double in_lsb = 58, u_lsb = 362;

const double effect_of_in[EFFECT_CURRENTS] = {0.05, 0.1, 0.2, 0.5};

double level(double table[CODES], int first, int last)
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

/* Mean of code + table at a level, over normal noise. */
static double mean_at(const struct board *board, const double table_lsb[CODES], double level_lsb)
{
    const int middle = (int)level_lsb;
    double mean = 0, below = 0;
    for (int c = middle - REACH; c <= middle + REACH; c++) {
        const double end = board->begin_lsb[c + 1];
        const double share = c < middle + REACH ? 0.5 * erfc((level_lsb - end) / (noise_lsb * sqrt(2))) : 1;
        mean += (share - below) * (c + table_lsb[c]);
        below = share;
    }
    return mean;
}

static double transfer(const double mean[LEVELS], double level_lsb)
{
    const double at = level_lsb * FINE;
    const int i = (int)at;
    return mean[i] + (at - i) * (mean[i + 1] - mean[i]);
}

/* The cosine of order h in what becomes of a sine. */
static double harmonic(const double mean[LEVELS], double size_lsb, int h)
{
    double sum = 0;
    for (int i = 0; i < STEPS; i++) {
        const double angle = 2 * pi * (i + 0.5) / STEPS;
        sum += transfer(mean, offset_lsb + size_lsb * cos(angle)) * cos(h * angle);
    }
    return 2 * sum / STEPS;
}

void effect_of(const struct board *board, const double table_lsb[CODES], struct effect *effect)
{
    static double mean[LEVELS];
    double off[CODES], square = 0;
    for (int i = 0; i < LEVELS; i++) {
        const double at = (double)i / FINE;
        mean[i] = at > 2 * REACH && at < CODES - 2 * REACH ? mean_at(board, table_lsb, at) : at;
    }
    for (int c = 0; c < CODES; c++)
        off[c] = table_lsb[c] - board->correction_lsb[c];
    effect->left_lsb = level(off, (int)(offset_lsb - u_lsb), (int)(offset_lsb + u_lsb));
    const double reference = harmonic(mean, in_lsb, 1) / in_lsb;
    for (int k = 0; k < EFFECT_CURRENTS; k++) {
        const double size = effect_of_in[k] * in_lsb;
        effect->p_pct[k] = 100 * (harmonic(mean, size, 1) / size / reference - 1);
    }
    const double first = harmonic(mean, u_lsb, 1);
    for (int h = 2; h <= THD_MOST; h++)
        square += pow(harmonic(mean, u_lsb, h), 2);
    effect->thd_pct = 100 * sqrt(square) / first;
}
