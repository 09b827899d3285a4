/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the converter's bytes to what people look at beside the records: detail file, noise, frequency of 10 s. */
#include "tests/unit/firmware/measure_bench.h"

static struct bench bench;
static struct detail detail;

static void detail_and_mailbox_are_of_one_window(void **state)
{
    (void)state;
    const char *const settings[] = {"sim.i_a=10", "sim.i_harmonics=3:20:0", "sim.f_hz=59.97", NULL};
    open_bench(&bench, settings, 4.3);
    run_bench(&bench, 0);
    struct mailbox_live live;
    assert_int_equal(mailbox_read(&bench.reader, &live), 0);
    assert_int_equal(detail_read(&bench.detail_reader, &detail), 0);
    assert_int_equal(detail.heartbeat, live.heartbeat);
    const struct detail_point *window = &detail.window.point[0], *aggregate = &detail.aggregate.point[0];
    for (int h = 0; h < DETAIL_ORDERS; h++)
        assert_true(window->u_h_v[h] == live.u_h_v[0][h] ||
                    (isnan(window->u_h_v[h]) && isnan(live.u_h_v[0][h])));
    assert_int_equal(detail.window.utc_end_ms - detail.window.utc_start_ms,
                     (detail.window.duration_us + 500) / 1000);
    near((double)detail.aggregate.duration_us, 180 / 59.97 * 1e6, 50);
    near(aggregate->p_w, 1200, 1.2);
    near(aggregate->i1_a, 10, 0.01);
    near(aggregate->ih_a, 2, 0.01);
    near((double)aggregate->i_sg_a[3], 2, 0.01);
    near((double)window->i_h_a[3], 2, 0.02);
    near(aggregate->sn_va, sqrt(pow(120 * hypot(10, 2), 2) - pow(1200, 2)), 1);
    near(detail.aggregate.f_hz, 59.97, 1e-3);
    close_bench(&bench);
}

static void frequency_of_10_s_is_of_whole_tens_of_seconds(void **state)
{
    (void)state;
    const char *const settings[] = {"sim.f_hz=60.0314", "sim.start=2026-06-21T00:00:04Z", NULL};
    open_bench(&bench, settings, 12);
    bench.measure.live.f_10s_hz = (double)NAN; /* as main does */
    bench.measure.live.f_10s_utc_start_ms = RECORD_ABSENT;
    run_bench(&bench, 0); /* from second 4 to 16: no ten of seconds is whole */
    struct mailbox_live live;
    assert_int_equal(mailbox_read(&bench.reader, &live), 0);
    assert_true(isnan(live.f_10s_hz));
    bench.acquire.end_ns += 5000000000;
    run_bench(&bench, 0);
    assert_int_equal(mailbox_read(&bench.reader, &live), 0);
    near(live.f_10s_hz, 60.0314, 1e-4);
    assert_int_equal(live.f_10s_utc_start_ms, INT64_C(1782000010000)); /* 2026-06-21T00:00:10Z */
    assert_int_equal(detail_read(&bench.detail_reader, &detail), 0);
    assert_true(detail.f_10s_hz == live.f_10s_hz);
    close_bench(&bench);
}

/* For so long; spread: codes of the current's channel are moved by a random number in -spread..spread. */
static void run_noisy(double seconds, int spread)
{
    static uint32_t random = 1;
    struct adc_scan scan;
    bench.acquire.end_ns = clock_mono_ns(bench.source.clock) + (int64_t)(seconds * 1e9);
    while (acquire_step(&bench.acquire)) {
        assert_true(spsc_pop(&bench.scans, &scan));
        random = random * 1664525 + 1013904223;
        scan.code[1] = (uint16_t)(scan.code[1] + (int)(random >> 16) % (2 * spread + 1) - spread);
        assert_true(spsc_push(&bench.scans, &scan));
        measure_step(&bench.measure);
    }
}

