/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "fixture.h"
#include "hal/sim/frontend.h"
#include "tests/unit/near.h"

static struct frontend frontend;

static int set_up(void **state)
{
    (void)state;
    return frontend_init(&frontend) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    frontend_close(&frontend);
    return 0;
}

static void the_voltage_path_follows_from_the_component_values(void **state)
{
    (void)state;
    struct board board = fixture_board();
    struct frontend_path path = frontend_path(&board.channel[0]);
    assert_near(path.gain, 1.0 / 160, 1e-15); /* 10:1, then 10 k of 160 k */
    assert_near(path.offset_v, 1.5, 0);
    assert_near(path.high_pass_hz, 0.5, 0);
    assert_near(path.low_pass_hz, 3372.65, 0.01); /* 1.430 k, 33 nF */
}

static void the_current_path_s_filter_includes_the_divider_s_source_resistance(void **state)
{
    (void)state;
    struct board board = fixture_board();
    struct frontend_path path = frontend_path(&board.channel[1]);
    assert_near(path.gain, 0.04 * 0.600418410, 1e-10);
    assert_near(path.offset_v, 2.5 * 0.600418410, 1e-8);
    assert_near(path.high_pass_hz, 0, 0);
    assert_near(path.low_pass_hz, 3404.07, 0.1); /* 270 + 1910 || 2870 = 1416.8 ohm */
}

static void a_sensor_mounted_the_other_way_round_has_a_negative_gain(void **state)
{
    (void)state;
    struct board board = fixture_board();
    board.channel[1].current.sensitivity_v_per_a = -0.04;
    assert_true(frontend_path(&board.channel[1]).gain < 0);
    assert_true(frontend_path(&board.channel[1]).offset_v > 0);
}

static void an_unused_pin_is_grounded(void **state)
{
    (void)state;
    struct board board = fixture_board();
    struct frontend_path path = frontend_path(&board.channel[7]);
    assert_near(path.gain, 0, 0);
    assert_near(path.offset_v, 0, 0);
}

static const struct {
    const char *name;
    double f_hz;
    int h;
    double high_pass_hz, low_pass_hz;
} responses[] = {
    {"without poles a sine passes unchanged", 60, 1, 0, 0},
    {"the fundamental at 60 Hz with both poles", 60, 1, 0.5, 3372.65},
    {"the fundamental at 50 Hz with both poles", 50, 1, 0.5, 3372.65},
    {"a transformer's pole alone leads", 50, 1, 5, 0},
    {"an RC alone lags", 60, 1, 0, 100},
    {"the 3rd harmonic", 60.013, 3, 0.5, 3372.65},
    {"the 50th harmonic, near the RC's corner", 60, 50, 0.5, 3372.65},
    {"the last harmonic below the table's limit", 60, 255, 0.5, 3372.65},
};

/* Magnitude and angle of each pole from plane trigonometry, not from complex arithmetic. */
static void the_response_to_a_sine_is_that_of_two_single_poles(void **state)
{
    (void)state;
    static double table[WAVEFORM_POINTS], pin_v[FRONTEND_POINTS];
    for (size_t c = 0; c < sizeof responses / sizeof responses[0]; c++) {
        print_message("  %s\n", responses[c].name);
        int h = responses[c].h;
        double f_hz = h * responses[c].f_hz;
        struct frontend_path path = {.gain = 0.01,
                                     .offset_v = 1.25,
                                     .high_pass_hz = responses[c].high_pass_hz,
                                     .low_pass_hz = responses[c].low_pass_hz};
        double peak = 0.01 * 100, angle = 0.4;
        if (path.high_pass_hz > 0) {
            peak *= f_hz / hypot(f_hz, path.high_pass_hz);
            angle += atan2(path.high_pass_hz, f_hz);
        }
        if (path.low_pass_hz > 0) {
            peak *= path.low_pass_hz / hypot(f_hz, path.low_pass_hz);
            angle -= atan2(f_hz, path.low_pass_hz);
        }
        for (int n = 0; n < WAVEFORM_POINTS; n++) {
            table[n] = 100 * sin(2 * fixture_pi * h * n / WAVEFORM_POINTS + 0.4);
        }
        frontend_pin(&frontend, &path, responses[c].f_hz, table, pin_v);
        for (int n = 0; n < FRONTEND_POINTS;
             n++) { /* tolerance: rounding of two transforms of values near 1 */
            assert_near(pin_v[n], 1.25 + peak * sin(2 * fixture_pi * h * n / FRONTEND_POINTS + angle), 1e-12);
        }
    }
}

static void a_transformer_blocks_direct_current_and_a_hall_sensor_passes_it(void **state)
{
    (void)state;
    static double table[WAVEFORM_POINTS], pin_v[FRONTEND_POINTS];
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        table[n] = 10;
    }
    struct frontend_path hall = {.gain = 0.024, .offset_v = 1.5, .low_pass_hz = 3400},
                         transformer = {
                             .gain = 0.024, .offset_v = 1.5, .high_pass_hz = 0.5, .low_pass_hz = 3400};
    frontend_pin(&frontend, &hall, 60, table, pin_v);
    assert_near(pin_v[0], 1.74, 1e-12);
    assert_near(pin_v[777], 1.74, 1e-12);
    frontend_pin(&frontend, &transformer, 60, table, pin_v);
    assert_near(pin_v[0], 1.5, 1e-12);
}

static void the_table_s_own_points_are_kept_whatever_the_waveform(void **state)
{
    (void)state;
    static double table[WAVEFORM_POINTS], pin_v[FRONTEND_POINTS];
    struct frontend_path path = {.gain = 1};
    for (int n = 0; n < WAVEFORM_POINTS; n++) { /* includes the bin at half the points: +1, -1, +1 ... */
        table[n] = (n % 2 ? -1 : 1) + (n < 100 ? 3 : 0);
    }
    frontend_pin(&frontend, &path, 60, table, pin_v);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        assert_near(pin_v[2 * n], table[n], 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_voltage_path_follows_from_the_component_values),
        cmocka_unit_test(the_current_path_s_filter_includes_the_divider_s_source_resistance),
        cmocka_unit_test(a_sensor_mounted_the_other_way_round_has_a_negative_gain),
        cmocka_unit_test(an_unused_pin_is_grounded),
        cmocka_unit_test(the_response_to_a_sine_is_that_of_two_single_poles),
        cmocka_unit_test(a_transformer_blocks_direct_current_and_a_hall_sensor_passes_it),
        cmocka_unit_test(the_table_s_own_points_are_kept_whatever_the_waveform),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
