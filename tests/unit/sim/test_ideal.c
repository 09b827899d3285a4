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

static void values_are_exact_behind_the_poles(void **state)
{
    (void)state;
    fixed.segment.f_hz = 59.3;
    fixed_sine(fixed.segment.u_v[0], 170, 1, 0);
    fixed_sine(fixed.segment.grid_a[0], 40, 1, -1);
    start((struct sim_config){.ideal = true,
                              .noise_lsb = 3,
                              .hall_noise_ma = 300,
                              .crosstalk = 0.1,
                              .inl_lsb = 1,
                              .reference_ppm = 10000});
    for (int n = 0; n < 5000; n++) {
        read_at(1000000000 + n * INT64_C(123457));
        assert_true(scan.physical);
        assert_int_equal(scan.faults, 0);
        double u_rad = 2 * fixture_pi * 59.3 * 1e-9 * (double)(scan.hold_ns[0] - 1000000000);
        double i_rad = 2 * fixture_pi * 59.3 * 1e-9 * (double)(scan.hold_ns[1] - 1000000000);
        /* rounding of transforms near 1 LSB of 1024, in V */
        assert_near(scan.value[0], response(170, 59.3, 0, 0.5, bench_rc_u_hz(), u_rad), 1e-9);
        assert_near(scan.value[1], response(40, 59.3, -1, 0, bench_rc_i_hz(), i_rad), 1e-9);
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
        worst = fmax(worst, fabs(scan.value[1] - response(60, 3000, 0.3, 0, bench_rc_i_hz(), rad)));
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

static void raise_frequency(struct waveform_segment *segment, int number)
{
    segment->f_hz = sqrt(55.0 * 55 + 2 * segment->rate_hz_s * segment->cycles * number);
}

/* f(t) = 55 Hz + 5 Hz/s t; each harmonic has the response at the frequency of the moment. */
static void a_ramp_runs_through_the_segments_and_the_response_with_it(void **state)
{
    (void)state;
    fixed.change = raise_frequency;
    fixed.segment.rate_hz_s = 5;
    fixed_sine(fixed.segment.u_v[0], 170, 1, 0);
    fixed_sine(fixed.segment.grid_a[0], 40, 25, 0.5);
    start((struct sim_config){.ideal = true});
    for (int n = 0; n < 16000; n++) {
        read_at(1000000000 + n * INT64_C(125000));
        double u_s = 1e-9 * (double)(scan.hold_ns[0] - 1000000000);
        double i_s = 1e-9 * (double)(scan.hold_ns[1] - 1000000000);
        double u_rad = 2 * fixture_pi * (55 + 2.5 * u_s) * u_s,
               i_rad = 2 * fixture_pi * (55 + 2.5 * i_s) * i_s;
        double u_hz = 55 + 5 * u_s, i_hz = 25 * (55 + 5 * i_s);
        /* A straight line through the response over df leaves at most |H''| df^2 / 8; 6 cycles are 0.55 Hz. Low pass:
         * |H''| <= 2 / pole^2, so (25 * 0.55 / 3404)^2 / 4; high pass: 2 * 0.5 / 55^3, so 2.3e-7. */
        assert_near(scan.value[0], response(170, u_hz, 0, 0.5, bench_rc_u_hz(), u_rad), 3e-7 * 170);
        assert_near(scan.value[1], response(40, i_hz, 0.5, 0, bench_rc_i_hz(), 25 * i_rad), 4.1e-6 * 40);
    }
}

/* 10 V at 35 Hz and 4 A at 135 Hz, between the harmonics. */
static void tones_stand_on_top_through_the_linear_path_and_turned_round_on_leg_2(void **state)
{
    static const struct {
        int element;
        double sign;
    } legs[] = {{1, 1}, {2, -1}};
    for (int c = 0; c < 2; c++) {
        set_up(state);
        board.channel[1].element = legs[c].element;
        fixed.segment.legs = 2;
        fixed.segment.n_tones = 2;
        fixed.segment.tone[0] = (struct waveform_tone){.f_hz = 35, .u_v = 10, .u_rad = 0.4};
        fixed.segment.tone[1] = (struct waveform_tone){.f_hz = 135, .grid_a = 4, .grid_rad = -2};
        fixed_sine(fixed.segment.u_v[legs[c].element - 1], 170, 1, 0);
        start((struct sim_config){.ideal = true});
        for (int n = 0; n < 3000; n++) {
            read_at(1000000000 + n * INT64_C(125000));
            double u_rad = 2 * fixture_pi * 1e-9 * (double)(scan.hold_ns[0] - 1000000000);
            double i_rad = 2 * fixture_pi * 1e-9 * (double)(scan.hold_ns[1] - 1000000000);
            assert_near(scan.value[0],
                        response(170, 60, 0, 0.5, bench_rc_u_hz(), 60 * u_rad) +
                            legs[c].sign * response(10, 35, 0.4, 0.5, bench_rc_u_hz(), 35 * u_rad),
                        1e-9);
            assert_near(scan.value[1], legs[c].sign * response(4, 135, -2, 0, bench_rc_i_hz(), 135 * i_rad),
                        1e-9);
        }
        tear_down(state);
    }
}

static void the_solar_circuit_has_no_tones(void **state)
{
    (void)state;
    board.channel[1].circuit = BOARD_SOLAR;
    fixed.segment.n_tones = 1;
    fixed.segment.tone[0] = (struct waveform_tone){.f_hz = 135, .grid_a = 4};
    start((struct sim_config){.ideal = true});
    read_at(1002000000);
    assert_near(scan.value[1], 0, 1e-12);
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
        CASE(a_ramp_runs_through_the_segments_and_the_response_with_it),
        CASE(tones_stand_on_top_through_the_linear_path_and_turned_round_on_leg_2),
        CASE(the_solar_circuit_has_no_tones),
        CASE(an_unused_input_shows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
