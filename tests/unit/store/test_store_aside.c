/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A damaged database is put aside and a new one begun, at the start and while writing; what waits is not lost. */
#include "tests/unit/store/mount_fixture.h"

#include "firmware/store/store_begin.h"

#include <sys/stat.h>

enum { UTC_S = 1795243200, /* 2026-11-21 06:40:00 */ ROWS = 2000 };

static void write_file(const char *dir, const char *name, size_t bytes)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < bytes; i++)
        assert_int_equal(fputc('x', file), 'x');
    assert_int_equal(fclose(file), 0);
}

static bool exists(const struct store_fixture *f, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return access(path, F_OK) == 0;
}

static void test_three_files_get_one_free_name(void **state)
{
    struct store_fixture *f = *state;
    char name[STORE_ASIDE_NAME];
    char small[8];
    static const char *const names[] = {"vatio.db.corrupt-20261121T064000Z",
                                        "vatio.db.corrupt-20261121T064000Z-2"};
    for (size_t i = 0; i < 2; i++) {
        write_file(f->dir, "vatio.db", 3);
        write_file(f->dir, "vatio.db-wal", 2);
        write_file(f->dir, "vatio.db-shm", 1);
        assert_int_equal(store_aside(f->path, UTC_S, name, sizeof name), 0);
        assert_string_equal(name, names[i]);
        assert_false(exists(f, "vatio.db") || exists(f, "vatio.db-wal") || exists(f, "vatio.db-shm"));
    }
    assert_true(exists(f, "vatio.db.corrupt-20261121T064000Z") &&
                exists(f, "vatio.db.corrupt-20261121T064000Z-wal") &&
                exists(f, "vatio.db.corrupt-20261121T064000Z-shm") &&
                exists(f, "vatio.db.corrupt-20261121T064000Z-2-wal"));
    write_file(f->dir, "vatio.db", 3);
    assert_int_equal(store_aside(f->path, UTC_S, small, sizeof small), -ENAMETOOLONG);
    assert_true(exists(f, "vatio.db"));
    write_file(f->dir, "vatio.db.corrupt-20261121T064001Z-wal",
               1); /* a WAL without its file takes the name too */
    assert_int_equal(store_aside(f->path, UTC_S + 1, name, sizeof name), 0);
    assert_string_equal(name, "vatio.db.corrupt-20261121T064001Z-2");
}

/* The clock may have been in 1970: it is the size that says which has more history. */
static void test_two_sets_stay_the_larger_and_the_newest(void **state)
{
    struct store_fixture *f = *state;
    char name[STORE_ASIDE_NAME];
    static const struct {
        int64_t utc_s;
        size_t bytes, wal;
    } sets[] = {{UTC_S, 300, 9000}, {UTC_S + 1, 400, 0}, {0, 100, 5000}, {UTC_S + 2, 40, 0}, {60, 20, 7}};
    write_file(f->dir, "vatio.db-reserve", 1);
    write_file(f->dir, "vatio.db.corrupted", 1);
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        write_file(f->dir, "vatio.db", sets[i].bytes);
        write_file(f->dir, "vatio.db-wal", sets[i].wal);
        assert_int_equal(store_aside(f->path, sets[i].utc_s, name, sizeof name), 0);
    }
    assert_true(exists(f, "vatio.db.corrupt-20261121T064000Z"));
    assert_true(exists(f, "vatio.db.corrupt-20261121T064000Z-wal"));
    assert_true(exists(f, "vatio.db.corrupt-19700101T000100Z"));
    assert_false(exists(f, "vatio.db.corrupt-20261121T064001Z"));
    assert_false(exists(f, "vatio.db.corrupt-19700101T000000Z"));
    assert_false(exists(f, "vatio.db.corrupt-19700101T000000Z-wal"));
    assert_false(exists(f, "vatio.db.corrupt-20261121T064002Z"));
    assert_true(exists(f, "vatio.db-reserve") && exists(f, "vatio.db.corrupted"));
}

