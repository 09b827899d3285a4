/* SPDX-License-Identifier: GPL-3.0-or-later */
/* continuity.h - what must hold between any two readings of a meter: no time is lost, none counted twice, what was not
 * metered is absent, and so is a frequency that was not tracked.
 */
#ifndef VATIO_TESTS_UNIT_DSP_CONTINUITY_H
#define VATIO_TESTS_UNIT_DSP_CONTINUITY_H

#include "dsp/quality.h"
#include "dsp/reading.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline bool all_absent(const struct point_reading *point)
{
    const double *value = (const double *)point;
    for (size_t k = 0; k < sizeof(*point) / sizeof(double); k++) {
        if (!isnan(value[k])) {
            return false;
        }
    }
    return true;
}

struct continuity {
    bool started;
    int64_t first_ns;
    int64_t end_ns;
    uint64_t seq;
    double sum_s;
};

static inline void check_continuity(struct continuity *c, const struct reading *reading)
{
    if (!c->started) {
        *c = (struct continuity){true, reading->start_ns, reading->start_ns, reading->seq, 0};
    }
    assert_int_equal(reading->start_ns, c->end_ns);
    assert_int_equal(reading->seq, c->seq);
    c->end_ns = reading->end_ns;
    c->seq++;
    c->sum_s += reading->duration_s;
    double elapsed_s = 1e-9 * (double)(reading->end_ns - c->first_ns);
    assert_true(fabs(c->sum_s - elapsed_s) < 1.5e-9 + 1e-12 * elapsed_s);
    for (int k = 0; !reading->metered && k < reading->n_points; k++) {
        assert_true(all_absent(&reading->point[k]));
    }
    assert_true(reading->metered || (reading->quality & QUALITY_GAP));
    assert_int_equal(isnan(reading->f_hz) != 0,
                     !reading->metered || (reading->quality & QUALITY_UNLOCKED) != 0);
}

#endif
