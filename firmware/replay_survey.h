/* SPDX-License-Identifier: GPL-3.0-or-later */
/* replay_survey.h - what a recording says about its own rate and its mains.
 *
 * Threads: pure; but for the memory that survey_u_v borrows.
 */
#ifndef VATIO_FIRMWARE_REPLAY_SURVEY_H
#define VATIO_FIRMWARE_REPLAY_SURVEY_H

#include "hal/replay/recording.h"

/* Slowest and fastest rate over 16 samples. Both are the mean rate where the instants only jitter (within 2 %). */
void survey_rates(const struct recording *recording, double *slowest_hz, double *fastest_hz);

/* Frequency of a channel by its rising zero crossings; 0 when it does not cross. Of a recording shorter than two periods
 * the end is taken to lead to its beginning, as with --loop. */
double survey_f_hz(const struct recording *recording, int channel);

/* Median of the rms values of the recording's cycles of f_hz; 0 without a cycle or memory. */
double survey_u_v(const struct recording *recording, int channel, double f_hz);

#endif
