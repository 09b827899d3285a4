/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A damaged database in the recorder's hands. */
#include "tests/unit/firmware/recorder_bench.h"

/* Damage from the middle to the end: opening does not see it, a write and reading all of it do. */
enum { BEFORE = 2000 };

static void damage(struct bench *bench)
{
    static unsigned char junk[4096];
    const struct record record = minute(1);
    bench->store.batch_records = STORE_BATCH_MAX;
    bench->store.batch_ms = 1000000;
    for (int k = 0; k < BEFORE; k++) {
        struct record next = record;
        assert_int_equal(store_add(&bench->store, &next, 0), 0);
    }
    assert_int_equal(store_commit(&bench->store), 0);
    assert_int_equal(
        sqlite3_wal_checkpoint_v2(bench->store.db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
        SQLITE_OK);
    sqlite3_db_release_memory(bench->store.db); /* what it remembers is not read */
    FILE *file = fopen(bench->path, "r+");
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long pages = ftell(file) / (long)sizeof junk;
    memset(junk, 0x5a, sizeof junk);
    assert_int_equal(fseek(file, pages / 2 * (long)sizeof junk, SEEK_SET), 0);
    for (long page = pages / 2; page < pages; page++)
        assert_int_equal(fwrite(junk, sizeof junk, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static void remove_aside(struct bench *bench)
{
    char name[256];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t k = 0; k < 3; k++) {
        snprintf(name, sizeof name, "%s/%s%s", bench->dir, bench->store.aside, ends[k]);
        unlink(name);
    }
}

/* It is the check that meets it, no write: once, with everything that waits in the new database, and its name shown. */
static void test_a_database_that_is_replaced_is_an_event(void **state)
{
    struct bench *bench = *state;
    char before[RECORD_ID] = "";
    char after[RECORD_ID] = "";
    damage(bench);
    assert_int_equal(name_take(&bench->recorder.store_id, before), 0);
    assert_string_equal(before, bench->store.store_id);
    struct record record = minute(7);
    assert_true(spsc_push(&bench->ring, &record));
    recorder_suspect(&bench->recorder);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    while (atomic_load(&bench->health.stores_replaced) == 0)
        sched_yield();
    recorder_stop(&bench->recorder);
    assert_int_equal(atomic_load(&bench->health.stores_replaced), 1);
    assert_int_equal(atomic_load(&bench->health.records_lost), 0);
    struct seen events = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(events.n, 1);
    assert_string_equal(events.event[0].kind, "store-replaced");
    assert_string_equal(events.event[0].detail, bench->store.aside);
    struct seen records = read_back(bench, STREAM_MINUTE, see_record);
    assert_int_equal(records.n, 1);
    assert_true(records.last_p_w == 7);
    assert_int_equal(recorder_newest_seq(&bench->recorder, STREAM_MINUTE), BEFORE + 1);
    assert_int_equal(name_take(&bench->recorder.store_id, after), 0);
    assert_string_equal(after, bench->store.store_id);
    assert_string_not_equal(after, before);
    remove_aside(bench);
}

/* The last batch of all meets the damage: the event still finds its place. */
static void test_a_database_that_is_replaced_at_the_end_is_an_event_too(void **state)
{
    struct bench *bench = *state;
    damage(bench);
    struct record record = minute(7);
    assert_true(spsc_push(&bench->ring, &record));
    atomic_store(&bench->recorder.stop, true);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    recorder_stop(&bench->recorder);
    struct seen events = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(events.n, 1);
    assert_string_equal(events.event[0].kind, "store-replaced");
    assert_int_equal(read_back(bench, STREAM_MINUTE, see_record).n, 1);
    assert_int_equal(atomic_load(&bench->health.stores_replaced), 1);
    remove_aside(bench);
}

/* Else whoever reads a bad place over and over would have the disk read all day. */
static void test_a_whole_database_is_checked_once_an_hour_at_most(void **state)
{
    struct bench *bench = *state;
    recorder_suspect(&bench->recorder);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    while (atomic_load(&bench->recorder.suspect))
        sched_yield();
    recorder_suspect(&bench->recorder);
    recorder_event(&bench->recorder, "start", "", (double)NAN);
    while (recorder_newest_seq(&bench->recorder, STREAM_EVENT) == 0)
        sched_yield();
    assert_true(atomic_load(&bench->recorder.suspect));
    clock_sleep_until(&bench->clock.clock, clock_mono_ns(&bench->clock.clock) + INT64_C(3600000000000));
    while (atomic_load(&bench->recorder.suspect))
        sched_yield();
    recorder_stop(&bench->recorder);
    assert_int_equal(bench->store.replaced, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_database_that_is_replaced_is_an_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_database_that_is_replaced_at_the_end_is_an_event_too, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_whole_database_is_checked_once_an_hour_at_most, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
