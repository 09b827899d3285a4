/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "steady_bench.h"

static double load_w(int leg)
{
    static struct truth truth;
    struct ledger_power power[LEDGER_POINTS];
    truth_init(&truth);
    truth_power(&truth, &segment, power);
    return power[ledger_point(0, leg + 1)].p_w;
}

/* What each of the first 120 cycles should be. */
static const struct {
    const char *name;
    const char *events;
    double f_hz;
    int first[3], after[3]; /* the cycles of up to three events: first, and the first after it */
    double ratio[3];
} events[] = {
    {"none", "", 60, {0}, {0}, {0}},
    {"a dip to 40 % of five cycles", "0.5:40:0.083333333", 60, {30}, {35}, {0.4}},
    {"a swell", "0.2:120:0.1", 50, {10}, {15}, {1.2}},
    {"an interruption", "1:0:0.5", 50, {50}, {75}, {0}},
    {"an event from the start", "0:70:0.02", 50, {0}, {1}, {0.7}},
    {"an event within a cycle waits for the next", "0.503:40:0.1", 60, {31}, {37}, {0.4}},
    {"one shorter than a cycle that misses all starts", "0.503:40:0.005", 60, {0}, {0}, {0}},
    {"two that overlap", "0.1:50:0.4,0.2:80:0.2", 50, {5, 10, 20}, {10, 20, 25}, {0.5, 0.4, 0.5}},
};

static double expected_ratio(size_t c, int cycle)
{
    for (int k = 0; k < 3; k++) {
        if (cycle >= events[c].first[k] && cycle < events[c].after[k]) {
            return events[c].ratio[k];
        }
    }
    return 1;
}

static void events_begin_and_end_with_the_first_cycle_at_or_after_their_instants(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof events / sizeof events[0]; c++) {
        print_message("  %s\n", events[c].name);
        struct steady_config config = {.f_hz = events[c].f_hz, .u_v = 120, .i_a = 5, .solar = {2, 0, ""}};
        snprintf(config.upset.events, sizeof config.upset.events, "%s", events[c].events);
        int cycle = 0, segments = 0;
        double end_s = 0;
        for (start(&config); cycle < 120; next_segment(), segments++) {
            assert_near(segment.start_s, end_s, 0);
            assert_near(segment.start_s, cycle / events[c].f_hz, 1e-12);
            for (int k = 0; k < segment.cycles; k++) {
                double ratio = expected_ratio(c, cycle + k);
                assert_near(rms(segment.u_v[0]), 120 * ratio, 1e-10);
                assert_near(rms(segment.grid_a[0]), 5 * ratio, 1e-12); /* as through an impedance */
                assert_near(rms(segment.load_a[0]), 7 * ratio, 1e-12);
            }
            cycle += segment.cycles;
            end_s = segment.end_s;
        }
        assert_true(segments <= 10 + 6); /* cut where something changes only */
    }
}

static void a_jump_turns_voltage_and_current_and_leaves_their_power(void **state)
{
    (void)state;
    const struct steady_config config = {
        .f_hz = 50,
        .u_v = 100,
        .i_a = 5,
        .phi_deg = 60,
        .u_harmonics = "3:10:20",
        .legs = 2,
        .l2_u_v = -1,
        .l2_grid = {2, 0, ""},
        .upset.events = "0:80:0.1:-30",
    };
    start(&config);
    assert_near(fixture_harmonic(segment.u_v[0], 1).angle_rad, -fixture_pi / 6, 1e-12);
    assert_near(fixture_harmonic(segment.u_v[0], 3).angle_rad, (20 - 90) * fixture_pi / 180, 1e-12);
    assert_near(fixture_harmonic(segment.grid_a[0], 1).angle_rad, -fixture_pi / 2, 1e-12);
    assert_near(load_w(0), 0.64 * 250, 1e-9);
    assert_near(load_w(1), 0.64 * 200, 1e-9);
    next_segment();
    assert_near(fixture_harmonic(segment.u_v[0], 1).angle_rad, 0, 1e-12);
    assert_near(load_w(0), 250, 1e-9);
    assert_near(rms(segment.u_v[0]), 100 * sqrt(1.01), 1e-10);
}