static void an_event_when_noise_leaves_its_limits_and_one_when_it_is_back(void **state)
{
    static const struct {
        const char *kind;
        double least_lsb, most_lsb;
    } expected[] = {
        {"quiet", 0, 0.3},
        {"quiet-end", 3, 3.3},
        {"noisy", 3, 3.3},
        {"noisy-end", 0.8, 1.8}, /* a mean over the change is no less an end */
    };
    struct record_event event;
    (void)state;
    const char *const settings[] = {"sim.i_a=5", "sim.noise_lsb=0.1", NULL};
    open_bench(&bench, settings, 1);
    strcpy(bench.measure.live.channel[1], "CH1 current grid L1");
    run_noisy(31, 0);
    run_noisy(31, 5); /* rms sqrt(10) */
    run_noisy(31, 1); /* rms sqrt(2 / 3) */
    for (size_t k = 0; k < sizeof expected / sizeof expected[0]; k++) {
        assert_true(spsc_pop(&bench.events, &event));
        print_message("  %s %.3f %s\n", event.kind, event.value, event.detail);
        assert_string_equal(event.kind, expected[k].kind);
        assert_true(strncmp(event.detail, "CH1 current grid L1: ", 21) == 0);
        assert_true(event.value >= expected[k].least_lsb && event.value <= expected[k].most_lsb);
        assert_int_equal(event.stream, STREAM_EVENT);
        assert_true(event.utc_ms > INT64_C(1782000000000));
    }
    assert_false(spsc_pop(&bench.events, &event)); /* once each, however long it lasts */
    struct mailbox_live live;
    assert_int_equal(mailbox_read(&bench.reader, &live), 0);
    near(live.noise_lsb[1], sqrt(2.0 / 3 + 0.01), 0.05);
    assert_int_equal(live.noise[1], DETAIL_NOISE_GOOD);
    assert_int_equal(live.noise[0], DETAIL_NOISE_GOOD); /* 0.1 LSB, but a voltage */
    close_bench(&bench);
}

static void values_without_codes_have_no_noise(void **state)
{
    (void)state;
    const char *const settings[] = {"sim.ideal=yes", NULL};
    open_bench(&bench, settings, 25);
    bench.measure.live.noise_lsb[0] = bench.measure.live.noise_lsb[1] = (double)NAN;
    run_bench(&bench, 0);
    struct mailbox_live live;
    struct record_event event;
    assert_int_equal(mailbox_read(&bench.reader, &live), 0);
    assert_true(isnan(live.noise_lsb[0]) && isnan(live.noise_lsb[1]));
    assert_int_equal(live.noise[1], DETAIL_NOISE_UNKNOWN);
    assert_false(spsc_pop(&bench.events, &event));
    close_bench(&bench);
}

static void what_is_over_becomes_absent_in_the_detail_file(void **state)
{
    (void)state;
    const char *const settings[] = {"sim.i_a=5", NULL};
    open_bench(&bench, settings, 4);
    run_bench(&bench, 0);
    assert_int_equal(detail_read(&bench.detail_reader, &detail), 0);
    near(detail.aggregate.point[0].u_rms_v, 120, 0.12);
    const int64_t now_ns = clock_mono_ns(bench.source.clock);
    for (int64_t t_ns = now_ns; t_ns < now_ns + 2500000000; t_ns += 10000000) {
        clock_sleep_until(bench.source.clock, t_ns);
        measure_step(&bench.measure);
    }
    assert_int_equal(detail_read(&bench.detail_reader, &detail), 0);
    assert_true(isnan(detail.window.point[0].u_rms_v) && isnan(detail.aggregate.point[0].u_rms_v));
    assert_int_equal(detail.window.utc_end_ms, RECORD_ABSENT);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detail_and_mailbox_are_of_one_window),
        cmocka_unit_test(frequency_of_10_s_is_of_whole_tens_of_seconds),
        cmocka_unit_test(an_event_when_noise_leaves_its_limits_and_one_when_it_is_back),
        cmocka_unit_test(values_without_codes_have_no_noise),
        cmocka_unit_test(what_is_over_becomes_absent_in_the_detail_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
