/* SPDX-License-Identifier: GPL-3.0-or-later */
/* comtrade_inf.h - the information file beside a COMTRADE record, as `vatio waveform` writes it: the poles that a front
 * end left in each channel, for which the configuration has no place.
 *
 * Format:  in section [Vatio Front_End], A<n>_high_pass_hz=, A<n>_low_pass_hz=, n counted from 1. Other sections and
 *          lines are not ours and say nothing.
 * Errors:  -EINVAL with a sentence in the text's error.
 */
#ifndef VATIO_HAL_REPLAY_COMTRADE_INF_H
#define VATIO_HAL_REPLAY_COMTRADE_INF_H

#include "hal/replay/recording.h"
#include "hal/replay/recording_text.h"

/* recording must have its channels. */
int comtrade_inf_read(struct recording *recording, struct recording_text *text);

#endif
