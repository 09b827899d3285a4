/* SPDX-License-Identifier: GPL-3.0-or-later */
/* interval.h - readings in, records of 1 s, 1 min, 15 min or a day out.
 *
 * Shape:   an interval closes at the first window end at or after its boundary (a multiple of period_ms of the
 *          label time); the record carries its true start, end and duration. A step of the label time (1 s or more
 *          between one window's end and the next one's start) closes it early, before the window that shows the
 *          step, with its true duration and QUALITY_UNSYNCED.
 * Means:   rms values and THD by root mean square, whose squares keep their sign (signed_root.h), powers, unbalance and frequency by arithmetic mean, all weighted with the
 *          window's duration; pf, dpf and phi_deg from the mean powers; unmetered windows take part in nothing but
 *          duration, window count and flags.
 * Energy:  the difference of the registers, so that the sum over intervals is the register difference exactly.
 * Absent:  NaN when no window of the interval had the value.
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_DSP_INTERVAL_H
#define VATIO_DSP_INTERVAL_H

#include "dsp/reading.h"
#include "dsp/registers.h"

#include <stdbool.h>
#include <stdint.h>

struct interval_point {
    double u_rms_v, u_min_v, u_max_v; /* rms; smallest and largest window value */
    double i_rms_a, i_max_a;
    double p_w, p_min_w, p_max_w;
    double q1_var;
    double s_va;
    double n_var;
    double pf;
    double dpf;
    double phi_deg;
    double thd_u_pct;
    double thd_i_pct;
    double u_ll_v;
    double u_unbalance_pct;
    double i_neutral_a;
    struct energy energy; /* of the interval */
    struct energy total;  /* registers at its end */
};

struct interval {
    int64_t utc_start_ms;
    int64_t utc_end_ms;
    int64_t mono_end_ns;
    int64_t duration_ns;
    int64_t metered_ns; /* coverage: metered_ns / duration_ns */
    uint32_t windows;
    uint32_t flagged; /* windows with a flag other than UNCALIBRATED, UNSYNCED, SIMULATED, ASSUMED */
    unsigned quality; /* union over the windows */
    double f_hz, f_min_hz, f_max_hz;
    int h_max; /* smallest of the metered windows; 0 = none was metered */
    int n_points;
    struct interval_point point[DSP_POINTS];
};

enum { INTERVAL_STEP_MS = 1000, INTERVAL_MEANS = 12 };

/* Sums over one value's windows: weighted sum and weight. */
struct interval_sum {
    double sum;
    double weight_s;
};

struct interval_builder {
    int64_t period_ms; /* of the boundary grid */
    int64_t offset_ms; /* label time = UTC + offset_ms: local midnight for days */
    bool open;
    int64_t period_index;
    struct interval now;             /* being built; means not yet divided */
    struct energy start[DSP_POINTS]; /* registers at its start */
    struct interval_sum sum[DSP_POINTS][INTERVAL_MEANS];
    struct interval_sum f_sum;
};

void interval_init(struct interval_builder *builder, int64_t period_ms, int64_t offset_ms);

/* Adds one window after registers_add took it, and only it. utc_start_ms and utc_end_ms label it. Returns
 * true when this closed an interval, which is then in *closed. */
bool interval_add(struct interval_builder *builder, const struct reading *reading,
                  const struct registers *registers, int64_t utc_start_ms, int64_t utc_end_ms,
                  struct interval *closed);

/* What interval_close would say now; nothing is closed. */
bool interval_peek(const struct interval_builder *builder, const struct registers *registers,
                   struct interval *open);

/* Closes what is open, at shutdown. False when nothing is. */
bool interval_close(struct interval_builder *builder, const struct registers *registers,
                    struct interval *closed);

#endif
