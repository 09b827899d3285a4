/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/lines.h"

#include "dsp/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;
enum { NODES = LINES_NODES };

/* Transform at angular frequency w of a line falling from 1 at 0 to 0 at length; turned is exp(-jw length).
 * The rising half of a hat has its conjugate. */
static struct phasor ramp(double w, double length, struct phasor turned)
{
    const double square = 1 / (w * w * length);
    return (struct phasor){(1 - turned.re) * square, -turned.im * square - 1 / w};
}

static struct phasor ramp_at(double w, double length)
{
    if (!(length > 0)) {
        return (struct phasor){0, 0};
    }
    return ramp(w, length, (struct phasor){cos(w * length), -sin(w * length)});
}

bool lines_init(struct lines *lines, int n_grid)
{
    const int steps = (int)(sizeof(lines->half) / sizeof(lines->half[0]));
    memset(lines, 0, sizeof(*lines));
    lines->n_grid = n_grid;
    lines->inverse = calloc((size_t)n_grid / 2 + 1, sizeof(*lines->inverse));
    lines->noise = calloc((size_t)n_grid / 2 + 1, sizeof(*lines->noise));
    for (int j = 0; j < NODES; j++) {
        lines->square[j] = (1 - cos(pi * (j + 0.5) / NODES)) / 8; /* Chebyshev's, 0..1/4 */
        for (int k = 0; k < steps; k++) {
            struct phasor falling = ramp_at(2 * pi * sqrt(lines->square[j]), (double)k / LINES_STEPS);
            lines->half[k][j] = falling.re;
            lines->half[k][NODES + j] = -falling.im;
        }
    }
    return lines->inverse != NULL && lines->noise != NULL;
}

void lines_close(struct lines *lines)
{
    free(lines->inverse);
    free(lines->noise);
}

/* h of one spacing at all nodes, by straight lines in the table. */
static void half_hat(const struct lines *lines, double spacing, double sign, double h[2 * NODES])
{
    double place = spacing * LINES_STEPS;
    int step = (int)place;
    double rest = place - step;
    const double *low = lines->half[step];
    const double *high = lines->half[step + 1];
    for (int j = 0; j < NODES; j++) {
        h[j] += low[j] + rest * (high[j] - low[j]);
        h[NODES + j] += sign * (low[NODES + j] + rest * (high[NODES + j] - low[NODES + j]));
    }
}

/* Sums at the nodes over every so many samples: of Re K_n, as a share of what was looked at, and of |K_n|^2, scaled to
 * the whole strip and in squares of the scan period. Returns the number of samples, scaled alike. */
static double sum_samples(const struct lines *lines, const struct strip *strip, double period,
                          double kept[NODES], double square[NODES])
{
    double covered = 0;
    double looked_at = 0;
    memset(kept, 0, NODES * sizeof(*kept));
    memset(square, 0, NODES * sizeof(*square));
    for (int n = 1; n + 1 < strip->n; n += LINES_STRIDE) {
        double before = strip->u[n] - strip->u[n - 1];
        double after = strip->u[n + 1] - strip->u[n];
        double h[2 * NODES] = {0};
        if (before <= strip->hole) {
            half_hat(lines, before / period, 1, h);
            covered += before / 2;
            looked_at += 0.5;
        }
        if (after <= strip->hole) {
            half_hat(lines, after / period, -1, h);
            covered += after / 2;
            looked_at += 0.5;
        }
        for (int j = 0; j < NODES; j++) {
            kept[j] += h[j];
            square[j] += h[j] * h[j] + h[NODES + j] * h[NODES + j];
        }
    }
    for (int j = 0; j < NODES; j++) {
        kept[j] = covered > 0 ? kept[j] * period / covered : 1;
        square[j] = covered > 0 ? square[j] * (lines->n_grid - strip->missing) / covered : 0;
    }
    return covered > 0 ? looked_at * (lines->n_grid - strip->missing) / covered : 1;
}

/* The grid's points fold what lies at n_grid - k and n_grid + k onto bin k: of straight lines, hundredths and less. nu is in
 * cycles to the grid point. */
static double images(double nu, double spacing)
{
    double sum = 0;
    for (int side = -1; side <= 1; side += 2) {
        double x = pi * spacing * (1 + side * nu);
        double sinc = sin(x) / x;
        sum += sinc * sinc * sinc * sinc;
    }
    return sum;
}

/* Divided differences of the sums over the nodes' squares, in place: Newton's polynomial. */
static void join(const double at[NODES], double sum[NODES])
{
    for (int order = 1; order < NODES; order++) {
        for (int j = NODES - 1; j >= order; j--) {
            sum[j] = (sum[j] - sum[j - 1]) / (at[j] - at[j - order]);
        }
    }
}

