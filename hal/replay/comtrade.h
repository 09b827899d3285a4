/* SPDX-License-Identifier: GPL-3.0-or-later */
/* comtrade.h - IEEE C37.111 recordings of 1991, 1999 and 2013 from memory: the analogue channels, scaled.
 *
 * Source:  the figures of the formats in hal/replay/README.md.
 * Errors:  -EINVAL or -ENOMEM with a sentence in the text's error; recording_close is then still due.
 */
#ifndef VATIO_HAL_REPLAY_COMTRADE_H
#define VATIO_HAL_REPLAY_COMTRADE_H

#include "hal/replay/recording.h"
#include "hal/replay/recording_text.h"

/* recording must be all zero. */
int comtrade_read(struct recording *recording, struct recording_text *cfg, struct recording_text *dat);

/* The same from one file that holds both. */
int comtrade_read_cff(struct recording *recording, struct recording_text *cff);

#endif
