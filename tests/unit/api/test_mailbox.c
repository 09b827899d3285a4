/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64], path[96];

static int make_directory(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%.40s/mailbox.XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/live", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

/* Every word of it is a function of number, so that a mixture of two is noticed. */
static void fill(struct mailbox_live *live, int64_t number)
{
    int64_t *word = (int64_t *)(void *)live;
    for (size_t i = 0; i < sizeof *live / sizeof *word; i++)
        word[i] = number;
    live->heartbeat = number;
    live->live.schema = RECORD_SCHEMA;
    live->live.stream = STREAM_LIVE;
    live->live.n_points = 1;
    live->live.point_id[0] = 0;
    live->boot_id[RECORD_ID - 1] = live->meter_id[RECORD_ID - 1] = live->store_id[RECORD_ID - 1] = '\0';
    live->serial[RECORD_ID - 1] = live->version[RECORD_ID - 1] = live->board[RECORD_ID - 1] = '\0';
    live->calibration_date[RECORD_ID - 1] = live->live.boot_id[RECORD_ID - 1] = '\0';
}

static void what_is_written_is_what_is_read(void **state)
{
    struct mailbox_writer writer;
    struct mailbox mailbox;
    struct mailbox_live in, out;
    struct stat status;
    (void)state;
    const mode_t mask = umask(0077);
    assert_int_equal(mailbox_create(&writer, directory), 0);
    umask(mask);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_true(status.st_size <= 8192);
    assert_int_equal(mailbox_open(&mailbox, directory), 0);
    assert_int_equal(mailbox_read(&mailbox, &out), -EAGAIN); /* nothing yet */
    for (int64_t i = 1; i < 4; i++) {
        fill(&in, i);
        mailbox_write(&writer, &in);
        assert_int_equal(mailbox_read(&mailbox, &out), 0);
        assert_memory_equal(&in, &out, sizeof in);
    }
    mailbox_close(&mailbox);
    mailbox_remove(&writer, directory);
    assert_int_equal(mailbox_open(&mailbox, directory), -ENOENT);
    mailbox_close(&mailbox); /* both harmless when closed */
    mailbox_remove(&writer, directory);
}

static void a_reader_of_the_file_before_keeps_its_own(void **state)
{
    struct mailbox_writer first, second;
    struct mailbox old, new;
    struct mailbox_live in, out;
    (void)state;
    assert_int_equal(mailbox_create(&first, directory), 0);
    assert_int_equal(mailbox_open(&old, directory), 0);
    fill(&in, 1);
    mailbox_write(&first, &in);
    assert_int_equal(mailbox_create(&second, directory), 0); /* vatiod has started again */
    assert_int_equal(mailbox_open(&new, directory), 0);
    fill(&in, 2);
    mailbox_write(&second, &in);
    assert_int_equal(mailbox_read(&old, &out), 0);
    assert_int_equal(out.heartbeat, 1);
    assert_int_equal(mailbox_read(&new, &out), 0);
    assert_int_equal(out.heartbeat, 2);
    mailbox_close(&old);
    mailbox_close(&new);
    mailbox_remove(&first, directory);
    mailbox_remove(&second, directory);
}

static void a_writer_that_died_half_way_leaves_eagain(void **state)
{
    struct mailbox_writer writer;
    struct mailbox mailbox;
    struct mailbox_live live;
    (void)state;
    fill(&live, 1);
    assert_int_equal(mailbox_create(&writer, directory), 0);
    mailbox_write(&writer, &live);
    assert_int_equal(mailbox_open(&mailbox, directory), 0);
    atomic_fetch_add(&writer.file->sequence, 1);
    assert_int_equal(mailbox_read(&mailbox, &live), -EAGAIN);
    mailbox_close(&mailbox);
    mailbox_remove(&writer, directory);
}

enum damage { MAGIC, SCHEMA, SIZE, SHORT, LONG, POINTS, RECORD_TYPE };
static const struct {
    const char *name;
    enum damage damage;
    int on_open, on_read;
} damages[] = {
    {"another magic", MAGIC, -EPROTO, 0},
    {"another schema", SCHEMA, -EPROTO, 0},
    {"another size of its struct", SIZE, -EPROTO, 0},
    {"a file that is too short", SHORT, -EPROTO, 0},
    {"a file that is too long", LONG, -EPROTO, 0},
    {"more points than there are", POINTS, 0, -EPROTO},
    {"a record of another schema", RECORD_TYPE, 0, -EPROTO},
};

static void do_damage(struct mailbox_file *file, struct mailbox_live *live, enum damage damage)
{
    switch (damage) {
    case MAGIC:
        file->magic++;
        break;
    case SCHEMA:
        file->schema++;
        break;
    case SIZE:
        file->size++;
        break;
    case SHORT:
        assert_int_equal(truncate(path, 100), 0);
        break;
    case LONG:
        assert_int_equal(truncate(path, 10000), 0);
        break;
    case POINTS:
        live->live.n_points = RECORD_POINTS + 1;
        break;
    case RECORD_TYPE:
        live->live.schema++;
        break;
    }
}

static void files_that_are_not_ours_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct mailbox_writer writer;
        struct mailbox mailbox;
        struct mailbox_live live;
        print_message("%s\n", damages[i].name);
        fill(&live, 1);
        assert_int_equal(mailbox_create(&writer, directory), 0);
        mailbox_write(&writer, &live);
        do_damage(writer.file, &live, damages[i].damage);
        if (damages[i].on_open == 0)
            mailbox_write(&writer, &live);
        assert_int_equal(mailbox_open(&mailbox, directory), damages[i].on_open);
        if (damages[i].on_open == 0)
            assert_int_equal(mailbox_read(&mailbox, &live), damages[i].on_read);
        mailbox_close(&mailbox);
        mailbox_remove(&writer, directory);
    }
}

