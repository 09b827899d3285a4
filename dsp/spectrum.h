/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spectrum.h - from the residual grid to complex amplitudes: harmonics of the mean cycle, all bins of a window.
 *
 * Units:   peak phasors, phase at the start of the window; bin k of a window of c cycles is at k / c times the mains
 *          frequency.
 * Equaliser: bins are multiplied with inverse[], by grid bin: see lines.h.
 * Errors:  init returns false when memory is short.
 * Threads: one object, one thread; init and close are not thread-safe (FFTW's planner).
 */
#ifndef VATIO_DSP_SPECTRUM_H
#define VATIO_DSP_SPECTRUM_H

#include "dsp/cycle.h"
#include "dsp/phasor.h"

#include <fftw3.h>
#include <stdbool.h>

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

/* Adds the harmonics 0..h_max of the mean cycle of spectrum->grid to harmonic[]. */
void spectrum_add_harmonics(struct spectrum *spectrum, const double inverse[], int h_max,
                            struct phasor harmonic[]);

/* Bins 0..n_bins-1 of spectrum->grid. [0].re is the mean. */
void spectrum_read(struct spectrum *spectrum, const double inverse[], int n_bins, struct phasor bin[]);

/* The inverse of a front end with a high-pass and a low-pass pole (0 = none) at bins bin_hz apart, over bins 1..n-1:
 * (1 + hp / jf) (1 + jf / lp). */
void spectrum_undo_poles(struct phasor bin[], int n_bins, double bin_hz, double high_pass_hz,
                         double low_pass_hz);

#endif
