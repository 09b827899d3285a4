/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/halfcycle.h"

#include <math.h>

static const double step_ratio = 0.95;

void halfcycle_reset(struct halfcycle *half)
{
    half->has_last = false;
    half->step = true;
}

static double mean_square(const double *x, int n, double dc)
{
    double sum = 0;
    for (int k = 0; k < n; k++) {
        sum += (x[k] - dc) * (x[k] - dc);
    }
    return sum / n;
}

void halfcycle_add(struct halfcycle *half, const double *grid, int cycles, int points, double dc, double gain)
{
    double min = (double)INFINITY;
    double max = 0;
    for (int k = 0; k < 2 * cycles; k++) {
        double now = mean_square(&grid[k * (points / 2)], points / 2, dc);
        if (half->has_last) {
            double square = (half->last + now) / 2;
            min = fmin(min, square);
            max = fmax(max, square);
        }
        half->last = now;
        half->has_last = true;
    }
    half->min = gain * sqrt(min);
    half->max = gain * sqrt(max);
    half->step = half->min < step_ratio * half->max;
}
