/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keeper with a FRAM: when it writes what, what a fault of the chip does, and what the next start makes of it. */
#include "firmware/keeper.h"
#include "firmware/resume.h"

#include "tests/emulated/fake_fram_calls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TURN_MS = 20, UWH_PER_S = 1000 };

struct place {
    char dir[40];
    struct health health;
    struct store store;
    struct recorder recorder;
    struct clock_sim clock;
    struct kept_cell cell;
    struct keeper keeper;
    struct kept journal;
    struct fram_found found;
    bool has_journal;
    int64_t age_ms; /* of the registers */
    char error[256];
};

/* A start of the daemon, as far as the registers go. */
static int start(struct place *place, const char *meter_id)
{
    const struct keeper_fram_config config = {"/dev/i2c-1", 0x50, meter_id, &calls};
    struct keeper *keeper = &place->keeper;
    memset(keeper, 0, sizeof *keeper);
    recorder_init(&place->recorder, &place->store, NULL, &place->health, &place->clock.clock, "b");
    keeper->health = keeper->fram.health = &place->health;
    keeper->recorder = keeper->fram.recorder = &place->recorder;
    keeper->clock = &place->clock.clock;
    keeper->cell = &place->cell;
    keeper->interval_s = 10;
    int result = keeper_fram_open(&keeper->fram, &config, &place->found, place->error, sizeof place->error);
    keeper->spare = place->found.has_kept;
    if (result == 0)
        result = keeper_open(keeper, place->dir, meter_id, &place->journal, &place->has_journal, place->error,
                             sizeof place->error);
    keeper->written_ns = clock_mono_ns(&place->clock.clock);
    return result;
}

static struct resume resume_of(const struct place *place)
{
    const struct resume_sources sources = {
        .journal = place->has_journal ? &place->journal : NULL,
        .copy = place->found.has_kept ? &place->found.kept : NULL,
        .totals = place->found.has_totals ? &place->found.totals : NULL,
    };
    struct resume resume;
    resume_init(&resume, &sources);
    return resume;
}

static struct kept kept_of(const struct place *place)
{
    struct kept kept;
    memset(&kept, 0, sizeof kept);
    kept.n_points = 1;
    kept.metered_ns = place->age_ms * 1000000;
    kept.energy[0].import_uwh = place->age_ms * UWH_PER_S / 1000;
    kept.energy[0].q1_uvarh = place->age_ms;
    return kept;
}

