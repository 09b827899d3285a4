/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "fixture.h"
#include "hal/sim/adc_level.h"
#include "hal/sim/adc_sim.h"
#include "hal/sim/even.h"
#include "tests/unit/replay/memory_recording.h"

#include <string.h>

/* The reference board's analytic response to a sine of voltage and of current, by hand. */
static const double rc_u_hz = 3372.6; /* 1 / (2 pi 1430 ohm 33 nF) */
static const double rc_i_hz = 3404.1; /* 1 / (2 pi (270 + 1910 * 2870 / 4780) ohm 33 nF) */

struct tone {
    double peak, f_hz, angle_rad;
};

static double tone_at(const struct tone *tone, double t_s)
{
    return tone->peak * sin(2 * fixture_pi * tone->f_hz * t_s + tone->angle_rad);
}

static double u_pin_v(const struct tone *tone, double t_s)
{
    double f = tone->f_hz;
    double size = f / hypot(f, 0.5) * rc_u_hz / hypot(f, rc_u_hz) / 160;
    struct tone out = {tone->peak * size, f, tone->angle_rad + atan2(0.5, f) - atan2(f, rc_u_hz)};
    return 1.5 + tone_at(&out, t_s);
}

static double i_pin_v(const struct tone *tone, double t_s)
{
    double f = tone->f_hz;
    struct tone out = {tone->peak * 0.04 * 2870 / 4780 * rc_i_hz / hypot(f, rc_i_hz), f,
                       tone->angle_rad - atan2(f, rc_i_hz)};
    return 2.5 * 2870 / 4780 + tone_at(&out, t_s);
}

struct stage {
    struct board board;
    struct recording recording;
    struct channel_map map;
    struct adc_level *level;
    char error[512];
};

static void set_up(struct stage *stage, int64_t n, double rate_hz)
{
    *stage = (struct stage){.board = fixture_board()};
    memory_recording_init(&stage->recording, n, rate_hz);
    memory_recording_add(&stage->recording, "u", RECORDING_VOLT);
    memory_recording_add(&stage->recording, "i", RECORDING_AMPERE);
}

/* Samples at time + skew. */
static void play(struct stage *stage, int channel, const struct tone *tone)
{
    struct recording_channel *one = &stage->recording.channel[channel];
    for (int64_t n = 0; n < stage->recording.n_samples; n++)
        one->value[n] = tone_at(tone, stage->recording.time_s[n] + one->skew_s);
}

static void open_level(struct stage *stage, const char *map, double rate_hz, bool loop)
{
    if (channel_map_read(&stage->map, &stage->recording, map, CHANNEL_RECORDED, stage->error,
                         sizeof stage->error) != 0)
        fail_msg("%s", stage->error);
    stage->level = adc_level_init(&stage->board, &stage->recording, &stage->map, rate_hz, loop, stage->error,
                                  sizeof stage->error);
}

static void tear_down(struct stage *stage)
{
    adc_level_close(stage->level);
    memory_recording_close(&stage->recording);
}

static double worst_error(const struct stage *stage, int input, const struct tone *tone, double from_s,
                          double to_s)
{
    double worst = 0;
    for (int n = 0; n <= 5000; n++) {
        double t_s = from_s + (to_s - from_s) * n / 5000;
        double expected = input == 0 ? u_pin_v(tone, t_s) : i_pin_v(tone, t_s);
        worst = fmax(worst, fabs(adc_level_v(stage->level, input, t_s) - expected));
    }
    return worst;
}

/* 1e-4 of the waveform's size at the pin, as the header says, plus 2e-5 for the constants' five digits above. */
static const double share = 1.2e-4;

static const struct {
    const char *name;
    int64_t n;
    double rate_hz;
    double f_hz; /* a whole number of cycles in n samples */
} looped[] = {
    {"the fundamental at 16 samples per cycle", 160, 800, 50},
    {"the fundamental at 500 samples per cycle", 500, 30000, 60},
    {"a harmonic at 0.84 of half the rate", 1000, 1000, 420},
    {"the 40th harmonic at 8 kHz", 8000, 8000, 2000},
    {"a prime number of samples", 997, 997 * 5, 60 * 5},
};

