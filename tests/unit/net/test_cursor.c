/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/cursor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/vatio_cursor_XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state)
{
    DIR *entries = opendir(dir);
    (void)state;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
    return rmdir(dir);
}

static void a_new_store_starts_at_zero(void **state)
{
    struct cursor cursor;
    int64_t acked_seq[STREAMS] = {9, 9, 9, 9, 9};
    struct stat status;

    (void)state;
    assert_int_equal(cursor_open(&cursor, dir, "broker:1883", "store1", acked_seq), 0);
    for (int stream = 0; stream < STREAMS; stream++)
        assert_int_equal(acked_seq[stream], 0);
    assert_int_equal(stat(cursor.path, &status), 0);
    assert_true(status.st_size <= JOURNAL_SLOTS * CURSOR_SLOT_DISTANCE);
    cursor_close(&cursor);
}

static void what_was_written_is_found_again(void **state)
{
    struct cursor cursor;
    int64_t acked_seq[STREAMS];

    (void)state;
    for (int64_t round = 1; round <= 10; round++) { /* more often than there are slots */
        assert_int_equal(cursor_open(&cursor, dir, "broker:1883", "store1", acked_seq), round > 1);
        assert_int_equal(acked_seq[STREAM_MINUTE], 100 * (round - 1));
        acked_seq[STREAM_MINUTE] = 100 * round;
        acked_seq[STREAM_EVENT] = round;
        assert_int_equal(cursor_write(&cursor, acked_seq), 0);
        cursor_close(&cursor);
    }
}

static void each_broker_and_store_has_its_own(void **state)
{
    static const struct {
        const char *broker, *store_id;
        int found;
    } cases[] = {{"broker:1883", "store1", 1}, {"broker:1884", "store1", 0}, {"broker:1883", "store2", 0}};
    struct cursor cursor;
    int64_t acked_seq[STREAMS];

    (void)state;
    assert_int_equal(cursor_open(&cursor, dir, "broker:1883", "store1", acked_seq), 0);
    acked_seq[STREAM_DAY] = 5;
    assert_int_equal(cursor_write(&cursor, acked_seq), 0);
    cursor_close(&cursor);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        assert_int_equal(cursor_open(&cursor, dir, cases[k].broker, cases[k].store_id, acked_seq),
                         cases[k].found);
        assert_int_equal(acked_seq[STREAM_DAY], cases[k].found ? 5 : 0);
        cursor_close(&cursor);
    }
}

/* The file name holds the store, and a checksum of the broker only. */
static void a_cursor_of_another_in_the_file_is_not_used(void **state)
{
    static const struct {
        const char *name, *broker, *store_id;
    } others[] = {{"another broker, as by an equal checksum", "other:1", "store1"},
                  {"another store, as by a copy", "mine:1", "store2"}};
    struct cursor mine, other;
    int64_t acked_seq[STREAMS];
    char path[CURSOR_PATH];

    (void)state;
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
        print_message("  %s\n", others[k].name);
        assert_int_equal(cursor_open(&mine, dir, "mine:1", "store1", acked_seq), 0);
        strcpy(path, mine.path);
        cursor_close(&mine);
        assert_int_equal(cursor_open(&other, dir, others[k].broker, others[k].store_id, acked_seq), 0);
        acked_seq[STREAM_MINUTE] = 77;
        assert_int_equal(cursor_write(&other, acked_seq), 0);
        cursor_close(&other);
        assert_int_equal(rename(other.path, path), 0);
        assert_int_equal(cursor_open(&mine, dir, "mine:1", "store1", acked_seq), 0);
        assert_int_equal(acked_seq[STREAM_MINUTE], 0);
        cursor_close(&mine);
    }
}

static void a_write_that_failed_is_made_up_for(void **state)
{
    struct cursor cursor;
    int64_t acked_seq[STREAMS];

    (void)state;
    assert_int_equal(cursor_open(&cursor, dir, "b:1", "store1", acked_seq), 0);
    const int good = cursor.journal.fd;
    cursor.journal.fd = open(cursor.path, O_RDONLY | O_CLOEXEC); /* as on a card that went read-only */
    acked_seq[STREAM_MINUTE] = 7;
    assert_true(cursor_write(&cursor, acked_seq) < 0);
    close(cursor.journal.fd);
    cursor.journal.fd = good;
    assert_int_equal(cursor_write(&cursor, acked_seq), 0);
    cursor_close(&cursor);
    assert_int_equal(cursor_open(&cursor, dir, "b:1", "store1", acked_seq), 1);
    assert_int_equal(acked_seq[STREAM_MINUTE], 7);
    cursor_close(&cursor);
}

