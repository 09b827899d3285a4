/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "steady_bench.h"

/* Integrals of the sharp waves, for a voltage and a full sine of rms 1. */
static const struct {
    const char *name;
    struct shape_config shape;
    double p_w, i_rms_a, i_dc_a, i1_a, q1_var;
    double jump_a; /* at the firing angle */
} shapes[] = {
    {"a half wave", {.kind = SHAPE_HALF_WAVE}, 0.5, 0.70711, 0.45016, 0.5, 0, 0},
    {"fired at 45 degrees",
     {.kind = SHAPE_PHASE_FIRED, .fired_deg = 45},
     0.90915,
     0.95350,
     0,
     0.92298,
     0.15915,
     1},
    {"fired at 90 degrees",
     {.kind = SHAPE_PHASE_FIRED, .fired_deg = 90},
     0.5,
     0.70711,
     0,
     0.59272,
     0.31831,
     1.41421},
    {"fired at 135 degrees",
     {.kind = SHAPE_PHASE_FIRED, .fired_deg = 135},
     0.09085,
     0.30141,
     0,
     0.18326,
     0.15915,
     1},
    {"fired at once is a sine", {.kind = SHAPE_PHASE_FIRED, .fired_deg = 0}, 1, 1, 0, 1, 0, 0},
};

static void shapes_have_the_integrals_of_the_sharp_waves_as_far_as_the_band_goes(void **state)
{
    (void)state;
    static struct truth truth;
    truth_init(&truth);
    for (size_t c = 0; c < sizeof shapes / sizeof shapes[0]; c++) {
        print_message("  %s\n", shapes[c].name);
        const struct waveform_segment *s =
            start(&(struct steady_config){.f_hz = 50, .u_v = 1, .i_a = 1, .shape = shapes[c].shape});
        struct ledger_power power[LEDGER_POINTS];
        truth_power(&truth, s, power);
        /* Five digits of the table. */
        assert_near(power[0].p_w, shapes[c].p_w, 5e-6);
        assert_near(power[0].q1_var, shapes[c].q1_var, 5e-6);
        assert_near(fixture_mean(s->grid_a[0], NULL), shapes[c].i_dc_a, 5e-6);
        assert_near(fixture_harmonic(s->grid_a[0], 1).peak / sqrt(2), shapes[c].i1_a, 5e-6);
        /* Odd harmonics of a jump J have the peak 2 J / (pi h): beyond 255 there is J^2 / (256 pi^2). */
        double beyond = shapes[c].jump_a * shapes[c].jump_a / (256 * fixture_pi * fixture_pi);
        double squares = fixture_mean(s->grid_a[0], s->grid_a[0]) + beyond;
        assert_near(sqrt(squares), shapes[c].i_rms_a, 6e-6);
        double alternating = squares - beyond - shapes[c].i_dc_a * shapes[c].i_dc_a;
        assert_near(power[0].s_va, sqrt(alternating), 1e-5);
    }
}

/* The missing band rings around the corners; 16 points away from them the table is the wave within 1 % of the jump. */
static void shapes_are_what_they_are_called(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof shapes / sizeof shapes[0]; c++) {
        const struct waveform_segment *s =
            start(&(struct steady_config){.f_hz = 50, .u_v = 1, .i_a = 1, .shape = shapes[c].shape});
        double fired = shapes[c].shape.fired_deg / 360 * WAVEFORM_POINTS;
        for (int n = 0; n < WAVEFORM_POINTS; n++) {
            double sine = sqrt(2) * sin(2 * fixture_pi * n / WAVEFORM_POINTS);
            double in_half = n % (WAVEFORM_POINTS / 2);
            double expected = shapes[c].shape.kind == SHAPE_HALF_WAVE ? fmax(sine, 0)
                              : in_half < fired                       ? 0
                                                                      : sine;
            if (fabs(in_half - fired) > 16 && in_half > 16 && in_half < WAVEFORM_POINTS / 2 - 16) {
                assert_near(s->grid_a[0][n], expected, 0.012 * shapes[c].jump_a + 2e-5);
            }
        }
    }
}

