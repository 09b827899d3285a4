/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mailbox, detail and scan ring have in common: the file's life and the lock. */
#include "firmware/api/shared_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/api/run_dir.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { BYTES = 5003, WORDS = BYTES / 8 + 1 }; /* the last word is not full */
#define FILE_NAME "shared"

struct content {
    char byte[BYTES];
};

struct shared {
    _Atomic uint64_t sequence;
    _Atomic uint64_t word[WORDS];
};

/* Every byte is a function of number, so that a mixture of two is noticed. */
static void fill(struct content *content, int64_t number)
{
    for (size_t at = 0; at < BYTES; at++)
        content->byte[at] = (char)(number >> 8 * (at % 8));
}

static int64_t number_of(const struct content *content)
{
    int64_t number;
    memcpy(&number, content->byte, sizeof number);
    return number;
}

static struct shared *create(void)
{
    void *memory;
    assert_int_equal(shared_file_make(directory, FILE_NAME, sizeof(struct shared), &memory), 0);
    assert_int_equal(shared_file_show(directory, FILE_NAME, sizeof(struct shared), memory), 0);
    return memory;
}

static const struct shared *open_it(void)
{
    const void *memory;
    size_t size;
    assert_int_equal(
        shared_file_open(directory, FILE_NAME, sizeof(struct shared), sizeof(struct shared), &memory, &size),
        0);
    assert_int_equal(size, sizeof(struct shared));
    return memory;
}

static void write_number(struct shared *shared, int64_t number)
{
    struct content content;
    fill(&content, number);
    shared_write(&shared->sequence, shared->word, &content, sizeof content);
}

static int read_it(const struct shared *shared, struct content *content)
{
    return shared_read(&shared->sequence, shared->word, content, sizeof *content);
}

static void assert_number(const struct shared *shared, int64_t number)
{
    struct content content, expected;
    fill(&expected, number);
    assert_int_equal(read_it(shared, &content), 0);
    assert_memory_equal(&content, &expected, sizeof content);
}

static void remove_it(struct shared *shared)
{
    shared_file_remove(directory, FILE_NAME, sizeof *shared, shared);
}

