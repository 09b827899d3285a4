/* SPDX-License-Identifier: GPL-3.0-or-later */
/* harmonics.h - stated harmonics, "h:percent:degrees,...", added to one cycle of a wave.
 *
 * Units:   percent of the fundamental, phase of a sine: x = sin(h w t + degrees).
 * Turn:    the whole wave, harmonics included, turn_rad further in the fundamental's angle: harmonic h by h times that.
 * Threads: pure.
 */
#ifndef VATIO_HAL_SIM_HARMONICS_H
#define VATIO_HAL_SIM_HARMONICS_H

#include "hal/sim/waveform.h"

#include <stddef.h>

enum { HARMONICS_MAX = WAVEFORM_POINTS / 2 - 1 /* what the table can hold */ };

/* table += peak sin(h x + angle_rad). */
void harmonics_add_sine(double *table, double peak, int h, double angle_rad);

/* h 2..HARMONICS_MAX, each once. -EINVAL with one sentence that begins with the option's name. */
int harmonics_add(double *table, double fundamental, const char *text, double turn_rad, const char *option,
                  char *error, size_t error_size);

#endif
