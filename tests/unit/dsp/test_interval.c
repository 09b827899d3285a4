/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When an interval closes, what its energy is, and steps of the label time. */
#include "dsp/quality.h"
#include "tests/unit/dsp/interval_bench.h"

struct boundary_case {
    const char *name;
    int64_t period_ms, offset_ms;
    int64_t window_ms, first_ms; /* label of the first window's start, after the minute */
    int64_t close_ms[3];         /* labels of the first three closings, after the minute */
};

static const struct boundary_case boundary_cases[] = {
    {"windows that divide the period close on the boundary", 60000, 0, 200, 0, {60000, 120000, 180000}},
    {"windows that do not close with the first end behind it", 1000, 0, 199, 0, {1194, 2189, 3184}},
    {"the first interval is short when it begins late", 60000, 0, 200, 59100, {60100, 120100, 180100}},
    {"an offset moves the boundary", 60000, 30000, 200, 0, {30000, 90000, 150000}},
    {"a negative offset moves it the other way", 60000, -12345, 200, 0, {12400, 72400, 132400}},
    {"times before 1970 have the same grid", 60000, -3600000000000, 200, 0, {60000, 120000, 180000}},
};

static void test_boundaries(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof boundary_cases / sizeof boundary_cases[0]; k++) {
        const struct boundary_case *c = &boundary_cases[k];
        struct bench bench;
        bench_init(&bench, c->period_ms, c->offset_ms, &no_creep);
        bench.utc_ms += c->first_ms;
        int64_t start_ms = bench.utc_ms, start_ns = bench.mono_ns;
        for (int n = 0; n < 3; n++) {
            while (!feed_power(&bench, 1, c->window_ms))
                assert_true(bench.utc_ms < utc0_ms + 4 * c->period_ms + 60000);
            if (bench.closed.utc_end_ms != utc0_ms + c->close_ms[n])
                fail_msg("%s: closing %d at %lld ms, expected %lld", c->name, n,
                         (long long)(bench.closed.utc_end_ms - utc0_ms), (long long)c->close_ms[n]);
            assert_int_equal(bench.closed.utc_start_ms, start_ms);
            assert_int_equal(bench.closed.mono_end_ns, bench.mono_ns);
            assert_int_equal(bench.closed.duration_ns, bench.mono_ns - start_ns);
            assert_int_equal(bench.closed.metered_ns, bench.closed.duration_ns);
            start_ms = bench.utc_ms;
            start_ns = bench.mono_ns;
        }
    }
}

static void test_a_gap_over_many_periods_closes_once(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 60000, 0, &no_creep);
    assert_false(feed_power(&bench, 100, 200));
    struct reading gap = empty_window();
    gap.metered = false;
    gap.quality = QUALITY_GAP;
    assert_true(feed(&bench, &gap, 1000000));
    assert_int_equal(bench.closed.duration_ns, 1000200 * ms_ns);
    assert_int_equal(bench.closed.metered_ns, 200 * ms_ns);
    assert_int_equal(bench.closed.windows, 2);
    assert_int_equal(bench.closed.flagged, 1);
    assert_near(bench.closed.point[0].p_w, 100, 0);
    assert_false(feed_power(&bench, 100, 200));
}

static void test_a_step_closes_early_and_costs_no_energy(void **state)
{
    (void)state;
    const int64_t steps_ms[] = {7200000, -7200000, 1000, -1000};
    for (size_t k = 0; k < sizeof steps_ms / sizeof steps_ms[0]; k++) {
        struct bench bench;
        bench_init(&bench, 60000, 0, &no_creep);
        for (int n = 0; n < 50; n++)
            assert_false(feed_power(&bench, 3600, 200));
        int64_t end_ms = bench.utc_ms, end_ns = bench.mono_ns;
        bench.utc_ms += steps_ms[k];
        assert_true(feed_power(&bench, 3600, 200));
        assert_int_equal(bench.closed.utc_start_ms, utc0_ms);
        assert_int_equal(bench.closed.utc_end_ms, end_ms); /* without the window that shows the step */
        assert_int_equal(bench.closed.mono_end_ns, end_ns);
        assert_int_equal(bench.closed.windows, 50);
        assert_int_equal(bench.closed.point[0].energy.import_uwh, 10000000); /* 3600 W for 10 s */
        assert_true(interval_close(&bench.builder, &bench.registers, &bench.closed));
        assert_int_equal(bench.closed.utc_start_ms, end_ms + steps_ms[k]);
        assert_int_equal(bench.closed.windows, 1);
        assert_int_equal(bench.closed.point[0].energy.import_uwh, 200000);
        assert_int_equal(bench.closed.point[0].total.import_uwh, 10200000);
    }
}

static void test_a_step_over_a_boundary_closes_twice_in_turn(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 1000, 0, &no_creep);
    assert_false(feed_power(&bench, 100, 200));
    bench.utc_ms = utc0_ms + 9900;
    assert_true(
        feed_power(&bench, 100, 200)); /* closes what was before the step; its own end is behind a boundary */
    assert_true(feed_power(&bench, 100, 200)); /* so the next one closes */
    assert_int_equal(bench.closed.windows, 2);
    assert_int_equal(bench.closed.utc_start_ms, utc0_ms + 9900);
}

static void test_a_step_right_after_a_boundary_starts_anew(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 1000, 0, &no_creep);
    for (int n = 0; n < 5; n++)
        assert_int_equal(feed_power(&bench, 100, 200), n == 4);
    bench.utc_ms -= 3600300;
    assert_false(feed_power(&bench, 100, 200));
    assert_true(feed_power(&bench, 100, 200));
    assert_int_equal(bench.closed.utc_start_ms, utc0_ms + 1000 - 3600300);
}

