/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dsp/quality.h"
#include "firmware/resume.h"

#include <stdio.h>
#include <string.h>

/* journal, stored -> kept */
static const struct {
    const char *name;
    int64_t journal_uwh, stored_uwh, kept_uwh, raised_uwh;
} raises[] = {
    {"a stored record behind the journal changes nothing", 5000, 4000, 5000, 0},
    {"a stored record ahead of it is taken", 5000, 7000, 7000, 2000},
    {"an absent value is no value", 5000, RECORD_ABSENT, 5000, 0},
    {"a lost journal continues from the record", 0, 7000, 7000, 7000},
};

static void registers_never_fall_behind_a_stored_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof raises / sizeof raises[0]; i++) {
        struct kept record = {.n_points = raises[i].journal_uwh > 0};
        struct record stored = {.n_points = 1};
        record.point_id[0] = stored.point_id[0] = record_point_id("solar");
        record.energy[0].import_uwh = raises[i].journal_uwh;
        stored.point[0].total = (struct record_energy){.import_uwh = raises[i].stored_uwh, .q3_uvarh = 9};
        print_message("  %s\n", raises[i].name);
        assert_int_equal(resume_raise(&record, &stored), raises[i].raised_uwh);
        assert_int_equal(record.n_points, 1);
        assert_int_equal(record.energy[0].import_uwh, raises[i].kept_uwh);
        assert_int_equal(record.energy[0].q3_uvarh, 9);
    }
}

static const struct {
    const char *name;
    struct kept kept;
    int64_t utc_ms;
    bool synced;
    double lost_wh;
    const char *text;
} ends[] = {
    {"an orderly end costs nothing",
     {.clean = 1, .utc_ms = 1000, .utc_synced = 1, .interval_s = 10},
     61000,
     true,
     0,
     "down for 60 s after an orderly end, nothing lost"},
    {"a cut costs at most an interval at full load",
     {.utc_ms = 1000, .utc_synced = 1, .interval_s = 10},
     4000,
     true,
     4200.0 / 360,
     "down for 3 s after a cut, at most 11.7 Wh lost: 10 s at 4200 VA"},
    {"an unset clock tells no down-time",
     {.utc_ms = 1000, .utc_synced = 1, .interval_s = 10},
     500,
     false,
     4200.0 / 360,
     "down for an unknown time after a cut, at most 11.7 Wh lost: 10 s at 4200 VA"},
    {"a clock that was set back tells no down-time",
     {.clean = 1, .utc_ms = 1000, .utc_synced = 1},
     500,
     true,
     0,
     "down for an unknown time after an orderly end, nothing lost"},
};

static void a_restart_says_how_long_and_how_much_at_most(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char text[128];
        print_message("  %s\n", ends[i].name);
        const double lost_wh =
            resume_text(&ends[i].kept, 4200, ends[i].utc_ms, ends[i].synced, text, sizeof text);
        assert_true(lost_wh == ends[i].lost_wh);
        assert_string_equal(text, ends[i].text);
    }
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

/* One point, the minute and the quarter open since 20 s, 200 uWh in each. */
static struct kept kept_at(int64_t import_uwh)
{
    struct kept kept;
    memset(&kept, 0, sizeof kept);
    strcpy(kept.boot_id, "the run before");
    kept.n_points = 1;
    kept.energy[0].import_uwh = import_uwh;
    kept.mono_us = 1000000000;
    kept.newest_seq[STREAM_MINUTE] = 41;
    kept.newest_seq[STREAM_EVENT] = 7;
    for (int k = 0; k < 2; k++) {
        kept.open[k].n_points = 1;
        kept.open[k].mono_end_us = kept.mono_us;
        kept.open[k].duration_us = kept.open[k].metered_us = 20000000;
        kept.open[k].point[0].delta.import_uwh = 200;
        kept.open[k].point[0].total = kept.energy[0];
    }
    return kept;
}

