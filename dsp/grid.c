/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/grid.h"

#include <string.h>

enum { POINT_OFFSET = TABLE_CYCLES * TABLE_POINTS };

void grid_residual(struct strip *strip, const struct cycle *cycle)
{
    for (int k = 0; k < strip->n; k++) {
        strip->r[k] = strip->x[k] - cycle_at(cycle, strip->u[k]);
    }
}

static double mean(const double *r, int n)
{
    double sum = 0;
    for (int k = 0; k < n; k++) {
        sum += r[k];
    }
    return sum / n;
}

static double mean_before(const struct strip *strip, int last)
{
    int n = last + 1 < BRIDGE_MEAN ? last + 1 : BRIDGE_MEAN;
    return mean(&strip->r[last + 1 - n], n);
}

static double mean_after(const struct strip *strip, int first)
{
    int n = strip->n - first < BRIDGE_MEAN ? strip->n - first : BRIDGE_MEAN;
    return mean(&strip->r[first], n);
}

/* The first grid point at or behind u. */
static inline int point_at(double u)
{
    int whole = (int)(u + POINT_OFFSET) - POINT_OFFSET; /* u > -POINT_OFFSET: cheaper than ceil() */
    return whole + (whole < u);
}

/* Points first..end-1 of the grid on a line through (from, at_from). */
static void fill_line(double *grid, int first, int end, double from, double at_from, double slope)
{
    for (int k = first; k < end; k++) {
        grid[k] = at_from + slope * (k - from);
    }
}

static double bridge_slope(const struct strip *strip, int before, double *left)
{
    *left = mean_before(strip, before);
    return (mean_after(strip, before + 1) - *left) / (strip->u[before + 1] - strip->u[before]);
}

/* Lines between all samples from first on. Each line begins by writing GRID_SPARE points, whether they are its own or not: the
 * lines behind it write theirs anew. Most have no more, so that nothing need be guessed by the processor. */
static void fill_lines(const struct strip *strip, double *restrict grid, int n, int first)
{
    const double *u = strip->u;
    const double *r = strip->r;
    int begin = point_at(u[first]);
    begin = begin < 0 ? 0 : begin;
    for (int i = first; i + 1 < strip->n && begin < n; i++) {
        double from = u[i];
        double left = r[i];
        double slope = (r[i + 1] - left) / (u[i + 1] - from);
        if (!(u[i + 1] - from <= strip->hole)) {
            slope = bridge_slope(strip, i, &left);
        }
        int end = point_at(u[i + 1]);
        if (end <= begin) {
            continue; /* no point of its own: also two samples at one instant */
        }
        for (int k = 0; k < GRID_SPARE; k++) {
            grid[begin + k] = left + slope * (begin + k - from);
        }
        if (end > begin + GRID_SPARE) {
            fill_line(grid, begin + GRID_SPARE, end < n ? end : n, from, left, slope);
        }
        begin = end;
    }
}

void grid_write(const struct strip *strip, double *grid, int n)
{
    if (strip->n == 0) {
        memset(grid, 0, (size_t)n * sizeof(*grid));
        return;
    }
    int last = strip->n - 1;
    int begin = point_at(strip->u[0]);
    int end = point_at(strip->u[last]);
    int first = 0;
    fill_line(grid, 0, begin < n ? begin : n, 0, mean_after(strip, 0), 0);
    while (first < last && strip->u[first + 1] <= 0) {
        first++;
    }
    fill_lines(strip, grid, n, first);
    fill_line(grid, end < 0 ? 0 : end, n, 0, mean_before(strip, last), 0);
}
