/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DISTANCE = 8192, PAGE = 4096, MAGIC = 0x4a4f5552, RECORD = 1000, HEADER = 24 };

struct record {
    int64_t number;
    unsigned char filling[RECORD - 8];
};

static char directory[64], path[96];

static int make_directory(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%.40s/journal.XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/registers", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static struct record record_of(int64_t number)
{
    struct record record = {.number = number};
    for (size_t i = 0; i < sizeof record.filling; i++)
        record.filling[i] = (unsigned char)(number * 31 + (int64_t)i);
    return record;
}

static void open_ok(struct journal *journal)
{
    assert_int_equal(journal_open(journal, path, MAGIC, sizeof(struct record), DISTANCE), 0);
}

static void write_ok(struct journal *journal, int64_t number)
{
    const struct record record = record_of(number);
    assert_int_equal(journal_write(journal, &record), 0);
}

/* Opens, reads, closes: 0 when there is none. What is read must be whole. */
static int64_t newest(int *damaged)
{
    struct journal journal;
    struct record record;
    open_ok(&journal);
    const int error = journal_read(&journal, &record);
    if (damaged != NULL)
        *damaged = journal.damaged;
    journal_close(&journal);
    if (error == -EBADMSG)
        return 0;
    assert_int_equal(error, 0);
    const struct record expected = record_of(record.number);
    assert_memory_equal(&record, &expected, sizeof record);
    return record.number;
}

static void poke(int64_t offset, const void *bytes, size_t size)
{
    const int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, bytes, size, offset), size);
    close(fd);
}

static void peek(int64_t offset, void *bytes, size_t size)
{
    const int fd = open(path, O_RDONLY);
    assert_int_equal(pread(fd, bytes, size, offset), size);
    close(fd);
}

static void a_new_file_is_whole_private_and_holds_nothing(void **state)
{
    struct journal journal;
    struct record record;
    struct stat status;
    (void)state;
    open_ok(&journal);
    assert_int_equal(journal.seq, 0);
    assert_int_equal(journal.damaged, 0);
    assert_int_equal(journal_read(&journal, &record), -EBADMSG);
    assert_int_not_equal(fcntl(journal.fd, F_GETFD) & FD_CLOEXEC, 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, 3 * DISTANCE + PAGE);
    assert_true(status.st_blocks * 512 >= status.st_size); /* preallocated, not sparse */
    journal_close(&journal);
    assert_int_equal(journal.fd, -1);
}

static void each_write_is_read_back_over_many_rounds(void **state)
{
    struct journal journal;
    int damaged;
    (void)state;
    for (int64_t i = 1; i <= 23; i++) {
        open_ok(&journal);
        assert_int_equal(journal.seq, i - 1);
        write_ok(&journal, i);
        journal_close(&journal);
        assert_int_equal(newest(&damaged), i);
        assert_int_equal(damaged, 0);
    }
}

static void a_write_touches_only_the_oldest_slot(void **state)
{
    enum { FILE_BYTES = 3 * DISTANCE + PAGE };
    static unsigned char before[FILE_BYTES], after[FILE_BYTES];
    struct journal journal;
    (void)state;
    open_ok(&journal);
    for (int64_t i = 1; i <= 9; i++) {
        const size_t slot = (size_t)((i - 1) % JOURNAL_SLOTS) * DISTANCE;
        peek(0, before, sizeof before);
        write_ok(&journal, i);
        peek(0, after, sizeof after);
        assert_memory_not_equal(before + slot, after + slot, PAGE);
        memcpy(after + slot, before + slot, PAGE);
        assert_memory_equal(before, after, sizeof after);
    }
    journal_close(&journal);
}

/* A cut write: the slot holds the first bytes of the new page and the rest of the old one, or the other way round. */
static void a_write_torn_at_any_byte_leaves_it_or_the_one_before(void **state)
{
    unsigned char old[PAGE], new[PAGE], torn[PAGE];
    struct journal journal;
    (void)state;
    open_ok(&journal);
    for (int64_t i = 1; i <= 4; i++)
        write_ok(&journal, i);
    peek(0, old, PAGE); /* 1, which 5 will overwrite */
    write_ok(&journal, 5);
    journal_close(&journal);
    peek(0, new, PAGE);
    for (size_t cut = 0; cut <= PAGE; cut += cut < HEADER + 40 || cut > HEADER + RECORD - 8 ? 1 : 37) {
        for (int tail_first = 0; tail_first < 2; tail_first++) {
            memcpy(torn, tail_first ? old : new, PAGE);
            memcpy(torn + cut, (tail_first ? new : old) + cut, PAGE - cut);
            poke(0, torn, PAGE);
            const int64_t expected = memcmp(torn, new, HEADER + RECORD) == 0 ? 5 : 4;
            assert_int_equal(newest(NULL), expected);
        }
    }
}

