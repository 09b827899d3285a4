/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "bench.h"

/* A sine through the two poles, in units of its terminals. */
static double response(double peak, double f_hz, double angle_rad, double high_pass_hz, double low_pass_hz,
                       double phase_rad)
{
    return peak * f_hz / hypot(f_hz, high_pass_hz) * low_pass_hz / hypot(f_hz, low_pass_hz) *
           sin(phase_rad + angle_rad + atan2(high_pass_hz, f_hz) - atan2(f_hz, low_pass_hz));
}

static double rc_u_hz(void)
{
    return 1 / (2 * fixture_pi * 1430 * 33e-9);
}

static double rc_i_hz(void)
{
    return 1 / (2 * fixture_pi * (270 + 1910 * 2870.0 / 4780) * 33e-9);
}

static void values_are_exact_behind_the_poles(void **state)
{
    (void)state;
    fixed.segment.f_hz = 59.3;
    fixed_sine(fixed.segment.u_v[0], 170, 1, 0);
    fixed_sine(fixed.segment.grid_a[0], 40, 1, -1);
    start((struct sim_config){.ideal = true, .noise_lsb = 3});
    for (int n = 0; n < 5000; n++) {
        read_at(1000000000 + n * INT64_C(123457));
        assert_true(scan.physical);
        assert_int_equal(scan.faults, 0);
        double u_rad = 2 * fixture_pi * 59.3 * 1e-9 * (double)(scan.hold_ns[0] - 1000000000);
        double i_rad = 2 * fixture_pi * 59.3 * 1e-9 * (double)(scan.hold_ns[1] - 1000000000);
        /* rounding of transforms near 1 LSB of 1024, in V */
        assert_near(scan.value[0], response(170, 59.3, 0, 0.5, rc_u_hz(), u_rad), 1e-9);
        assert_near(scan.value[1], response(40, 59.3, -1, 0, rc_i_hz(), i_rad), 1e-9);
    }
}

static void the_50th_harmonic_is_good_to_4e_6_of_its_size(void **state)
{
    (void)state;
    fixed_sine(fixed.segment.grid_a[0], 60, 50, 0.3);
    start((struct sim_config){.ideal = true});
    double worst = 0;
    for (int n = 0; n < 20000; n++) {
        read_at(1000000000 + n * INT64_C(123457));
        double rad = 2 * fixture_pi * 3000 * 1e-9 * (double)(scan.hold_ns[1] - 1000000000);
        worst = fmax(worst, fabs(scan.value[1] - response(60, 3000, 0.3, 0, rc_i_hz(), rad)));
    }
    assert_true(worst < 4.2e-6 * 60);
}

static void stamps_and_lateness_stay(void **state)
{
    (void)state;
    start((struct sim_config){.ideal = true, .stamp_ns = 1000, .jitter_ns = 5000, .seed = 2});
    bool differ = false;
    for (int n = 0; n < 100; n++) {
        read_at(1000000000 + n * INT64_C(125000));
        differ |= scan.hold_ns[1] - scan.hold_ns[0] != 31800;
    }
    assert_true(differ);
    assert_true(clock_mono_ns(&clock_sim.clock) > 1000000000 + 99 * INT64_C(125000) + 10000 + 2 * 31800);
}

static void an_unused_input_shows_nothing(void **state)
{
    (void)state;
    plan.n = 1;
    plan.input[0] = 7;
    start((struct sim_config){.ideal = true});
    read_at(1500000000);
    assert_near(scan.value[0], 0, 0);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(values_are_exact_behind_the_poles),
        CASE(the_50th_harmonic_is_good_to_4e_6_of_its_size),
        CASE(stamps_and_lateness_stay),
        CASE(an_unused_input_shows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
