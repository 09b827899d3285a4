/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tones.h - interharmonics and ripple control as stated: "f_hz:u_pct:u_deg:i_pct:i_deg,...".
 *
 * Units:   percent of the fundamentals' rms that are passed in; x = a sin(2 pi f t + deg), t from the simulation's
 *          second 0, which is a zero crossing of leg 1's nominal voltage.
 */
#ifndef VATIO_HAL_SIM_TONES_H
#define VATIO_HAL_SIM_TONES_H

#include "hal/sim/waveform.h"

#include <stddef.h>

/* Fills tone and returns how many there are; 0 for an empty text. Two of one frequency are refused, and so is a
 * harmonic of a frequency that stands (mains_hz > 0): with the tables' own its cross terms would not average out. */
int tones_read(const char *text, double u_v, double i_a, double mains_hz,
               struct waveform_tone tone[WAVEFORM_TONES], char *error, size_t error_size);

#endif