static struct record minute_of(int64_t seq, int64_t total_uwh, int64_t mono_end_us)
{
    struct record record;
    memset(&record, 0, sizeof record);
    record.stream = STREAM_MINUTE;
    record.seq = seq;
    strcpy(record.boot_id, "the run before");
    record.mono_end_us = mono_end_us;
    record.n_points = 1;
    record.point[0].total.import_uwh = total_uwh;
    return record;
}

static void nothing_kept_and_nothing_stored_begins_at_zero(void **state)
{
    (void)state;
    const struct resume_sources sources = {0};
    struct resume resume;
    resume_init(&resume, &sources);
    assert_false(resume.found);
    assert_int_equal(resume.kept.n_points, 0);
    assert_int_equal(resume.n_ending, 0);
    assert_int_equal(resume.seq_floor[STREAM_MINUTE], 0);
}

static void a_lost_journal_goes_on_from_the_store_and_ends_nothing(void **state)
{
    (void)state;
    const struct record minute = minute_of(12, 5000, 1);
    const struct resume_sources sources = {.stored = {&minute}};
    struct resume resume;
    resume_init(&resume, &sources);
    assert_false(resume.found);
    assert_int_equal(resume.kept.energy[0].import_uwh, 5000);
    assert_int_equal(resume.stored_ahead_uwh, 5000);
    assert_int_equal(resume.n_ending, 0);
    assert_int_equal(resume.seq_floor[STREAM_MINUTE], 12);
}

static void what_was_open_ends_with_the_energy_since_the_stored_record(void **state)
{
    (void)state;
    const struct kept kept = kept_at(9000);
    const struct record minute = minute_of(40, 8800, kept.mono_us - 20000000);
    const struct resume_sources sources = {.journal = &kept, .stored = {&minute}};
    struct resume resume;
    resume_init(&resume, &sources);
    assert_true(resume.found);
    assert_int_equal(resume.stored_ahead_uwh, 0);
    assert_int_equal(resume.n_ending, 2); /* no day was open, and none is stored */
    assert_int_equal(resume.ending[0].stream, STREAM_MINUTE);
    assert_int_equal(resume.ending[0].point[0].delta.import_uwh, 200);
    assert_int_equal(resume.ending[0].point[0].total.import_uwh, 9000);
    assert_int_equal(resume.ending[1].stream, STREAM_QUARTER);
    assert_int_equal(resume.seq_floor[STREAM_MINUTE], 41);
    assert_int_equal(resume.seq_floor[STREAM_EVENT], 7);
}

static void a_stored_record_that_is_younger_raises_and_numbers(void **state)
{
    (void)state;
    const struct kept kept = kept_at(9000);
    const struct record minute = minute_of(42, 9300, kept.mono_us + 3000000);
    const struct resume_sources sources = {.journal = &kept, .stored = {&minute}};
    struct resume resume;
    resume_init(&resume, &sources);
    assert_int_equal(resume.kept.energy[0].import_uwh, 9300);
    assert_int_equal(resume.stored_ahead_uwh, 300);
    assert_int_equal(resume.n_ending, 1); /* its own interval is stored already */
    assert_int_equal(resume.ending[0].stream, STREAM_QUARTER);
    assert_int_equal(resume.ending[0].point[0].delta.import_uwh, 500);
    assert_int_equal(resume.ending[0].duration_us, 23000000);
    assert_int_equal(resume.seq_floor[STREAM_MINUTE], 42);
}

/* What a damaged store held is younger than what the journal knows of it. */
static void a_replaced_store_is_numbered_above_all_that_the_old_one_can_have_held(void **state)
{
    (void)state;
    const struct kept kept = kept_at(9000);
    const struct resume_sources known = {.journal = &kept};
    const struct resume_sources replaced = {.journal = &kept, .store_replaced = true};
    struct resume resume, fresh;
    resume_init(&resume, &known);
    resume_init(&fresh, &replaced);
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        assert_int_equal(fresh.seq_floor[stream], resume.seq_floor[stream] + RESUME_SEQ_GAP);
    assert_int_equal(fresh.seq_floor[STREAM_EVENT], 7 + RESUME_SEQ_GAP);
}