/* Two changes in a period: 39 per minute are one each 1.538 s. */
static void rectangular_flicker_changes_as_often_as_stated(void **state)
{
    (void)state;
    const struct steady_config config = {.f_hz = 50, .u_v = 100, .i_a = 5, .upset.flicker = "0.894:39"};
    double before_v = 0;
    int changes = -1;
    for (start(&config); segment.start_s < 600; next_segment()) {
        double u_v = rms(segment.u_v[0]);
        assert_near(fabs(u_v - 100), 0.447, 1e-9);
        changes += fabs(u_v - before_v) > 0.1;
        before_v = u_v;
    }
    assert_true(changes == 389 || changes == 390); /* ten minutes, without the one at either end */
}

static void sinusoidal_flicker_is_stepped_at_each_cycles_middle(void **state)
{
    (void)state;
    const struct steady_config config = {
        .f_hz = 50,
        .u_v = 100,
        .i_a = 5,
        .upset = {.flicker = "1:1056", .flicker_shape = UPSET_SINUSOIDAL}, /* 8.8 Hz */
    };
    for (start(&config); segment.start_s < 2; next_segment()) {
        assert_int_equal(segment.cycles, 1);
        double expected = 100 + 0.5 * sin(2 * fixture_pi * 8.8 * (segment.start_s + 0.01));
        assert_near(rms(segment.u_v[0]), expected, 1e-9);
    }
}

/* Ohm's law along each leg's conductor: import lowers the voltage, export lifts it. */
static void the_supplys_impedance_takes_its_drop(void **state)
{
    (void)state;
    const struct steady_config config = {
        .f_hz = 50,
        .u_v = 100,
        .i_a = 10,
        .legs = 2,
        .l2_u_v = -1,
        .l2_grid = {10, 180, ""},
        .upset.impedance_mohm = 500,
    };
    start(&config);
    assert_near(rms(segment.u_v[0]), 95, 1e-10);
    assert_near(rms(segment.u_v[1]), 105, 1e-10);
    assert_near(load_w(0), 950, 1e-9);
    assert_near(load_w(1), -1050, 1e-9);
}

static void direct_current_flows_in_grid_and_load(void **state)
{
    (void)state;
    const struct steady_config config = {
        .f_hz = 50, .u_v = 100, .i_a = 1, .legs = 2, .l2_u_v = -1, .upset.i_dc_a = 0.25};
    start(&config);
    assert_near(fixture_mean(segment.grid_a[0], NULL), 0.25, 1e-12);
    assert_near(fixture_mean(segment.load_a[0], NULL), 0.25, 1e-12);
    assert_near(fixture_mean(segment.grid_a[1], NULL), -0.25, 1e-12);
    assert_near(fixture_mean(segment.u_v[0], NULL), 0, 1e-12);
    assert_near(load_w(0), 100, 1e-9);
}

static void leg_2_stands_at_its_own_angle(void **state)
{
    (void)state;
    struct steady_config config = {
        .f_hz = 60,
        .u_v = 120,
        .i_a = 5,
        .u_harmonics = "3:5:0",
        .legs = 2,
        .l2_u_v = -1,
        .l2_grid = {5, 30, ""},
        .l2_angle_deg = 240,
    };
    start(&config);
    assert_near(fixture_harmonic(segment.u_v[1], 1).angle_rad, -2 * fixture_pi / 3, 1e-12);
    assert_near(fabs(fixture_harmonic(segment.u_v[1], 3).angle_rad), 0, 1e-12);
    assert_near(load_w(1), 600 * cos(fixture_pi / 6), 1e-9);
    double between_v[WAVEFORM_POINTS];
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        between_v[n] = segment.u_v[0][n] - segment.u_v[1][n];
    }
    assert_near(rms(between_v), 120 * sqrt(3), 1e-9); /* the third harmonic is alike on both */
}

