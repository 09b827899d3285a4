/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka last */
#include <cmocka.h>

#include "fixture.h"
#include "hal/sim/steady.h"
#include "tests/unit/near.h"

static char error[256];

static const struct {
    const char *name;
    struct steady_config config;
    double p_w; /* of the fundamentals */
    double q1_var;
} loads[] = {
    {"a resistor at 60 Hz", {.f_hz = 60, .u_v = 120, .i_a = 5}, 600, 0},
    {"a lagging load at 50 Hz", {.f_hz = 50, .u_v = 230, .i_a = 2, .phi_deg = 60}, 230, 398.371685741},
    {"a leading load", {.f_hz = 60, .u_v = 100, .i_a = 10, .phi_deg = -30}, 866.025403784, -500},
    {"export is more than 90 degrees",
     {.f_hz = 60, .u_v = 100, .i_a = 10, .phi_deg = 150},
     -866.025403784,
     500},
    {"pure export", {.f_hz = 60, .u_v = 100, .i_a = 10, .phi_deg = 180}, -1000, 0},
    {"no current", {.f_hz = 60, .u_v = 100}, 0, 0},
};

static void fundamentals_have_the_stated_power(void **state)
{
    (void)state;
    static struct steady steady;
    for (size_t c = 0; c < sizeof loads / sizeof loads[0]; c++) {
        print_message("  %s\n", loads[c].name);
        const struct steady_config *config = &loads[c].config;
        assert_int_equal(steady_init(&steady, config, error, sizeof error), 0);
        const struct waveform_segment *s = &steady.segment;
        /* Rounding of 512 sums of about 1 kW. */
        assert_near(fixture_mean(s->u_v[0], s->grid_a[0]), loads[c].p_w, 1e-8);
        struct fixture_phasor u = fixture_harmonic(s->u_v[0], 1), i = fixture_harmonic(s->grid_a[0], 1);
        assert_near(u.peak * i.peak / 2 * sin(u.angle_rad - i.angle_rad), loads[c].q1_var, 1e-8);
        assert_near(sqrt(fixture_mean(s->u_v[0], s->u_v[0])), config->u_v, 1e-10);
        assert_near(sqrt(fixture_mean(s->grid_a[0], s->grid_a[0])), config->i_a, 1e-10);
        assert_near(fixture_mean(s->solar_a[0], s->solar_a[0]), 0, 0);
        assert_memory_equal(s->load_a[0], s->grid_a[0], sizeof s->grid_a[0]);
    }
}

static void harmonics_have_the_stated_size_phase_and_distortion(void **state)
{
    (void)state;
    static struct steady steady;
    struct steady_config config = {.f_hz = 60,
                                   .u_v = 120,
                                   .i_a = 5,
                                   .phi_deg = 20,
                                   .u_harmonics = "3:3:10,5:4:-170",
                                   .i_harmonics = "2:10:0,255:5.5:360"};
    assert_int_equal(steady_init(&steady, &config, error, sizeof error), 0);
    const double *u_v = steady.segment.u_v[0], *i_a = steady.segment.grid_a[0];
    assert_near(fixture_harmonic(u_v, 3).peak, 0.03 * 120 * sqrt(2), 1e-10);
    assert_near(fixture_harmonic(u_v, 3).angle_rad, 10 * fixture_pi / 180, 1e-10);
    assert_near(fixture_harmonic(u_v, 5).angle_rad, -170 * fixture_pi / 180, 1e-10);
    assert_near(fixture_harmonic(i_a, 2).peak, 0.1 * 5 * sqrt(2), 1e-10);
    assert_near(fixture_harmonic(i_a, 255).peak, 0.055 * 5 * sqrt(2), 1e-10);
    /* THD from the total rms: sqrt(0.03^2 + 0.04^2) = 5 %. */
    double ratio = sqrt(fixture_mean(u_v, u_v)) / 120;
    assert_near(sqrt(ratio * ratio - 1), 0.05, 1e-10);
}

static void segments_follow_one_another_without_a_gap_or_a_drift(void **state)
{
    (void)state;
    static struct steady steady;
    static struct waveform_segment segment;
    struct steady_config config = {.f_hz = 59.97, .u_v = 120, .i_a = 5};
    assert_int_equal(steady_init(&steady, &config, error, sizeof error), 0);
    double end_s = 0;
    for (int n = 0; n < 10000; n++) {
        waveform_next(&steady.source, &segment);
        assert_true(segment.start_s >= end_s && segment.start_s <= end_s);
        end_s = segment.end_s;
    }
    assert_near(end_s, 10000 * 12 / 59.97, 1e-9);
    assert_int_equal(segment.cycles, 12);
    assert_int_equal(segment.legs, 1);
}