static void test_a_rounded_label_at_a_boundary_opens_nothing_twice(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 1000, 0, &no_creep);
    for (int n = 0; n < 5; n++)
        feed_power(&bench, 100, 200);
    bench.utc_ms--; /* the next start is labelled one millisecond before the boundary that has closed */
    assert_false(feed_power(&bench, 100, 200));
    for (int n = 0; n < 4; n++)
        assert_false(feed_power(&bench, 100, 200));
    assert_true(feed_power(&bench, 100, 200));
    assert_int_equal(bench.closed.windows, 6);
    assert_int_equal(bench.closed.utc_start_ms, utc0_ms + 1000);
}

static void test_the_first_interval_starts_where_its_window_does(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 1000, 0, &no_creep);
    bench.utc_ms = 500; /* a clock that was never set: no label stood before */
    assert_false(feed_power(&bench, 1, 200));
    assert_true(interval_close(&bench.builder, &bench.registers, &bench.closed));
    assert_int_equal(bench.closed.utc_start_ms, 500);
}

static void add_energy(struct energy *sum, const struct energy *energy)
{
    sum->import_uwh += energy->import_uwh;
    sum->export_uwh += energy->export_uwh;
    sum->q1_uvarh += energy->q1_uvarh;
    sum->q2_uvarh += energy->q2_uvarh;
    sum->q3_uvarh += energy->q3_uvarh;
    sum->q4_uvarh += energy->q4_uvarh;
    sum->apparent_uvah += energy->apparent_uvah;
}

/* A day's worth of trouble: wild power, idle hours, gaps, steps of the label time, kept registers. */
static void test_deltas_add_up_to_the_register_difference(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 60000, 0, &creep);
    struct energy kept[DSP_POINTS], sum = {0};
    memset(kept, 0, sizeof kept);
    kept[0] = (struct energy){123456789012, 9876543210, 5, 6, 7, 8, 9};
    registers_restore(&bench.registers, kept, 0, 0, 0);
    uint32_t random = 1;
    int intervals = 0;
    for (int n = 0; n < 20000; n++) {
        random = random * 1664525u + 1013904223u;
        struct reading reading = empty_window();
        reading.metered = random >> 24 != 7;
        double scale = n / 1000 % 3 == 0 ? 0.5 : 4000;
        reading.point[0].p_w = scale * ((double)(random >> 8) / 8388608.0 - 0.9);
        reading.point[0].q1_var = scale * ((double)(random >> 4 & 0xffff) / 32768.0 - 1);
        reading.point[0].s_va = hypot(reading.point[0].p_w, reading.point[0].q1_var);
        if (random >> 20 == 99)
            bench.utc_ms += random & 1 ? 3600000 : -1800000;
        if (feed(&bench, &reading, 197 + (random >> 30))) {
            add_energy(&sum, &bench.closed.point[0].energy);
            intervals++;
        }
    }
    assert_true(interval_close(&bench.builder, &bench.registers, &bench.closed));
    add_energy(&sum, &bench.closed.point[0].energy);
    assert_in_range(intervals, 60, 90); /* 66 minutes and what the steps cut */
    struct energy difference = energy_difference(&bench.registers.energy[0], &kept[0]);
    assert_memory_equal(&sum, &difference, sizeof sum);
    assert_memory_equal(&bench.closed.point[0].total, &bench.registers.energy[0], sizeof sum);
    assert_true(sum.import_uwh > 0 && sum.export_uwh > 0 && sum.q3_uvarh > 0);
}

static void test_close_without_a_window_has_nothing(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 1000, 0, &no_creep);
    assert_false(interval_close(&bench.builder, &bench.registers, &bench.closed));
    feed_power(&bench, 1, 200);
    assert_true(interval_close(&bench.builder, &bench.registers, &bench.closed));
    assert_false(interval_close(&bench.builder, &bench.registers, &bench.closed));
}

static void test_a_peek_says_what_closing_would_and_closes_nothing(void **state)
{
    (void)state;
    struct bench bench;
    struct interval seen;
    memset(&seen, 0, sizeof seen);
    bench_init(&bench, 60000, 0, &no_creep);
    assert_false(interval_peek(&bench.builder, &bench.registers, &seen));
    for (int n = 0; n < 40; n++) {
        feed_power(&bench, 100 + n, 200);
        assert_true(interval_peek(&bench.builder, &bench.registers, &seen));
        assert_int_equal(seen.windows, n + 1);
    }
    assert_true(interval_close(&bench.builder, &bench.registers, &bench.closed));
    assert_memory_equal(&seen.point[0].energy, &bench.closed.point[0].energy, sizeof seen.point[0].energy);
    assert_true(seen.point[0].energy.import_uwh > 0);
    assert_memory_equal(&seen.point[0].p_w, &bench.closed.point[0].p_w, sizeof(double));
    assert_int_equal(seen.utc_end_ms, bench.closed.utc_end_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_a_gap_over_many_periods_closes_once),
        cmocka_unit_test(test_a_step_closes_early_and_costs_no_energy),
        cmocka_unit_test(test_a_step_over_a_boundary_closes_twice_in_turn),
        cmocka_unit_test(test_a_step_right_after_a_boundary_starts_anew),
        cmocka_unit_test(test_a_rounded_label_at_a_boundary_opens_nothing_twice),
        cmocka_unit_test(test_the_first_interval_starts_where_its_window_does),
        cmocka_unit_test(test_deltas_add_up_to_the_register_difference),
        cmocka_unit_test(test_close_without_a_window_has_nothing),
        cmocka_unit_test(test_a_peek_says_what_closing_would_and_closes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
