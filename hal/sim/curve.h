/* SPDX-License-Identifier: GPL-3.0-or-later */
/* curve.h - the thresholds of one individual MCP3008: integral and differential nonlinearity drawn by a seed.
 *
 * Model:   threshold(c) = c + smooth(c) + bits(c). bits: each of the ten capacitors is off by a Gaussian amount that goes
 *          with the root of its size, so that steps stand where many bits change, the largest at 512. smooth: a parabola, a
 *          cubic and a slow wave, as the capacitors' voltage coefficient and the comparator make them. Both are 0 at
 *          thresholds 1 and 1023: offset and gain are another matter.
 * Size:    the largest |INL| of a chip is (0.3 + 0.7 x^2) inl_lsb, x uniform: never beyond inl_lsb, the median chip at
 *          0.475. Its bits have a largest |DNL| of (0.15 + 0.45 y^2) inl_lsb, never beyond 0.6, the median at 0.26:
 *          the data sheet's +-1 and +-0.5 LSB, +-1 and +-0.25 LSB, for inl_lsb = 1.
 * Source:  Microchip DS21295, electrical characteristics.
 */
#ifndef VATIO_HAL_SIM_CURVE_H
#define VATIO_HAL_SIM_CURVE_H

#include "hal/mcp3008.h"

#include <stdint.h>

/* threshold_lsb[0] is 0 and means nothing. */
void curve_thresholds(uint64_t seed, double inl_lsb, double threshold_lsb[MCP3008_CODES]);

#endif
