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

/* One voltage with one current. Both measured, same window. */
void power_element(const struct wave *u, const struct wave *i, struct point_reading *point);

/* Two elements as one circuit: powers add, also apparent ones; what belongs to one voltage or current is absent. */
void power_sum(const struct point_reading *a, const struct point_reading *b, struct point_reading *sum);

#endif
