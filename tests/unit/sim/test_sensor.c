/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each effect of sensors and front end, seen in the codes: mains of 50 Hz, 200 scans a cycle, dithered by 0.5 LSB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "bench.h"
#include "hal/sim/sensor.h"

enum { SCANS = 40000 };

/* Five standard errors of an amplitude from SCANS codes with noise of 0.5 LSB and the quantiser's. */
static double amplitude_tolerance(void)
{
    return 5 * sqrt(2 * (0.25 + 1.0 / 12) / SCANS);
}

static int set_up_50_hz(void **state)
{
    set_up(state);
    board.f_nominal_hz = 50;
    fixed.segment.f_hz = 50;
    return 0;
}

/* The voltage path's factor on a wave of f_hz, as size and angle. */
static double u_size(double f_hz)
{
    return bench_lsb_per_v * f_hz / hypot(f_hz, 0.5) * bench_rc_u_hz() / hypot(f_hz, bench_rc_u_hz());
}

static double u_rad(double f_hz)
{
    return atan2(0.5, f_hz) - atan2(f_hz, bench_rc_u_hz());
}

static void assert_wave(int k, double f_hz, double peak_lsb, double angle_rad)
{
    struct seen seen = look(k, f_hz, SCANS);
    assert_near(seen.in_phase, peak_lsb * cos(angle_rad), amplitude_tolerance());
    assert_near(seen.quadrature, peak_lsb * sin(angle_rad), amplitude_tolerance());
}

/* The flux of a sine is -cos; -(-cos)^5 = (10 cos + 5 cos 3 + cos 5) / 16. */
static void the_saturating_transformer_drops_the_fifth_power_of_its_flux(void **state)
{
    static const double of_nominal[] = {1, 1.2};
    for (int c = 0; c < 2; c++) {
        set_up_50_hz(state);
        double peak_v = 120 * sqrt(2) * of_nominal[c];
        double drop_v = 0.1 * 120 * sqrt(2) * pow(of_nominal[c], 5);
        fixed_sine(fixed.segment.u_v[0], peak_v, 1, 0);
        start((struct sim_config){.magnetising_pct = 10, .noise_lsb = 0.5, .seed = 1});
        double lead_rad = atan2(drop_v * 10 / 16, peak_v);
        assert_wave(0, 50, hypot(peak_v, drop_v * 10 / 16) * u_size(50), lead_rad + u_rad(50));
        assert_wave(0, 150, drop_v * 5 / 16 * u_size(150), fixture_pi / 2 + u_rad(150));
        assert_wave(0, 250, drop_v * 1 / 16 * u_size(250), fixture_pi / 2 + u_rad(250));
        tear_down(state);
    }
}

static void direct_voltage_does_not_saturate_it(void **state)
{
    (void)state;
    double peak_v = 120 * sqrt(2), drop_v = 0.1 * peak_v;
    fixed_sine(fixed.segment.u_v[0], peak_v, 1, 0);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        fixed.segment.u_v[0][n] += 20;
    }
    start((struct sim_config){.magnetising_pct = 10, .noise_lsb = 0.5, .seed = 1});
    assert_wave(0, 150, drop_v * 5 / 16 * u_size(150), fixture_pi / 2 + u_rad(150));
}

static const struct {
    const char *name;
    struct sim_config config;
    double pole_hz[2];
} low_passes[] = {
    {"leakage", {.transformer_low_pass_hz = 1000, .noise_lsb = 0.5}, {1000, 1e12}},
    {"bandwidth", {.amplifier_bandwidth_hz = 1500, .noise_lsb = 0.5}, {1e12, 1500}},
    {"both",
     {.transformer_low_pass_hz = 1000, .amplifier_bandwidth_hz = 1500, .noise_lsb = 0.5},
     {1000, 1500}},
};

static void leakage_and_bandwidth_are_low_passes_of_the_voltage_alone(void **state)
{
    for (size_t c = 0; c < sizeof low_passes / sizeof low_passes[0]; c++) {
        print_message("  %s\n", low_passes[c].name);
        set_up_50_hz(state);
        fixed_sine(fixed.segment.u_v[0], 150, 10, 0);
        fixed_sine(fixed.segment.grid_a[0], 40, 10, 0);
        start(low_passes[c].config);
        double a = 500 / low_passes[c].pole_hz[0], b = 500 / low_passes[c].pole_hz[1];
        assert_wave(0, 500, 150 * u_size(500) / hypot(1, a) / hypot(1, b), u_rad(500) - atan(a) - atan(b));
        double rc_hz = bench_rc_i_hz();
        assert_wave(1, 500, 40 * bench_lsb_per_a * rc_hz / hypot(500, rc_hz), -atan2(500, rc_hz));
        tear_down(state);
    }
}

static void the_amplifier_cannot_leave_its_rails(void **state)
{
    (void)state;
    fixed_sine(fixed.segment.u_v[0], 170, 1, 0);
    board.channel[0].filter_f = 0;
    board.channel[0].voltage.transformer_high_pass_hz = 0;
    start((struct sim_config){.amplifier_low_v = 0.6, .amplifier_high_v = 2.25});
    int at_top = 0, at_bottom = 0;
    for (int n = 0; n < SCANS; n++) {
        read_at(1000000000 + n * INT64_C(100000));
        assert_in_range(scan.code[0], 204, 768); /* 0.6 V: 204.8; 2.25 V: 768 */
        at_top += scan.code[0] >= 767;           /* the edge itself: rounding decides */
        at_bottom += scan.code[0] == 204;
    }
    /* |sin| above c for 1/2 - asin(c) / pi of the time; one of 200 scans of a cycle either way. */
    assert_near(at_top, SCANS * (0.5 - asin((767 - 512) / (170 * bench_lsb_per_v)) / fixture_pi),
                SCANS / 100.0);
    assert_near(at_bottom, SCANS * (0.5 - asin((512 - 205) / (170 * bench_lsb_per_v)) / fixture_pi),
                SCANS / 100.0);
}

