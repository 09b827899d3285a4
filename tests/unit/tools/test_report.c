/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tools/run_vatio.h"

#include <jansson.h>

/* A record of this test's meter: energies in Wh, so that sums can be done in the head. */
struct entry {
    int64_t start_ms, end_ms;
    int64_t import_wh, export_wh, solar_wh;
    int64_t metered_us; /* -1: throughout */
    bool unsynced;
    int64_t import_total_wh, export_total_wh, solar_total_wh; /* registers at its end */
};

enum { ENTRIES = 9000 };
static struct entry entries[STREAMS][ENTRIES];
static bool has_solar;

static void make_record(int64_t stream, int64_t seq, struct record *record)
{
    const struct entry *entry = &entries[stream][seq - 1];
    record->utc_start_ms = entry->start_ms;
    record->utc_end_ms = entry->end_ms;
    record->utc_synced = !entry->unsynced;
    record->duration_us = (entry->end_ms - entry->start_ms) * 1000;
    record->metered_us = entry->metered_us < 0 ? record->duration_us : entry->metered_us;
    record->n_points = has_solar ? 3 : 1;
    record->point_id[1] = 3;
    record->point_id[2] = 6;
    record->point[0].total.import_uwh = entry->import_total_wh * 1000000;
    record->point[0].total.export_uwh = entry->export_total_wh * 1000000;
    record->point[1].total.import_uwh = entry->solar_total_wh * 1000000;
    record->point[2].total.import_uwh =
        (entry->import_total_wh + entry->solar_total_wh - entry->export_total_wh) * 1000000;
    record->point[0].delta.import_uwh = entry->import_wh * 1000000;
    record->point[0].delta.export_uwh = entry->export_wh * 1000000;
    record->point[1].delta.import_uwh = entry->solar_wh * 1000000;
    record->point[2].delta.import_uwh = (entry->import_wh + entry->solar_wh - entry->export_wh) * 1000000;
}

static void add(int stream, int64_t start_ms, int64_t length_ms, int64_t import_wh, int64_t export_wh,
                int64_t solar_wh)
{
    const int64_t n = meter.newest[stream]++;
    struct entry *entry = &entries[stream][n];
    *entry = (struct entry){
        start_ms, start_ms + length_ms, import_wh, export_wh, solar_wh, -1, false, import_wh, export_wh,
        solar_wh};
    if (n == 0)
        return;
    entry->import_total_wh += entry[-1].import_total_wh;
    entry->export_total_wh += entry[-1].export_total_wh;
    entry->solar_total_wh += entry[-1].solar_total_wh;
}

static struct entry *last(int stream)
{
    return &entries[stream][meter.newest[stream] - 1];
}

static const int64_t minute = 60000, quarter = 900000, hour = 3600000, day = 86400000;
static const int64_t june = 1780272000000; /* 2026-06-01 00:00:00 UTC */

static void set_now(int64_t utc_ms)
{
    meter.live.live.utc_end_ms = utc_ms;
    mailbox_write(&meter.mailbox, &meter.live);
}

static int start(void **state)
{
    const int error = start_meter(state);
    has_solar = false;
    meter.make_record = make_record;
    set_now(june + 40 * day);
    return error;
}

/* Three days with a gap: all of the first, nothing of the second, a half-metered hour of the third. */
static void make_three_days(void)
{
    for (int q = 0; q < 96; q++)
        add(STREAM_QUARTER, june + q * quarter + 100, quarter, q == 74 ? 500 : 100, q == 40 ? 30 : 0,
            q >= 32 && q < 64 ? 200 : 0);
    for (int q = 0; q < 4; q++) {
        add(STREAM_QUARTER, june + 2 * day + 9 * hour + q * quarter, quarter, 250, 0, 10);
        last(STREAM_QUARTER)->metered_us = 450000000;
    }
    set_now(june + 2 * day + 10 * hour);
}

