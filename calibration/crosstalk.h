/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crosstalk.h - the share of the conversion before that a channel's conversion keeps (calibration_channel.crosstalk).
 *
 * Method:  what stands at the channel must be still (a current channel: its conductor open, the voltage applied; a
 *          voltage channel: no voltage, a current through the channel before). Then held = (1 - x) still + x before, and
 *          x is the slope of a straight line. A current in phase with the voltage looks the same: 20 mA on the reference
 *          board are 6e-4.
 * Units:   linearised codes (code + linearity_lsb[code]), of the two conversions one after the other.
 * Errors:  read says why there is no coefficient.
 * Threads: pure; nothing is allocated.
 */
#ifndef VATIO_CALIBRATION_CROSSTALK_H
#define VATIO_CALIBRATION_CROSSTALK_H

#include <stdint.h>

enum crosstalk_status {
    CROSSTALK_GOOD,
    CROSSTALK_SHORT,      /* too few samples: the standard error is beyond what is asked for */
    CROSSTALK_STILL,      /* the channel before hardly moves */
    CROSSTALK_MOVING,     /* the channel itself moves by more than noise and crosstalk can */
    CROSSTALK_UNDITHERED, /* less noise than 0.3 LSB: a slope of fractions of a step is lost in rounding */
    CROSSTALK_LARGE,      /* beyond what a calibration file may hold */
};

struct crosstalk_result {
    enum crosstalk_status status;
    double crosstalk; /* 0 unless good */
    double deviation; /* its standard error, from the samples' scatter */
    double noise_lsb; /* rms of the codes about the line, rounding to codes included */
    double moved_lsb; /* rms of the channel before about its mean */
    int64_t samples;
};

struct crosstalk {
    int64_t n;
    double x, y, xx, xy, yy; /* sums, of codes less 512 */
};

void crosstalk_init(struct crosstalk *crosstalk);
void crosstalk_add(struct crosstalk *crosstalk, double before_lsb, double code_lsb);
void crosstalk_read(const struct crosstalk *crosstalk, struct crosstalk_result *result);

/* A sentence without full stop, for people. */
const char *crosstalk_reason(enum crosstalk_status status);

#endif
