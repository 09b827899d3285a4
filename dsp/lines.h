/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lines.h - what straight lines between uneven samples do to a spectrum: to a component, and to the samples' noise.
 *
 * Method:  a sample n weighs K_n(f) = h(a) + conj h(b) in the grid's transform, h the transform of the rising half of its hat, a
 *          and b the spacings before and after it. A component keeps the share M = sum Re K_n / T of its amplitude; white noise of
 *          variance 1 leaves sum |K_n|^2. Both sums are taken over every LINES_STRIDE-th sample at LINES_NODES
 *          frequencies; polynomials in f^2 join them. Means that bridge a hole add noise of their own, bin by bin.
 * Units:   spacings in grid points; noise[k] is the mean square of the equalised bin k: 4 / N for N even samples.
 * Errors:  init returns false when memory is short.
 * Threads: pure; one object, one thread.
 * Source:  dsp/README.md.
 */
#ifndef VATIO_DSP_LINES_H
#define VATIO_DSP_LINES_H

#include "dsp/phasor.h"
#include "dsp/strip.h"

#include <stdbool.h>

enum {
    LINES_NODES = 6,
    LINES_STRIDE = 5,  /* shares no factor with the 16 scans of a block between deliberate pauses */
    LINES_STEPS = 64,  /* of the table, in a scan period */
    LINES_PERIODS = 4, /* the widest spacing that is no hole is below */
    LINES_BINS_LEAST = 8
};
#define EQUALISER_MOST 4.0 /* beyond that the samples do not carry the component */

struct lines {
    int n_grid;
    double square[LINES_NODES]; /* of the nodes, multiples nu of the scan rate, 0 < nu < 1/2 */
    /* h at the nodes for spacings of so many steps, real parts, then imaginary parts; in scan periods */
    double half[LINES_PERIODS * LINES_STEPS + 2][2 * LINES_NODES];
    int n_bins;
    double *inverse; /* equaliser: 1 / M, at most EQUALISER_MOST; [0..n_bins-1] */
    double *noise;   /* [1..n_bins-1] */
    /* of the strip they are for */
    int n;
    double spacing;
    double missing;
};

bool lines_init(struct lines *lines, int n_grid);
void lines_close(struct lines *lines);

/* Measures a strip over the whole grid, period grid points to the scan; holes begin below LINES_PERIODS of them. The
 * template takes harmonics up to h_max out of the noise too: what of them would leak into other bins. */
void lines_add(struct lines *lines, const struct strip *strip, double period, int n_bins, int h_max);

/* True when the strip is of the same scans as the one added last: as many samples, the same spacing within a thousandth,
 * the same holes. inverse and noise are the same then. */
bool lines_fit(const struct lines *lines, const struct strip *strip, int n_bins);

/* Variance of one sample from the bins from first on that lie apart from harmonics (k cycles and its two neighbours).
 * Negative when there are fewer than LINES_BINS_LEAST. */
double lines_variance(const struct lines *lines, const struct phasor bin[], int first, int cycles);

#endif
