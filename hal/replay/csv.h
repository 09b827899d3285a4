/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv.h - recordings as comma-separated values from memory: a header whose names end in their units, a row per sample.
 *
 * Source:  the format in hal/replay/README.md.
 * Errors:  -EINVAL or -ENOMEM with a sentence in the text's error; recording_close is then still due.
 */
#ifndef VATIO_HAL_REPLAY_CSV_H
#define VATIO_HAL_REPLAY_CSV_H

#include "hal/replay/recording.h"
#include "hal/replay/recording_text.h"

/* recording must be all zero. */
int csv_read(struct recording *recording, struct recording_text *text);

#endif