/* The phase is f tau + rate tau^2 / 2; segments end on whole cycles and the frequency goes on where it was. */
static void a_ramp_is_a_triangle_between_its_limits(void **state)
{
    (void)state;
    static struct steady steady;
    static struct waveform_segment segment;
    const struct steady_config config = {
        .f_hz = 50, .u_v = 120, .i_a = 5, .f_rate_hz_s = 1, .f_low_hz = 42.5, .f_high_hz = 57.5};
    assert_int_equal(steady_init(&steady, &config, error, sizeof error), 0);
    double end_s = 0, f_hz = 50, least_hz = 50, most_hz = 50, cycles = 0;
    for (int n = 0; n < 1000; n++) {
        waveform_next(&steady.source, &segment);
        double tau_s = segment.end_s - segment.start_s;
        assert_near(segment.start_s, end_s, 0);
        assert_near(segment.f_hz, f_hz, 0); /* the same sums */
        assert_near(fabs(segment.rate_hz_s), 1, 0);
        assert_near(segment.f_hz * tau_s + segment.rate_hz_s * tau_s * tau_s / 2, segment.cycles, 1e-11);
        end_s = segment.end_s;
        f_hz = segment.f_hz + segment.rate_hz_s * tau_s;
        least_hz = fmin(least_hz, f_hz);
        most_hz = fmax(most_hz, f_hz);
        cycles += segment.cycles;
    }
    /* It turns at most one segment, 0.28 s, before the limits. */
    assert_true(least_hz >= 42.5 && least_hz < 42.8 && most_hz <= 57.5 && most_hz > 57.2);
    assert_near(cycles / end_s, 50, 0.5);
}

static void a_ramp_downwards_starts_downwards(void **state)
{
    (void)state;
    static struct steady steady;
    static struct waveform_segment segment;
    const struct steady_config config = {.f_hz = 60, .u_v = 120, .i_a = 5, .f_rate_hz_s = -2};
    assert_int_equal(steady_init(&steady, &config, error, sizeof error), 0);
    waveform_next(&steady.source, &segment);
    assert_near(segment.rate_hz_s, -2, 0);
    waveform_next(&steady.source, &segment);
    assert_near(segment.f_hz, 60 - 2 * segment.start_s, 1e-12);
}

static void tones_are_percent_of_the_fundamentals(void **state)
{
    (void)state;
    static struct steady steady;
    const struct steady_config config = {
        .f_hz = 60, .u_v = 100, .i_a = 5, .tones = "450:1:0:2:-90,37.5:0.5:180:0:0"};
    assert_int_equal(steady_init(&steady, &config, error, sizeof error), 0);
    const struct waveform_segment *s = &steady.segment;
    assert_int_equal(s->n_tones, 2);
    assert_near(s->tone[0].f_hz, 450, 0);
    assert_near(s->tone[0].u_v, sqrt(2), 1e-12);
    assert_near(s->tone[0].grid_a, 0.1 * sqrt(2), 1e-12);
    assert_near(s->tone[0].grid_rad, -fixture_pi / 2, 1e-12);
    assert_near(s->tone[1].u_v, 0.5 * sqrt(2), 1e-12);
    assert_near(s->tone[1].u_rad, fixture_pi, 1e-12);
    assert_near(s->tone[1].grid_a, 0, 0);
    assert_near(sqrt(fixture_mean(s->u_v[0], s->u_v[0])), 100, 1e-10); /* not in the tables */
}

static const struct {
    const char *name;
    struct steady_config config;
    double grid_w[2], grid_var[2], solar_w[2], solar_var[2]; /* of each leg */
} two_legs[] = {
    {"a balanced load of 240 V",
     {.f_hz = 60, .u_v = 100, .i_a = 10, .phi_deg = 30, .legs = 2, .l2_u_v = -1, .l2_grid = {10, 30, ""}},
     {866.025403784, 866.025403784},
     {500, 500},
     {0, 0},
     {0, 0}},
    {"a load on leg 2 only",
     {.f_hz = 60, .u_v = 100, .legs = 2, .l2_u_v = 110, .l2_grid = {4, 60, ""}},
     {0, 220},
     {0, 381.051177665},
     {0, 0},
     {0, 0}},
    {"export on leg 1 while importing on leg 2",
     {.f_hz = 60, .u_v = 100, .i_a = 7, .phi_deg = 180, .legs = 2, .l2_u_v = -1, .l2_grid = {10, -30, ""}},
     {-700, 866.025403784},
     {0, -500},
     {0, 0},
     {0, 0}},
    {"solar generation beside a load",
     {.f_hz = 60,
      .u_v = 100,
      .i_a = 3,
      .solar = {8, 0, ""},
      .legs = 2,
      .l2_u_v = 120,
      .l2_grid = {5, 180, ""},
      .l2_solar = {8, 90, ""}},
     {300, -600},
     {0, 0},
     {800, 0},
     {0, 960}},
};

