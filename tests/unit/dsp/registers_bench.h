/* SPDX-License-Identifier: GPL-3.0-or-later */
/* registers_bench.h - readings made by hand for the tests of the registers: a single phase, or two elements on the grid, one on the
 * solar circuit, and the load.
 */
#ifndef VATIO_TESTS_UNIT_DSP_REGISTERS_BENCH_H
#define VATIO_TESTS_UNIT_DSP_REGISTERS_BENCH_H

#include "dsp/registers.h"
#include "tests/unit/splitmix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const struct creep_config no_creep = {0, 0};
static const struct creep_config creep = {1.2, 0.6}; /* VA */

enum { GRID, GRID_L1, GRID_L2, SOLAR, LOAD, POINTS };

static inline struct topology house(void)
{
    struct topology topology = {.n_points = POINTS};
    topology.point[GRID] = (struct point){CIRCUIT_GRID, 0};
    topology.point[GRID_L1] = (struct point){CIRCUIT_GRID, 1};
    topology.point[GRID_L2] = (struct point){CIRCUIT_GRID, 2};
    topology.point[SOLAR] = (struct point){CIRCUIT_SOLAR, 0};
    topology.point[LOAD] = (struct point){CIRCUIT_LOAD, 0};
    return topology;
}

static inline struct topology single_phase(void)
{
    struct topology topology = {.n_points = 1};
    topology.point[GRID] = (struct point){CIRCUIT_GRID, 0};
    return topology;
}

static inline struct reading window(int64_t index, int64_t window_ns)
{
    struct reading reading = {.seq = (uint64_t)index, .metered = true, .n_points = POINTS};
    reading.start_ns = index * window_ns;
    reading.end_ns = reading.start_ns + window_ns;
    reading.duration_s = (double)window_ns * 1e-9;
    return reading;
}

static inline void set_point(struct reading *reading, int i, double p_w, double q1_var)
{
    reading->point[i].p_w = p_w;
    reading->point[i].q1_var = q1_var;
    reading->point[i].s_va = hypot(p_w, q1_var);
}

/* n windows of 0.2 s with this power on the first point. */
static inline void run(struct registers *registers, int n, double p_w, double q1_var)
{
    for (int k = 0; k < n; k++) {
        struct reading reading = window(k, 200000000);
        set_point(&reading, GRID, p_w, q1_var);
        registers_add(registers, &reading);
    }
}

static inline void fields(const struct energy *energy, int64_t value[ENERGIES])
{
    const int64_t copy[ENERGIES] = {energy->import_uwh,   energy->export_uwh, energy->q1_uvarh,
                                    energy->q2_uvarh,     energy->q3_uvarh,   energy->q4_uvarh,
                                    energy->apparent_uvah};
    memcpy(value, copy, sizeof copy);
}

/* A repeatable wild signal, -1..1. */
static inline double wild(uint64_t *state)
{
    return 2 * splitmix_uniform(state) - 1;
}

#endif