/* What is done to a database of 64 minutes, and whether it is put aside at the next start. */
static const struct {
    const char *name;
    const char *sql;   /* or */
    const char *bytes; /* the whole file, or */
    int64_t junk_from, junk_to;
    const char *says;
} damages[] = {
    {"a text", NULL, "This was a database once.\n", 0, 0, "not a database"},
    {"a header that was cut", NULL, "SQLite format 3", 0, 0, "not a database"},
    {"a first page of junk", NULL, NULL, 0, 4096, "not a database"},
    {"a lost name", "DELETE FROM meta WHERE key = 'store_id'", NULL, 0, 0, "lost the row store_id"},
    {"junk in all but the first page", NULL, NULL, 4096, 1 << 20, "malformed"},
};

static int64_t bytes_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void test_at_the_start_a_damaged_file_is_put_aside(void **state)
{
    struct store_fixture *f = *state;
    char before[RECORD_ID];
    char aside[512];
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        print_message("%s\n", damages[i].name);
        fixture_open(f);
        fixture_add(f, STREAM_MINUTE, 1, 64);
        memcpy(before, f->store.store_id, sizeof before);
        assert_int_equal(store_close(&f->store), 0);
        if (damages[i].sql != NULL)
            fixture_sql(f->path, damages[i].sql);
        if (damages[i].bytes != NULL) {
            assert_int_equal(truncate(f->path, 0), 0);
            FILE *file = fopen(f->path, "w");
            assert_true(fputs(damages[i].bytes, file) >= 0);
            assert_int_equal(fclose(file), 0);
        }
        fixture_overwrite(f->path, damages[i].junk_from, damages[i].junk_to);
        const int64_t bytes = bytes_of(f->path);
        fixture_open(f);
        assert_int_equal(f->store.replaced, 1);
        assert_non_null(strstr(f->store.damage, damages[i].says));
        assert_non_null(strstr(f->store.damage, f->path));
        assert_string_not_equal(f->store.store_id, before);
        snprintf(aside, sizeof aside, "%s/%s", f->dir, f->store.aside);
        assert_int_equal(bytes_of(aside), bytes);
        store_seq_floor(&f->store, STREAM_MINUTE, 64); /* as the register journal has it */
        fixture_add(f, STREAM_MINUTE, 65, 3);
        assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 67);
        assert_int_equal(store_close(&f->store), 0);
        assert_int_equal(fixture_query(f->path, "SELECT min(seq) FROM minute"), 65);
        fixture_open(f); /* and the next start finds all in order */
        assert_int_equal(f->store.replaced, 0);
        assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 67);
        assert_int_equal(store_close(&f->store), 0);
        assert_int_equal(remove(f->path), 0);
    }
}

/* A database with damage in its oldest rows, which opening does not see and retention will. */
static void make_damaged(struct store_fixture *f)
{
    f->config.batch_records = 100;
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 1, ROWS);
    assert_int_equal(store_close(&f->store), 0);
    const int64_t bytes = bytes_of(f->path);
    fixture_overwrite(f->path, bytes / 10 / 4096 * 4096, bytes / 2);
}

/* The batch that meets the damage, and what was given with it, stand in the new database under the numbers they had. */
static void test_while_writing_the_batch_goes_into_the_new_one(void **state)
{
    struct store_fixture *f = *state;
    char before[RECORD_ID];
    make_damaged(f);
    f->config.batch_records = 7;
    f->config.keep[STREAM_MINUTE] = 100;
    fixture_open(f);
    memcpy(before, f->store.store_id, sizeof before);
    assert_int_equal(f->store.replaced, 0);
    fixture_add(f, STREAM_MINUTE, ROWS + 1, 6);
    assert_int_equal(f->store.replaced, 0);
    fixture_add(f, STREAM_MINUTE, ROWS + 7, 1);
    assert_int_equal(f->store.replaced, 1);
    assert_int_equal(f->store.pending, 0);
    assert_int_equal(f->store.failures, 0);
    assert_int_equal(f->store.written, 7);
    assert_string_not_equal(f->store.store_id, before);
    fixture_add(f, STREAM_MINUTE, ROWS + 8, 7);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(fixture_query(f->path, "SELECT min(seq) FROM minute"), ROWS + 1);
    assert_int_equal(fixture_query(f->path, "SELECT max(seq) FROM minute"), ROWS + 14);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM minute"), 14);
}