/* A sine of peak A cut at +-c: (2 A / pi) (asin(c/A) + c/A sqrt(1 - (c/A)^2)), and then the RC. */
static void the_rc_comes_after_the_rails(void **state)
{
    (void)state;
    fixed_sine(fixed.segment.u_v[0], 170, 1, 0);
    board.channel[0].voltage.transformer_high_pass_hz = 0;
    start((struct sim_config){.amplifier_low_v = 0.7, .amplifier_high_v = 2.3, .noise_lsb = 0.5, .seed = 4});
    double c = 0.8 * 160 / 170, rc_hz = bench_rc_u_hz();
    double peak_v = 170 * 2 / fixture_pi * (asin(c) + c * sqrt(1 - c * c));
    assert_wave(0, 50, peak_v * bench_lsb_per_v * rc_hz / hypot(50, rc_hz), -atan2(50, rc_hz));
}

static void within_the_rails_nothing_changes(void **state)
{
    (void)state;
    fixed_sine(fixed.segment.u_v[0], 170, 1, 0);
    start((struct sim_config){.amplifier_low_v = 0.1, .amplifier_high_v = 2.9, .noise_lsb = 0.5});
    assert_wave(0, 50, 170 * u_size(50), u_rad(50));
}

static const struct {
    const char *name;
    double current_a;
    double deviation_a; /* of 1 % of 50 A: 0.5 A (x^3 - x) / 0.3849, x = current / 50 A */
} bends[] = {
    {"nothing at zero", 0, 0},
    {"most at full scale by root 3", 28.8675, -0.5},
    {"odd", -28.8675, 0.5},
    {"nothing at full scale", 50, 0},
    {"at half of it", 25, -0.48713929},
    {"at a tenth", 5, -0.12860477},
};

static void the_hall_sensor_bends_by_a_cubic(void **state)
{
    for (size_t c = 0; c < sizeof bends / sizeof bends[0]; c++) {
        print_message("  %s\n", bends[c].name);
        set_up_50_hz(state);
        fixed_constant(fixed.segment.grid_a[0], bends[c].current_a);
        start((struct sim_config){.hall_nonlinearity_pct = 1, .noise_lsb = 0.5, .seed = 3});
        double level = bench_zero_a_lsb + bench_lsb_per_a * (bends[c].current_a + bends[c].deviation_a);
        assert_near(look(1, 50, SCANS).mean, level, amplitude_tolerance());
        tear_down(state);
    }
}

/* -sgn(cos) cos^2 has the fundamental -8 / (3 pi) cos and the third harmonic -8 / (15 pi) cos 3; 40 A of 50 A full scale
 * leave 0.64 of 500 mA. */
static void the_hall_sensor_lags_by_rayleigh_s_loop(void **state)
{
    (void)state;
    board.channel[1].filter_f = 0;
    fixed_sine(fixed.segment.grid_a[0], 40, 1, 0);
    start((struct sim_config){.hall_hysteresis_ma = 500, .noise_lsb = 0.5, .seed = 3});
    double left_a = 0.5 * 0.64;
    double lag_a = left_a * 8 / (3 * fixture_pi);
    assert_wave(1, 50, hypot(40, lag_a) * bench_lsb_per_a, -atan2(lag_a, 40));
    assert_wave(1, 150, left_a * 8 / (15 * fixture_pi) * bench_lsb_per_a, -fixture_pi / 2);
}

static void direct_current_has_no_loop(void **state)
{
    (void)state;
    fixed_constant(fixed.segment.grid_a[0], 20);
    start((struct sim_config){.hall_hysteresis_ma = 500, .noise_lsb = 0.5, .seed = 3});
    assert_near(look(1, 50, SCANS).mean, bench_zero_a_lsb + bench_lsb_per_a * 20, amplitude_tolerance());
}

static void a_sensor_turned_round_bends_the_other_way(void **state)
{
    (void)state;
    board.channel[1].current.sensitivity_v_per_a = -0.04;
    fixed_constant(fixed.segment.grid_a[0], 28.8675);
    start((struct sim_config){.hall_nonlinearity_pct = 1, .noise_lsb = 0.5, .seed = 3});
    assert_near(look(1, 50, SCANS).mean, bench_zero_a_lsb - bench_lsb_per_a * (28.8675 - 0.5),
                amplitude_tolerance());
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up_50_hz, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(the_saturating_transformer_drops_the_fifth_power_of_its_flux),
        CASE(direct_voltage_does_not_saturate_it),
        CASE(leakage_and_bandwidth_are_low_passes_of_the_voltage_alone),
        CASE(the_amplifier_cannot_leave_its_rails),
        CASE(the_rc_comes_after_the_rails),
        CASE(within_the_rails_nothing_changes),
        CASE(the_hall_sensor_bends_by_a_cubic),
        CASE(the_hall_sensor_lags_by_rayleigh_s_loop),
        CASE(direct_current_has_no_loop),
        CASE(a_sensor_turned_round_bends_the_other_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
