/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#include "tests/unit/store/store_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct seen {
    int64_t n;
    int64_t limit; /* records after which the visitor has enough; 0 = none */
    union store_item item[400];
};

static bool see(void *context, const void *record)
{
    struct seen *seen = context;
    const struct record *head = record;
    size_t size = head->stream == STREAM_EVENT ? sizeof(struct record_event) : sizeof(struct record);
    memcpy(&seen->item[seen->n++], record, size);
    return seen->n != seen->limit;
}

static struct seen seen; /* too large for a stack */

static int read_stream(struct store_fixture *f, enum record_stream stream, int64_t from_seq, int64_t max)
{
    memset(&seen, 0, sizeof seen);
    return store_reader_read(&f->reader, stream, from_seq, max, see, &seen);
}

static void test_round_trip(void **state)
{
    struct store_fixture *f = *state;
    struct record want[3][4];
    struct record_event event[4];
    fixture_open(f);
    fixture_open_reader(f);
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 3; i++) {
            fixture_record(&want[i][k], (enum record_stream)(STREAM_MINUTE + i), 100 * i + k);
            assert_int_equal(store_add(&f->store, &want[i][k], k), 0);
            assert_int_equal(want[i][k].seq, k + 1);
        }
        fixture_event(&event[k], k);
        assert_int_equal(store_add_event(&f->store, &event[k], k), 0);
        assert_int_equal(event[k].seq, k + 1);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(read_stream(f, (enum record_stream)(STREAM_MINUTE + i), 0, 10), 4);
        for (int k = 0; k < 4; k++)
            assert_memory_equal(&seen.item[k].record, &want[i][k], sizeof want[i][k]);
    }
    assert_int_equal(read_stream(f, STREAM_EVENT, 0, 10), 4);
    for (int k = 0; k < 4; k++)
        assert_memory_equal(&seen.item[k].event, &event[k], sizeof event[k]);
    assert_int_equal(f->store.written, 16);
    assert_int_equal(strlen(f->store.store_id), 32);
    assert_int_equal(strspn(f->store.store_id, "0123456789abcdef"), 32);
    store_reader_close(&f->reader);
    assert_int_equal(store_close(&f->store), 0);
}

static void test_absent_is_null(void **state)
{
    struct store_fixture *f = *state;
    struct record record;
    struct record_event event;
    fixture_record(&record, STREAM_QUARTER, 5);
    record.f_hz = (double)NAN;
    record.h_max = RECORD_ABSENT;
    record.point[0].thd_u_pct = (double)NAN;
    record.point[0].total.q3_uvarh = RECORD_ABSENT;
    record.point[1] = record.point[2]; /* the record lacks grid_l1, whose columns there are */
    record.point_id[1] = 3;
    record.n_points = 2;
    memset(&record.point[2], 0, sizeof record.point[2]);
    record.point_id[2] = 0;
    fixture_event(&event, 1);
    event.value = (double)NAN;
    fixture_open(f);
    fixture_add(f, STREAM_QUARTER, 4, 1); /* of what it bound nothing may shine through */
    assert_int_equal(store_add(&f->store, &record, 0), 0);
    assert_int_equal(store_add_event(&f->store, &event, 0), 0);
    fixture_open_reader(f);
    assert_int_equal(read_stream(f, STREAM_QUARTER, 2, 1), 1);
    assert_memory_equal(&seen.item[0].record, &record, sizeof record);
    assert_int_equal(read_stream(f, STREAM_EVENT, 1, 1), 1);
    assert_true(isnan(seen.item[0].event.value));
    store_reader_close(&f->reader);
    store_close(&f->store);
    assert_int_equal(fixture_query(f->path,
                                   "SELECT count(*) FROM quarter WHERE f_hz IS NULL AND h_max IS NULL "
                                   "AND grid_thd_u_pct IS NULL AND grid_q3_uvarh IS NULL "
                                   "AND grid_l1_p_w IS NULL AND grid_l1_import_uwh IS NULL "
                                   "AND grid_p_w IS NOT NULL AND solar_p_w IS NOT NULL"),
                     1);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM event WHERE value IS NULL"), 1);
}

