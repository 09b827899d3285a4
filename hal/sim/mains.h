/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mains.h - the supply: a fixed wave shape with the usual odd harmonics, whose amplitude and frequency drift slowly.
 *
 * Units:   tables are at MAINS_RATED_V; an installation of another nominal voltage scales them.
 * Drift:   two first-order random walks, advanced by mains_step: amplitude +-3 %, frequency +-20 mHz.
 * Threads: one object, one thread. Same seed, same drift.
 */
#ifndef VATIO_HAL_SIM_MAINS_H
#define VATIO_HAL_SIM_MAINS_H

#include "hal/sim/noise.h"
#include "hal/sim/waveform.h"

enum { MAINS_RATED_V = 120 };

struct mains_wave {
    double u_v[WAVEFORM_POINTS];
    double slope_v[WAVEFORM_POINTS]; /* du/dx, x the nominal angle: what a capacitor's current follows */
    double
        flux_v[WAVEFORM_POINTS]; /* integral of u dx without its mean: what an inductor's current follows */
};

struct mains {
    struct noise noise;
    double f_nominal_hz;
    double f_hz;
    double u_ratio; /* amplitude / rated, 0.97..1.03 */
    double u_rms_v; /* with harmonics */
    struct mains_wave rated;
    struct mains_wave wave; /* now */
};

void mains_init(struct mains *mains, double f_nominal_hz, uint64_t seed);

/* Amplitude and frequency after another duration_s. */
void mains_step(struct mains *mains, double duration_s);

#endif