static void what_is_written_is_what_is_read(void **state)
{
    (void)state;
    struct content content;
    struct stat status;
    const mode_t mask = umask(0077);
    struct shared *written = create();
    umask(mask);
    assert_int_equal(stat(path_of(FILE_NAME), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    const struct shared *seen = open_it();
    assert_int_equal(read_it(seen, &content), -EAGAIN); /* nothing yet */
    for (int64_t number = 1; number < 4; number++) {
        write_number(written, INT64_C(0x0101010101010101) * number);
        assert_number(seen, INT64_C(0x0101010101010101) * number);
    }
    assert_int_equal(written->word[WORDS - 1] >> 8 * (BYTES % 8), 0);
    shared_file_close(seen, sizeof *seen);
    remove_it(written);
    assert_int_equal(access(path_of(FILE_NAME), F_OK), -1);
}

static void a_file_is_not_seen_before_it_is_shown(void **state)
{
    (void)state;
    void *memory;
    assert_int_equal(shared_file_make(directory, FILE_NAME, sizeof(struct shared), &memory), 0);
    assert_int_equal(access(path_of(FILE_NAME), F_OK), -1);
    assert_int_equal(shared_file_show(directory, FILE_NAME, sizeof(struct shared), memory), 0);
    remove_it(memory);
}

static void a_reader_of_the_file_before_keeps_its_own(void **state)
{
    (void)state;
    struct shared *first = create();
    const struct shared *old = open_it();
    write_number(first, 1);
    struct shared *second = create(); /* vatiod has started again */
    const struct shared *new = open_it();
    write_number(second, 2);
    assert_number(old, 1);
    assert_number(new, 2);
    shared_file_close(old, sizeof *old);
    shared_file_close(new, sizeof *new);
    remove_it(first);
    remove_it(second);
}

static void a_writer_that_died_half_way_leaves_eagain(void **state)
{
    (void)state;
    struct content content;
    struct shared *written = create();
    const struct shared *seen = open_it();
    write_number(written, 1);
    atomic_fetch_add(&written->sequence, 1);
    assert_int_equal(read_it(seen, &content), -EAGAIN);
    shared_file_close(seen, sizeof *seen);
    remove_it(written);
}

static void what_a_process_of_the_same_number_left_is_no_hindrance(void **state)
{
    (void)state;
    char left[32];
    snprintf(left, sizeof left, ".%s.%ld", FILE_NAME, (long)getpid());
    FILE *file = fopen(path_of(left), "we");
    assert_non_null(file);
    fclose(file);
    remove_it(create());
}

static const struct {
    const char *name;
    size_t least, most;
    int status;
} bounds[] = {
    {"just this size", sizeof(struct shared), sizeof(struct shared), 0},
    {"within the bounds", 1, 1 << 20, 0},
    {"too short", sizeof(struct shared) + 1, 1 << 20, -EPROTO},
    {"too long", 1, sizeof(struct shared) - 1, -EPROTO},
};

static void a_size_out_of_bounds_is_not_mapped(void **state)
{
    (void)state;
    struct shared *written = create();
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        const void *memory;
        size_t size;
        print_message("  %s\n", bounds[i].name);
        const int status =
            shared_file_open(directory, FILE_NAME, bounds[i].least, bounds[i].most, &memory, &size);
        assert_int_equal(status, bounds[i].status);
        if (status == 0)
            shared_file_close(memory, size);
    }
    remove_it(written);
}

static int try_to_make(const char *run_dir)
{
    void *memory;
    const int error = shared_file_make(run_dir, FILE_NAME, sizeof(struct shared), &memory);
    return error != 0 ? error : shared_file_show(run_dir, FILE_NAME, sizeof(struct shared), memory);
}

static int try_to_open(const char *run_dir)
{
    const void *memory;
    size_t size;
    return shared_file_open(run_dir, FILE_NAME, 1, 1 << 20, &memory, &size);
}

static void paths_that_do_not_work_are_refused(void **state)
{
    (void)state;
    char run_dir[400];
    memset(run_dir, 'd', sizeof run_dir);
    run_dir[sizeof run_dir - 1] = '\0';
    assert_int_equal(try_to_make(run_dir), -ENAMETOOLONG);
    assert_int_equal(try_to_open(run_dir), -ENAMETOOLONG);
    snprintf(run_dir, sizeof run_dir, "%s/none", directory);
    assert_int_equal(try_to_make(run_dir), -ENOENT);
    assert_int_equal(try_to_open(run_dir), -ENOENT);
    assert_int_equal(mkdir(path_of(FILE_NAME), 0700), 0); /* a directory stands where the file should go */
    assert_int_equal(try_to_make(directory), -EISDIR);
    assert_int_equal(try_to_open(directory), -EPROTO);
    assert_int_equal(rmdir(path_of(FILE_NAME)), 0);
    assert_int_equal(rmdir(directory), 0); /* nothing was left behind */
    assert_int_equal(mkdir(directory, 0700), 0);
}

static void a_full_file_system_is_reported_and_leaves_nothing(void **state)
{
    (void)state;
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 1000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(try_to_make(directory), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(mkdir(directory, 0700), 0);
}

enum { WRITES = 8000, BURST = 16 };

struct stress {
    struct shared *shared;
    _Atomic int64_t reads; /* that got a copy, so far */
};

/* A burst of writes, which disturbs reads, then none until the reader has a copy: so some succeed however busy the machine. */
static void *write_many(void *argument)
{
    struct stress *stress = argument;
    for (int64_t number = 1; number <= WRITES; number++) {
        const int64_t reads = atomic_load(&stress->reads);
        write_number(stress->shared, number);
        while (number % BURST == 0 && atomic_load(&stress->reads) == reads)
            sched_yield();
    }
    return NULL;
}

static void readers_never_see_a_mixture_and_never_go_back(void **state)
{
    (void)state;
    struct stress stress = {.shared = create()};
    const struct shared *seen = open_it();
    pthread_t thread;
    int64_t newest = 0;
    assert_int_equal(pthread_create(&thread, NULL, write_many, &stress), 0);
    while (newest < WRITES) {
        struct content content, expected;
        const int error = read_it(seen, &content);
        if (error == -EAGAIN)
            continue;
        assert_int_equal(error, 0);
        atomic_fetch_add(&stress.reads, 1);
        fill(&expected, number_of(&content));
        assert_memory_equal(&content, &expected, sizeof content);
        assert_true(number_of(&content) >= newest);
        newest = number_of(&content);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    print_message("%lld reads during %d writes\n", (long long)stress.reads, WRITES);
    shared_file_close(seen, sizeof *seen);
    remove_it(stress.shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_is_written_is_what_is_read),
        IN_DIRECTORY(a_file_is_not_seen_before_it_is_shown),
        IN_DIRECTORY(a_reader_of_the_file_before_keeps_its_own),
        IN_DIRECTORY(a_writer_that_died_half_way_leaves_eagain),
        IN_DIRECTORY(what_a_process_of_the_same_number_left_is_no_hindrance),
        IN_DIRECTORY(a_size_out_of_bounds_is_not_mapped),
        IN_DIRECTORY(paths_that_do_not_work_are_refused),
        IN_DIRECTORY(a_full_file_system_is_reported_and_leaves_nothing),
        IN_DIRECTORY(readers_never_see_a_mixture_and_never_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
