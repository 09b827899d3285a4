/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the converter's bytes to mailbox and records, with the simulated front end, in one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/firmware/measure_bench.h"

/* Reference board, 0.5 LSB of noise: one second averages 8,000 samples of 362 LSB peak, so 0.1 % of U, I, P is far
 * above the noise; the phase of one second scatters by about 0.01 degree. */
static const struct steady_case {
    const char *name;
    double u_v, i_a, phi_deg, f_hz;
    const char *u_h, *i_h;
    double thd_u_pct, thd_i_pct;
} steady_cases[] = {
    {"a resistive load at nominal voltage", 120, 10, 0, 60, "", "", 0, 0},
    {"a lagging load off the nominal frequency", 118, 8, 35, 59.87, "", "", 0, 0},
    {"a leading load", 122, 12, -60, 60.11, "", "", 0, 0},
    {"an export with lagging current in quadrant II", 120, 9, 150, 60, "", "", 0, 0},
    {"harmonics in voltage and current", 120, 10, 25, 60.03, "3:3:20,5:4:180", "3:30:40,5:16:10,7:10:200", 5,
     35.4400902933387}, /* sqrt(30^2 + 16^2 + 10^2) */
};

static void test_mailbox_agrees_with_the_model(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof steady_cases / sizeof steady_cases[0]; i++) {
        const struct steady_case *c = &steady_cases[i];
        static struct bench bench;
        char u[48], a[48], phi[48], f[48], uh[64], ih[64];
        snprintf(u, sizeof u, "sim.u_v=%.17g", c->u_v);
        snprintf(a, sizeof a, "sim.i_a=%.17g", c->i_a);
        snprintf(phi, sizeof phi, "sim.phi_deg=%.17g", c->phi_deg);
        snprintf(f, sizeof f, "sim.f_hz=%.17g", c->f_hz);
        snprintf(uh, sizeof uh, "sim.u_harmonics=%s", c->u_h);
        snprintf(ih, sizeof ih, "sim.i_harmonics=%s", c->i_h);
        const char *const settings[] = {u, a, phi, f, uh, ih, NULL};
        print_message("  %s\n", c->name);
        open_bench(&bench, settings, 4.3);
        run_bench(&bench, 0);
        struct mailbox_live live;
        assert_int_equal(mailbox_read(&bench.reader, &live), 0);
        const struct record_point *grid = &live.live.point[0];
        double s = c->u_v * c->i_a, phi_rad = c->phi_deg * acos(-1) / 180;
        double u_rms = c->u_v * sqrt(1 + pow(c->thd_u_pct / 100, 2));
        double i_rms = c->i_a * sqrt(1 + pow(c->thd_i_pct / 100, 2));
        near(grid->u_rms_v, u_rms, 1e-3 * u_rms);
        near(grid->i_rms_a, i_rms, 1e-3 * i_rms);
        if (c->u_h[0] == '\0')
            near(grid->p_w, s * cos(phi_rad), 1e-3 * s);
        near(grid->q1_var, s * sin(phi_rad), 1e-3 * s);
        near(grid->phi_deg, c->phi_deg, 0.05);
        near(grid->thd_u_pct, c->thd_u_pct, 0.1);
        near(grid->thd_i_pct, c->thd_i_pct, 0.2);
        near(live.live.f_hz, c->f_hz, 1e-3);
        assert_int_equal(live.live.quality, QUALITY_UNCALIBRATED | QUALITY_SIMULATED);
        close_bench(&bench);
    }
}

static void test_export_rises_while_import_stands_still(void **state)
{
    (void)state;
    static struct bench bench;
    const char *const settings[] = {"sim.phi_deg=180", "sim.i_a=10", NULL};
    open_bench(&bench, settings, 5);
    run_bench(&bench, 0);
    const struct energy *energy = &bench.measure.registers.energy[0];
    assert_int_equal(energy->import_uwh, 0);
    /* 1200 W for the metered time */
    double expected_uwh = 1200.0 * (double)bench.measure.registers.metered_ns * 1e-9 / 3600 * 1e6;
    near((double)energy->export_uwh, expected_uwh, 1e-3 * expected_uwh);
    close_bench(&bench);
}

/* Takes all records of the ring; returns the sum of their import deltas and counts them by stream. */
static int64_t drain(struct bench *bench, int count[STREAMS])
{
    struct record record;
    int64_t sum = 0;
    while (spsc_pop(&bench->records, &record)) {
        count[record.stream]++;
        if (record.stream == STREAM_MINUTE)
            sum += record.point[0].delta.import_uwh;
        assert_true(record.metered_us <= record.duration_us);
        assert_true(record.utc_end_ms - record.utc_start_ms == (record.duration_us + 500) / 1000 ||
                    llabs(record.utc_end_ms - record.utc_start_ms - record.duration_us / 1000) <= 1);
    }
    return sum;
}

static void test_intervals_add_up_to_the_registers_exactly(void **state)
{
    (void)state;
    static struct bench bench;
    int count[STREAMS] = {0};
    const char *const settings[] = {"sim.phi_deg=30", "sim.i_a=7.3", NULL};
    open_bench(&bench, settings, 185);
    registers_restore(&bench.measure.registers, (struct energy[DSP_POINTS]){{.import_uwh = 123456789}}, 0, 0,
                      0);
    run_bench(&bench, 0);
    int64_t sum = drain(&bench, count);
    assert_int_equal(count[STREAM_MINUTE], 4); /* three full ones and the rest at the end */
    assert_int_equal(count[STREAM_QUARTER], 1);
    assert_int_equal(count[STREAM_DAY], 1);
    assert_int_equal(sum, bench.measure.registers.energy[0].import_uwh - 123456789);
    close_bench(&bench);
}

