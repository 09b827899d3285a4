/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/firmware/recorder_bench.h"

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
    assert_string_equal(seen.event[0].kind, "disk-full");
    bench->store.reserve_bytes = 0;
    bench->store.giving_way = false;
    atomic_store(&bench->recorder.stop, false);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    recorder_stop(&bench->recorder);
    seen = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.event[1].kind, "disk-full-end");
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
    assert_string_equal(seen.event[1].kind, "quiet-end");
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
    assert_string_equal(events.event[1].kind, "stop");
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
    assert_int_equal(strlen(events.event[0].kind), sizeof events.event[0].kind - 1);
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
        cmocka_unit_test_setup_teardown(test_the_disk_is_looked_at_once_a_minute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failing_store_alone_makes_no_disk_read_only, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
