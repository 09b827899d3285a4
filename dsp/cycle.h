/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cycle.h - the template: one mains cycle as a table, synthesised from harmonics, looked up at any phase.
 *
 * Shape:   TABLE_POINTS equidistant values of x(u) = X0 + sum Re(X_h exp(j 2 pi h u)), with guard points so that the
 *          four-point Lagrange polynomial never wraps. Its error is 2e-4 of h50's own amplitude, 3e-11 of h1's.
 * Errors:  init returns false when memory is short.
 * Threads: one object, one thread; init and close are not thread-safe (FFTW's planner).
 */
#ifndef VATIO_DSP_CYCLE_H
#define VATIO_DSP_CYCLE_H

#include "dsp/phasor.h"
#include "dsp/reading.h"

#include <fftw3.h>
#include <stdbool.h>

/* Points of the even grid in a cycle: a power of two, as many as the scan rate needs. */
enum { GRID_POINTS = 256, GRID_POINTS_MOST = 1024, TABLE_POINTS = 1024, TABLE_CYCLES = 16 };

struct cycle {
    int per_point; /* table points in a grid point */
    fftw_plan plan;
    fftw_complex *bin;
    double *point;
    double table[TABLE_POINTS + 3]; /* [k + 1] is the point k */
};

/* grid_points per cycle: GRID_POINTS..GRID_POINTS_MOST. */
bool cycle_init(struct cycle *cycle, int grid_points);
void cycle_close(struct cycle *cycle);

/* Fills the table. Harmonics are peak phasors; [0].re is the mean. */
void cycle_write(struct cycle *cycle, const struct phasor harmonic[DSP_HARMONICS + 1]);

/* The template at phase u in grid points, u > -TABLE_CYCLES cycles. */
static inline double cycle_at(const struct cycle *cycle, double u)
{
    double place = u * cycle->per_point + TABLE_CYCLES * TABLE_POINTS;
    int whole = (int)place; /* place > 0: cheaper than floor() */
    double x = place - whole;
    const double *p = &cycle->table[whole & (TABLE_POINTS - 1)];
    const double third = 1.0 / 3;
    const double sixth = 1.0 / 6;
    double c1 = p[2] - p[0] * third - p[1] / 2 - p[3] * sixth;
    double c2 = (p[0] + p[2]) / 2 - p[1];
    double c3 = (p[3] - p[0]) * sixth + (p[1] - p[2]) / 2;
    return p[1] + x * (c1 + x * (c2 + x * c3));
}

#endif