/* The open minute of kept_at has 20 s; the stored one ends so much later. */
static const struct {
    const char *name;
    int64_t open_unmetered_s, stored_s, stored_unmetered_s, later_s; /* kept and stored */
    int64_t metered_s, unmetered_s;                                  /* what comes to those of kept_at */
    int64_t begins_us; /* the run was kept before its first window */
} times[] = {
    {"all of it was metered", 0, 30, 0, 10, 10, 0, 0},
    {"some of it was not", 0, 30, 4, 10, 6, 4, 0},
    {"what was not metered before is known already", 3, 30, 7, 10, 6, 4, 0},
    {"nothing more was unmetered", 3, 30, 3, 10, 10, 0, 0},
    {"a minute that began since is another one", 3, 8, 2, 10, 8, 2, 0},
    {"none of it was metered", 0, 60, 60, 40, 0, 40, 0},
    {"a record that is as old adds nothing", 0, 20, 5, 0, 0, 0, 0},
    {"nor does one that is older", 0, 20, 5, -10, 0, 0, 0},
    {"a run's time begins with its first window", 0, 30, 4, 30, 26, 4, 16667},
};

static void time_goes_on_with_the_younger_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct kept kept = kept_at(9000);
        struct record minute = minute_of(42, 9300, kept.mono_us + times[i].later_s * 1000000);
        const struct resume_sources sources = {.journal = &kept, .stored = {&minute}};
        struct resume resume;
        print_message("  %s\n", times[i].name);
        kept.metered_ns = 500;
        kept.open[0].metered_us -= times[i].open_unmetered_s * 1000000;
        if (times[i].begins_us > 0)
            kept.open[0].n_points = 0;
        minute.mono_end_us += times[i].begins_us;
        minute.duration_us = times[i].stored_s * 1000000;
        minute.metered_us = minute.duration_us - times[i].stored_unmetered_s * 1000000;
        resume_init(&resume, &sources);
        assert_int_equal(resume.kept.metered_ns, 500 + times[i].metered_s * 1000000000);
        assert_int_equal(resume.kept.unmetered_ns, times[i].unmetered_s * 1000000000);
    }
}

/* What waited at the journal's last word is in the register that is higher now. */
static void energy_that_waited_is_not_counted_twice(void **state)
{
    (void)state;
    struct kept kept = kept_at(9000);
    kept.rest.creep[CIRCUIT_GRID].pending[0][0] = 250;
    kept.rest.creep[CIRCUIT_GRID].pending[1][0] = 250;
    const struct record same = minute_of(42, 9000, 1), higher = minute_of(42, 9250, 1);
    const struct resume_sources with_same = {.journal = &kept, .stored = {&same}};
    const struct resume_sources with_higher = {.journal = &kept, .stored = {&higher}};
    struct resume resume;
    resume_init(&resume, &with_same);
    assert_true(resume.kept.rest.creep[CIRCUIT_GRID].pending[0][0] == 250);
    resume_init(&resume, &with_higher);
    assert_true(resume.kept.rest.creep[CIRCUIT_GRID].pending[0][0] == 0);
    assert_true(resume.kept.rest.creep[CIRCUIT_GRID].pending[1][0] == 250);
}

/* --- the FRAM's copies ---------------------------------------------------------------------------------------------- */

