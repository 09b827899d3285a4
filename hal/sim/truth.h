/* SPDX-License-Identifier: GPL-3.0-or-later */
/* truth.h - what a perfect meter would register of one segment, from its unfiltered tables.
 *
 * Formula: per circuit and leg: P = mean(u i) less the product of the means, Q1 from the fundamentals, S = U I of the
 *          rms values without their means; a circuit is the sum of its legs. Signs and quadrants as in the registers.
 * Tones:   add to the squares of U and I, and to P what voltage and current of one tone do with each other. What they do
 *          with the tables' waves swings around 0 and is left out: right over times that are long against the difference of
 *          their frequencies.
 * Ramp:    a segment ends on whole cycles, so means over the phase are all there is to it.
 * Threads: pure.
 */
#ifndef VATIO_HAL_SIM_TRUTH_H
#define VATIO_HAL_SIM_TRUTH_H

#include "hal/sim/ledger.h"
#include "hal/sim/waveform.h"

/* Cosine and sine of one cycle, to find fundamentals with. */
struct truth {
    double cosine[WAVEFORM_POINTS];
    double sine[WAVEFORM_POINTS];
};

void truth_init(struct truth *truth);

/* The mean power of each circuit (grid, solar, load) and of its legs, signed. */
void truth_power(const struct truth *truth, const struct waveform_segment *segment,
                 struct ledger_power power[LEDGER_POINTS]);

/* Energy per second of each circuit as a whole, netted over the segment, in the units and order of struct sim_truth. */
void truth_rate(const struct truth *truth, const struct waveform_segment *segment, double rate[3][7]);

#endif
