/* SPDX-License-Identifier: GPL-3.0-or-later */
/* adc_level.h - what stands at the converter's pins while a recording is played into the board's front end.
 *
 * Method:  each channel's linear path (frontend.h) is applied to the whole recording at once, in the frequency domain,
 *          at the recording's own rate; between its samples a windowed sinc of 32 samples interpolates, good to 1e-4
 *          of anything up to 0.84 of half the sampling rate.
 * Ends:    with loop the recording follows on itself; without, it is reflected at both ends, so that there is no step.
 *          The filters see the recording going on that way for ever: they have no transient of their own.
 * Even:    instants within 2 % of an even grid are taken as on it. Others are brought onto one of rate_hz first, by
 *          6-point Lagrange in the true instants; across more than 5 ms without a sample, by a straight line.
 * Not fed: an input that the map does not feed has 0 V or 0 A at its terminals.
 * Memory:  allocated by adc_level_init, freed by adc_level_close; it needs the recording only meanwhile.
 * Threads: init is not thread-safe (FFTW's planner); one object, one thread.
 */
#ifndef VATIO_HAL_SIM_ADC_LEVEL_H
#define VATIO_HAL_SIM_ADC_LEVEL_H

#include "board/board.h"
#include "hal/replay/channel_map.h"
#include "hal/replay/recording.h"

#include <stdbool.h>
#include <stddef.h>

#define ADC_LEVEL_POINTS_MAX INT64_C(20000000) /* of one channel */

struct adc_level;

/* rate_hz: of the even grid, where the recording is not on one. NULL with one sentence when the board lacks a channel
 * that the map feeds, the recording is too long, or memory is short. */
struct adc_level *adc_level_init(const struct board *board, const struct recording *recording,
                                 const struct channel_map *map, double rate_hz, bool loop, char *error,
                                 size_t error_size);
void adc_level_close(struct adc_level *level);

/* The voltage at the pin of a converter's input, t_s after the recording's first sample. */
double adc_level_v(const struct adc_level *level, int input, double t_s);

/* When the recording ends: INFINITY with loop. */
double adc_level_end_s(const struct adc_level *level);

#endif