static inline double joined(const double at[NODES], const double coefficient[NODES], double square)
{
    double value = coefficient[NODES - 1];
    for (int j = NODES - 2; j >= 0; j--) {
        value = value * (square - at[j]) + coefficient[j];
    }
    return value;
}

/* What one hole adds. Each of the BRIDGE_MEAN samples on its sides has 1 / BRIDGE_MEAN of the bridge's half beside its own hat; its square and
 * twice its product with the hats (the outermost sample's is half a hat), on both sides alike. Beyond the bins taken it is nothing. */
static void add_hole(double noise[], int n_bins, int n_grid, double length, double spacing)
{
    const double turn = 2 * pi / n_grid;
    const struct phasor step_hole = {cos(turn * length), -sin(turn * length)};
    const struct phasor step = {cos(turn * spacing), -sin(turn * spacing)};
    struct phasor at_hole = {1, 0};
    struct phasor at = {1, 0};
    for (int k = 1; k < n_bins && k * length < 4 * n_grid; k++) {
        at_hole = phasor_product(at_hole, step_hole);
        at = phasor_product(at, step);
        struct phasor bridge = ramp(k * turn, length, at_hole);
        struct phasor half = ramp(k * turn, spacing, at);
        struct phasor others = {0, 0};
        struct phasor place = at;
        for (int m = 1; m < BRIDGE_MEAN; m++) {
            others = phasor_sum(others, place);
            place = phasor_product(place, at);
        }
        struct phasor hats = {half.re + 2 * half.re * others.re, half.im + 2 * half.re * others.im};
        noise[k] += 2 * (phasor_square(bridge) + 2 * phasor_product(bridge, hats).re) / BRIDGE_MEAN;
    }
}

static void add_holes(const struct strip *strip, double noise[], int n_bins, int n_grid)
{
    for (int n = 0; n + 1 < strip->n; n++) {
        if (strip->u[n + 1] - strip->u[n] > strip->hole) {
            double length = fmin(strip->u[n + 1], n_grid) - fmax(strip->u[n], 0);
            if (length > 0) {
                add_hole(noise, n_bins, n_grid, length, strip->spacing);
            }
        }
    }
}

bool lines_fit(const struct lines *lines, const struct strip *strip, int n_bins)
{
    return lines->n_bins == n_bins && abs(lines->n - strip->n) <= 2 &&
           fabs(lines->spacing - strip->spacing) <= 1e-3 * strip->spacing &&
           fabs(lines->missing - strip->missing) <= strip->spacing;
}

void lines_add(struct lines *lines, const struct strip *strip, double period, int n_bins, int h_max)
{
    double kept[NODES];
    double square[NODES];
    const double whole = lines->n_grid - strip->missing;
    lines->n_bins = n_bins;
    lines->n = strip->n;
    lines->spacing = strip->spacing;
    lines->missing = strip->missing;
    const double n = sum_samples(lines, strip, period, kept, square);
    const double left = fmax(0, 1 - (2 * h_max + 1) / n);
    for (int j = 0; j < NODES; j++) {
        double nu = sqrt(lines->square[j]) / period;
        double own = kept[j] * kept[j] * whole * whole / n;
        square[j] = own + left * (period * period * square[j] - own);
        square[j] += whole * strip->spacing * images(nu, strip->spacing);
    }
    join(lines->square, kept);
    join(lines->square, square);
    const double step = period / lines->n_grid;
    const double least = 1 / EQUALISER_MOST;
    for (int k = 0; k < n_bins; k++) {
        double at = step * k * (step * k);
        double share = joined(lines->square, kept, at);
        lines->inverse[k] = 1 / (share > least ? share : least);
        lines->noise[k] = joined(lines->square, square, at);
    }
    if (strip->missing > 0) {
        add_holes(strip, lines->noise, n_bins, lines->n_grid);
    }
    for (int k = 0; k < n_bins; k++) {
        double gain = 2.0 / lines->n_grid * lines->inverse[k];
        lines->noise[k] *= gain * gain;
    }
}

double lines_variance(const struct lines *lines, const struct phasor bin[], int first, int cycles)
{
    double sum = 0;
    int n = 0;
    for (int k = first; k < lines->n_bins; k++) {
        int apart = k % cycles;
        if (apart > 1 && apart < cycles - 1) {
            sum += phasor_square(bin[k]) / lines->noise[k];
            n++;
        }
    }
    return n >= LINES_BINS_LEAST ? sum / n : -1;
}