static void the_month_as_text(void **state)
{
    (void)state;
    has_solar = true;
    make_three_days();
    assert_int_equal(VATIO("report", "--month", "2026-06"), 0);
    assert_string_equal(
        out, "meter meter-1, 2026-06, days of UTC+00:00\n\n"
             "day             import kWh      export kWh  generation kWh        load kWh    peak kW metered  "
             "peak at\n"
             "2026-06-01          10.000           0.030           6.400          16.370      2.000 100.0 %  "
             "18:30\n"
             "2026-06-02               -               -               -               -          -   0.0 %\n"
             "2026-06-03           1.000           0.000           0.040           1.040      1.000   5.0 %  "
             "09:00\n"
             "total               11.000           0.030           6.440          17.410      2.000  42.2 %  "
             "2026-06-01 18:30\n");
    assert_string_equal(err, "");
}

static void the_month_as_csv(void **state)
{
    (void)state;
    make_three_days();
    assert_int_equal(VATIO("report", "--month", "2026-06", "--format", "csv"), 0);
    assert_string_equal(
        out,
        "day,import_uwh,export_uwh,generation_uwh,load_uwh,peak_import_w,peak_utc_ms,metered_us,passed_us,"
        "coverage_pct\n"
        "2026-06-01,10000000000,30000000,,,2000.000,1780338600000,86400000000,86400000000,100.0\n"
        "2026-06-02,,,,,,,0,86400000000,0.0\n"
        "2026-06-03,1000000000,0,,,1000.000,1780477200000,1800000000,36000000000,5.0\n"
        "total,11000000000,30000000,,,2000.000,1780338600000,88200000000,208800000000,42.2\n");
}

static void the_month_as_json(void **state)
{
    (void)state;
    has_solar = true;
    make_three_days();
    assert_int_equal(VATIO("report", "--month", "2026-06", "--format", "json"), 0);
    json_t *report = json_loads(out, 0, NULL);
    assert_non_null(report);
    json_t *days = json_object_get(report, "days"), *total = json_object_get(report, "total");
    assert_string_equal(json_string_value(json_object_get(report, "month")), "2026-06");
    assert_int_equal(json_integer_value(json_object_get(report, "day_offset_min")), 0);
    assert_int_equal(json_array_size(days), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(days, 1), "day")), "2026-06-02");
    assert_null(json_object_get(json_array_get(days, 1), "import_uwh"));
    assert_null(json_object_get(json_array_get(days, 1), "peak_utc_ms"));
    assert_int_equal(json_integer_value(json_object_get(total, "import_uwh")), 11000000000);
    assert_int_equal(json_integer_value(json_object_get(total, "generation_uwh")), 6440000000);
    assert_int_equal(json_integer_value(json_object_get(total, "load_uwh")), 17410000000);
    assert_int_equal(json_integer_value(json_object_get(total, "peak_utc_ms")), june + 74 * quarter);
    assert_true(json_real_value(json_object_get(total, "peak_import_w")) == 2000);
    json_decref(report);
}

/* The totals that report --format csv prints, in uWh and us. */
static void read_total(int64_t *import_uwh, int64_t *metered_us)
{
    const char *line = strstr(out, "total,");
    assert_non_null(line);
    *import_uwh = strtoll(line + 6, NULL, 10);
    for (int comma = 0; comma < 7; comma++)
        line = strchr(line, ',') + 1;
    *metered_us = strtoll(line, NULL, 10);
}

static void expect_total(const char *month, int64_t import_wh, int64_t metered_ms)
{
    int64_t import_uwh, metered_us;
    assert_int_equal(VATIO("report", "--format", "csv", "--month", month), 0);
    read_total(&import_uwh, &metered_us);
    assert_int_equal(import_uwh, import_wh * 1000000);
    assert_int_equal(metered_us, metered_ms * 1000);
}

static void a_month_is_cut_out_of_a_year(void **state)
{
    (void)state;
    /* Four months by the quarter-hour, each with a number of its own; April begins 61 days before June. */
    for (int64_t q = -61 * 96; q < 31 * 96; q++)
        add(STREAM_QUARTER, june + q * quarter + 150, quarter,
            q < -31 * 96  ? 2
            : q < 0       ? 3
            : q < 30 * 96 ? 5
                          : 7,
            0, 0);
    set_now(june + 31 * day);
    expect_total("2026-04", 2 * 30 * 96, 30 * day);
    expect_total("2026-05", 3 * 31 * 96, 31 * day);
    expect_total("2026-06", 5 * 30 * 96, 30 * day);
    expect_total("2026-07", 7 * 96, day);
    meter.oldest = 30 * 96 + 1; /* April is no longer kept */
    expect_total("2026-05", 3 * 31 * 96, 31 * day);
    assert_int_equal(VATIO("report", "--month", "2026-04"), CLI_REFUSED);
}