/* The model's ledger over windows that fit nothing: the integral of the battery's own power, netted. */
static void a_battery_swings_around_zero_and_the_ledger_follows(void **state)
{
    (void)state;
    static struct ledger ledger;
    static struct truth truth;
    static struct battery battery;
    const struct steady_config config = {
        .f_hz = 59.97, .u_v = 120, .legs = 2, .l2_u_v = -1, .battery_w = 50, .seed = 4};
    double import_ws = 0, export_ws = 0, window_ws = 0, window_end_s = 0.2;
    truth_init(&truth);
    ledger_init(&ledger);
    battery_init(&battery, 50, 4);
    for (start(&config); segment.end_s < 600; next_segment()) {
        struct ledger_power power[LEDGER_POINTS];
        truth_power(&truth, &segment, power);
        ledger_add(&ledger, segment.start_s, power);
        double battery_w = battery_step(&battery, segment.start_s);
        assert_near(power[0].p_w, battery_w, 1e-9);
        assert_near(power[1].p_w, battery_w / 2, 1e-9);
        double from_s = segment.start_s;
        for (; window_end_s <= segment.end_s; window_end_s += 0.2) {
            window_ws += battery_w * (window_end_s - from_s);
            *(window_ws > 0 ? &import_ws : &export_ws) += fabs(window_ws);
            ledger_net(&ledger, window_end_s);
            window_ws = 0;
            from_s = window_end_s;
        }
        window_ws += battery_w * (segment.end_s - from_s);
    }
    double netted_s, energy[LEDGER_POINTS][LEDGER_ENERGIES];
    assert_true(ledger_read(&ledger, &netted_s, energy));
    assert_true(import_ws > 1000 && export_ws > 1000);
    assert_near(energy[0][0] * 0.0036, import_ws, 1e-6);
    assert_near(energy[0][1] * 0.0036, export_ws, 1e-6);
    ledger_close(&ledger);
}

static const struct {
    const char *name;
    struct upset_config upset;
    const char *said;
} wrong[] = {
    {"an event without a duration", {.events = "1:40"}, "events: expected at_s 0..1e+09:residual_pct 0..200"},
    {"a residual beyond twice the voltage", {.events = "1:201:1"}, "got \"1:201:1\""},
    {"a word behind a jump", {.events = "1:40:1:30deg"}, "[:jump_deg -180..180]"},
    {"two flickers", {.flicker = "1:39,1:110"}, "at most 1 of them"},
    {"flicker without a rate", {.flicker = "1"}, "flicker: expected percent 0..50"},
    {"a negative impedance", {.impedance_mohm = -1}, "impedance_mohm: expected 0..10000, got -1"},
    {"a direct current that is no number", {.i_dc_a = (double)NAN}, "i_dc_a: expected -100..100"},
};

static void wrong_upsets_are_refused_with_a_sentence(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof wrong / sizeof wrong[0]; c++) {
        struct steady_config config = {.f_hz = 60, .u_v = 120, .i_a = 5, .upset = wrong[c].upset};
        error[0] = '\0';
        int status = steady_init(&steady, &config, error, sizeof error);
        print_message("  %s: %s\n", wrong[c].name, error);
        assert_int_equal(status, -EINVAL);
        assert_non_null(strstr(error, wrong[c].said));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_begin_and_end_with_the_first_cycle_at_or_after_their_instants),
        cmocka_unit_test(a_jump_turns_voltage_and_current_and_leaves_their_power),
        cmocka_unit_test(rectangular_flicker_changes_as_often_as_stated),
        cmocka_unit_test(sinusoidal_flicker_is_stepped_at_each_cycles_middle),
        cmocka_unit_test(the_supplys_impedance_takes_its_drop),
        cmocka_unit_test(direct_current_flows_in_grid_and_load),
        cmocka_unit_test(leg_2_stands_at_its_own_angle),
        cmocka_unit_test(a_battery_swings_around_zero_and_the_ledger_follows),
        cmocka_unit_test(wrong_upsets_are_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