static void texts_end_whatever_the_writer_wrote(void **state)
{
    struct mailbox_writer writer;
    struct mailbox mailbox;
    struct mailbox_live live;
    (void)state;
    fill(&live, INT64_C(0x4141414141414141));
    memset(live.meter_id, 'A', sizeof live.meter_id);
    memset(live.live.boot_id, 'A', sizeof live.live.boot_id);
    assert_int_equal(mailbox_create(&writer, directory), 0);
    mailbox_write(&writer, &live);
    assert_int_equal(mailbox_open(&mailbox, directory), 0);
    assert_int_equal(mailbox_read(&mailbox, &live), 0);
    assert_int_equal(strlen(live.meter_id), RECORD_ID - 1);
    assert_int_equal(strlen(live.live.boot_id), RECORD_ID - 1);
    mailbox_close(&mailbox);
    mailbox_remove(&writer, directory);
}

static void paths_that_do_not_work_are_refused(void **state)
{
    struct mailbox_writer writer;
    struct mailbox mailbox;
    char run_dir[400];
    (void)state;
    memset(run_dir, 'd', sizeof run_dir);
    run_dir[sizeof run_dir - 1] = '\0';
    assert_int_equal(mailbox_create(&writer, run_dir), -ENAMETOOLONG);
    assert_int_equal(mailbox_open(&mailbox, run_dir), -ENAMETOOLONG);
    snprintf(run_dir, sizeof run_dir, "%s/none", directory);
    assert_int_equal(mailbox_create(&writer, run_dir), -ENOENT);
    assert_null(writer.file);
    assert_int_equal(mkdir(path, 0700), 0); /* a directory stands where the file should go */
    assert_int_equal(mailbox_create(&writer, directory), -EISDIR);
    assert_int_equal(mailbox_open(&mailbox, directory), -EPROTO);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(directory), 0); /* nothing was left behind */
    assert_int_equal(mkdir(directory, 0700), 0);
}

static void a_full_file_system_is_reported_and_leaves_nothing(void **state)
{
    struct mailbox_writer writer;
    struct rlimit before, limit;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 1000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(mailbox_create(&writer, directory), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_null(writer.file);
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(mkdir(directory, 0700), 0);
}

enum { WRITES = 2000 };

struct stress {
    struct mailbox_writer writer;
    _Atomic int64_t attempts; /* reads so far, successful or not */
};

/* Two writes in a row, then none until the reader has made an attempt: so reads succeed, and are also disturbed. */
static void *write_many(void *argument)
{
    struct stress *stress = argument;
    struct mailbox_live live;
    for (int64_t i = 1; i <= WRITES; i++) {
        const int64_t attempts = atomic_load(&stress->attempts);
        fill(&live, i);
        mailbox_write(&stress->writer, &live);
        while (i % 2 == 0 && atomic_load(&stress->attempts) == attempts)
            sched_yield();
    }
    return NULL;
}

static void readers_never_see_a_mixture_and_never_go_back(void **state)
{
    static struct stress stress;
    struct mailbox mailbox;
    pthread_t thread;
    int64_t newest = 0, read = 0;
    (void)state;
    assert_int_equal(mailbox_create(&stress.writer, directory), 0);
    assert_int_equal(mailbox_open(&mailbox, directory), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_many, &stress), 0);
    while (newest < WRITES) {
        struct mailbox_live live, expected;
        const int error = mailbox_read(&mailbox, &live);
        atomic_fetch_add(&stress.attempts, 1);
        if (error == -EAGAIN)
            continue;
        assert_int_equal(error, 0);
        fill(&expected, live.heartbeat);
        assert_memory_equal(&live, &expected, sizeof live);
        assert_true(live.heartbeat >= newest);
        newest = live.heartbeat;
        read++;
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    print_message("%lld reads during %d writes\n", (long long)read, WRITES);
    assert_true(read > WRITES / 10);
    mailbox_close(&mailbox);
    mailbox_remove(&stress.writer, directory);
}

static void each_counter_has_a_name(void **state)
{
    struct mailbox_health health;
    (void)state;
    assert_int_equal(mailbox_health_fields_n * 8, sizeof health);
    for (size_t i = 0; i < mailbox_health_fields_n; i++)
        assert_int_equal(mailbox_health_fields[i].offset, i * 8);
    assert_string_equal(mailbox_health_fields[9].name, "unmetered_ms");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_what_is_read),
        TEST(a_reader_of_the_file_before_keeps_its_own),
        TEST(a_writer_that_died_half_way_leaves_eagain),
        TEST(files_that_are_not_ours_are_refused),
        TEST(texts_end_whatever_the_writer_wrote),
        TEST(paths_that_do_not_work_are_refused),
        TEST(a_full_file_system_is_reported_and_leaves_nothing),
        TEST(readers_never_see_a_mixture_and_never_go_back),
        cmocka_unit_test(each_counter_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