static void an_unchanged_cursor_is_not_written(void **state)
{
    struct cursor cursor;
    int64_t acked_seq[STREAMS];

    (void)state;
    assert_int_equal(cursor_open(&cursor, dir, "broker:1883", "store1", acked_seq), 0);
    acked_seq[STREAM_MINUTE] = 1;
    assert_int_equal(cursor_write(&cursor, acked_seq), 0);
    const uint64_t seq = cursor.journal.seq;
    assert_int_equal(cursor_write(&cursor, acked_seq), 0);
    assert_int_equal(cursor.journal.seq, seq);
    acked_seq[STREAM_MINUTE] = 2;
    assert_int_equal(cursor_write(&cursor, acked_seq), 0);
    assert_true(cursor.journal.seq > seq);
    cursor_close(&cursor);
    assert_int_equal(cursor_write(&cursor, acked_seq), 0); /* closed: nothing to do */
}

/* A cut leaves one slot torn, whichever it is: the cursor before it is found, never one that is ahead. */
static void a_torn_slot_costs_one_step_at_most(void **state)
{
    struct cursor cursor;
    int64_t acked_seq[STREAMS];

    (void)state;
    for (int torn = 0; torn < JOURNAL_SLOTS; torn++) {
        assert_true(cursor_open(&cursor, dir, "broker:1883", "store1", acked_seq) >= 0);
        for (int64_t k = 1; k <= JOURNAL_SLOTS; k++) {
            acked_seq[STREAM_MINUTE] += 1;
            assert_int_equal(cursor_write(&cursor, acked_seq), 0);
        }
        const int64_t newest = acked_seq[STREAM_MINUTE];
        cursor_close(&cursor);
        const int fd = open(cursor.path, O_WRONLY);
        assert_int_equal(pwrite(fd, "torn in the middle of it", 24, torn * CURSOR_SLOT_DISTANCE + 40), 24);
        close(fd);
        assert_int_equal(cursor_open(&cursor, dir, "broker:1883", "store1", acked_seq), 1);
        assert_in_range(acked_seq[STREAM_MINUTE], newest - 1, newest);
        cursor_close(&cursor);
    }
}

static void negative_cursors_are_not_believed(void **state)
{
    struct cursor cursor;
    int64_t acked_seq[STREAMS];

    (void)state;
    assert_int_equal(cursor_open(&cursor, dir, "broker:1883", "store1", acked_seq), 0);
    acked_seq[STREAM_MINUTE] = -1;
    assert_int_equal(cursor_write(&cursor, acked_seq), 0);
    cursor_close(&cursor);
    assert_int_equal(cursor_open(&cursor, dir, "broker:1883", "store1", acked_seq), 0);
    assert_int_equal(acked_seq[STREAM_MINUTE], 0);
    cursor_close(&cursor);
}

static void a_second_process_is_kept_out(void **state)
{
    struct cursor first, second;
    int64_t acked_seq[STREAMS];

    (void)state;
    assert_int_equal(cursor_open(&first, dir, "broker:1883", "store1", acked_seq), 0);
    assert_int_equal(cursor_open(&second, dir, "broker:1883", "store1", acked_seq), -EWOULDBLOCK);
    assert_false(second.is_open);
    cursor_close(&second);
    cursor_close(&first);
    assert_int_equal(cursor_open(&second, dir, "broker:1883", "store1", acked_seq), 0);
    cursor_close(&second);
}

static void wrong_names_and_places_are_errors(void **state)
{
    struct cursor cursor;
    int64_t acked_seq[STREAMS];
    char broker[CURSOR_BROKER + 1], deep[CURSOR_PATH + 1];

    (void)state;
    memset(broker, 'b', sizeof broker);
    broker[CURSOR_BROKER] = '\0';
    memset(deep, 'd', sizeof deep);
    deep[CURSOR_PATH] = '\0';
    assert_int_equal(cursor_open(&cursor, dir, broker, "store1", acked_seq), -EINVAL);
    assert_int_equal(cursor_open(&cursor, dir, "b:1", "../store1", acked_seq), -EINVAL);
    assert_int_equal(cursor_open(&cursor, dir, "b:1", "0123456789abcdef0123456789abcdef0", acked_seq),
                     -EINVAL);
    assert_int_equal(cursor_open(&cursor, deep, "b:1", "store1", acked_seq), -ENAMETOOLONG);
    assert_int_equal(cursor_open(&cursor, "/nonexistent", "b:1", "store1", acked_seq), -ENOENT);
    cursor_close(&cursor);
}

int main(void)
{
#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        IN_DIR(a_new_store_starts_at_zero),         IN_DIR(what_was_written_is_found_again),
        IN_DIR(each_broker_and_store_has_its_own),  IN_DIR(a_cursor_of_another_in_the_file_is_not_used),
        IN_DIR(a_write_that_failed_is_made_up_for), IN_DIR(an_unchanged_cursor_is_not_written),
        IN_DIR(a_torn_slot_costs_one_step_at_most), IN_DIR(negative_cursors_are_not_believed),
        IN_DIR(a_second_process_is_kept_out),       IN_DIR(wrong_names_and_places_are_errors),
    };
    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
