/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wave.h - one voltage or current over one window: its bins and its grid in, its own quantities out.
 *
 * Units:   V or A at the meter's terminals; bins are peak phasors; rms values are AC.
 * Absent:  distortion and K factors when the fundamental is below a tenth of the rms value or hardly above its noise: there is no
 *          fundamental to speak of; crest when the grid is flat; harmonics and groups above h_max.
 * Noise:   rms, harmonics, groups and what is made of them are freed of it in the squares: the noise of each of their bins is
 *          subtracted. A square keeps its sign, and its root has it: see signed_root.h.
 * Source:  IEC 61000-4-7; formulas in dsp/README.md.
 * Threads: pure.
 */
#ifndef VATIO_DSP_WAVE_H
#define VATIO_DSP_WAVE_H

#include "dsp/groups.h"
#include "dsp/phasor.h"
#include "dsp/reading.h"

#include <stdbool.h>

/* A fundamental whose square is not this often its bin's noise may be noise alone: e^-25 of the windows. */
#define NOISE_CLEAR 25.0

struct wave {
    int cycles;
    int points; /* of the grid in a cycle */
    int n_bins; /* bins 0..n_bins-1 */
    int h_max;
    struct phasor *bin; /* front end taken out; [0].re is the mean */
    double *noise;      /* mean square of each bin's noise, front end taken out: what |bin|^2 has of it */
    double noise_rms;   /* of one sample's white noise, front end left in; absent when too few bins show it */
    double *grid;       /* template + residual, front end left in */
    double *square;     /* of each bin's rms value, freed of noise; absent from n_bins on */
    double noise_sum;   /* of noise[] over the AC bins */
    double dc;
    double rms;  /* to the scan's Nyquist frequency */
    double rest; /* rms of all but the fundamental */
    struct groups groups;
    double crest;
    double half_min; /* smallest and largest rms over one cycle, every half cycle */
    double half_max;
};

/* Allocates bins and grid for windows of `cycles` cycles of `points`. False when memory is short. */
bool wave_init(struct wave *wave, int cycles, int points);
void wave_close(struct wave *wave);

/* Fills everything below grid but the half-cycle values. */
void wave_measure(struct wave *wave);

/* A wave as it is (sign 1) or turned round (-1). */
struct signed_wave {
    const struct wave *wave;
    double sign;
};

/* sum = first + second, bin by bin and point by point. */
void wave_add(struct wave *sum, struct signed_wave first, struct signed_wave second);

/* rms of the sum of weight[k] times wave[k], freed of the noise of all of them as an rms value is; front ends are alike. */
double wave_rms_of_sum(const struct wave *const wave[], const double weight[], int n);

#endif