/* age_s, uwh: of the record, -1 = none; import_uwh .. text: what is made of it */
static const struct {
    const char *name;
    int64_t journal_s, journal_uwh;
    bool journal_clean;
    int64_t copy_s, copy_uwh, totals_s, totals_uwh;
    int64_t import_uwh, age_s, interval_s;
    bool clean;
} copies[] = {
    {"a journal alone", 100, 5000, false, -1, 0, -1, 0, 5000, 100, 10, false},
    {"totals ahead of the journal are taken, and a second is what may be lost", 100, 5000, false, -1, 0, 108,
     5400, 5400, 100, 1, false},
    {"a whole record that is newer is taken with its age", 100, 5000, false, 106, 5300, 108, 5400, 5400, 106,
     1, false},
    {"a whole record that is older changes nothing", 100, 5000, false, 94, 4700, 100, 5000, 5000, 100, 1,
     false},
    {"totals older than the journal say that the chip had failed", 100, 5000, false, 50, 2500, 52, 2600, 5000,
     100, 10, false},
    {"an orderly end stays one when the totals are its own", 100, 5000, true, 95, 4750, 100, 5000, 5000, 100,
     1, true},
    {"a run that went on after an orderly end did not end so", 100, 5000, true, -1, 0, 103, 5150, 5150, 100,
     1, false},
    {"totals alone are better than nothing", -1, 0, false, -1, 0, 108, 5400, 5400, 0, 1, false},
    {"an age that was lost with a journal costs no energy", 10, 9000, false, 94, 4700, 95, 4750, 9000, 94, 1,
     false},
    {"nor does it the other way round", 94, 4700, false, 10, 9000, -1, 0, 9000, 94, 10, false},
};

static struct kept copy_of(int64_t age_s, int64_t uwh, bool clean)
{
    struct kept kept;
    memset(&kept, 0, sizeof kept);
    kept.n_points = 1;
    kept.energy[0].import_uwh = uwh;
    kept.metered_ns = age_s * 1000000000;
    kept.clean = clean;
    kept.interval_s = 10;
    kept.newest_seq[STREAM_MINUTE] = age_s;
    return kept;
}

static void the_newest_of_all_copies_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++) {
        const struct kept journal =
            copy_of(copies[i].journal_s, copies[i].journal_uwh, copies[i].journal_clean);
        const struct kept copy = copy_of(copies[i].copy_s, copies[i].copy_uwh, false);
        const struct kept_totals totals = {
            .age_ms = copies[i].totals_s * 1000,
            .energy_uwh = {copies[i].totals_uwh, 0, RECORD_ABSENT, RECORD_ABSENT}};
        const struct resume_sources sources = {.journal = copies[i].journal_s >= 0 ? &journal : NULL,
                                               .copy = copies[i].copy_s >= 0 ? &copy : NULL,
                                               .totals = copies[i].totals_s >= 0 ? &totals : NULL};
        struct resume resume;
        print_message("  %s\n", copies[i].name);
        resume_init(&resume, &sources);
        assert_true(resume.found);
        assert_int_equal(resume.kept.n_points, 1); /* no solar that nobody has */
        assert_int_equal(resume.kept.energy[0].import_uwh, copies[i].import_uwh);
        assert_int_equal(kept_age_ms(&resume.kept), copies[i].age_s * 1000);
        assert_int_equal(resume.kept.interval_s, copies[i].interval_s);
        assert_int_equal(resume.kept.clean, copies[i].clean);
        const int64_t newest =
            copies[i].journal_s > copies[i].copy_s ? copies[i].journal_s : copies[i].copy_s;
        assert_int_equal(resume.seq_floor[STREAM_MINUTE], newest > 0 ? newest : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_never_fall_behind_a_stored_record),
        cmocka_unit_test(a_restart_says_how_long_and_how_much_at_most),
        cmocka_unit_test(nothing_kept_and_nothing_stored_begins_at_zero),
        cmocka_unit_test(a_lost_journal_goes_on_from_the_store_and_ends_nothing),
        cmocka_unit_test(what_was_open_ends_with_the_energy_since_the_stored_record),
        cmocka_unit_test(a_stored_record_that_is_younger_raises_and_numbers),
        cmocka_unit_test(a_replaced_store_is_numbered_above_all_that_the_old_one_can_have_held),
        cmocka_unit_test(time_goes_on_with_the_younger_record),
        cmocka_unit_test(energy_that_waited_is_not_counted_twice),
        cmocka_unit_test(the_newest_of_all_copies_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
