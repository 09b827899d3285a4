/* SPDX-License-Identifier: GPL-3.0-or-later */
/* convert_detail.h - a reading as the detail file has it: the same names, squares that noise made negative held to 0.
 *
 * Threads: pure. */
#ifndef VATIO_FIRMWARE_CONVERT_DETAIL_H
#define VATIO_FIRMWARE_CONVERT_DETAIL_H

#include "dsp/reading.h"
#include "firmware/api/detail.h"

/* Quality is the reading's; a reading without values gives absent ones. Points that it does not have are left alone. */
void convert_detail(const struct reading *reading, int64_t utc_start_ms, int64_t utc_end_ms,
                    struct detail_values *values);

#endif