static double reactive_var(const double *u_v, const double *i_a)
{
    struct fixture_phasor u = fixture_harmonic(u_v, 1), i = fixture_harmonic(i_a, 1);
    return u.peak * i.peak / 2 * sin(u.angle_rad - i.angle_rad);
}

static void both_legs_have_the_stated_power(void **state)
{
    (void)state;
    static struct steady steady;
    for (size_t c = 0; c < sizeof two_legs / sizeof two_legs[0]; c++) {
        print_message("  %s\n", two_legs[c].name);
        assert_int_equal(steady_init(&steady, &two_legs[c].config, error, sizeof error), 0);
        const struct waveform_segment *s = &steady.segment;
        assert_int_equal(s->legs, 2);
        for (int leg = 0; leg < 2; leg++) { /* rounding of 512 sums of about 1 kW */
            assert_near(fixture_mean(s->u_v[leg], s->grid_a[leg]), two_legs[c].grid_w[leg], 1e-8);
            assert_near(reactive_var(s->u_v[leg], s->grid_a[leg]), two_legs[c].grid_var[leg], 1e-8);
            assert_near(fixture_mean(s->u_v[leg], s->solar_a[leg]), two_legs[c].solar_w[leg], 1e-8);
            assert_near(reactive_var(s->u_v[leg], s->solar_a[leg]), two_legs[c].solar_var[leg], 1e-8);
            for (int n = 0; n < WAVEFORM_POINTS; n++) {
                assert_near(s->grid_a[leg][n] + s->solar_a[leg][n], s->load_a[leg][n], 1e-12);
            }
        }
    }
}

static void the_second_leg_is_the_first_turned_round_harmonics_included(void **state)
{
    (void)state;
    static struct steady steady;
    struct steady_config config = {.f_hz = 60,
                                   .u_v = 120,
                                   .i_a = 5,
                                   .phi_deg = 20,
                                   .u_harmonics = "2:1:50,3:4:10",
                                   .i_harmonics = "3:30:200",
                                   .legs = 2,
                                   .l2_u_v = -1,
                                   .l2_grid = {5, 20, "3:30:200"}};
    assert_int_equal(steady_init(&steady, &config, error, sizeof error), 0);
    const struct waveform_segment *s = &steady.segment;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        assert_near(s->u_v[1][n], -s->u_v[0][n], 0);
        assert_near(s->grid_a[1][n], -s->grid_a[0][n], 0);
    }
}

