/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "hal/replay/adc_replay.h"
#include "memory_recording.h"

#include <errno.h>
#include <math.h>

enum { SAMPLES = 5, RATE_HZ = 1000 };

/* What a test plays: two channels at 1 kHz, mapped as u_l1 and grid_l1. */
struct player {
    struct recording recording;
    struct channel_map map;
    struct clock_sim clock;
    struct adc_replay replay;
    struct adc_scan scan;
    int64_t start_ns;
};

static void set_up(struct player *player, const char *map, bool loop)
{
    char error[512];
    memory_recording_init(&player->recording, SAMPLES, RATE_HZ);
    struct recording_channel *i = memory_recording_add(&player->recording, "i", RECORDING_AMPERE);
    struct recording_channel *u = memory_recording_add(&player->recording, "u", RECORDING_VOLT);
    for (int n = 0; n < SAMPLES; n++) {
        i->value[n] = n + 0.25;
        u->value[n] = 100 + n;
    }
    i->skew_s = 0.000123456;
    u->skew_s = -2e-6;
    if (channel_map_read(&player->map, &player->recording, map, CHANNEL_RECORDED, error, sizeof error) != 0)
        fail_msg("%s", error);
    clock_sim_init(&player->clock, 0, 0);
    player->start_ns = clock_mono_ns(&player->clock.clock);
    adc_replay_init(&player->replay, &player->recording, &player->map, &player->clock.clock, loop);
}

static int read_next(struct player *player)
{
    return adc_read(&player->replay.adc, INT64_MAX, &player->scan); /* the due instant does not count */
}

static void tear_down(struct player *player)
{
    adc_close(&player->replay.adc);
    memory_recording_close(&player->recording);
}

static void samples_come_one_by_one_each_at_its_own_instant(void **state)
{
    (void)state;
    struct player player;
    set_up(&player, "", false);
    for (int n = 0; n < SAMPLES; n++) {
        assert_int_equal(read_next(&player), 0);
        assert_int_equal(player.scan.n, 2);
        assert_true(player.scan.physical);
        assert_int_equal(player.scan.faults, 0);
        assert_true(player.scan.value[0] == 100 + n); /* the voltage first, whatever the file's order */
        assert_true(player.scan.value[1] == n + 0.25);
        int64_t sample_ns = player.start_ns + n * INT64_C(1000000);
        assert_true(player.scan.hold_ns[0] == sample_ns - 2000);
        assert_true(player.scan.hold_ns[1] == sample_ns + 123456);
        assert_true(clock_mono_ns(&player.clock.clock) == sample_ns + 123456); /* none lies in the future */
    }
    assert_int_equal(read_next(&player), -ENODATA);
    assert_int_equal(read_next(&player), -ENODATA);
    tear_down(&player);
}

static void a_current_can_be_turned_round_and_scaled(void **state)
{
    (void)state;
    struct player player;
    set_up(&player, "grid_l1=-i*4,u_l1=u,solar_l1=i", false);
    assert_int_equal(read_next(&player), 0);
    assert_int_equal(player.scan.n, 3);
    assert_true(player.scan.value[1] == -1);
    assert_true(player.scan.value[2] == 0.25);
    tear_down(&player);
}

static void a_loop_goes_on_after_one_mean_interval(void **state)
{
    (void)state;
    struct player player;
    set_up(&player, "", true);
    for (int64_t n = 0; n < 1000 * SAMPLES; n++) {
        assert_int_equal(read_next(&player), 0);
        assert_true(player.scan.hold_ns[1] == player.start_ns + n * 1000000 + 123456);
        assert_true(player.scan.value[0] == 100 + (double)(n % SAMPLES));
    }
    tear_down(&player);
}

/* 1/3 ms between samples is no whole number of ns: after a million turns the instant is still the rounded true one. */
static void rounding_does_not_add_up_over_the_turns(void **state)
{
    (void)state;
    struct player player;
    set_up(&player, "", true);
    for (int n = 0; n < SAMPLES; n++)
        player.recording.time_s[n] = n / 3000.0;
    player.recording.rate_hz = 3000;
    player.replay.turn = 1000000;
    while (read_next(&player) == -EINTR) /* the clock has not seen those turns */
        ;
    double expected_s = 1e6 * SAMPLES / 3000.0;
    double s = 1e-9 * (double)(player.scan.hold_ns[0] + 2000 - player.start_ns);
    assert_true(fabs(s - expected_s) < 1e-9);
    assert_true(fabs(adc_replay_period_s(&player.recording) - SAMPLES / 3000.0) < 1e-15);
    tear_down(&player);
}

static void the_rate_may_change_on_the_way(void **state)
{
    (void)state;
    static const double time_s[SAMPLES] = {0, 0.001, 0.002, 0.012, 0.012};
    struct player player;
    set_up(&player, "", false);
    for (int n = 0; n < SAMPLES; n++)
        player.recording.time_s[n] = time_s[n];
    for (int n = 0; n < SAMPLES; n++) {
        assert_int_equal(read_next(&player), 0);
        assert_true(player.scan.hold_ns[1] == player.start_ns + llround(1e9 * time_s[n]) + 123456);
    }
    tear_down(&player);
}

/* Whoever stops the meter within a gap gets a turn every tenth of a second; nothing is lost by it. */
static void a_long_gap_is_waited_for_in_slices(void **state)
{
    (void)state;
    struct player player;
    set_up(&player, "", false);
    player.recording.time_s[1] = 0.95;
    assert_int_equal(read_next(&player), 0);
    int slices = 0;
    int result;
    while ((result = read_next(&player)) == -EINTR)
        slices++;
    assert_int_equal(result, 0);
    assert_int_equal(slices, 9); /* 0.95 s less the skew */
    assert_true(player.scan.value[0] == 101);
    assert_true(player.scan.hold_ns[1] == player.start_ns + 950000000 + 123456);
    tear_down(&player);
}

static int broken(struct clock *clock, int64_t until_ns)
{
    (void)clock;
    (void)until_ns;
    return -EIO;
}

static void a_clock_that_fails_loses_no_sample(void **state)
{
    (void)state;
    struct player player;
    set_up(&player, "", false);
    player.recording.time_s[0] = 0.5; /* so that both kinds of waiting are met */
    const struct clock_ops *good = player.clock.clock.ops;
    struct clock_ops ops = *good;
    ops.sleep_until = broken;
    player.clock.clock.ops = &ops;
    assert_int_equal(read_next(&player), -EIO);
    player.recording.time_s[0] = 0;
    assert_int_equal(read_next(&player), -EIO);
    player.clock.clock.ops = good;
    assert_int_equal(read_next(&player), 0);
    assert_true(player.scan.value[0] == 100);
    tear_down(&player);
}

static void it_says_that_it_has_a_pace_of_its_own(void **state)
{
    (void)state;
    struct player player;
    set_up(&player, "", false);
    assert_true(player.replay.adc.ops->own_pace);
    assert_string_equal(player.replay.adc.ops->name, "replay");
    tear_down(&player);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_one_by_one_each_at_its_own_instant),
        cmocka_unit_test(a_current_can_be_turned_round_and_scaled),
        cmocka_unit_test(a_loop_goes_on_after_one_mean_interval),
        cmocka_unit_test(rounding_does_not_add_up_over_the_turns),
        cmocka_unit_test(the_rate_may_change_on_the_way),
        cmocka_unit_test(a_long_gap_is_waited_for_in_slices),
        cmocka_unit_test(a_clock_that_fails_loses_no_sample),
        cmocka_unit_test(it_says_that_it_has_a_pace_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
