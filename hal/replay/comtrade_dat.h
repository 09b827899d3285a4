/* SPDX-License-Identifier: GPL-3.0-or-later */
/* comtrade_dat.h - the samples of a COMTRADE recording, in the form that its configuration names.
 *
 * Errors:  -EINVAL or -ENOMEM with a sentence in the text's error.
 */
#ifndef VATIO_HAL_REPLAY_COMTRADE_DAT_H
#define VATIO_HAL_REPLAY_COMTRADE_DAT_H

#include "hal/replay/comtrade_cfg.h"
#include "hal/replay/recording.h"

int comtrade_dat_read(struct recording *recording, const struct comtrade_cfg *cfg,
                      struct recording_text *text);

#endif
