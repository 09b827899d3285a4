/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store deletes, and what a full disk makes it delete. */
#include "tests/unit/store/mount_fixture.h"

#include "firmware/store/store_reserve.h"
#include "firmware/store/store_retain.h"

enum { ROWS = 4000 };

static void test_each_stream_keeps_its_newest_records(void **state)
{
    struct store_fixture *f = *state;
    static const struct {
        const char *name;
        const char *table;
        enum record_stream stream;
        int64_t keep, stay, first;
    } cases[] = {
        {"minutes beyond the limit go", "minute", STREAM_MINUTE, 20, 20, 281},
        {"so do quarters, by a limit of their own", "quarter", STREAM_QUARTER, 50, 50, 251},
        {"days stay for ever", "day", STREAM_DAY, 0, 300, 1},
        {"a limit that is not reached deletes nothing", "event", STREAM_EVENT, 300, 300, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        f->config.keep[cases[i].stream] = cases[i].keep;
    f->config.batch_records = 10;
    fixture_open(f);
    for (int64_t k = 0; k < 300; k++) {
        struct record_event event;
        fixture_event(&event, k);
        assert_int_equal(store_add_event(&f->store, &event, 0), 0);
        for (int stream = STREAM_MINUTE; stream <= STREAM_DAY; stream++)
            fixture_add(f, (enum record_stream)stream, k, 1);
    }
    assert_int_equal(store_close(&f->store), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sql[80];
        print_message("%s\n", cases[i].name);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", cases[i].table);
        assert_int_equal(fixture_query(f->path, sql), cases[i].stay);
        snprintf(sql, sizeof sql, "SELECT min(seq) FROM %s", cases[i].table);
        assert_int_equal(fixture_query(f->path, sql), cases[i].first);
    }
    fixture_open(f);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 300);
    store_close(&f->store);
}

static int64_t pages(struct store_fixture *f)
{
    return fixture_query(f->path, "PRAGMA page_count");
}

static void test_the_file_does_not_grow_for_ever(void **state)
{
    struct store_fixture *f = *state;
    f->config.keep[STREAM_MINUTE] = 500;
    f->config.batch_records = 5;
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 0, 600);
    int64_t before = pages(f);
    fixture_add(f, STREAM_MINUTE, 600, 3000);
    assert_in_range(pages(f), before / 2, before + 8);
    store_close(&f->store);
}

static void test_a_smaller_limit_takes_effect_in_steps(void **state)
{
    struct store_fixture *f = *state;
    f->config.batch_records = 100;
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 0, ROWS);
    store_close(&f->store);
    f->config.batch_records = 1;
    f->config.keep[STREAM_MINUTE] = 100;
    fixture_open(f);
    for (int64_t k = 1; k <= 20; k++) {
        fixture_add(f, STREAM_MINUTE, ROWS + k, 1);
        int64_t want = ROWS + k - k * STORE_RETAIN_STEP;
        /* the limit is reckoned with the row that the batch adds */
        assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM minute"), want > 100 ? want : 100);
    }
    store_close(&f->store);
}

static void test_numbers_that_are_missing_hold_up_nothing(void **state)
{
    struct store_fixture *f = *state;
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 0, 3);
    store_seq_floor(&f->store, STREAM_MINUTE, 1000000);
    fixture_add(f, STREAM_MINUTE, 3, 3);
    store_close(&f->store);
    f->config.keep[STREAM_MINUTE] = 2;
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 6, 3);
    store_close(&f->store);
    assert_int_equal(fixture_query(f->path, "SELECT min(seq) FROM minute"), 1000005);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM minute"), 2);
}

/* Whichever of the two limits leaves less holds, each only for what it is for. */
static void test_on_a_full_disk_the_stricter_limit_holds(void **state)
{
    struct store_fixture *f = *state;
    static const struct {
        const char *name;
        bool giving_way;
        int64_t keep, keep_minutes, minutes, quarters;
    } cases[] = {
        {"the retention is the stricter one", true, 20, 1000, 20, 101},
        {"the full disk is", true, 50, 30, 30, 101},
        {"there is no retention", true, 0, 30, 30, 101},
        {"the disk is not full", false, 0, 30, 101, 101},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].name);
        f->config.batch_records = STORE_BATCH_MAX;
        f->config.keep[STREAM_MINUTE] = cases[i].keep;
        f->config.keep_minutes = cases[i].keep_minutes;
        fixture_open(f);
        fixture_add(f, STREAM_MINUTE, 0, 100);
        fixture_add(f, STREAM_QUARTER, 0, 100);
        assert_int_equal(store_commit(&f->store), 0);
        f->store.giving_way = cases[i].giving_way;
        fixture_add(f, STREAM_MINUTE, 100, 1);
        fixture_add(f, STREAM_QUARTER, 100, 1);
        assert_int_equal(store_close(&f->store), 0);
        assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM minute"), cases[i].minutes);
        assert_int_equal(fixture_query(f->path, "SELECT max(seq) FROM minute"), 101);
        assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM quarter"), cases[i].quarters);
        assert_int_equal(remove(f->path), 0);
    }
}

