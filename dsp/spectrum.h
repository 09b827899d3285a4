/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spectrum.h - from the residual grid to complex amplitudes: harmonics of the mean cycle, all bins of a window.
 *
 * Units:   peak phasors, phase at the start of the window; bin k of a window of c cycles is at k / c times the mains
 *          frequency.
 * Equaliser: straight lines between samples d apart weaken a component of f by sinc^2(f d); its inverse is taken,
 *          at most EQUALISER_MOST: beyond that the samples do not carry the component.
 * Errors:  init returns false when memory is short.
 * Threads: one object, one thread; init and close are not thread-safe (FFTW's planner).
 */
#ifndef VATIO_DSP_SPECTRUM_H
#define VATIO_DSP_SPECTRUM_H

#include "dsp/cycle.h"
#include "dsp/phasor.h"

#include <fftw3.h>
#include <stdbool.h>

#define EQUALISER_MOST 4.0

struct spectrum {
    int cycles;
    int points; /* of the grid in a cycle */
    int n_grid; /* cycles * points */
    double *grid;
    fftw_complex *grid_bin;
    fftw_plan grid_plan;
    double *mean;
    fftw_complex *mean_bin;
    fftw_plan mean_plan;
};

bool spectrum_init(struct spectrum *spectrum, int cycles, int points);
void spectrum_close(struct spectrum *spectrum);

/* Adds the harmonics 0..h_max of the mean cycle of spectrum->grid to harmonic[]. spacing: of the samples, in grid
 * points. */
void spectrum_add_harmonics(struct spectrum *spectrum, double spacing, int h_max, struct phasor harmonic[]);

/* Bins 0..n_bins-1 of spectrum->grid. [0].re is the mean. */
void spectrum_read(struct spectrum *spectrum, double spacing, int n_bins, struct phasor bin[]);

/* Noise of a bin: the mean square of the bins from first on that lie apart from harmonics (k cycles and its two
 * neighbours), as the equaliser leaves white noise of the samples white. 0 when there are fewer than
 * NOISE_BINS_LEAST. */
enum { NOISE_BINS_LEAST = 8 };
double spectrum_noise(const struct phasor bin[], int first, int n_bins, int cycles);

/* The inverse of a front end with a high-pass and a low-pass pole (0 = none) at bins bin_hz apart, over bins 1..n-1:
 * (1 + hp / jf) (1 + jf / lp). */
void spectrum_undo_poles(struct phasor bin[], int n_bins, double bin_hz, double high_pass_hz,
                         double low_pass_hz);

#endif
