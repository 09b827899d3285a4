/* SPDX-License-Identifier: GPL-3.0-or-later */
/* power.h - waves in, IEEE 1459 quantities out, for an element and for a circuit of several.
 *
 * Signs:   see reading.h.
 * Threads: pure.
 * Source:  IEEE 1459-2010; formulas in dsp/README.md.
 */
#ifndef VATIO_DSP_POWER_H
#define VATIO_DSP_POWER_H

#include "dsp/reading.h"
#include "dsp/wave.h"

/* Nothing known. */
void power_absent(struct point_reading *point);

/* One voltage with one current of the same window, either of them possibly turned round. */
void power_element(struct signed_wave voltage, struct signed_wave current, struct point_reading *point);

/* Two legs as one circuit: powers add, also apparent ones; what belongs to one voltage or current is absent, and so is
 * what compares the legs: see points.c. */
void power_sum(const struct point_reading *a, const struct point_reading *b, struct point_reading *sum);

#endif