/* What was only in the WAL is there for analysis: closing does not fold it back, and nothing takes it away. */
static void test_the_wal_goes_along_as_it_is(void **state)
{
    struct store_fixture *f = *state;
    char aside[512];
    char wal[520];
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 1, 5);
    snprintf(wal, sizeof wal, "%s-wal", f->path);
    const int64_t bytes = bytes_of(f->path);
    const int64_t wal_bytes = bytes_of(wal);
    assert_true(wal_bytes > 0);
    snprintf(f->store.error, sizeof f->store.error, "as if");
    store_give_up(&f->store);
    assert_int_equal(store_begin(&f->store, f->error, sizeof f->error), 0);
    snprintf(aside, sizeof aside, "%s/%s", f->dir, f->store.aside);
    snprintf(wal, sizeof wal, "%s-wal", aside);
    assert_int_equal(bytes_of(aside), bytes);
    assert_int_equal(bytes_of(wal), wal_bytes);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(fixture_query(aside, "SELECT count(*) FROM minute"), 5);
}

/* A reader that still has the old file shows what is in that one, and by leaving it takes nothing from the new one. */
static void test_a_reader_changes_over_when_it_asks(void **state)
{
    struct store_fixture *f = *state;
    char before[RECORD_ID];
    int64_t n = 0;
    make_damaged(f);
    f->config.batch_records = 1;
    f->config.keep[STREAM_MINUTE] = 100;
    fixture_open(f);
    fixture_open_reader(f);
    assert_int_equal(store_reader_refresh(&f->reader), 0);
    assert_int_equal(f->reader.generation, 1);
    assert_string_equal(f->reader.store_id, f->store.store_id);
    memcpy(before, f->reader.store_id, sizeof before);
    fixture_add(f, STREAM_MINUTE, ROWS + 1, 3);
    assert_int_equal(f->store.replaced, 1);
    assert_int_equal(store_reader_read(&f->reader, STREAM_MINUTE, ROWS - 1, 1000, fixture_visit_count, &n),
                     2);
    assert_string_equal(f->reader.store_id, before);
    assert_int_equal(store_reader_refresh(&f->reader), 0);
    assert_int_equal(f->reader.generation, 2);
    assert_string_equal(f->reader.store_id, f->store.store_id);
    assert_true(exists(f, "vatio.db-wal") && exists(f, "vatio.db-shm"));
    assert_int_equal(store_reader_read(&f->reader, STREAM_MINUTE, 0, 1000, fixture_visit_count, &n), 3);
    fixture_add(f, STREAM_MINUTE, ROWS + 4, 1);
    assert_int_equal(store_reader_read(&f->reader, STREAM_MINUTE, 0, 1000, fixture_visit_count, &n), 4);
    store_reader_close(&f->reader);
    assert_int_equal(store_close(&f->store), 0);
}

static void test_a_reader_waits_for_a_database_to_come(void **state)
{
    struct store_fixture *f = *state;
    char name[STORE_ASIDE_NAME];
    int64_t n = 0;
    fixture_open(f);
    fixture_open_reader(f);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(store_aside(f->path, UTC_S, name, sizeof name), 0);
    assert_true(store_reader_refresh(&f->reader) < 0);
    assert_non_null(strstr(f->reader.error, f->path));
    assert_int_equal(store_reader_read(&f->reader, STREAM_MINUTE, 0, 10, fixture_visit_count, &n), -ESTALE);
    assert_int_equal(strlen(f->reader.store_id), 32);
    fixture_open(f);
    assert_int_equal(store_reader_refresh(&f->reader), 0);
    assert_int_equal(f->reader.generation, 2);
    store_reader_close(&f->reader);
    assert_int_equal(store_close(&f->store), 0);
}

static void test_a_check_finds_what_opening_does_not(void **state)
{
    struct store_fixture *f = *state;
    atomic_bool stop = false;
    make_damaged(f);
    fixture_open(f);
    assert_int_equal(f->store.replaced, 0);
    fixture_add(f, STREAM_MINUTE, ROWS + 1, 1);
    assert_int_equal(store_check(&f->store, &stop), 0);
    assert_int_equal(f->store.replaced, 1);
    assert_non_null(strstr(f->store.damage, "damaged"));
    assert_int_equal(f->store.pending, 1);
    assert_int_equal(store_check(&f->store, &stop), 0);
    assert_int_equal(f->store.replaced, 1); /* the new one is whole */
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(fixture_query(f->path, "SELECT max(seq) FROM minute"), ROWS + 1);
}