static void a_looped_recording_comes_through_the_path_to_1e_4(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof looped / sizeof looped[0]; c++) {
        print_message("  %s\n", looped[c].name);
        struct stage stage;
        set_up(&stage, looped[c].n, looped[c].rate_hz);
        stage.recording.channel[0].skew_s = 300e-6;
        struct tone u = {160, looped[c].f_hz, 0.3}, i = {40, looped[c].f_hz, -1.1};
        play(&stage, 0, &u);
        play(&stage, 1, &i);
        open_level(&stage, "", looped[c].rate_hz, true);
        assert_non_null(stage.level);
        double turn_s = (double)looped[c].n / looped[c].rate_hz;
        assert_true(worst_error(&stage, 0, &u, 0, 3 * turn_s) <
                    share * 160 / 160); /* through all its seams */
        assert_true(worst_error(&stage, 1, &i, 0, 3 * turn_s) < share * 40 * 0.024);
        assert_true(isinf(adc_level_end_s(stage.level)));
        tear_down(&stage);
    }
}

/* Without loop: away from the ends by a cycle, and by the 2 s in which the transformer's high pass (0.32 s) forgets
 * the step of phase at the reflection. */
static void a_recording_that_is_not_looped_is_as_good_away_from_its_ends(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, 20000, 4000);
    struct tone u = {160, 59.3, 0.7}, i = {40, 59.3, 2};
    play(&stage, 0, &u);
    play(&stage, 1, &i);
    open_level(&stage, "", 4000, false);
    assert_true(worst_error(&stage, 0, &u, 2, 3) < share);
    assert_true(worst_error(&stage, 1, &i, 0.02, 4.98) < share * 40 * 0.024);
    assert_true(worst_error(&stage, 0, &u, 0, 4.9995) < 0.02); /* and no step at the ends: 2 % of the size */
    assert_true(fabs(adc_level_end_s(stage.level) - 4.99975) < 1e-9);
    tear_down(&stage);
}

static void turned_and_scaled_channels_stay_so(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, 800, 8000);
    struct tone i = {5, 60, 0.2}, seen = {-15, 60, 0.2};
    play(&stage, 1, &i);
    open_level(&stage, "u_l1=u,grid_l1=-i*3", 8000, true);
    assert_true(worst_error(&stage, 1, &seen, 0, 0.1) < share * 15 * 0.024);
    tear_down(&stage);
}

/* Half at 2 kHz, half at 5 kHz, with a pause of 30 ms in which nothing was sampled. */
static void uneven_instants_are_brought_onto_a_grid(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, 7000, 2000);
    for (int64_t n = 0; n < 7000; n++)
        stage.recording.time_s[n] = n < 2000 ? (double)n / 2000 : 1.03 + (double)(n - 2000) / 5000;
    struct tone i = {40, 60, 0.5};
    play(&stage, 1, &i);
    stage.recording.rate_hz = 6999 / stage.recording.time_s[6999];
    open_level(&stage, "", 5000, false);
    assert_non_null(stage.level);
    /* 6 points around at 33 samples per cycle: (2 pi / 33)^6 / 205 = 2.3e-7, far below the sinc's 1e-4. */
    assert_true(worst_error(&stage, 1, &i, 0.02, 0.98) < share * 40 * 0.024);
    assert_true(worst_error(&stage, 1, &i, 1.05, 2.0) < share * 40 * 0.024);
    assert_true(worst_error(&stage, 1, &i, 0.98, 1.05) <
                2 * 40 * 0.024); /* the bridge stays between its piers */
    tear_down(&stage);
}

