/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steady_bench.h - a steady load that runs, and its newest segment.
 */
#ifndef VATIO_TEST_SIM_STEADY_BENCH_H
#define VATIO_TEST_SIM_STEADY_BENCH_H

#include "fixture.h"
#include "hal/sim/steady.h"
#include "hal/sim/truth.h"
#include "tests/unit/near.h"

static char error[256];
static struct steady steady;
static struct waveform_segment segment;

static inline void next_segment(void)
{
    waveform_next(&steady.source, &segment);
}

static inline const struct waveform_segment *start(const struct steady_config *config)
{
    if (steady_init(&steady, config, error, sizeof error) != 0)
        fail_msg("%s", error);
    next_segment();
    return &segment;
}

static inline double rms(const double *table)
{
    return sqrt(fixture_mean(table, table));
}

#endif
