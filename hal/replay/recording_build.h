/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recording_build.h - what the readers of all formats do alike to a recording.
 *
 * Errors:  -EINVAL with a sentence in the text's error, -ENOMEM likewise.
 */
#ifndef VATIO_HAL_REPLAY_RECORDING_BUILD_H
#define VATIO_HAL_REPLAY_RECORDING_BUILD_H

#include "hal/replay/recording.h"
#include "hal/replay/recording_text.h"

#define RECORDING_RATE_MAX_HZ 1e9 /* of a mean; nothing that samples mains is faster */

/* Room for channels and samples, to be freed by recording_close, also after an error. */
int recording_allocate(struct recording *recording, const struct recording_text *text, int64_t n_channels,
                       int64_t n_samples);

/* Checks that time passes, and sets rate_hz. */
int recording_finish(struct recording *recording, const struct recording_text *text);

/* The unit of a word like "kV", and the factor that brings values to V or A; OTHER and 1 for any other word. */
enum recording_unit recording_unit_of(struct recording_field word, double *factor);

#endif