static void test_a_check_ends_when_it_is_told_to(void **state)
{
    struct store_fixture *f = *state;
    atomic_bool stop = true;
    f->config.batch_records = 100;
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 1, ROWS);
    assert_int_equal(store_check(&f->store, &stop), -EINTR);
    assert_int_equal(f->store.replaced, 0);
    fixture_add(f, STREAM_MINUTE, ROWS + 1, 100);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(fixture_committed(f, STREAM_MINUTE), ROWS + 100);
}

static void die_without_closing(struct store_fixture *f)
{
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 1, 1);
    _exit(CHILD_OK);
}

static void test_an_end_without_order_is_noticed(void **state)
{
    struct store_fixture *f = *state;
    run_child(f, die_without_closing);
    fixture_open(f);
    assert_true(f->store.unclean);
    assert_int_equal(store_close(&f->store), 0);
    fixture_open(f);
    assert_false(f->store.unclean);
    assert_int_equal(store_close(&f->store), 0);
}

/* Neither lost nor written over: it stays where it is until the disk takes writes. */
static void damaged_and_read_only(struct store_fixture *f)
{
    mount_tmpfs(f, "size=16m");
    make_damaged(f);
    f->config.batch_records = 1;
    f->config.keep[STREAM_MINUTE] = 100;
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) == 0);
    snprintf(f->store.error, sizeof f->store.error, "as if");
    store_give_up(&f->store);
    remount(f, true);
    add(f, STREAM_MINUTE, ROWS + 1, 0);
    CHECK(f->store.failed && f->store.failure == -EROFS && f->store.pending == 1 && f->store.db == NULL);
    CHECK(strstr(f->store.error, "cannot be put aside") != NULL);
    add(f, STREAM_MINUTE, ROWS + 2, 1);
    remount(f, false);
    CHECK(store_tick(&f->store, STORE_RETRY_MS) == 0);
    CHECK(f->store.replaced == 1 && f->store.written == 2);
    CHECK(store_close(&f->store) == 0);
    CHECK(count(f, STREAM_MINUTE) == 2);
}

static void test_on_a_read_only_disk_a_damaged_file_waits(void **state)
{
    run_child(*state, damaged_and_read_only);
}

/* A full disk has no room for a new database before the reserve is given up. */
static void damaged_and_full(struct store_fixture *f)
{
    mount_tmpfs(f, "size=16m");
    make_damaged(f);
    f->config.batch_records = 1;
    f->config.reserve_bytes = 2 << 20;
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) == 0);
    snprintf(f->store.error, sizeof f->store.error, "as if");
    store_give_up(&f->store);
    fill_up(f);
    add(f, STREAM_MINUTE, ROWS + 1, 0);
    CHECK(f->store.replaced == 1 && f->store.giving_way && f->store.pending == 0 && f->store.written == 1);
    CHECK(store_close(&f->store) == 0);
}

static void test_on_a_full_disk_the_reserve_makes_room_for_a_new_one(void **state)
{
    run_child(*state, damaged_and_full);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_three_files_get_one_free_name),
        TEST(test_two_sets_stay_the_larger_and_the_newest),
        TEST(test_at_the_start_a_damaged_file_is_put_aside),
        TEST(test_while_writing_the_batch_goes_into_the_new_one),
        TEST(test_the_wal_goes_along_as_it_is),
        TEST(test_a_reader_changes_over_when_it_asks),
        TEST(test_a_reader_waits_for_a_database_to_come),
        TEST(test_a_check_finds_what_opening_does_not),
        TEST(test_a_check_ends_when_it_is_told_to),
        TEST(test_an_end_without_order_is_noticed),
        TEST(test_on_a_read_only_disk_a_damaged_file_waits),
        TEST(test_on_a_full_disk_the_reserve_makes_room_for_a_new_one),
    };
    return cmocka_run_group_tests_name("store_aside", tests, NULL, NULL);
}
