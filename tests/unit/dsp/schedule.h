/* SPDX-License-Identifier: GPL-3.0-or-later */
/* schedule.h - the instants at which a converter's scans are due, as hal/pace has them: for tests and benches that make their own
 * samples.
 */
#ifndef VATIO_TESTS_UNIT_DSP_SCHEDULE_H
#define VATIO_TESTS_UNIT_DSP_SCHEDULE_H

#include "tests/unit/splitmix.h"

#include <stdbool.h>
#include <stdint.h>

struct schedule {
    double period_s;
    bool pauses;   /* blocks of 16 scans a little too fast, then a pause of up to a period */
    double hole_s; /* each hole_every_s; 0 = none */
    double hole_every_s;
    double next_hole_s;
    double due_s;
    int64_t scan;
    uint64_t random; /* seed */
};

/* The next scan's. */
static inline double schedule_next_s(struct schedule *schedule)
{
    enum { BLOCK = 16 };
    const double due_s = schedule->due_s;
    schedule->due_s += schedule->period_s * (schedule->pauses ? (2 * BLOCK - 1) / (2.0 * BLOCK) : 1);
    if (schedule->pauses && ++schedule->scan % BLOCK == 0) {
        schedule->due_s += schedule->period_s * splitmix_uniform(&schedule->random);
    }
    if (schedule->hole_s > 0 && schedule->due_s > schedule->next_hole_s) {
        schedule->next_hole_s += schedule->hole_every_s;
        schedule->due_s += schedule->hole_s;
    }
    return due_s;
}

#endif