static const struct {
    const char *name;
    struct steady_config config;
    const char *said;
} wrong[] = {
    {"three legs", {.f_hz = 60, .u_v = 1, .legs = 3}, "legs: expected 0..2, got 3"},
    {"a wrong current on leg 2", {.f_hz = 60, .legs = 2, .l2_grid = {-1, 0, ""}}, "l2_i_a"},
    {"a wrong angle of the solar current", {.f_hz = 60, .solar = {1, 200, ""}}, "solar_phi_deg"},
    {"wrong harmonics of the solar current", {.f_hz = 60, .solar = {1, 0, "x"}}, "solar_i_harmonics"},
    {"wrong harmonics on leg 2", {.f_hz = 60, .legs = 2, .l2_grid = {1, 0, "1:1:1"}}, "l2_i_harmonics"},
    {"wrong harmonics of leg 2's solar current",
     {.f_hz = 60, .legs = 2, .l2_solar = {1, 0, "2:1"}},
     "l2_solar_i_harmonics"},
    {"a frequency below the range", {.f_hz = 42, .u_v = 1}, "f_hz: expected 42.5..69, got 42"},
    {"a frequency that is no number", {.f_hz = (double)NAN, .u_v = 1}, "f_hz"},
    {"a negative voltage", {.f_hz = 60, .u_v = -1}, "u_v"},
    {"an infinite current", {.f_hz = 60, .i_a = HUGE_VAL}, "i_a"},
    {"an angle beyond a half turn", {.f_hz = 60, .phi_deg = 181}, "phi_deg"},
    {"a word", {.f_hz = 60, .u_harmonics = "third"}, "u_harmonics: expected h:percent:degrees"},
    {"the fundamental", {.f_hz = 60, .u_harmonics = "1:5:0"}, "got \"1:5:0\""},
    {"a harmonic beyond the table", {.f_hz = 60, .i_harmonics = "256:5:0"}, "i_harmonics"},
    {"a harmonic that is not whole", {.f_hz = 60, .i_harmonics = "2.5:5:0"}, "i_harmonics"},
    {"a percentage that is no number", {.f_hz = 60, .i_harmonics = "3:nan:0"}, "i_harmonics"},
    {"a negative percentage", {.f_hz = 60, .i_harmonics = "3:-1:0"}, "i_harmonics"},
    {"a missing angle", {.f_hz = 60, .i_harmonics = "3:5"}, "i_harmonics"},
    {"an empty angle", {.f_hz = 60, .i_harmonics = "3:5:"}, "i_harmonics"},
    {"text after the angle", {.f_hz = 60, .i_harmonics = "3:5:0;5:2:0"}, "i_harmonics"},
    {"the second of two is wrong", {.f_hz = 60, .i_harmonics = "3:5:0,5:2:400"}, "got \"5:2:400\""},
    {"a comma at the end", {.f_hz = 60, .i_harmonics = "3:5:0,"}, "after the last comma"},
    {"two commas", {.f_hz = 60, .i_harmonics = "3:5:0,,5:1:0"}, "i_harmonics"},
    {"a tone of two numbers", {.f_hz = 60, .tones = "75:1"}, "tones: expected f_hz 0.1..10000:u_pct 0..100"},
    {"a tone that is a harmonic", {.f_hz = 60, .tones = "120:1:0:0:0"}, "120 Hz is a harmonic of 60 Hz"},
    {"a tone given twice", {.f_hz = 60, .tones = "75:1:0:0:0,75:2:0:0:0"}, "75 Hz is given twice"},
    {"five tones",
     {.f_hz = 60, .tones = "71:1:0:0:0,72:1:0:0:0,73:1:0:0:0,74:1:0:0:0,75:1:0:0:0"},
     "at most 4 of them, got \"75:1:0:0:0\""},
    {"a comma behind the last tone", {.f_hz = 60, .tones = "71:1:0:0:0,"}, "got \"\""},
    {"a ramp too fast", {.f_hz = 60, .f_rate_hz_s = 11}, "f_rate_hz_s: expected -10..10"},
    {"a ramp without room",
     {.f_hz = 60, .f_rate_hz_s = 5, .f_low_hz = 59.5, .f_high_hz = 60.5},
     "f_rate_hz_s: expected a slower ramp"},
    {"a ramp that begins outside",
     {.f_hz = 60, .f_rate_hz_s = 1, .f_high_hz = 59},
     "f_hz: expected f_low_hz"},
    {"a harmonic given twice", {.f_hz = 60, .u_harmonics = "3:5:0,3:1:0"}, "harmonic 3 is given twice"},
};

static void wrong_settings_are_refused_with_a_sentence(void **state)
{
    (void)state;
    static struct steady steady;
    for (size_t c = 0; c < sizeof wrong / sizeof wrong[0]; c++) {
        error[0] = '\0';
        int status = steady_init(&steady, &wrong[c].config, error, sizeof error);
        print_message("  %s: %s\n", wrong[c].name, error);
        assert_int_equal(status, -EINVAL);
        assert_non_null(strstr(error, wrong[c].said));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fundamentals_have_the_stated_power),
        cmocka_unit_test(harmonics_have_the_stated_size_phase_and_distortion),
        cmocka_unit_test(segments_follow_one_another_without_a_gap_or_a_drift),
        cmocka_unit_test(a_ramp_is_a_triangle_between_its_limits),
        cmocka_unit_test(a_ramp_downwards_starts_downwards),
        cmocka_unit_test(tones_are_percent_of_the_fundamentals),
        cmocka_unit_test(both_legs_have_the_stated_power),
        cmocka_unit_test(the_second_leg_is_the_first_turned_round_harmonics_included),
        cmocka_unit_test(wrong_settings_are_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