static void half_turned_shapes_export(void **state)
{
    (void)state;
    static struct truth truth;
    struct ledger_power power[LEDGER_POINTS];
    truth_init(&truth);
    struct steady_config config = {
        .f_hz = 50, .u_v = 1, .i_a = 1, .phi_deg = 180, .shape = {.kind = SHAPE_HALF_WAVE}};
    truth_power(&truth, start(&config), power);
    assert_near(power[0].p_w, -0.5, 1e-9);
    assert_near(fixture_mean(segment.grid_a[0], NULL), 0.45016, 5e-6);
    config.shape = (struct shape_config){.kind = SHAPE_PHASE_FIRED, .fired_deg = 90};
    truth_power(&truth, start(&config), power);
    assert_near(power[0].p_w, -0.5, 1e-9);
    assert_near(power[0].q1_var, -0.31831, 5e-6);
}

static void an_angle_moves_the_whole_shape(void **state)
{
    (void)state;
    static struct waveform_segment plain;
    for (size_t c = 0; c < sizeof shapes / sizeof shapes[0]; c++) {
        struct steady_config config = {.f_hz = 50, .u_v = 1, .i_a = 1, .shape = shapes[c].shape};
        plain = *start(&config);
        config.phi_deg = 45; /* 64 points later */
        start(&config);
        for (int n = 0; n < WAVEFORM_POINTS; n++) { /* sums of 255 sines */
            assert_near(segment.grid_a[0][(n + 64) % WAVEFORM_POINTS], plain.grid_a[0][n], 1e-11);
        }
    }
}

static void a_burst_flows_two_cycles_and_rests_two(void **state)
{
    (void)state;
    const struct steady_config config = {
        .f_hz = 60,
        .u_v = 120,
        .i_a = 5,
        .shape = {.kind = SHAPE_BURST, .on_cycles = 2, .off_cycles = 2},
    };
    double end_s = 0;
    start(&config);
    for (int n = 0; n < 1000; n++) {
        assert_int_equal(segment.cycles, 2);
        assert_near(segment.start_s, end_s, 0);
        assert_near(segment.start_s, n * 2 / 60.0, 1e-12);
        assert_near(rms(segment.grid_a[0]), n % 2 == 0 ? 5 : 0, 1e-12);
        assert_near(rms(segment.u_v[0]), 120, 1e-10);
        end_s = segment.end_s;
        next_segment();
    }
}

static void long_bursts_have_more_than_one_segment(void **state)
{
    (void)state;
    const struct steady_config config = {
        .f_hz = 60,
        .u_v = 120,
        .i_a = 5,
        .shape = {.kind = SHAPE_BURST, .on_cycles = 1, .off_cycles = 30},
    };
    static const int cycles[] = {1, 12, 12, 6, 1, 12, 12, 6};
    start(&config);
    for (size_t n = 0; n < sizeof cycles / sizeof cycles[0]; n++) {
        assert_int_equal(segment.cycles, cycles[n]);
        assert_near(segment.grid_a[0][128], n % 4 == 0 ? 5 * sqrt(2) : 0, 1e-12);
        next_segment();
    }
}

static void wrong_shapes_are_refused_with_a_sentence(void **state)
{
    (void)state;
    struct steady_config config = {.f_hz = 60, .shape = {.kind = SHAPE_BURST, .on_cycles = 2}};
    assert_int_equal(steady_init(&steady, &config, error, sizeof error), -EINVAL);
    assert_non_null(strstr(error, "expected at least 1, got 2 and 0"));
    config.shape = (struct shape_config){.kind = SHAPE_PHASE_FIRED, .fired_deg = 181};
    assert_int_equal(steady_init(&steady, &config, error, sizeof error), -EINVAL);
    assert_non_null(strstr(error, "fired_deg: expected 0..180, got 181"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_have_the_integrals_of_the_sharp_waves_as_far_as_the_band_goes),
        cmocka_unit_test(shapes_are_what_they_are_called),
        cmocka_unit_test(half_turned_shapes_export),
        cmocka_unit_test(an_angle_moves_the_whole_shape),
        cmocka_unit_test(a_burst_flows_two_cycles_and_rests_two),
        cmocka_unit_test(long_bursts_have_more_than_one_segment),
        cmocka_unit_test(wrong_shapes_are_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