static void test_seq_continues(void **state)
{
    struct store_fixture *f = *state;
    char store_id[RECORD_ID];
    fixture_open(f);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 0);
    fixture_add(f, STREAM_MINUTE, 0, 7);
    memcpy(store_id, f->store.store_id, sizeof store_id);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(store_close(&f->store), 0); /* once more does no harm */

    fixture_open(f);
    assert_string_equal(f->store.store_id, store_id);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 7);
    assert_int_equal(store_newest_seq(&f->store, STREAM_DAY), 0);
    fixture_add(f, STREAM_MINUTE, 7, 1);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 8);
    store_close(&f->store);

    fixture_sql(f->path, "DELETE FROM minute");
    fixture_open(f);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 8);

    store_seq_floor(&f->store, STREAM_MINUTE, 5);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 8);
    store_seq_floor(&f->store, STREAM_MINUTE, 100);
    fixture_add(f, STREAM_MINUTE, 9, 1);
    store_close(&f->store);
    fixture_open(f);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 101);
    store_close(&f->store);
}

static void test_batches(void **state)
{
    struct store_fixture *f = *state;
    struct record record;
    f->config.batch_records = 4;
    f->config.batch_ms = 1000;
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 0, 3);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 3);
    assert_int_equal(fixture_committed(f, STREAM_MINUTE), 0);
    fixture_add(f, STREAM_DAY, 0, 1);
    assert_int_equal(fixture_committed(f, STREAM_MINUTE), 3); /* the fourth record, of whatever stream */
    assert_int_equal(fixture_committed(f, STREAM_DAY), 1);

    fixture_record(&record, STREAM_MINUTE, 9);
    assert_int_equal(store_add(&f->store, &record, 5000), 0);
    assert_int_equal(store_tick(&f->store, 5999), 0);
    assert_int_equal(fixture_committed(f, STREAM_MINUTE), 3);
    assert_int_equal(store_tick(&f->store, 6000), 0); /* the age */
    assert_int_equal(fixture_committed(f, STREAM_MINUTE), 4);

    fixture_add(f, STREAM_MINUTE, 9, 1);
    assert_int_equal(store_commit(&f->store), 0);
    assert_int_equal(fixture_committed(f, STREAM_MINUTE), 5);
    fixture_add(f, STREAM_MINUTE, 10, 1);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(fixture_committed(f, STREAM_MINUTE), 6);
}

static void test_kill_keeps_what_was_committed(void **state)
{
    struct store_fixture *f = *state;
    f->config.batch_records = 10;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct record record;
        int result = store_open(&f->store, &f->config, f->error, sizeof f->error);
        for (int k = 0; k < 25 && result == 0; k++) {
            fixture_record(&record, STREAM_MINUTE, k);
            result = store_add(&f->store, &record, 0);
        }
        kill(getpid(), SIGKILL);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    fixture_open(f);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 20);
    fixture_open_reader(f);
    assert_int_equal(read_stream(f, STREAM_MINUTE, 0, 100), 20);
    for (int k = 0; k < 20; k++) {
        struct record want;
        fixture_record(&want, STREAM_MINUTE, k);
        want.seq = k + 1;
        assert_memory_equal(&seen.item[k].record, &want, sizeof want);
    }
    store_reader_close(&f->reader);
    store_close(&f->store);
}

