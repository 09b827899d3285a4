/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/store/mount_fixture.h"

#include "firmware/store/store_begin.h"
#include "firmware/store/store_error.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int add_until_failure(struct store_fixture *f, int64_t *k, int64_t limit)
{
    struct record record;
    int64_t failures = f->store.failures;
    while (*k < limit && f->store.failures == failures) {
        fixture_record(&record, STREAM_MINUTE, *k + 1);
        int result = store_add(&f->store, &record, *k);
        if (result < 0)
            return result;
        ++*k;
        CHECK(record.seq == *k);
    }
    return 0;
}

/* A device of 3 MiB in a mount namespace of the child's own, most of it taken by another file. */
static void full_disk(struct store_fixture *f)
{
    char filler[192];
    int64_t k = 0;
    struct record record;
    mount_tmpfs(f, "size=3m");
    snprintf(filler, sizeof filler, "%s/filler", f->dir);
    int fd = open(filler, O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0 && ftruncate(fd, 0) == 0 && posix_fallocate(fd, 0, 2560 << 10) == 0);
    close(fd);
    f->config.batch_records = 4;
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) == 0);
    CHECK(add_until_failure(f, &k, 100000) == 0);
    CHECK(f->store.failures == 1 && k > 8);
    CHECK(strstr(f->store.error, f->path) != NULL);
    CHECK(store_tick(&f->store, k + 2000) == -ENOSPC);
    for (size_t i = f->store.pending; i < STORE_BATCH_MAX; i++) { /* memory takes what the disk does not */
        fixture_record(&record, STREAM_MINUTE, ++k);
        CHECK(store_add(&f->store, &record, k + 2000) == 0);
    }
    fixture_record(&record, STREAM_MINUTE, k + 1);
    CHECK(store_add(&f->store, &record, k + 2000) == -ENOBUFS);
    CHECK(store_add(&f->store, &record, k + 9000) == -ENOSPC); /* tried again */
    CHECK(unlink(filler) == 0);
    CHECK(store_tick(&f->store, k + 20000) == 0); /* space again: nothing is missing */
    CHECK(f->store.written == k && f->store.pending == 0);
    CHECK(store_close(&f->store) == 0);
    CHECK(fixture_committed(f, STREAM_MINUTE) == k);
}

static void test_full_disk(void **state)
{
    run_child(*state, full_disk);
}

/* As ext4 does it on a failing card, through the kernel's own switch; then the card is mounted again. */
static void read_only_while_running(struct store_fixture *f)
{
    char command[512];
    mount_ext4(f);
    f->config.batch_records = 2;
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) == 0);
    for (int64_t k = 1; k <= 10; k++)
        add(f, STREAM_MINUTE, k, 0);
    snprintf(command, sizeof command,
             "mount -o remount,errors=remount-ro %s && "
             "echo 1 >/sys/fs/ext4/$(basename $(findmnt -no SOURCE %s))/trigger_fs_error",
             f->dir, f->dir);
    if (system(command) != 0) /* NOLINT(cert-env33-c): a test, and its own directory */
        give_up("no file system here can be made to fail");
    for (int64_t k = 11; k <= 40; k++)
        add(f, STREAM_MINUTE, k, k);
    CHECK(f->store.failed && f->store.failures == 1); /* -EIO from a sync or -EROFS, as the kernel will */
    CHECK(f->store.pending == 30);
    CHECK(store_tick(&f->store, 100000) == -EROFS);
    CHECK(strstr(f->store.error, f->path) != NULL);
    snprintf(command, sizeof command, "umount %s && mount -o loop %s/image %s", f->dir, f->dir, f->dir);
    CHECK(system(command) == 0); /* NOLINT(cert-env33-c): nothing keeps the dead one busy */
    CHECK(store_tick(&f->store, 200000) == 0);
    CHECK(f->store.pending == 0 && f->store.written == 40 && f->store.replaced == 0);
    CHECK(store_close(&f->store) == 0);
    CHECK(count(f, STREAM_MINUTE) == 40);
}