static void days_are_those_of_the_meter(void **state)
{
    (void)state;
    meter.day_offset_min = -6 * 60; /* a day begins at 06:00 UTC */
    for (int q = 0; q < 96; q++)
        add(STREAM_QUARTER, june + q * quarter, quarter, 1, 0, 0);
    set_now(june + day);
    assert_int_equal(VATIO("report"), 0); /* the running month: it is still 2026-06-01 there */
    assert_contains(out, "2026-06, days of UTC-06:00\n");
    assert_contains(
        out, "2026-06-01           0.072           0.000      0.004 100.0 %  00:00\n"); /* 72 quarters */
    expect_total("2026-05", 24, 24 * quarter); /* and six hours of May 31st */
    meter.day_offset_min = 330;
    assert_int_equal(VATIO("report"), 0);
    assert_contains(out, "days of UTC+05:30\n");
    assert_contains(out, "2026-06-02           0.022"); /* 00:00 to 05:30 of the second */
}

static void minutes_stand_in_where_a_quarter_is_missing(void **state)
{
    (void)state;
    /* 00:00-00:15, then a power cut at 00:22 that costs the open quarter, on again at 00:23, now it is 00:33. */
    add(STREAM_QUARTER, june, quarter, 100, 0, 0);
    add(STREAM_QUARTER, june + 23 * minute, 7 * minute, 70, 0, 0);
    last(STREAM_QUARTER)->import_total_wh += 70; /* the registers lost nothing of it */
    for (int m = 0; m < 33; m++)
        if (m != 22)
            add(STREAM_MINUTE, june + m * minute + 30, minute,
                m < 15   ? 7
                : m < 22 ? 10
                : m < 30 ? 9
                         : 11,
                0, 0);
    set_now(june + 33 * minute);
    expect_total("2026-06", 100 + 7 * 10 + 70 + 3 * 11, 32 * minute);
    assert_contains(out, ",560.000,1780272900000,"); /* peak: 140 Wh of 00:15, a minute of it missing */
}

/* The clock is set forward by an hour and a half at 00:45 and back by more at 02:30: what registers account for is counted
 * once, though minutes lie between the labels of two quarter-hours. */
static void steps_of_the_clock_are_no_holes(void **state)
{
    (void)state;
    static const int64_t starts[] = {2, 9, 1, 2, 3};
    for (int q = 0; q < 5; q++) {
        add(STREAM_QUARTER, june + starts[q] * quarter, quarter, 15, 0, 0);
        for (int m = 0; m < 15; m++)
            add(STREAM_MINUTE, june + starts[q] * quarter + m * minute, minute, 1, 0, 0);
    }
    set_now(june + 12 * quarter);
    expect_total("2026-06", 5 * 15, 5 * quarter);
}

static void records_from_beyond_the_days_told_are_left_out(void **state)
{
    (void)state;
    add(STREAM_QUARTER, june - 1000, quarter, 1000, 0, 0); /* begins in May */
    add(STREAM_QUARTER, june + quarter, quarter, 5, 0, 0);
    add(STREAM_QUARTER, june + 3 * day, quarter, 1000, 0, 0); /* the clock was ahead, and was put back */
    add(STREAM_QUARTER, june + 2 * quarter, quarter, 7, 0, 0);
    set_now(june + 3 * day - 1);
    expect_total("2026-06", 12, 2 * quarter);
    set_now(june + 30 * day - 1);
    expect_total("2026-05", 1000, quarter);
}

static void a_peak_of_a_part_counts_as_what_it_is(void **state)
{
    (void)state;
    add(STREAM_QUARTER, june + 14 * minute + 50000, 10000, 3, 0, 0); /* 10 s: 1,080 W for a moment */
    add(STREAM_QUARTER, june + quarter, quarter, 20, 0, 0);
    set_now(june + 2 * quarter);
    assert_int_equal(VATIO("report", "--format", "csv"), 0);
    assert_contains(out, ",80.000,1780272900000,"); /* not 3 Wh / 10 s but 3 Wh / 0.25 h = 12 W, below 80 W */
}