/* Measure gives a window each 200 ms, the keeper turns each 20 ms. */
static void live(struct place *place, int64_t ms)
{
    for (int64_t t = 0; t < ms; t += TURN_MS) {
        atomic_fetch_add(&place->clock.now_ns, TURN_MS * 1000000);
        place->age_ms += TURN_MS;
        if (place->age_ms % 200 == 0) {
            const struct kept kept = kept_of(place);
            kept_give(&place->cell, &kept);
        }
        keeper_turn(&place->keeper);
    }
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    strcpy(place->dir, "/tmp/vatio-keeper-fram-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    clock_sim_init(&place->clock, 1700000000000, 0);
    fake_fram_init(&chip, 0x50);
    assert_int_equal(start(place, "m1"), 0);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char file[80];
    snprintf(file, sizeof file, "%s/%s", place->dir, KEEPER_FILE);
    unlink(file);
    rmdir(place->dir);
    free(place);
    return 0;
}

static void totals_are_written_each_second_and_the_rest_every_five(void **state)
{
    struct place *place = *state;
    live(place, 60000);
    const int64_t writes = atomic_load(&place->health.fram_writes);
    print_message("  %lld records in a minute, longest call %lld us\n", (long long)writes,
                  (long long)chip.longest_us);
    assert_in_range(writes, 59 + 11, 66 + 12); /* totals also with each write of the journal */
    assert_int_equal(atomic_load(&place->health.journal_writes), 6);
    assert_int_equal(atomic_load(&place->health.fram_errors), 0);
    keeper_close(&place->keeper);
    assert_int_equal(start(place, "m1"), 0);
    assert_in_range(place->found.totals.age_ms, 58800, 60000);
    assert_in_range(kept_age_ms(&place->found.kept), 53000, 60000);
    keeper_close(&place->keeper);
}

static void a_cut_costs_a_second_of_energy_at_most_and_says_so(void **state)
{
    struct place *place = *state;
    for (int64_t run = 0; run < 40; run++) { /* cut at another instant each time */
        live(place, 3000 + run * 440);
        keeper_close(&place->keeper); /* as the kernel does to a killed process */
        const int64_t truth_uwh = kept_of(place).energy[0].import_uwh;
        assert_int_equal(start(place, "m1"), 0);
        const struct resume resume = resume_of(place);
        char text[128];
        assert_in_range(resume.kept.energy[0].import_uwh, truth_uwh - 1200, truth_uwh); /* and a window */
        assert_true(resume.kept.energy[0].q1_uvarh >= place->age_ms - 7200);
        assert_true(kept_age_ms(&resume.kept) >= place->age_ms - 7200); /* what is not energy goes with it */
        assert_true(resume.kept.energy[0].q1_uvarh <= place->age_ms);
        assert_true(resume_text(&resume.kept, 3600, 0, false, text, sizeof text) == 1);
        assert_non_null(strstr(text, "at most 1.0 Wh lost: 1 s at 3600 VA"));
    }
    keeper_close(&place->keeper);
}

/* Cut right behind it: that the journal is the newest must not look as if the chip had failed. */
static void totals_are_never_older_than_the_journal(void **state)
{
    struct place *place = *state;
    live(place, 10000);
    assert_int_equal(atomic_load(&place->health.journal_writes), 1);
    keeper_close(&place->keeper);
    assert_int_equal(start(place, "m1"), 0);
    assert_int_equal(place->found.totals.age_ms, kept_age_ms(&place->journal));
    const struct resume resume = resume_of(place);
    assert_int_equal(resume.kept.interval_s, 1);
    keeper_close(&place->keeper);
}

static void an_orderly_end_lost_nothing(void **state)
{
    struct place *place = *state;
    live(place, 7300);
    const struct kept last = kept_of(place);
    assert_int_equal(keeper_write(&place->keeper, &last, true), 0);
    keeper_close(&place->keeper);
    assert_int_equal(start(place, "m1"), 0);
    const struct resume resume = resume_of(place);
    char text[128];
    assert_int_equal(resume.kept.energy[0].import_uwh, last.energy[0].import_uwh);
    assert_int_equal(resume.kept.energy[0].q1_uvarh, last.energy[0].q1_uvarh);
    assert_true(resume_text(&resume.kept, 3600, 0, false, text, sizeof text) == 0);
    keeper_close(&place->keeper);
}

static const char *last_event(const struct place *place)
{
    return place->recorder.events > 0 ? place->recorder.event[place->recorder.events - 1].kind : "none";
}

static void a_chip_that_fails_is_told_once_and_the_journal_takes_over(void **state)
{
    struct place *place = *state;
    live(place, 3100);
    assert_int_equal(atomic_load(&place->health.journal_writes), 0);
    chip.unplugged = true;
    live(place, 1200);
    assert_int_equal(atomic_load(&place->health.journal_writes),
                     1); /* at once: the FRAM is no longer newest */
    assert_int_equal(place->recorder.events, 1);
    assert_string_equal(last_event(place), "fram-fault");
    assert_non_null(strstr(place->recorder.event[0].detail, "nothing answers"));
    live(place, 25000);
    assert_int_equal(place->recorder.events, 1);
    assert_in_range(atomic_load(&place->health.fram_errors), 3, 4); /* tried again every 10 s */
    assert_in_range(atomic_load(&place->health.journal_writes), 3, 4);

    keeper_close(&place->keeper);
    chip.unplugged = false;
    assert_int_equal(start(place, "m1"), 0); /* a cut now: the journal is newer, so its interval counts */
    struct resume resume = resume_of(place);
    assert_int_equal(resume.kept.interval_s, 10);
    assert_true(resume.kept.energy[0].import_uwh == place->journal.energy[0].import_uwh);
    assert_int_equal(resume.totals_ahead_uwh, 0);
    keeper_close(&place->keeper);
}

static void a_chip_that_is_back_is_used_again(void **state)
{
    struct place *place = *state;
    keeper_close(&place->keeper);
    chip.unplugged = true;
    assert_int_equal(start(place, "m1"), 0); /* not there at the start: metering goes on */
    assert_false(place->found.has_kept || place->found.has_totals);
    live(place, 5000);
    assert_string_equal(last_event(place), "fram-fault");
    chip.unplugged = false;
    live(place, 12000);
    assert_int_equal(place->recorder.events, 2);
    assert_string_equal(last_event(place), "fram-fault-end");
    keeper_close(&place->keeper);
    assert_int_equal(start(place, "m1"), 0);
    assert_in_range(place->found.totals.age_ms, 15800, 17000);
    keeper_close(&place->keeper);
}

static void registers_of_another_meter_in_the_chip_are_refused(void **state)
{
    struct place *place = *state;
    live(place, 9000);
    keeper_close(&place->keeper);
    assert_int_equal(start(place, "m2"), -EMEDIUMTYPE);
    assert_non_null(strstr(place->error, "FRAM: these are the registers of m1, this is m2"));
    keeper_fram_close(&place->keeper.fram);
}

static void a_journal_that_is_damaged_all_over_is_no_end_with_a_chip(void **state)
{
    struct place *place = *state;
    char file[80];
    live(place, 32000);
    keeper_close(&place->keeper);
    snprintf(file, sizeof file, "%s/%s", place->dir, KEEPER_FILE);
    FILE *journal = fopen(file, "r+b");
    for (int slot = 0; slot < JOURNAL_SLOTS; slot++) {
        fseek(journal, slot * (long)JOURNAL_SLOT_DISTANCE + 60, SEEK_SET);
        fputs("spoilt", journal);
    }
    fclose(journal);
    assert_int_equal(start(place, "m1"), 0);
    assert_false(place->has_journal);
    const struct resume resume = resume_of(place);
    assert_in_range(resume.kept.energy[0].import_uwh, 30800, 32000);
    live(place, 11000);
    assert_in_range(atomic_load(&place->health.journal_errors), 0, 0);
    keeper_close(&place->keeper);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(totals_are_written_each_second_and_the_rest_every_five),
        CASE(a_cut_costs_a_second_of_energy_at_most_and_says_so),
        CASE(totals_are_never_older_than_the_journal),
        CASE(an_orderly_end_lost_nothing),
        CASE(a_chip_that_fails_is_told_once_and_the_journal_takes_over),
        CASE(a_chip_that_is_back_is_used_again),
        CASE(registers_of_another_meter_in_the_chip_are_refused),
        CASE(a_journal_that_is_damaged_all_over_is_no_end_with_a_chip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