static void after_a_torn_write_the_same_slot_is_used_again(void **state)
{
    struct journal journal;
    int damaged;
    (void)state;
    open_ok(&journal);
    for (int64_t i = 1; i <= 6; i++)
        write_ok(&journal, i);
    journal_close(&journal);
    poke(DISTANCE + 500, "cut", 3); /* slot of 6 */
    open_ok(&journal);
    assert_int_equal(journal.damaged, 1);
    assert_int_equal(journal.seq, 5);
    write_ok(&journal, 66);
    journal_close(&journal);
    assert_int_equal(newest(&damaged), 66);
    assert_int_equal(damaged, 0);
}

static void every_flipped_bit_is_noticed(void **state)
{
    struct journal journal;
    int damaged;
    (void)state;
    open_ok(&journal);
    write_ok(&journal, 1);
    write_ok(&journal, 2);
    journal_close(&journal);
    for (int64_t at = 0; at < HEADER + RECORD; at += at < HEADER ? 1 : 61) {
        for (int bit = 0; bit < 8; bit++) {
            unsigned char byte, flipped;
            peek(DISTANCE + at, &byte, 1);
            flipped = (unsigned char)(byte ^ (1 << bit));
            poke(DISTANCE + at, &flipped, 1);
            assert_int_equal(newest(&damaged), 1);
            assert_int_equal(damaged, 1);
            poke(DISTANCE + at, &byte, 1);
        }
    }
    assert_int_equal(newest(&damaged), 2);
    assert_int_equal(damaged, 0);
}

static void an_old_slot_put_back_does_not_win(void **state)
{
    unsigned char old[PAGE];
    struct journal journal;
    int damaged;
    (void)state;
    open_ok(&journal);
    write_ok(&journal, 1);
    peek(0, old, PAGE);
    for (int64_t i = 2; i <= 5; i++)
        write_ok(&journal, i);
    journal_close(&journal);
    poke(0, old, PAGE); /* 5 was lost, 1 is still there */
    assert_int_equal(newest(&damaged), 4);
    assert_int_equal(damaged, 0);
    poke(2 * DISTANCE, old, PAGE); /* a valid page in a slot that is not its own */
    assert_int_equal(newest(&damaged), 4);
    assert_int_equal(damaged, 1);
}

static void with_all_slots_damaged_nothing_is_believed_but_writing_goes_on(void **state)
{
    struct journal journal;
    struct record record;
    (void)state;
    open_ok(&journal);
    for (int64_t i = 1; i <= 4; i++)
        write_ok(&journal, i);
    journal_close(&journal);
    for (int i = 0; i < JOURNAL_SLOTS; i++)
        poke(i * DISTANCE + 100, "xxxx", 4);
    open_ok(&journal);
    assert_int_equal(journal.damaged, 4);
    assert_int_equal(journal_read(&journal, &record), -EBADMSG);
    write_ok(&journal, 7);
    assert_int_equal(journal_read(&journal, &record), 0);
    assert_int_equal(record.number, 7);
    poke(100, "xxxx", 4); /* damaged while open */
    assert_int_equal(journal_read(&journal, &record), -EBADMSG);
    journal_close(&journal);
}

static void a_first_write_that_was_cut_is_as_if_it_had_never_begun(void **state)
{
    struct journal journal;
    struct record record;
    int damaged;
    (void)state;
    open_ok(&journal);
    write_ok(&journal, 1);
    journal_close(&journal);
    poke(100, "xxxx", 4);
    open_ok(&journal);
    assert_int_equal(journal.damaged, 0);
    assert_int_equal(journal_read(&journal, &record), -EBADMSG);
    write_ok(&journal, 2);
    journal_close(&journal);
    assert_int_equal(newest(&damaged), 2);
    assert_int_equal(damaged, 0);
}

static void with_two_slots_written_and_both_damaged_it_is_damage(void **state)
{
    struct journal journal;
    (void)state;
    open_ok(&journal);
    write_ok(&journal, 1);
    write_ok(&journal, 2);
    journal_close(&journal);
    poke(100, "xxxx", 4);
    poke(DISTANCE + 100, "xxxx", 4);
    open_ok(&journal);
    assert_int_equal(journal.damaged, 2);
    journal_close(&journal);
}