/* Five in a row after each ten; with every shift a probe of the bisection meets other ones of them. */
static void records_that_believed_in_another_time_do_no_harm(void **state)
{
    (void)state;
    set_now(june + 40 * day);
    for (int64_t shift = 0; shift < 15; shift++) {
        meter.newest[STREAM_QUARTER] = 0;
        for (int64_t q = -500 - shift; q < 3000; q++) {
            add(STREAM_QUARTER, june + q * quarter, quarter, 1, 0, 0);
            for (int n = 0; q % 10 == 0 && n < 5; n++) { /* starts in 1970, before the clock was set */
                add(STREAM_QUARTER, 1000, quarter, 1000, 0, 0);
                last(STREAM_QUARTER)->unsynced = true;
            }
        }
        expect_total("2026-06", 30 * 96, 30 * day);
    }
}

static void the_meter_was_never_synchronised(void **state)
{
    (void)state;
    for (int64_t q = 0; q < 200; q++) {
        add(STREAM_QUARTER, june + q * quarter, quarter, 1, 0, 0);
        last(STREAM_QUARTER)->unsynced = true;
    }
    expect_total("2026-06", 200, 200 * quarter);
}

/* As after a start: no second is complete yet. */
static void without_a_clock_the_newest_record_tells_the_time(void **state)
{
    (void)state;
    make_three_days();
    set_now(0);
    assert_int_equal(VATIO("report"), 0);
    assert_contains(out, "2026-06-03           1.000");
    assert_null(strstr(out, "2026-06-04"));
    meter.newest[STREAM_QUARTER] = 0;
    assert_int_equal(VATIO("report"), CLI_REFUSED);
    assert_contains(err, "no energy was recorded in 1970-01");
}

static const struct {
    const char *name;
    const char *words[4];
    int status;
    const char *err;
} refusals[] = {
    {"an empty month",
     {"report", "--month", "2025-01"},
     1,
     "vatio: no energy was recorded in 2025-01; expected"},
    {"a month to come", {"report", "--month", "2027-01"}, 1, "no energy was recorded in 2027-01"},
    {"a month that is none",
     {"report", "--month", "2026-13"},
     2,
     "--month 2026-13 is no month; expected YYYY-MM"},
    {"month zero", {"report", "--month", "2026-00"}, 2, "is no month"},
    {"no dash", {"report", "--month", "2026/06"}, 2, "is no month"},
    {"letters", {"report", "--month", "abcd-06"}, 2, "is no month"},
    {"a letter in the month", {"report", "--month", "2026-x6"}, 2, "is no month"},
    {"a short one", {"report", "--month", "2026-6"}, 2, "is no month"},
    {"before time began", {"report", "--month", "1969-12"}, 2, "is no month"},
    {"too long", {"report", "--month", "2026-06-01"}, 2, "is too long"},
};

static void what_is_no_month_is_refused(void **state)
{
    (void)state;
    add(STREAM_QUARTER, june, quarter, 1, 0, 0);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        print_message("%s\n", refusals[i].name);
        assert_int_equal(vatio(refusals[i].words), refusals[i].status);
        assert_string_equal(out, "");
        assert_contains(err, refusals[i].err);
    }
}

static void without_a_meter_it_says_so(void **state)
{
    (void)state;
    fake_stop_control(&meter);
    assert_int_equal(VATIO("report"), CLI_NO_METER);
    assert_contains(err, "expected a running vatiod");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop_meter)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_month_as_text),
        TEST(the_month_as_csv),
        TEST(the_month_as_json),
        TEST(a_month_is_cut_out_of_a_year),
        TEST(days_are_those_of_the_meter),
        TEST(minutes_stand_in_where_a_quarter_is_missing),
        TEST(steps_of_the_clock_are_no_holes),
        TEST(records_from_beyond_the_days_told_are_left_out),
        TEST(a_peak_of_a_part_counts_as_what_it_is),
        TEST(records_that_believed_in_another_time_do_no_harm),
        TEST(the_meter_was_never_synchronised),
        TEST(without_a_clock_the_newest_record_tells_the_time),
        TEST(what_is_no_month_is_refused),
        TEST(without_a_meter_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
