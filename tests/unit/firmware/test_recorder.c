/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/recorder.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RING = 16 };

struct bench {
    char dir[40];
    char path[64];
    struct store store;
    struct spsc ring;
    struct record memory[RING];
    struct health health;
    struct clock_sim clock;
    struct recorder recorder;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char error[STORE_ERROR];
    strcpy(bench->dir, "/tmp/vatio-recorder-XXXXXX");
    assert_non_null(mkdtemp(bench->dir));
    snprintf(bench->path, sizeof bench->path, "%s/vatio.db", bench->dir);
    clock_sim_init(&bench->clock, 1000, 0);
    struct store_config config = {.path = bench->path, .meter_id = "m1", .n_points = 1, .batch_records = 8};
    config.point_id[0] = record_point_id("grid");
    if (store_open(&bench->store, &config, error, sizeof error) != 0)
        fail_msg("%s", error);
    assert_int_equal(spsc_init(&bench->ring, bench->memory, sizeof bench->memory[0], RING), 0);
    recorder_init(&bench->recorder, &bench->store, &bench->ring, &bench->health, &bench->clock.clock, "b1");
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    char command[96];
    store_close(&bench->store);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t k = 0; k < 3; k++) {
        snprintf(command, sizeof command, "%s%s", bench->path, ends[k]);
        unlink(command);
    }
    rmdir(bench->dir);
    free(bench);
    return 0;
}

static struct record minute(double p_w)
{
    struct record record = {.schema = RECORD_SCHEMA, .stream = STREAM_MINUTE, .n_points = 1};
    record.point_id[0] = record_point_id("grid");
    record.point[0].p_w = p_w;
    strcpy(record.boot_id, "b1");
    return record;
}

struct seen {
    int n;
    double last_p_w;
    char last_kind[24];
    char last_detail[128];
};

static bool see_record(void *context, const void *record)
{
    struct seen *seen = context;
    seen->n++;
    seen->last_p_w = ((const struct record *)record)->point[0].p_w;
    return true;
}

static bool see_event(void *context, const void *record)
{
    struct seen *seen = context;
    seen->n++;
    snprintf(seen->last_kind, sizeof seen->last_kind, "%s", ((const struct record_event *)record)->kind);
    snprintf(seen->last_detail, sizeof seen->last_detail, "%s",
             ((const struct record_event *)record)->detail);
    return true;
}

static struct seen read_back(struct bench *bench, enum record_stream stream, store_visit *visit)
{
    struct store_reader reader;
    struct seen seen = {0};
    char error[STORE_ERROR];
    assert_int_equal(store_reader_open(&reader, bench->path, error, sizeof error), 0);
    if (store_reader_read(&reader, stream, 1, 1000, visit, &seen) < 0)
        fail_msg("%s", reader.error);
    store_reader_close(&reader);
    return seen;
}

/* What the store lets go on a full disk is told once, and so is its end. */
static void test_a_full_disk_is_an_event(void **state)
{
    struct bench *bench = *state;
    bench->store.reserve_bytes = INT64_C(1) << 60; /* that cannot be made again */
    bench->store.giving_way = true; /* as store_commit leaves it; test_store_retain.c fills real disks */
    assert_int_equal(recorder_start(&bench->recorder), 0);
    recorder_stop(&bench->recorder);
    struct seen seen = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(seen.n, 1);
    assert_string_equal(seen.last_kind, "disk-full");
    bench->store.reserve_bytes = 0;
    bench->store.giving_way = false;
    atomic_store(&bench->recorder.stop, false);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    recorder_stop(&bench->recorder);
    seen = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.last_kind, "disk-full-end");
}

/* Damage from the middle to the end: opening does not see it, a write and reading all of it do. */
enum { BEFORE = 2000 };

