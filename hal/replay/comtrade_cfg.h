/* SPDX-License-Identifier: GPL-3.0-or-later */
/* comtrade_cfg.h - what a COMTRADE configuration says of its data.
 *
 * Memory:  comtrade_cfg_close frees, also after an error.
 * Errors:  -EINVAL or -ENOMEM with a sentence in the text's error.
 */
#ifndef VATIO_HAL_REPLAY_COMTRADE_CFG_H
#define VATIO_HAL_REPLAY_COMTRADE_CFG_H

#include "hal/replay/recording.h"
#include "hal/replay/recording_text.h"

enum comtrade_kind { COMTRADE_ASCII, COMTRADE_BINARY, COMTRADE_BINARY32, COMTRADE_FLOAT32 };

struct comtrade_channel {
    struct recording_channel about; /* value is NULL */
    double a, b;                    /* value = a raw + b, in V or A */
    double min, max;                /* of raw; NAN where the file does not say */
};

struct comtrade_rate {
    double rate_hz; /* 0: the data's time stamps count */
    int64_t end;    /* number of the last sample at this rate */
};

struct comtrade_cfg {
    int revision; /* 1991, 1999 or 2013 */
    int n_analog, n_status;
    struct comtrade_channel *channel;
    int n_rates;
    struct comtrade_rate *rate;
    bool stamped;   /* the instants are the data's time stamps */
    double stamp_s; /* one unit of a time stamp */
    double f_nominal_hz;
    int64_t utc_start_ms;
    enum comtrade_kind kind;
};

int comtrade_cfg_read(struct comtrade_cfg *cfg, struct recording_text *text);
void comtrade_cfg_close(struct comtrade_cfg *cfg);

/* Bytes that one record of the data takes at least (ASCII) or exactly (the others). */
int64_t comtrade_cfg_record_bytes(const struct comtrade_cfg *cfg);

#endif
