/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/grid.h"

#include <string.h>

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

/* Fills the grid from point k up to, not including, u = to. Returns the next point. */
static int fill_line(double *grid, int n, int k, double from, double to, double at_from, double at_to)
{
    double slope = to > from ? (at_to - at_from) / (to - from) : 0;
    double base = at_from - slope * from;
    for (; k < n && k < to; k++) {
        grid[k] = base + slope * k;
    }
    return k;
}

void grid_write(const struct strip *strip, double *grid, int n)
{
    const double *u = strip->u;
    const double *r = strip->r;
    if (strip->n == 0) {
        memset(grid, 0, (size_t)n * sizeof(*grid));
        return;
    }
    double edge = mean_after(strip, 0);
    int k = fill_line(grid, n, 0, 0, u[0], edge, edge);
    for (int i = 0; i + 1 < strip->n; i++) {
        if (k >= u[i + 1]) {
            continue;
        }
        bool hole = u[i + 1] - u[i] > strip->hole;
        double left = hole ? mean_before(strip, i) : r[i];
        double right = hole ? mean_after(strip, i + 1) : r[i + 1];
        k = fill_line(grid, n, k, u[i], u[i + 1], left, right);
    }
    edge = mean_before(strip, strip->n - 1);
    fill_line(grid, n, k, 0, n, edge, edge);
}
