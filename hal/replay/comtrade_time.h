/* SPDX-License-Identifier: GPL-3.0-or-later */
/* comtrade_time.h - dates of a COMTRADE configuration.
 *
 * Threads: pure.
 */
#ifndef VATIO_HAL_REPLAY_COMTRADE_TIME_H
#define VATIO_HAL_REPLAY_COMTRADE_TIME_H

#include "hal/replay/recording_text.h"

struct comtrade_time {
    int64_t unix_ms; /* as if the clock had shown UTC; 0 where the line is empty */
    int digits;      /* behind the point of the seconds */
};

/* "dd/mm/yyyy,hh:mm:ss.ssssss", of 1991 "mm/dd/yy,...". A month beyond 12 shows that a device has swapped day and month. */
bool comtrade_time_read(struct comtrade_time *time, struct recording_field line, bool month_first);

/* "-6", "+5h30", "0": minutes that the clock was ahead of UTC; nothing or "x": 0. */
bool comtrade_time_offset(struct recording_field field, int64_t *ahead_min);

#endif
