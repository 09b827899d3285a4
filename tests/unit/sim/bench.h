/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench.h - a simulated converter on the test's bench: the reference board, a fixed source, a clock; and the level that a
 * sine should have at the pin.
 */
#ifndef VATIO_TEST_SIM_BENCH_H
#define VATIO_TEST_SIM_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka after these */
#include <cmocka.h>

#include "fixed_source.h"
#include "hal/sim/adc_sim.h"
#include "tests/unit/near.h"

static struct board board;
static struct adc_plan plan;
static struct fixed_source fixed;
static struct clock_sim clock_sim;
static struct adc_sim *sim;
static struct adc_scan scan;

static inline int set_up(void **state)
{
    (void)state;
    board = fixture_board();
    plan = fixture_plan();
    fixed_init(&fixed);
    clock_sim_init(&clock_sim, 0, 0);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    if (sim != NULL) {
        adc_close(adc_sim_adc(sim));
        sim = NULL;
    }
    return 0;
}

static inline void start(struct sim_config config)
{
    sim = adc_sim_init(&board, &plan, &config, &fixed.source, &clock_sim.clock);
    assert_non_null(sim);
}

static inline void read_at(int64_t due_ns)
{
    assert_int_equal(adc_read(adc_sim_adc(sim), due_ns, &scan), 0);
}

/* What the pin should show at t, from the analytic response to a sine. */
static inline double sine_level_lsb(double peak, double f_hz, double angle_rad, double gain, double offset_v,
                                    double high_pass_hz, double low_pass_hz, double t_s)
{
    double size = peak * gain * f_hz / hypot(f_hz, high_pass_hz) * low_pass_hz / hypot(f_hz, low_pass_hz);
    double shift_rad = atan2(high_pass_hz, f_hz) - atan2(f_hz, low_pass_hz);
    return (offset_v + size * sin(2 * fixture_pi * f_hz * t_s + angle_rad + shift_rad)) * 1024 / 3;
}

/* What codes show of a sine of f_hz, in LSB. */
struct seen {
    double mean;
    double in_phase; /* x = mean + in_phase sin + quadrature cos, in the stamps' time since the start */
    double quadrature;
};

/* Codes of channel k over n scans, 100 us apart: whole cycles of f_hz, or the sums mean nothing. Half an LSB is added
 * for the truncation; noise of 0.5 LSB makes that right to 1e-3. */
static inline struct seen look(int k, double f_hz, int n)
{
    struct seen seen = {0};
    int64_t due_ns = clock_mono_ns(&clock_sim.clock) / 100000 * 100000 + 200000;
    for (int m = 0; m < n; m++, due_ns += 100000) {
        read_at(due_ns);
        double rad = 2 * fixture_pi * f_hz * 1e-9 * (double)(scan.hold_ns[k] - 1000000000);
        double x = scan.code[k] + 0.5;
        seen.mean += x / n;
        seen.in_phase += 2 * x * sin(rad) / n;
        seen.quadrature += 2 * x * cos(rad) / n;
    }
    return seen;
}

/* The reference board's scales. */
static const double bench_lsb_per_v = 1024.0 / 3 / 160;
static const double bench_lsb_per_a = 0.04 * 2870 / 4780 * 1024 / 3;
static const double bench_zero_a_lsb = 2.5 * 2870 / 4780 * 1024 / 3;

static inline double bench_rc_u_hz(void)
{
    return 1 / (2 * fixture_pi * 1430 * 33e-9);
}

static inline double bench_rc_i_hz(void)
{
    return 1 / (2 * fixture_pi * (270 + 1910 * 2870.0 / 4780) * 33e-9);
}

#endif
