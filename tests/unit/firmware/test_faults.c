/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A journal and a store that cannot write, on the real store: one event when it begins, one when it is over for a minute. */
#include "firmware/keeper.h"

#include "tests/unit/firmware/recorder_bench.h"

static void pass(struct bench *bench, int64_t seconds)
{
    struct clock *clock = &bench->clock.clock;
    clock_sleep_until(clock, clock_mono_ns(clock) + seconds * 1000000000);
}

/* One life of the recorder's thread. */
static void record(struct bench *bench)
{
    atomic_store(&bench->recorder.stop, false);
    assert_int_equal(recorder_start(&bench->recorder), 0);
    recorder_stop(&bench->recorder);
}

static void execute(struct bench *bench, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_store_that_cannot_write_is_an_event_when_it_can_again(void **state)
{
    struct bench *bench = *state;
    const struct record first = minute(1);
    execute(bench, "create trigger no before insert on minute begin select raise(abort, 'no'); end");
    assert_true(spsc_push(&bench->ring, &first));
    record(bench);
    pass(bench, 40);
    record(bench); /* it still cannot */
    execute(bench, "drop trigger no");
    for (int k = 0; k < 3; k++) {
        pass(bench, 35);
        record(bench);
    }
    const struct seen seen = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.event[0].kind, "disk-fault");
    assert_true(seen.event[0].detail[0] != '\0');
    assert_string_equal(seen.event[1].kind, "disk-fault-end");
    assert_true(seen.event[1].value >= 40 && seen.event[1].value <= 75.5);
}

static int64_t broken_write(void *context, int file, const void *bytes, size_t size, int64_t offset)
{
    (void)context, (void)file, (void)bytes, (void)size, (void)offset;
    return -EIO;
}

static void write_registers(struct bench *bench, struct keeper *keeper, int times)
{
    static struct kept kept;
    kept.n_points = 1;
    for (int k = 0; k < times; k++) {
        pass(bench, 10);
        keeper_write(keeper, &kept, false);
    }
}

static void a_journal_that_cannot_be_written_is_an_event_and_flickering_is_one(void **state)
{
    struct bench *bench = *state;
    struct file_io broken = file_io_system;
    struct keeper keeper = {
        .health = &bench->health, .recorder = &bench->recorder, .clock = &bench->clock.clock};
    char path[64];
    struct kept kept;
    bool found;
    char error[256];
    broken.write = broken_write;
    snprintf(path, sizeof path, "%s/" KEEPER_FILE, bench->dir);
    assert_int_equal(keeper_open(&keeper, bench->dir, "m1", &kept, &found, error, sizeof error), 0);
    write_registers(bench, &keeper, 3);
    for (int k = 0; k < 3; k++) { /* 20 s without, 20 s with */
        keeper.journal.io = &broken;
        write_registers(bench, &keeper, 2);
        keeper.journal.io = &file_io_system;
        write_registers(bench, &keeper, 2);
    }
    write_registers(bench, &keeper, 5);
    keeper_close(&keeper);
    assert_int_equal(unlink(path), 0);
    record(bench);
    const struct seen seen = read_back(bench, STREAM_EVENT, see_event);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.event[0].kind, "journal-fault");
    assert_string_equal(seen.event[0].detail, strerror(EIO));
    assert_string_equal(seen.event[1].kind, "journal-fault-end");
    assert_true(fabs(seen.event[1].value - 60) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_store_that_cannot_write_is_an_event_when_it_can_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_journal_that_cannot_be_written_is_an_event_and_flickering_is_one,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