static void test_a_disk_that_becomes_read_only_loses_nothing(void **state)
{
    run_child(*state, read_only_while_running);
}

/* A sync that fails may have written all of it: the batch is not stored twice when the file is opened again. */
static void test_a_commit_that_only_seemed_to_fail(void **state)
{
    struct store_fixture *f = *state;
    f->config.batch_records = 5;
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 1, 5);
    assert_int_equal(f->store.pending, 0);
    f->store.pending = 5; /* they are still there */
    store_end(&f->store);
    fixture_add(f, STREAM_MINUTE, 6, 1);
    assert_int_equal(f->store.failures, 0);
    assert_int_equal(f->store.pending, 0);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(fixture_query(f->path, "SELECT count(*) FROM minute"), 6);
    assert_int_equal(fixture_query(f->path, "SELECT max(seq) FROM minute"), 6);
}

/* Files that may not grow: what a quota or a failing card does in mid-write. */
static void file_limit(struct store_fixture *f)
{
    struct rlimit limit;
    int64_t k = 0;
    signal(SIGXFSZ, SIG_IGN);
    f->config.batch_records = 4;
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) == 0);
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    struct rlimit small = {.rlim_cur = 600 << 10, .rlim_max = limit.rlim_max};
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK(add_until_failure(f, &k, 100000) == 0);
    CHECK(f->store.failures == 1 && k > 8);
    CHECK(strlen(f->store.error) > 10);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK(store_commit(&f->store) == 0);
    CHECK(store_close(&f->store) == 0);
    CHECK(fixture_committed(f, STREAM_MINUTE) == k);
}

static void test_file_limit(void **state)
{
    run_child(*state, file_limit);
}

/* Root may write anywhere, so the child becomes someone else. */
static void become_user(struct store_fixture *f)
{
    if (geteuid() == 0 && (chown(f->dir, 65534, 65534) < 0 || setresgid(65534, 65534, 65534) < 0 ||
                           setresuid(65534, 65534, 65534) < 0))
        _exit(CHILD_SKIP);
    if (geteuid() == 0)
        _exit(CHILD_SKIP);
}

static void read_only_directory(struct store_fixture *f)
{
    become_user(f);
    CHECK(chmod(f->dir, 0500) == 0);
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) == -EACCES);
    CHECK(strstr(f->error, "Permission denied") != NULL && strstr(f->error, f->path) != NULL);
    CHECK(f->store.db == NULL);
    CHECK(chmod(f->dir, 0700) == 0);
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) == 0);
    CHECK(store_close(&f->store) == 0);
    CHECK(chmod(f->dir, 0500) == 0); /* the file may be written, but no WAL made beside it */
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) < 0);
    CHECK(strstr(f->error, f->path) != NULL);
    CHECK(chmod(f->dir, 0700) == 0 && chmod(f->path, 0400) == 0);
    CHECK(store_open(&f->store, &f->config, f->error, sizeof f->error) == -EACCES);
}

static void test_read_only_directory(void **state)
{
    run_child(*state, read_only_directory);
}

/* A card that lost a part of the file: wherever it is, the records that follow find their place, and either nothing that
 * was there is missing or all of it was put aside. */