static void test_paging(void **state)
{
    struct store_fixture *f = *state;
    static const struct {
        const char *name;
        int64_t from_seq, max, first, n;
    } cases[] = {
        {"from 0 is from the first", 0, 3, 1, 3},
        {"from a seq in the middle", 17, 5, 17, 5},
        {"the last page is short", 28, 10, 28, 3},
        {"from the last", 30, 10, 30, 1},
        {"beyond the last is nothing", 31, 10, 0, 0},
        {"a record at most", 4, 1, 4, 1},
        {"none at most", 4, 0, 0, 0},
        {"from the end of all numbers", INT64_MAX, 10, 0, 0},
        {"from below zero is from the first", INT64_MIN, 2, 1, 2},
    };
    f->config.batch_records = 30;
    fixture_open(f);
    fixture_add(f, STREAM_QUARTER, 0, 30);
    fixture_open_reader(f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].name);
        assert_int_equal(read_stream(f, STREAM_QUARTER, cases[i].from_seq, cases[i].max), cases[i].n);
        assert_int_equal(seen.n, cases[i].n);
        for (int64_t k = 0; k < seen.n; k++)
            assert_int_equal(seen.item[k].record.seq, cases[i].first + k);
    }
    memset(&seen, 0, sizeof seen);
    seen.limit = 4;
    assert_int_equal(store_reader_read(&f->reader, STREAM_QUARTER, 0, 100, see, &seen), 4);
    assert_int_equal(seen.n, 4);
    assert_int_equal(read_stream(f, STREAM_LIVE, 0, 1), -EINVAL);
    assert_int_equal(read_stream(f, STREAMS, 0, 1), -EINVAL);
    assert_int_equal(read_stream(f, STREAM_DAY, 0, -1), -EINVAL);
    assert_true(f->reader.error[0] != '\0');
    store_reader_close(&f->reader);
    store_close(&f->store);
}

static void test_wrong_records(void **state)
{
    struct store_fixture *f = *state;
    static const struct {
        const char *name;
        int64_t stream, n_points, point_id;
    } cases[] = {
        {"the live stream is not stored", STREAM_LIVE, 3, 0},
        {"events have a call of their own", STREAM_EVENT, 3, 0},
        {"no such stream", 77, 3, 0},
        {"a negative stream", -1, 3, 0},
        {"too many points", STREAM_MINUTE, RECORD_POINTS + 1, 0},
        {"less than no points", STREAM_MINUTE, -1, 0},
        {"a point that the board lacks", STREAM_MINUTE, 3, 8},
        {"a point that does not exist", STREAM_MINUTE, 3, 1000},
    };
    fixture_open(f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct record record;
        print_message("%s\n", cases[i].name);
        fixture_record(&record, STREAM_MINUTE, 1);
        record.stream = cases[i].stream;
        record.n_points = cases[i].n_points;
        record.point_id[0] = cases[i].point_id;
        record.seq = 55;
        f->store.error[0] = '\0';
        assert_int_equal(store_add(&f->store, &record, 0), -EINVAL);
        assert_int_equal(record.seq, 55);
        assert_true(f->store.error[0] != '\0');
    }
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 0);
    store_close(&f->store);
}

static void test_text_without_end(void **state)
{
    struct store_fixture *f = *state;
    struct record_event event;
    fixture_event(&event, 1);
    memset(event.kind, 'k', sizeof event.kind);
    fixture_open(f);
    assert_int_equal(store_add_event(&f->store, &event, 0), 0);
    fixture_open_reader(f);
    assert_int_equal(read_stream(f, STREAM_EVENT, 0, 1), 1);
    assert_int_equal(strlen(seen.item[0].event.kind), sizeof event.kind - 1);
    store_reader_close(&f->reader);
    store_close(&f->store);
}

static void test_locked_database(void **state)
{
    struct store_fixture *f = *state;
    sqlite3 *other = NULL;
    struct record record;
    int64_t now_ms = 0;
    f->config.batch_records = 2;
    fixture_open(f);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (int k = 0; k < STORE_BATCH_MAX; k++) { /* one try at the second record, no further within batch_ms */
        fixture_record(&record, STREAM_MINUTE, k);
        assert_int_equal(store_add(&f->store, &record, now_ms), 0);
    }
    assert_int_equal(f->store.failures, 1);
    assert_int_equal(store_add(&f->store, &record, now_ms), -ENOBUFS);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), STORE_BATCH_MAX);
    assert_int_equal(store_commit(&f->store), -EBUSY);
    assert_non_null(strstr(f->store.error, f->path));
    assert_int_equal(f->store.failures, 2);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    now_ms += f->config.batch_ms;
    assert_int_equal(store_add(&f->store, &record, now_ms), 0); /* makes room by writing */
    assert_int_equal(record.seq, STORE_BATCH_MAX + 1);
    assert_int_equal(f->store.written, STORE_BATCH_MAX);
    sqlite3_close(other);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(fixture_committed(f, STREAM_MINUTE), STORE_BATCH_MAX + 1);
}

