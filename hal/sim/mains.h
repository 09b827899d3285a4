/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mains.h - the supply: a fixed wave shape with the usual odd harmonics, whose amplitude and frequency drift slowly;
 * with two legs, the second is the first turned round, with an amplitude of its own.
 *
 * Units:   tables are at MAINS_RATED_V; an installation of another nominal voltage scales them.
 * Drift:   two first-order random walks, advanced by mains_step: amplitude +-3 %, frequency +-20 mHz. With two legs a
 *          third one parts their amplitudes, +-0.5 % each, and the neutral's drop moves them against each other.
 * Signs:   each supply is seen from what hangs on it: on leg 2 the angle 0 is leg 2's own zero crossing. Between the
 *          legs there is twice the voltage; SUPPLY_BOTH has half of it, so that the rating is the same.
 * Threads: one object, one thread. Same seed, same drift.
 */
#ifndef VATIO_HAL_SIM_MAINS_H
#define VATIO_HAL_SIM_MAINS_H

#include "hal/sim/noise.h"
#include "hal/sim/waveform.h"

enum { MAINS_RATED_V = 120 };

/* What a load or an inverter is connected to. */
enum supply_kind { SUPPLY_L1, SUPPLY_L2, SUPPLY_BOTH, SUPPLIES };

struct mains_wave {
    double u_v[WAVEFORM_POINTS];
    double slope_v[WAVEFORM_POINTS]; /* du/dx, x the nominal angle: what a capacitor's current follows */
    double
        flux_v[WAVEFORM_POINTS]; /* integral of u dx without its mean: what an inductor's current follows */
};

struct supply {
    double f_hz;
    double u_ratio; /* amplitude / rated: 0.97..1.03 with one leg, 0.95..1.05 with two */
    double u_rms_v; /* with harmonics */
    struct mains_wave wave;
};

/* The drop along a leg's conductor at the rated voltage, seen from the leg: sine sin x + cosine cos x. */
struct mains_drop {
    double sine_v, cosine_v;
};

struct mains {
    struct noise noise;
    struct noise leg_noise; /* apart, so that leg 1 drifts alike with and without leg 2 */
    double f_nominal_hz;
    double f_hz;
    int legs;
    double u_ratio;     /* common to the legs, 0.97..1.03 */
    double leg_ratio;   /* leg 1 is higher by it, leg 2 lower, -0.005..0.005 */
    double apart;       /* leg_ratio and the neutral's drop together */
    double upset_ratio; /* what an event or flicker leaves of all voltages; 1 = all */
    struct mains_drop drop[WAVEFORM_LEGS];
    struct mains_wave rated;
    struct supply supply[SUPPLIES]; /* now; with one leg only SUPPLY_L1 */
};

/* legs: 1 or 2. */
void mains_init(struct mains *mains, double f_nominal_hz, int legs, uint64_t seed);

/* Amplitude and frequency after another duration_s. neutral_ratio: the drop along the neutral as a share of the nominal
 * voltage; > 0: leg 1 sinks and leg 2 rises by it; held to +-0.015. With one leg it has no effect. */
void mains_step(struct mains *mains, double duration_s, double neutral_ratio);

/* From now on. A drop is of the fundamental alone: what its current's harmonics do to the voltage is left out. */
void mains_upset(struct mains *mains, double ratio, const struct mains_drop drop[WAVEFORM_LEGS]);

#endif