static void other_journals_and_other_files_are_refused_unchanged(void **state)
{
    struct journal journal;
    char text[9] = {0};
    struct stat status;
    (void)state;
    open_ok(&journal);
    write_ok(&journal, 1);
    journal_close(&journal);
    assert_int_equal(journal_open(&journal, path, MAGIC + 1, RECORD, DISTANCE), -EMEDIUMTYPE);
    assert_int_equal(journal_open(&journal, path, MAGIC, RECORD - 8, DISTANCE), -EMEDIUMTYPE);
    assert_int_equal(journal_open(&journal, path, MAGIC, RECORD, DISTANCE / 2), -EMEDIUMTYPE);
    assert_int_equal(journal_open(&journal, path, MAGIC, RECORD, DISTANCE * 2), -EMEDIUMTYPE);
    assert_int_equal(journal.fd, -1);
    assert_int_equal(newest(NULL), 1);

    assert_int_equal(truncate(path, 0), 0);
    poke(0, "password", 8);
    assert_int_equal(journal_open(&journal, path, MAGIC, RECORD, DISTANCE), -EMEDIUMTYPE);
    peek(0, text, 8);
    assert_string_equal(text, "password");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 8);
}

static void wrong_arguments_and_paths_are_refused(void **state)
{
    struct journal journal;
    char missing[128];
    (void)state;
    assert_int_equal(journal_open(&journal, path, MAGIC, 0, DISTANCE), -EINVAL);
    assert_int_equal(journal_open(&journal, path, MAGIC, JOURNAL_RECORD_MAX + 1, DISTANCE), -EINVAL);
    assert_int_equal(journal_open(&journal, path, MAGIC, RECORD, PAGE - 1), -EINVAL);
    snprintf(missing, sizeof missing, "%s/none/registers", directory);
    assert_int_equal(journal_open(&journal, missing, MAGIC, RECORD, DISTANCE), -ENOENT);
    assert_int_equal(journal_open(&journal, "/dev/null", MAGIC, RECORD, DISTANCE), -EMEDIUMTYPE);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(journal_open(&journal, path, MAGIC, RECORD, DISTANCE), -ELOOP);
    journal_close(&journal); /* harmless when it never opened */
}

static void a_creation_that_was_cut_is_completed(void **state)
{
    struct journal journal;
    (void)state;
    assert_int_equal(close(open(path, O_WRONLY | O_CREAT, 0600)), 0);
    assert_int_equal(truncate(path, 5000), 0);
    open_ok(&journal);
    write_ok(&journal, 1);
    journal_close(&journal);
    assert_int_equal(newest(NULL), 1);
}

static void a_file_cut_while_open_is_damage_not_a_crash(void **state)
{
    struct journal journal;
    struct record record;
    (void)state;
    open_ok(&journal);
    write_ok(&journal, 1);
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(journal_read(&journal, &record), -EBADMSG);
    journal_close(&journal);
}