static void damage(struct bench *bench)
{
    static unsigned char junk[4096];
    const struct record record = minute(1);
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

/* Once, with everything that waits in the new database, and its name shown. */
static void test_a_database_that_is_replaced_is_an_event(void **state)
{
    struct bench *bench = *state;
    char before[RECORD_ID] = "";
    char after[RECORD_ID] = "";
    damage(bench);
    assert_int_equal(name_take(&bench->recorder.store_id, before), 0);
    assert_string_equal(before, bench->store.store_id);
    bench->store.batch_records = STORE_BATCH_MAX; /* it is the check that meets it, no write */
    bench->store.batch_ms = 1000000;
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
    assert_string_equal(events.last_kind, "store-replaced");
    assert_string_equal(events.last_detail, bench->store.aside);
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
    bench->store.batch_records = STORE_BATCH_MAX;
    bench->store.batch_ms = 1000000;
    struct record record = minute(7);
    assert_true(spsc_push(&bench->ring, &record));
    atomic_store(&bench->recorder.stop, true);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    recorder_stop(&bench->recorder);
    struct seen events = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(events.n, 1);
    assert_string_equal(events.last_kind, "store-replaced");
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

/* Events of measure come through a ring, so that it need not wait for those of others. */
static void test_events_of_measure_are_stored_as_they_were_made(void **state)
{
    struct bench *bench = *state;
    struct record_event memory[4];
    struct spsc ring;
    struct record_event event = {.schema = RECORD_SCHEMA, .stream = STREAM_EVENT, .utc_ms = 77, .value = 0.1};
    strcpy(event.kind, "quiet");
    assert_int_equal(spsc_init(&ring, memory, sizeof memory[0], 4), 0);
    bench->recorder.notices = &ring;
    assert_int_equal(recorder_start(&bench->recorder), 0);
    assert_true(spsc_push(&ring, &event));
    strcpy(event.kind, "quiet-end");
    assert_true(spsc_push(&ring, &event));
    recorder_stop(&bench->recorder);
    struct seen seen = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.last_kind, "quiet-end");
    assert_int_equal(spsc_count(&ring), 0);
}

/* Events wait for the thread, which tells the audit log of them. */
static void test_what_must_be_on_disk_first_is_there_before_the_thread_runs(void **state)
{
    struct bench *bench = *state;
    bench->store.batch_ms = 300000;
    for (int k = 1; k <= 3; k++) {
        struct record record = minute(k);
        assert_true(spsc_push(&bench->ring, &record));
    }
    recorder_event(&bench->recorder, "start", "now", (double)NAN);
    recorder_settle(&bench->recorder);
    assert_int_equal(read_back(bench, STREAM_MINUTE, see_record).n, 3);
    assert_int_equal(read_back(bench, STREAM_EVENT, see_event).n, 0);
    assert_int_equal(recorder_newest_seq(&bench->recorder, STREAM_MINUTE), 3);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    recorder_stop(&bench->recorder);
    assert_int_equal(read_back(bench, STREAM_EVENT, see_event).n, 1);
}

static void test_what_was_queued_before_the_stop_is_on_disk_after_it(void **state)
{
    struct bench *bench = *state;
    for (int k = 1; k <= RING; k++) {
        struct record record = minute(k);
        assert_true(spsc_push(&bench->ring, &record));
    }
    recorder_event(&bench->recorder, "start", "now", (double)NAN);
    recorder_event(&bench->recorder, "stop", "now", 3);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    recorder_stop(&bench->recorder);
    struct seen records = read_back(bench, STREAM_MINUTE, see_record);
    struct seen events = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(records.n, RING);
    assert_true(records.last_p_w == RING);
    assert_int_equal(events.n, 2);
    assert_string_equal(events.last_kind, "stop");
    assert_int_equal(recorder_newest_seq(&bench->recorder, STREAM_MINUTE), RING);
    assert_int_equal(atomic_load(&bench->health.records_stored), RING + 2);
    assert_int_equal(atomic_load(&bench->health.records_lost), 0);
}

static void test_events_beyond_the_queue_are_counted_as_lost(void **state)
{
    struct bench *bench = *state;
    for (int k = 0; k < RECORDER_EVENTS + 3; k++)
        recorder_event(&bench->recorder, "start", "", (double)NAN);
    assert_int_equal(atomic_load(&bench->health.records_lost), 3);
}

static void test_a_text_too_long_is_cut_to_its_field(void **state)
{
    struct bench *bench = *state;
    char text[500];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    recorder_event(&bench->recorder, text, text, (double)NAN);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    recorder_stop(&bench->recorder);
    struct seen events = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(events.n, 1);
    assert_int_equal(strlen(events.last_kind), sizeof events.last_kind - 1);
}

/* A trigger of the database itself makes every write fail. */
static void test_a_store_that_cannot_write_is_counted_and_the_rest_goes_on(void **state)
{
    struct bench *bench = *state;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "create trigger no before insert on minute begin select raise(abort, 'no'); end",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    struct record record = minute(1);
    assert_true(spsc_push(&bench->ring, &record));
    assert_int_equal(recorder_start(&bench->recorder), 0);
    while (atomic_load(&bench->health.store_errors) == 0)
        sched_yield();
    recorder_stop(&bench->recorder);
    assert_true(atomic_load(&bench->health.store_errors) > 0);
    assert_int_equal(atomic_load(&bench->health.records_stored), 0);
    assert_int_equal(atomic_load(&bench->health.database_error),
                     EEXIST); /* what a broken constraint is told as */
}

static void run_once(struct bench *bench)
{
    atomic_store(&bench->recorder.stop, false);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    recorder_stop(&bench->recorder);
}

static void test_the_disk_is_looked_at_once_a_minute(void **state)
{
    struct bench *bench = *state;
    struct health *health = &bench->health;
    run_once(bench); /* no directory named */
    assert_true(atomic_load(&health->disk_total_bytes) == RECORD_ABSENT);
    bench->recorder.data_dir = bench->dir;
    run_once(bench);
    assert_true(atomic_load(&health->disk_total_bytes) > 0);
    assert_true(atomic_load(&health->disk_free_bytes) <= atomic_load(&health->disk_total_bytes));
    assert_int_equal(atomic_load(&health->disk_read_only), 0);
    bench->recorder.data_dir = "/nonexistent";
    run_once(bench);
    assert_true(atomic_load(&health->disk_total_bytes) > 0); /* not before a minute is over */
    clock_sleep_until(&bench->clock.clock, clock_mono_ns(&bench->clock.clock) + INT64_C(60000000000));
    run_once(bench);
    assert_true(atomic_load(&health->disk_total_bytes) == RECORD_ABSENT);
    assert_true(atomic_load(&health->disk_free_bytes) == RECORD_ABSENT);
    assert_true(atomic_load(&health->disk_read_only) == RECORD_ABSENT);
}

/* /proc takes no file at all, though it is not mounted read-only: a store that fails there is not told to be read-only,
 * since the answer is another one. A sound directory is not either. */
static void test_a_failing_store_alone_makes_no_disk_read_only(void **state)
{
    struct bench *bench = *state;
    const char *const dirs[] = {"/proc", bench->dir};
    bench->store.failed = true;
    for (int k = 0; k < 2; k++) {
        bench->recorder.data_dir = dirs[k];
        bench->recorder.disk_due_ms = 0;
        run_once(bench);
        assert_int_equal(atomic_load(&bench->health.disk_read_only), 0);
    }
    bench->store.failed = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_events_of_measure_are_stored_as_they_were_made, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_must_be_on_disk_first_is_there_before_the_thread_runs,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_queued_before_the_stop_is_on_disk_after_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_events_beyond_the_queue_are_counted_as_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_text_too_long_is_cut_to_its_field, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_store_that_cannot_write_is_counted_and_the_rest_goes_on,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_disk_is_an_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_database_that_is_replaced_is_an_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_database_that_is_replaced_at_the_end_is_an_event_too, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_whole_database_is_checked_once_an_hour_at_most, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_disk_is_looked_at_once_a_minute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failing_store_alone_makes_no_disk_read_only, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