/* A day's worth and more after the disk is full: everything new finds its place. */
static void live_on_a_full_disk(struct store_fixture *f)
{
    int64_t now_ms = 0;
    f->config.batch_records = 5;
    f->config.reserve_bytes = 2 << 20;
    f->config.keep_minutes = 200;
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) == 0);
    CHECK(!f->store.giving_way);
    for (int64_t k = 0; k < ROWS; k++)
        add(f, STREAM_MINUTE, k, now_ms);
    fill_up(f);
    for (int64_t k = 0; k < 2400; k++) {
        add(f, STREAM_MINUTE, k, now_ms += 10000);
        if (k % 5 == 0) /* more of them than minutes must stay: they do not give way */
            add(f, STREAM_QUARTER, k, now_ms);
    }
    CHECK(f->store.giving_way);
    CHECK(store_commit(&f->store) == 0);
    CHECK(f->store.written == ROWS + 2400 + 480); /* nothing that came was lost */
    CHECK(count(f, STREAM_QUARTER) == 480);
    CHECK(count(f, STREAM_MINUTE) >= 200);
    CHECK(store_newest_seq(&f->store, STREAM_MINUTE) == ROWS + 2400);
    empty(f);
    add(f, STREAM_MINUTE, 1, now_ms);
    CHECK(store_commit(&f->store) == 0);
    CHECK(!f->store.giving_way); /* the reserve is back */
    int64_t stay = count(f, STREAM_MINUTE);
    for (int64_t k = 0; k < 50; k++)
        add(f, STREAM_MINUTE, k, now_ms);
    CHECK(count(f, STREAM_MINUTE) == stay + 50);
    CHECK(store_close(&f->store) == 0);
}

static void on_tmpfs(struct store_fixture *f)
{
    mount_tmpfs(f, "size=16m");
    live_on_a_full_disk(f);
}

static void on_ext4(struct store_fixture *f)
{
    mount_ext4(f);
    live_on_a_full_disk(f);
}

static void test_old_minutes_give_way_on_a_full_tmpfs(void **state)
{
    run_child(*state, on_tmpfs);
}

static void test_old_minutes_give_way_on_a_full_ext4(void **state)
{
    run_child(*state, on_ext4);
}

/* Where the floor is reached nothing more is deleted: new records wait in memory and are then refused. */
static void floor_holds(struct store_fixture *f)
{
    struct record record;
    int64_t now_ms = 0;
    int result = 0;
    mount_tmpfs(f, "size=16m");
    f->config.batch_records = 5;
    f->config.reserve_bytes = 2 << 20;
    f->config.keep_minutes = 1000000;
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) == 0);
    for (int64_t k = 0; k < 1000; k++)
        add(f, STREAM_MINUTE, k, now_ms);
    fill_up(f);
    for (int64_t k = 0; k < 20000 && result == 0; k++) {
        fixture_record(&record, STREAM_MINUTE, k);
        result = store_add(&f->store, &record, now_ms += 60000);
    }
    CHECK(result == -ENOSPC);
    CHECK(f->store.pending == STORE_BATCH_MAX);
    CHECK(count(f, STREAM_MINUTE) == store_newest_seq(&f->store, STREAM_MINUTE) - STORE_BATCH_MAX);
    empty(f);
    CHECK(store_close(&f->store) == 0);
    CHECK(count(f, STREAM_MINUTE) == store_newest_seq(&f->store, STREAM_MINUTE));
}

static void test_the_newest_minutes_never_give_way(void **state)
{
    run_child(*state, floor_holds);
}

static void small_disk(struct store_fixture *f)
{
    char name[192];
    mount_tmpfs(f, "size=2m");
    snprintf(name, sizeof name, "%s-reserve", f->path);
    CHECK(store_reserve_make(&file_io_system, f->path, 1 << 20) == -ENOSPC);
    CHECK(access(name, F_OK) < 0);
    CHECK(store_reserve_make(&file_io_system, f->path, 256 << 10) == 0);
    CHECK(store_reserve_make(&file_io_system, f->path, 256 << 10) == 0);
    store_reserve_give_up(&file_io_system, f->path);
    CHECK(access(name, F_OK) < 0);
    store_reserve_give_up(&file_io_system, f->path);
}

static void test_a_reserve_does_not_fill_a_small_disk(void **state)
{
    run_child(*state, small_disk);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_each_stream_keeps_its_newest_records),
        TEST(test_the_file_does_not_grow_for_ever),
        TEST(test_a_smaller_limit_takes_effect_in_steps),
        TEST(test_numbers_that_are_missing_hold_up_nothing),
        TEST(test_on_a_full_disk_the_stricter_limit_holds),
        TEST(test_old_minutes_give_way_on_a_full_tmpfs),
        TEST(test_old_minutes_give_way_on_a_full_ext4),
        TEST(test_the_newest_minutes_never_give_way),
        TEST(test_a_reserve_does_not_fill_a_small_disk),
    };
    return cmocka_run_group_tests_name("store_retain", tests, NULL, NULL);
}