/* A row that someone put there by hand stands in the way of the batch's second record. */
static void test_batch_is_all_or_nothing(void **state)
{
    struct store_fixture *f = *state;
    f->config.batch_records = STORE_BATCH_MAX;
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 1, 3);
    fixture_sql(f->path, "INSERT INTO minute (seq) VALUES (2)");
    assert_int_equal(store_commit(&f->store), -EEXIST);
    assert_int_equal(fixture_committed(f, STREAM_MINUTE), 1);
    assert_int_equal(store_commit(&f->store), -EEXIST);
    assert_int_equal(f->store.failures, 2);
    fixture_sql(f->path, "DELETE FROM minute");
    assert_int_equal(store_commit(&f->store), 0);
    assert_int_equal(fixture_committed(f, STREAM_MINUTE), 3);
    assert_int_equal(f->store.written, 3);
    assert_int_equal(store_close(&f->store), 0);
}

static void test_modes(void **state)
{
    struct store_fixture *f = *state;
    static const char *const suffix[] = {"", "-wal", "-shm"};
    fixture_sql(f->path, "PRAGMA user_version");
    assert_int_equal(chmod(f->path, 0644), 0);
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 0, 1);
    for (size_t i = 0; i < 3; i++) {
        char name[192];
        struct stat status;
        snprintf(name, sizeof name, "%s%s", f->path, suffix[i]);
        assert_int_equal(stat(name, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    store_close(&f->store);
}

/* SQLite is given the path as a URI. */
static void test_a_path_may_hold_any_character(void **state)
{
    struct store_fixture *f = *state;
    snprintf(f->path, sizeof f->path, "%s/50%% #1? \xc3\xbc&x=%%41.db", f->dir);
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 0, 1);
    assert_int_equal(store_commit(&f->store), 0);
    assert_int_equal(access(f->path, F_OK), 0);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM minute"), 1);
    assert_string_equal(sqlite3_db_filename(f->store.db, "main"), f->path);
    assert_int_equal(store_close(&f->store), 0);
}

struct race {
    struct store_reader reader;
    atomic_bool done;
    int64_t newest;
    int64_t wrong;
};

static bool check_row(void *context, const void *record)
{
    struct race *race = context;
    const struct record *row = record;
    struct record want;
    fixture_record(&want, STREAM_MINUTE, row->seq);
    want.seq = row->seq;
    race->wrong += memcmp(&want, row, sizeof want) != 0 || row->seq != race->newest + 1;
    race->newest = row->seq;
    return true;
}

static void *follow(void *argument)
{
    struct race *race = argument;
    for (bool last = false; !last;) {
        last = atomic_load(&race->done);
        race->wrong +=
            store_reader_read(&race->reader, STREAM_MINUTE, race->newest + 1, 50, check_row, race) < 0;
    }
    return NULL;
}

static void test_reader_beside_writer(void **state)
{
    struct store_fixture *f = *state;
    struct race race = {.newest = 0};
    pthread_t thread;
    f->config.batch_records = 3;
    fixture_open(f);
    assert_int_equal(store_reader_open(&race.reader, f->path, f->error, sizeof f->error), 0);
    assert_int_equal(pthread_create(&thread, NULL, follow, &race), 0);
    fixture_add(f, STREAM_MINUTE, 1, 150);
    atomic_store(&race.done, true);
    pthread_join(thread, NULL);
    while (race.newest < 150 &&
           store_reader_read(&race.reader, STREAM_MINUTE, race.newest + 1, 50, check_row, &race) > 0)
        ;
    assert_int_equal(race.wrong, 0);
    assert_int_equal(race.newest, 150);
    store_reader_close(&race.reader);
    store_close(&f->store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_round_trip),
        TEST(test_absent_is_null),
        TEST(test_seq_continues),
        TEST(test_batches),
        TEST(test_kill_keeps_what_was_committed),
        TEST(test_paging),
        TEST(test_wrong_records),
        TEST(test_text_without_end),
        TEST(test_locked_database),
        TEST(test_batch_is_all_or_nothing),
        TEST(test_modes),
        TEST(test_a_path_may_hold_any_character),
        TEST(test_reader_beside_writer),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