static void test_damaged_file(void **state)
{
    struct store_fixture *f = *state;
    struct stat status;
    atomic_bool stop = false;
    char aside[512];
    int replaced = 0;
    f->config.batch_records = STORE_BATCH_MAX;
    for (off_t page = 0;; page++) {
        fixture_open(f);
        fixture_add(f, STREAM_MINUTE, 1, 64);
        assert_int_equal(store_close(&f->store), 0);
        assert_int_equal(stat(f->path, &status), 0);
        if (page * 4096 >= status.st_size)
            break;
        fixture_overwrite(f->path, page * 4096, page * 4096 + 1);
        fixture_open(f);
        assert_int_equal(store_check(&f->store, &stop), 0);
        fixture_add(f, STREAM_MINUTE, 65, 1);
        assert_int_equal(store_close(&f->store), 0);
        assert_int_equal(fixture_committed(f, STREAM_MINUTE), f->store.replaced == 0 ? 65 : 1);
        replaced += f->store.replaced == 1;
        snprintf(aside, sizeof aside, "%s/%s", f->dir, f->store.aside);
        assert_int_equal(f->store.replaced == 0 ? 0 : remove(aside), 0);
        assert_int_equal(remove(f->path), 0);
    }
    assert_true(replaced > 10);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[4096];
    FILE *source = fopen(from, "rb");
    FILE *target = fopen(to, "wb");
    assert_true(source != NULL && target != NULL);
    for (size_t n = fread(bytes, 1, sizeof bytes, source); n > 0; n = fread(bytes, 1, sizeof bytes, source))
        assert_int_equal(fwrite(bytes, 1, n, target), n);
    assert_int_equal(fclose(source), 0);
    assert_int_equal(fclose(target), 0);
}

/* What a crash may leave in the WAL behind the last commit is not believed. */
static void test_garbage_in_the_wal(void **state)
{
    struct store_fixture *f = *state;
    char wal[256];
    char copy[192];
    char copy_wal[256];
    snprintf(wal, sizeof wal, "%s-wal", f->path);
    snprintf(copy, sizeof copy, "%s/copy.db", f->dir);
    snprintf(copy_wal, sizeof copy_wal, "%s-wal", copy);
    fixture_open(f);
    fixture_add(f, STREAM_MINUTE, 1, 5);
    /* As after a cut: both files as they are now, and a torn write behind them. */
    copy_file(f->path, copy);
    copy_file(wal, copy_wal);
    struct stat status;
    assert_int_equal(stat(copy_wal, &status), 0);
    fixture_overwrite(copy_wal, status.st_size, status.st_size + 5000);
    assert_int_equal(store_close(&f->store), 0);
    f->config.path = copy;
    fixture_open(f);
    assert_int_equal(store_newest_seq(&f->store, STREAM_MINUTE), 5);
    fixture_add(f, STREAM_MINUTE, 6, 1);
    assert_int_equal(store_close(&f->store), 0);
    assert_int_equal(fixture_query(copy, "SELECT count(*) FROM minute"), 6);
}

static void test_codes(void **state)
{
    (void)state;
    static const struct {
        int code, result;
    } cases[] = {
        {SQLITE_OK, 0},
        {SQLITE_ROW, 0},
        {SQLITE_DONE, 0},
        {SQLITE_FULL, -ENOSPC},
        {SQLITE_READONLY, -EROFS},
        {SQLITE_READONLY_DIRECTORY, -EROFS}, /* extended codes count as their plain one */
        {SQLITE_CORRUPT, -EBADMSG},
        {SQLITE_CORRUPT_INDEX, -EBADMSG},
        {SQLITE_NOTADB, -EBADMSG},
        {SQLITE_BUSY_SNAPSHOT, -EBUSY},
        {SQLITE_CONSTRAINT_UNIQUE, -EEXIST},
        {SQLITE_NOMEM, -ENOMEM},
        {SQLITE_IOERR_FSYNC, -EIO},
        {SQLITE_ERROR, -EIO},
        {SQLITE_MISUSE, -EIO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(store_errno(cases[i].code), cases[i].result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_full_disk),
        TEST(test_a_disk_that_becomes_read_only_loses_nothing),
        TEST(test_a_commit_that_only_seemed_to_fail),
        TEST(test_file_limit),
        TEST(test_read_only_directory),
        TEST(test_damaged_file),
        TEST(test_garbage_in_the_wal),
        cmocka_unit_test(test_codes),
    };
    return cmocka_run_group_tests_name("store_faults", tests, NULL, NULL);
}
