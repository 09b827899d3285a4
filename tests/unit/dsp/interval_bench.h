/* SPDX-License-Identifier: GPL-3.0-or-later */
/* interval_bench.h - a meter that is fed windows one after the other, and the interval that they close.
 */
#ifndef VATIO_TESTS_UNIT_DSP_INTERVAL_BENCH_H
#define VATIO_TESTS_UNIT_DSP_INTERVAL_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dsp/interval.h"
#include "tests/unit/near.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const int64_t ms_ns = 1000000;
static const int64_t utc0_ms = INT64_C(1790000040000); /* a whole minute */
static const struct creep_config no_creep = {0, 0};
static const struct creep_config creep = {1.2, 0.6};

/* A meter that is fed windows one after the other. */
struct bench {
    struct registers registers;
    struct interval_builder builder;
    struct interval closed;
    int64_t mono_ns;
    int64_t utc_ms; /* label of mono_ns */
};

static inline void bench_init(struct bench *bench, int64_t period_ms, int64_t offset_ms,
                              const struct creep_config *config)
{
    struct topology topology = {.n_points = 2};
    topology.point[0] = (struct point){CIRCUIT_GRID, 0};
    topology.point[1] = (struct point){CIRCUIT_SOLAR, 0};
    memset(bench, 0, sizeof *bench);
    registers_init(&bench->registers, &topology, config);
    interval_init(&bench->builder, period_ms, offset_ms);
    bench->mono_ns = 5000000000;
    bench->utc_ms = utc0_ms;
}

/* Every value of every point absent, as a window that measured nothing leaves it. */
static inline struct reading empty_window(void)
{
    struct reading reading = {.metered = true, .n_points = 2, .f_hz = (double)NAN, .h_max = 50};
    for (int i = 0; i < 2; i++) {
        struct point_reading *point = &reading.point[i];
        point->u_rms_v = point->i_rms_a = point->p_w = point->q1_var = point->s_va = (double)NAN;
        point->n_var = point->p1_w = point->thd_u_pct = point->thd_i_pct = (double)NAN;
    }
    return reading;
}

static inline bool feed(struct bench *bench, struct reading *reading, int64_t window_ms)
{
    int64_t start_ms = bench->utc_ms;
    reading->start_ns = bench->mono_ns;
    reading->end_ns = bench->mono_ns += window_ms * ms_ns;
    reading->duration_s = (double)window_ms * 1e-3;
    bench->utc_ms += window_ms;
    registers_add(&bench->registers, reading);
    return interval_add(&bench->builder, reading, &bench->registers, start_ms, bench->utc_ms, &bench->closed);
}

static inline bool feed_power(struct bench *bench, double p_w, int64_t window_ms)
{
    struct reading reading = empty_window();
    reading.point[0].p_w = p_w;
    return feed(bench, &reading, window_ms);
}

#endif