/* The kernel's own file size limit makes pwrite stop in the middle of the page and then fail. */
static void a_write_that_fails_half_way_keeps_the_record_before(void **state)
{
    struct rlimit before, limit;
    struct journal journal;
    const struct record record = record_of(3);
    (void)state;
    open_ok(&journal);
    write_ok(&journal, 1);
    write_ok(&journal, 2);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 2 * DISTANCE + 700;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(journal_write(&journal, &record), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(journal.seq, 2);
    assert_int_equal(newest(NULL), 2);
    assert_int_equal(journal_write(&journal, &record), 0);
    journal_close(&journal);
    assert_int_equal(newest(NULL), 3);
}

static void a_file_that_cannot_be_allocated_is_refused(void **state)
{
    struct rlimit before, limit;
    struct journal journal;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = DISTANCE;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(journal_open(&journal, path, MAGIC, RECORD, DISTANCE), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    open_ok(&journal); /* later, with room */
    journal_close(&journal);
}

enum { SIZED_MAX = 6000, OLDER = 0x4a4f5501 };
static const struct journal_format sized_format = {
    .magic = MAGIC, .older = OLDER, .size = SIZED_MAX, .sized = true};

static void records_of_any_size_come_back_whole_with_their_size(void **state)
{
    static const size_t sizes[] = {1, 488, 489, 4072, 4073, SIZED_MAX, 7, SIZED_MAX - 1, 600};
    static unsigned char record[SIZED_MAX], back[SIZED_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct journal journal;
        size_t size = 0;
        uint32_t magic = 0;
        memset(record, (int)i + 1, sizeof record);
        assert_int_equal(journal_open_format(&journal, path, &sized_format, DISTANCE), 0);
        assert_int_equal(journal.damaged, 0);
        assert_int_equal(journal_write_sized(&journal, record, sizes[i]), 0);
        journal_close(&journal);
        assert_int_equal(journal_open_format(&journal, path, &sized_format, DISTANCE), 0);
        assert_int_equal(journal_read_sized(&journal, back, &size, &magic), 0);
        assert_int_equal(size, sizes[i]);
        assert_int_equal(magic, MAGIC);
        assert_memory_equal(back, record, size);
        assert_int_equal(journal_write_sized(&journal, record, 0), -EINVAL);
        assert_int_equal(journal_write_sized(&journal, record, SIZED_MAX + 1), -EINVAL);
        journal_close(&journal);
    }
}

static void a_second_page_that_was_not_written_is_noticed(void **state)
{
    static unsigned char record[SIZED_MAX], back[SIZED_MAX], page[PAGE];
    struct journal journal;
    size_t size;
    uint32_t magic;
    (void)state;
    assert_int_equal(journal_open_format(&journal, path, &sized_format, DISTANCE), 0);
    for (int i = 1; i <= 5; i++) {
        memset(record, i, sizeof record);
        if (i == 5)
            peek(PAGE, page, PAGE); /* of 1 */
        assert_int_equal(journal_write_sized(&journal, record, SIZED_MAX), 0);
    }
    journal_close(&journal);
    poke(PAGE, page, PAGE);
    assert_int_equal(journal_open_format(&journal, path, &sized_format, DISTANCE), 0);
    assert_int_equal(journal.damaged, 1);
    assert_int_equal(journal_read_sized(&journal, back, &size, &magic), 0);
    assert_int_equal(back[0], 4);
    journal_close(&journal);
}

static void a_journal_of_the_older_version_continues(void **state)
{
    static unsigned char back[SIZED_MAX];
    struct journal journal;
    const struct record old = record_of(2);
    size_t size = 0;
    uint32_t magic = 0;
    (void)state;
    assert_int_equal(journal_open(&journal, path, OLDER, sizeof old, DISTANCE), 0);
    assert_int_equal(journal_write(&journal, &old), 0);
    assert_int_equal(journal_write(&journal, &old), 0);
    journal_close(&journal);
    for (uint64_t i = 2; i <= 7; i++) { /* older and newer slots stand beside each other */
        assert_int_equal(journal_open_format(&journal, path, &sized_format, DISTANCE), 0);
        assert_int_equal(journal.damaged, 0);
        assert_int_equal(journal.seq, i);
        assert_int_equal(journal_read_sized(&journal, back, &size, &magic), 0);
        assert_int_equal(magic, i == 2 ? OLDER : MAGIC);
        assert_int_equal(size, i == 2 ? sizeof old : 5000);
        assert_int_equal(journal_write_sized(&journal, back, 5000), 0);
        journal_close(&journal);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_is_whole_private_and_holds_nothing),
        TEST(each_write_is_read_back_over_many_rounds),
        TEST(a_write_touches_only_the_oldest_slot),
        TEST(a_write_torn_at_any_byte_leaves_it_or_the_one_before),
        TEST(after_a_torn_write_the_same_slot_is_used_again),
        TEST(every_flipped_bit_is_noticed),
        TEST(an_old_slot_put_back_does_not_win),
        TEST(with_all_slots_damaged_nothing_is_believed_but_writing_goes_on),
        TEST(a_first_write_that_was_cut_is_as_if_it_had_never_begun),
        TEST(with_two_slots_written_and_both_damaged_it_is_damage),
        TEST(other_journals_and_other_files_are_refused_unchanged),
        TEST(wrong_arguments_and_paths_are_refused),
        TEST(a_creation_that_was_cut_is_completed),
        TEST(a_file_cut_while_open_is_damage_not_a_crash),
        TEST(a_file_that_cannot_be_allocated_is_refused),
        TEST(a_write_that_fails_half_way_keeps_the_record_before),
        TEST(records_of_any_size_come_back_whole_with_their_size),
        TEST(a_second_page_that_was_not_written_is_noticed),
        TEST(a_journal_of_the_older_version_continues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
