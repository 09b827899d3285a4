/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_dsp.h - what bench_dsp's parts share: the samples, the stages and their times.
 */
#ifndef VATIO_TESTS_BENCH_BENCH_DSP_H
#define VATIO_TESTS_BENCH_BENCH_DSP_H

#include "dsp/meter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CYCLES = 12, WINDOWS_MAX = 3000 };
static const double f_hz = 60.03;
static const double rate_hz = 8000;

enum stage {
    STRIP,
    LINES,
    TEMPLATE,
    RESIDUAL,
    GRID,
    TRANSFORM,
    ANALYSIS,
    QUANTITIES,
    FREQUENCY,
    REGISTERS,
    STAGES
};
struct bench {
    bool disturbed;
    int n_elements;
    struct meter_config config;
    size_t n_scans;
    struct meter_scan *scan;
    uint64_t random;
    size_t n_windows;
    double ns[STAGES][WINDOWS_MAX];
    double sum; /* printed, so that no compiler leaves a loop out */
};

/* Runs every stage by itself over each window: fills ns and n_windows. */
void bench_stages(struct bench *bench);

#endif