/* What the recorder's own poles made of the waveform is undone before the board's make theirs. */
static void a_recorders_own_poles_are_taken_out(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, 8000, 8000);
    const struct tone u = {160, 60, 0.3}, i = {40, 300, -1.1};
    const struct tone u_recorded = {160 * 60 / hypot(60, 2), 60, 0.3 + atan2(2, 60)};
    const struct tone i_recorded = {40 * 1500 / hypot(1500, 300), 300, -1.1 - atan2(300, 1500)};
    stage.recording.channel[0].high_pass_hz = 2;
    stage.recording.channel[1].low_pass_hz = 1500;
    play(&stage, 0, &u_recorded);
    play(&stage, 1, &i_recorded);
    open_level(&stage, "", 8000, true);
    assert_true(worst_error(&stage, 0, &u, 0, 1) < share);
    assert_true(worst_error(&stage, 1, &i, 0, 1) < share * 40 * 0.024);
    tear_down(&stage);
}

/* Missing at the start, at the end, singly and in a row: the constant that is recorded is what stands there. */
static void missing_values_are_bridged(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, 800, 8000);
    struct recording_channel *i = &stage.recording.channel[1];
    for (int64_t n = 0; n < 800; n++)
        i->value[n] = n < 3 || n == 100 || (n > 300 && n < 350) || n > 795 ? (double)NAN : 10;
    for (int64_t n = 0; n < 800; n++) /* and all of it */
        stage.recording.channel[0].value[n] = (double)NAN;
    open_level(&stage, "", 8000, false);
    assert_non_null(stage.level);
    for (int n = 0; n < 1000; n++) {
        assert_true(fabs(adc_level_v(stage.level, 1, n * 1e-4) - 2.9 * 2870 / 4780) < 1e-9);
        assert_true(fabs(adc_level_v(stage.level, 0, n * 1e-4) - 1.5) < 1e-9);
    }
    tear_down(&stage);
}

static void a_bridge_is_a_straight_line(void **state)
{
    (void)state;
    struct recording recording;
    double value[10];
    memory_recording_init(&recording, 10, 1000);
    struct recording_channel *channel = memory_recording_add(&recording, "u", RECORDING_VOLT);
    for (int n = 0; n < 10; n++)
        channel->value[n] = n > 2 && n < 8 ? (double)NAN : 7.0 * n;
    struct even even = even_grid(&recording, 1000);
    assert_int_equal(even_read(&even, &recording, 0, value), 5);
    for (int n = 0; n < 10; n++)
        assert_true(fabs(value[n] - 7.0 * n) < 1e-12);
    memory_recording_close(&recording);
}

static void an_input_that_is_not_fed_is_at_rest(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, 100, 8000);
    stage.board.channel[2] = stage.board.channel[1];
    stage.board.channel[2].circuit = BOARD_SOLAR;
    open_level(&stage, "", 8000, true);
    assert_true(fabs(adc_level_v(stage.level, 2, 0.1) - 2.5 * 2870 / 4780) < 1e-12);
    assert_true(adc_level_v(stage.level, 7, 0.1) < 1e-12); /* unused: grounded */
    tear_down(&stage);
}

static void legs_and_circuits_find_their_inputs(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, 800, 8000);
    struct board *board = &stage.board;
    /* Inputs 0, 1: voltages of legs 2, 1; 2, 3: grid of legs 2, 1; 4, 5: solar of legs 2, 1. */
    struct board_channel voltage = board->channel[0], current = board->channel[1];
    for (int k = 0; k < 6; k++) {
        board->channel[k] = k < 2 ? voltage : current;
        board->channel[k].element = 2 - k % 2;
        board->channel[k].voltage_channel = k % 2;
        board->channel[k].circuit = k < 4 ? BOARD_GRID : BOARD_SOLAR;
    }
    for (int64_t n = 0; n < 800; n++)
        stage.recording.channel[1].value[n] = 1; /* steady: its factor is what stands at the pin */
    open_level(&stage, "u_l1=u,u_l2=u,grid_l1=i*10,grid_l2=i*20,solar_l1=i*-10,solar_l2=i*-20", 8000, true);
    static const double expected_a[] = {20, 10, -20, -10};
    for (int k = 0; k < 4; k++)
        assert_true(fabs(adc_level_v(stage.level, 2 + k, 0.05) - (2.5 + 0.04 * expected_a[k]) * 2870 / 4780) <
                    1e-9);
    tear_down(&stage);
}

