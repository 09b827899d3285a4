/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A journal and a store that cannot write, on the real store: one event when it begins, one when it is over for a minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/keeper.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RING = 16, SEEN = 8 };

struct bench {
    char dir[40];
    char path[64];
    struct store store;
    struct spsc ring;
    struct record memory[RING];
    struct health health;
    struct clock_sim clock;
    struct recorder recorder;
    struct keeper keeper;
};

struct seen {
    int n;
    char kind[SEEN][24];
    char detail[SEEN][128];
    double value[SEEN];
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char error[STORE_ERROR];
    strcpy(bench->dir, "/tmp/vatio-faults-XXXXXX");
    assert_non_null(mkdtemp(bench->dir));
    snprintf(bench->path, sizeof bench->path, "%s/vatio.db", bench->dir);
    clock_sim_init(&bench->clock, 1000, 0);
    struct store_config config = {.path = bench->path, .meter_id = "m1", .n_points = 1, .batch_records = 1};
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
    static const char *const names[] = {"vatio.db", "vatio.db-wal", "vatio.db-shm", KEEPER_FILE};
    char path[96];
    store_close(&bench->store);
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        snprintf(path, sizeof path, "%s/%s", bench->dir, names[k]);
        unlink(path);
    }
    rmdir(bench->dir);
    free(bench);
    return 0;
}

static bool see(void *context, const void *record)
{
    struct seen *seen = context;
    const struct record_event *event = record;
    assert_true(seen->n < SEEN);
    strcpy(seen->kind[seen->n], event->kind);
    strcpy(seen->detail[seen->n], event->detail);
    seen->value[seen->n++] = event->value;
    return true;
}

static struct seen stored(struct bench *bench)
{
    struct store_reader reader;
    struct seen seen = {0};
    char error[STORE_ERROR];
    assert_int_equal(store_reader_open(&reader, bench->path, error, sizeof error), 0);
    if (store_reader_read(&reader, STREAM_EVENT, 1, SEEN, see, &seen) < 0)
        fail_msg("%s", reader.error);
    store_reader_close(&reader);
    return seen;
}

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
    struct record minute = {.schema = RECORD_SCHEMA, .stream = STREAM_MINUTE, .n_points = 1};
    minute.point_id[0] = record_point_id("grid");
    execute(bench, "create trigger no before insert on minute begin select raise(abort, 'no'); end");
    assert_true(spsc_push(&bench->ring, &minute));
    record(bench);
    pass(bench, 40);
    record(bench); /* it still cannot */
    execute(bench, "drop trigger no");
    for (int k = 0; k < 3; k++) {
        pass(bench, 35);
        record(bench);
    }
    const struct seen seen = stored(bench);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.kind[0], "disk-fault");
    assert_true(seen.detail[0][0] != '\0');
    assert_string_equal(seen.kind[1], "disk-fault-end");
    assert_true(seen.value[1] >= 40 && seen.value[1] <= 75.5);
}

static int64_t broken_write(void *context, int file, const void *bytes, size_t size, int64_t offset)
{
    (void)context, (void)file, (void)bytes, (void)size, (void)offset;
    return -EIO;
}

static void write_registers(struct bench *bench, int times)
{
    static struct kept kept;
    kept.n_points = 1;
    for (int k = 0; k < times; k++) {
        pass(bench, 10);
        keeper_write(&bench->keeper, &kept, false);
    }
}

static void a_journal_that_cannot_be_written_is_an_event_and_flickering_is_one(void **state)
{
    struct bench *bench = *state;
    struct file_io broken = file_io_system;
    struct kept kept;
    bool found;
    char error[256];
    broken.write = broken_write;
    bench->keeper.health = &bench->health;
    bench->keeper.recorder = &bench->recorder;
    bench->keeper.clock = &bench->clock.clock;
    assert_int_equal(keeper_open(&bench->keeper, bench->dir, "m1", &kept, &found, error, sizeof error), 0);
    write_registers(bench, 3);
    for (int k = 0; k < 3; k++) { /* 20 s without, 20 s with */
        bench->keeper.journal.io = &broken;
        write_registers(bench, 2);
        bench->keeper.journal.io = &file_io_system;
        write_registers(bench, 2);
    }
    write_registers(bench, 5);
    keeper_close(&bench->keeper);
    record(bench);
    const struct seen seen = stored(bench);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.kind[0], "journal-fault");
    assert_string_equal(seen.detail[0], strerror(EIO));
    assert_string_equal(seen.kind[1], "journal-fault-end");
    assert_true(fabs(seen.value[1] - 60) < 1e-6);
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
