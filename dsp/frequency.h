/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frequency.h - readings in, the power frequency of each 10 s out.
 *
 * Method:  whole cycles over their duration: from the first rising zero crossing of the fundamental at or after the
 *          beginning to the last one at or before the end. Where they are follows from the readings' counted phase
 *          (mains_cycles) and frequency, a cubic from the middle of one window to the next's, not from two samples.
 * Shape:   intervals begin at absolute multiples of period_ms of the label time, touch and do not overlap. The first
 *          one begins with the first such instant after the start. A value comes with the window whose middle lies at
 *          or beyond the end. A step of the label time (1 s or more) ends an interval early, without a value.
 * Absent:  NaN when any window was not followed that the interval touches, its ends lying within windows. Such an
 *          interval may be several periods long: a long gap is one reading.
 * Units:   Hz of the clock that stamps the scans.
 * Threads: pure; one object, one thread.
 * Source:  IEC 61000-4-30, power frequency (10 s); as commonly cited, not checked against its text.
 */
#ifndef VATIO_DSP_FREQUENCY_H
#define VATIO_DSP_FREQUENCY_H

#include "dsp/reading.h"

#include <stdbool.h>
#include <stdint.h>

enum { FREQUENCY_PERIOD_MS = 10000, FREQUENCY_STEP_MS = 1000 };

struct frequency {
    int64_t utc_start_ms;
    int64_t utc_end_ms;
    int64_t mono_end_ns;
    double cycles;     /* whole; absent with f_hz */
    double duration_s; /* of these cycles: at most the interval's, at least that less two cycles */
    double f_hz;
    unsigned quality; /* union over the windows that it touches */
};

/* The middle of a window, or an instant in between: how many cycles the mains had counted there. */
struct frequency_mark {
    int64_t ns;
    double rest_ns;
    double cycles;
    double f_hz;
};

struct frequency_builder {
    int64_t period_ms;
    bool following;             /* there was a window before */
    bool open;                  /* an interval has begun */
    int64_t utc_end_ms;         /* of the last window */
    int64_t middle_ms;          /* label of its middle */
    unsigned quality;           /* its flags */
    struct frequency_mark last; /* its middle */
    struct frequency_mark
        start; /* the first zero crossing of the open interval; cycles absent when unknown */
    struct frequency now;
};

void frequency_init(struct frequency_builder *builder, int64_t period_ms);

/* Adds one window; utc_start_ms and utc_end_ms label it. True when it ended an interval, which is then in *closed. */
bool frequency_add(struct frequency_builder *builder, const struct reading *reading, int64_t utc_start_ms,
                   int64_t utc_end_ms, struct frequency *closed);

#endif