static void what_cannot_be_played_gets_a_sentence(void **state)
{
    (void)state;
    struct stage stage;
    set_up(&stage, 100, 8000);
    snprintf(stage.board.name, sizeof stage.board.name, "reference");
    open_level(&stage, "u_l1=u,grid_l1=i,solar_l1=i", 8000, true);
    assert_null(stage.level);
    assert_string_equal(stage.error, "replay: solar_l1 is mapped, but the board reference has no such input");
    open_level(&stage, "u_l2=u,grid_l1=i", 8000, true);
    assert_null(stage.level);
    assert_non_null(strstr(stage.error, "u_l2 is mapped"));
    stage.recording.time_s[99] = 1e6; /* at the 8 kHz of the rest: 8e9 points */
    open_level(&stage, "", 8000, false);
    assert_null(stage.level);
    assert_non_null(strstr(stage.error, "at most 20000000 can go through"));
    tear_down(&stage);
}

/* The codes of adc_sim are the level's, quantised; it ends where the recording does. */
static void the_converter_reads_the_level_until_the_recording_ends(void **state)
{
    (void)state;
    struct stage stage;
    struct clock_sim clock;
    struct adc_scan scan;
    set_up(&stage, 8000, 8000);
    struct tone u = {160, 60, 0.3}, i = {40, 60, -1.1};
    play(&stage, 0, &u);
    play(&stage, 1, &i);
    open_level(&stage, "", 8000, false);
    clock_sim_init(&clock, 0, 0);
    struct adc_plan plan = fixture_plan();
    struct sim_config config = {0};
    struct adc_sim *sim = adc_sim_init_level(&stage.board, &plan, &config, stage.level, &clock.clock);
    assert_non_null(sim);
    int scans = 0;
    int64_t due_ns = clock_mono_ns(&clock.clock);
    int result;
    for (; (result = adc_read(adc_sim_adc(sim), due_ns, &scan)) == 0; due_ns += 124321, scans++) {
        double t_s = 1e-9 * (double)(scan.hold_ns[1] - 1000000000);
        if (t_s > 0.02 && t_s < 0.98) /* half a code, and the level's error */
            assert_true(fabs(scan.code[1] + 0.5 - i_pin_v(&i, t_s) * 1024 / 3) < 0.5 + 0.05);
    }
    assert_int_equal(result, -ENODATA);
    assert_int_equal(scans, 1 + (int)(7999.0 / 8000 / 124.321e-6));
    adc_close(adc_sim_adc(sim));
    plan.n = 0;
    assert_null(adc_sim_init_level(&stage.board, &plan, &config, stage.level, &clock.clock));
    tear_down(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_looped_recording_comes_through_the_path_to_1e_4),
        cmocka_unit_test(a_recording_that_is_not_looped_is_as_good_away_from_its_ends),
        cmocka_unit_test(turned_and_scaled_channels_stay_so),
        cmocka_unit_test(uneven_instants_are_brought_onto_a_grid),
        cmocka_unit_test(a_recorders_own_poles_are_taken_out),
        cmocka_unit_test(missing_values_are_bridged),
        cmocka_unit_test(a_bridge_is_a_straight_line),
        cmocka_unit_test(an_input_that_is_not_fed_is_at_rest),
        cmocka_unit_test(legs_and_circuits_find_their_inputs),
        cmocka_unit_test(what_cannot_be_played_gets_a_sentence),
        cmocka_unit_test(the_converter_reads_the_level_until_the_recording_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