static void test_corrupt_scans_are_left_out_and_flagged(void **state)
{
    (void)state;
    static struct bench bench;
    const char *const settings[] = {"sim.i_a=10", NULL};
    open_bench(&bench, settings, 4.3);
    run_bench(&bench, 500);
    struct mailbox_live live;
    assert_int_equal(mailbox_read(&bench.reader, &live), 0);
    assert_true(live.live.quality & QUALITY_SENSOR_FAULT);
    near(live.live.point[0].u_rms_v, 120, 0.12);
    near(live.live.point[0].p_w, 1200, 1.2);
    close_bench(&bench);
}

static void test_a_current_beyond_the_range_is_flagged_as_clipped(void **state)
{
    (void)state;
    static struct bench bench;
    const char *const settings[] = {"sim.i_a=50", NULL}; /* 70.7 A peak; the range ends at 62.4 A */
    open_bench(&bench, settings, 3);
    run_bench(&bench, 0);
    struct mailbox_live live;
    assert_int_equal(mailbox_read(&bench.reader, &live), 0);
    assert_true(live.live.quality & QUALITY_CLIPPED);
    /* |sin| > 62.4 / 70.7 for 31 % of the time: the current's channel; the voltage stays within its range. */
    near((double)live.clipped_scans[1], 0.31 * 8000 * 3, 0.02 * 8000 * 3);
    assert_int_equal(live.clipped_scans[0], 0);
    assert_int_equal(live.health.windows_clipped, live.health.windows);
    close_bench(&bench);
}

/* No scan is whole, no window closes: the counters come all the same, every second. */
static void test_counters_are_published_while_nothing_is_measured(void **state)
{
    (void)state;
    static struct bench bench;
    const char *const settings[] = {NULL};
    open_bench(&bench, settings, 2.5);
    bench.measure.live.live.schema = RECORD_SCHEMA; /* as main does */
    struct adc_scan scan;
    while (acquire_step(&bench.acquire)) {
        assert_true(spsc_pop(&bench.scans, &scan));
        scan.faults |= ADC_CORRUPT;
        assert_true(spsc_push(&bench.scans, &scan));
        measure_step(&bench.measure);
    }
    struct mailbox_live live;
    assert_int_equal(mailbox_read(&bench.reader, &live), 0);
    assert_int_equal(live.heartbeat, 0);
    assert_in_range(live.health.scans, 15900, 16100); /* those of two seconds */
    close_bench(&bench);
}

/* After three good seconds nothing but corrupt scans, or no scan at all: the last good values are not kept. */
static void test_values_of_a_second_that_is_over_become_absent(void **state)
{
    (void)state;
    for (int scans_come = 0; scans_come < 2; scans_come++) {
        static struct bench bench;
        const char *const settings[] = {"sim.i_a=5", NULL};
        open_bench(&bench, settings, 3);
        while (acquire_step(&bench.acquire))
            measure_step(&bench.measure);
        struct mailbox_live live;
        assert_int_equal(mailbox_read(&bench.reader, &live), 0);
        near(live.live.point[0].u_rms_v, 120, 0.12);
        int64_t import_uwh = live.energy[0].import_uwh;

        int64_t now_ns = clock_mono_ns(bench.source.clock);
        for (int64_t t_ns = now_ns; t_ns < now_ns + 2500000000; t_ns += 10000000) {
            struct adc_scan scan = {.n = 2, .faults = ADC_CORRUPT, .hold_ns = {t_ns, t_ns}};
            clock_sleep_until(bench.source.clock, t_ns);
            if (scans_come)
                assert_true(spsc_push(&bench.scans, &scan));
            measure_step(&bench.measure);
        }
        assert_int_equal(mailbox_read(&bench.reader, &live), 0);
        assert_true(isnan(live.live.point[0].u_rms_v));
        assert_true(isnan(live.live.f_hz));
        assert_true(isnan(live.u_h_v[0][1]));
        assert_int_equal(live.energy[0].import_uwh, import_uwh); /* registers stay */
        close_bench(&bench);
    }
}

static void test_a_full_ring_of_records_is_counted_with_a_real_clock(void **state)
{
    (void)state;
    static struct bench bench;
    const char *const settings[] = {"sim.i_a=5", NULL};
    open_bench(&bench, settings, 2);
    struct record filler = {0};
    while (spsc_push(&bench.records, &filler))
        ;
    bench.source.clock->simulated = false; /* a real clock does not wait */
    run_bench(&bench, 0);
    assert_int_equal(atomic_load(&bench.health.records_lost), 3); /* minute, quarter and day at the end */
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mailbox_agrees_with_the_model),
        cmocka_unit_test(test_export_rises_while_import_stands_still),
        cmocka_unit_test(test_intervals_add_up_to_the_registers_exactly),
        cmocka_unit_test(test_corrupt_scans_are_left_out_and_flagged),
        cmocka_unit_test(test_a_current_beyond_the_range_is_flagged_as_clipped),
        cmocka_unit_test(test_counters_are_published_while_nothing_is_measured),
        cmocka_unit_test(test_values_of_a_second_that_is_over_become_absent),
        cmocka_unit_test(test_a_full_ring_of_records_is_counted_with_a_real_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
