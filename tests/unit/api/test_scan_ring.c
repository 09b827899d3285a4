/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/scan_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/api/run_dir.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct scan_ring_plan plan;

static void make_plan(int n_channels, double rate_hz, bool physical)
{
    plan = (struct scan_ring_plan){
        .n_channels = n_channels, .scan_rate_hz = rate_hz, .f_nominal_hz = 60, .physical = physical};
    for (int k = 0; k < n_channels; k++) {
        snprintf(plan.channel[k].name, SCAN_RING_NAME, "u_in%d", k);
        for (int code = 0; code < SCAN_RING_CODES; code++)
            plan.channel[k].value[code] = 0.25 * code - 128 + k;
    }
}

/* Every field is a function of number, so that a mixture of two scans is noticed. Scans do not stand in order of input
 * instants: the distance from the first channel goes both ways and beyond 32 bits. */
static struct scan_ring_scan make_scan(int64_t number)
{
    struct scan_ring_scan scan = {.faults = (uint8_t)(number % 3)};
    for (int k = 0; k < plan.n_channels; k++) {
        scan.hold_ns[k] = 1000000000 + number * 125000 + (k % 2 == 0 ? k : -k) * INT64_C(5000000000);
        scan.code[k] = (uint16_t)((number * 7 + k) % SCAN_RING_CODES);
        scan.value[k] = plan.physical != 0 ? (double)number / 3 + k : plan.channel[k].value[scan.code[k]];
    }
    return scan;
}

static void assert_scan(const struct scan_ring *ring, uint64_t number)
{
    struct scan_ring_scan scan;
    const struct scan_ring_scan expected = make_scan((int64_t)number);
    assert_int_equal(scan_ring_read(ring, number, &scan), 0);
    assert_int_equal(scan.faults, expected.faults);
    for (int k = 0; k < plan.n_channels; k++) {
        assert_int_equal(scan.hold_ns[k], expected.hold_ns[k]);
        assert_true(scan.value[k] == expected.value[k]); /* bit by bit */
        if (plan.physical == 0)
            assert_int_equal(scan.code[k], expected.code[k]);
    }
}

static void write_scans(struct scan_ring_writer *writer, int64_t from, int64_t end)
{
    for (int64_t number = from; number < end; number++) {
        const struct scan_ring_scan scan = make_scan(number);
        scan_ring_write(writer, &scan);
    }
}

static const struct {
    const char *name;
    int n_channels;
    double rate_hz;
    bool physical;
    double mib; /* of the file at most, as the documents say */
} sizes[] = {
    {"the reference board: two channels, 8 kHz", 2, 8000, false, 3.5},
    {"split phase: six channels, 4 kHz", 6, 4000, false, 3.1},
    {"eight channels", 8, 2500, false, 2.5},
    {"a recording with two channels at 25.6 kHz", 2, 25600, true, 15.5},
    {"one channel, slowly", 1, 10, false, 0.1},
};

static void what_is_written_is_what_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct scan_ring_writer writer;
        struct scan_ring ring;
        struct scan_ring_scan scan;
        struct stat about;
        uint64_t first, end;
        print_message("%s\n", sizes[i].name);
        make_plan(sizes[i].n_channels, sizes[i].rate_hz, sizes[i].physical);
        const mode_t mask = umask(0077);
        assert_int_equal(scan_ring_create(&writer, directory, &plan), 0);
        umask(mask);
        assert_int_equal(stat(path_of(SCAN_RING_FILE), &about), 0);
        assert_int_equal(about.st_mode & 07777, 0640);
        assert_int_equal(about.st_size, scan_ring_size(&plan));
        assert_true((double)about.st_size < sizes[i].mib * 1024 * 1024);
        assert_int_equal(scan_ring_open(&ring, directory), 0);
        assert_memory_equal(&ring.file->plan, &plan, sizeof plan);
        const uint64_t slots = ring.file->slots;
        assert_true((double)slots >= SCAN_RING_SECONDS * sizes[i].rate_hz);

        scan_ring_range(&ring, &first, &end);
        assert_int_equal(first, 0);
        assert_int_equal(end, 0);
        assert_int_equal(scan_ring_read(&ring, 0, &scan), -EAGAIN); /* nothing yet */
        write_scans(&writer, 0, 5);
        scan_ring_range(&ring, &first, &end);
        assert_int_equal(first, 0);
        assert_int_equal(end, 5);
        assert_scan(&ring, 0);
        assert_scan(&ring, 4);
        assert_int_equal(scan_ring_read(&ring, 5, &scan), -EAGAIN);

        write_scans(&writer, 5, (int64_t)slots + 3); /* around */
        scan_ring_range(&ring, &first, &end);
        assert_int_equal(first, 3);
        assert_int_equal(end, slots + 3);
        for (uint64_t number = first; number < end; number++)
            assert_scan(&ring, number);
        assert_int_equal(scan_ring_read(&ring, 2, &scan), -EAGAIN); /* overwritten */
        scan_ring_close(&ring);
        scan_ring_remove(&writer, directory);
        assert_int_equal(scan_ring_open(&ring, directory), -ENOENT);
        scan_ring_close(&ring); /* both harmless when closed */
        scan_ring_remove(&writer, directory);
    }
}

static void a_rate_beyond_all_reason_gets_a_bounded_ring(void **state)
{
    static const double rates[] = {1e9, 1e300, (double)INFINITY, (double)NAN};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        make_plan(2, rates[i], false);
        assert_int_equal(scan_ring_size(&plan), sizeof(struct scan_ring_file) + SCAN_RING_SLOTS_MAX * 5 * 8);
    }
    make_plan(1, 0, false);
    assert_int_equal(scan_ring_size(&plan), sizeof(struct scan_ring_file) + 4 * 8);
}

static void a_writer_that_died_half_way_leaves_eagain(void **state)
{
    struct scan_ring_writer writer;
    struct scan_ring ring;
    struct scan_ring_scan scan;
    (void)state;
    make_plan(2, 100, false);
    assert_int_equal(scan_ring_create(&writer, directory, &plan), 0);
    assert_int_equal(scan_ring_open(&ring, directory), 0);
    write_scans(&writer, 0, 2);
    atomic_store(&writer.file->word[1 * 5], 2 * 1 + 1); /* the second slot's generation, odd */
    assert_scan(&ring, 0);
    assert_int_equal(scan_ring_read(&ring, 1, &scan), -EAGAIN);
    scan_ring_close(&ring);
    scan_ring_remove(&writer, directory);
}

static void a_reader_of_the_file_before_keeps_its_own(void **state)
{
    struct scan_ring_writer first, second;
    struct scan_ring old, new;
    struct scan_ring_scan scan;
    (void)state;
    make_plan(2, 100, false);
    assert_int_equal(scan_ring_create(&first, directory, &plan), 0);
    assert_int_equal(scan_ring_open(&old, directory), 0);
    write_scans(&first, 0, 3);
    assert_int_equal(scan_ring_create(&second, directory, &plan), 0); /* vatiod has started again */
    assert_int_equal(scan_ring_open(&new, directory), 0);
    assert_scan(&old, 2);
    assert_int_equal(scan_ring_read(&new, 2, &scan), -EAGAIN);
    scan_ring_close(&old);
    scan_ring_close(&new);
    scan_ring_remove(&first, directory);
    scan_ring_remove(&second, directory);
}

static void damage_magic(struct scan_ring_file *file)
{
    file->magic++;
}
static void damage_schema(struct scan_ring_file *file)
{
    file->schema++;
}
static void damage_size(struct scan_ring_file *file)
{
    file->size++;
}
static void damage_slots(struct scan_ring_file *file)
{
    file->slots++;
}
static void damage_no_slots(struct scan_ring_file *file)
{
    file->slots = 0;
}
static void damage_overflowing_slots(struct scan_ring_file *file)
{
    file->slots += UINT64_C(1) << 61; /* times a slot's bytes it is the same size modulo 2^64 */
}
static void damage_words(struct scan_ring_file *file)
{
    file->slot_words = 4;
}
static void damage_channels(struct scan_ring_file *file)
{
    file->plan.n_channels = SCAN_RING_CHANNELS + 1;
}
static void damage_no_channels(struct scan_ring_file *file)
{
    file->plan.n_channels = 0;
}
static void damage_name(struct scan_ring_file *file)
{
    memset(file->plan.channel[1].name, 'u', SCAN_RING_NAME);
}
static void damage_boot_id(struct scan_ring_file *file)
{
    memset(file->plan.boot_id, 'b', RECORD_ID);
}
static void damage_short(struct scan_ring_file *file)
{
    (void)file;
    assert_int_equal(truncate(path_of(SCAN_RING_FILE), 100), 0);
}
static void damage_long(struct scan_ring_file *file)
{
    assert_int_equal(truncate(path_of(SCAN_RING_FILE), (off_t)file->size + 8), 0);
}

static const struct {
    const char *name;
    void (*damage)(struct scan_ring_file *file);
} damages[] = {
    {"another magic", damage_magic},
    {"another schema", damage_schema},
    {"another size", damage_size},
    {"more slots than fit", damage_slots},
    {"no slots", damage_no_slots},
    {"slots whose size overflows", damage_overflowing_slots},
    {"slots of another length", damage_words},
    {"more channels than there are", damage_channels},
    {"no channels", damage_no_channels},
    {"a channel's name without an end", damage_name},
    {"a boot id without an end", damage_boot_id},
    {"a file that is shorter than its header", damage_short},
    {"a file that is too long", damage_long},
};

static void files_that_are_not_ours_are_refused(void **state)
{
    (void)state;
    make_plan(2, 100, false);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct scan_ring_writer writer;
        struct scan_ring ring;
        print_message("%s\n", damages[i].name);
        assert_int_equal(scan_ring_create(&writer, directory, &plan), 0);
        damages[i].damage(writer.file);
        assert_int_equal(scan_ring_open(&ring, directory), -EPROTO);
        assert_null(ring.file);
        scan_ring_remove(&writer, directory);
    }
}

static void paths_and_plans_that_do_not_work_are_refused(void **state)
{
    struct scan_ring_writer writer;
    struct scan_ring ring;
    char run_dir[400];
    (void)state;
    make_plan(2, 100, false);
    memset(run_dir, 'd', sizeof run_dir);
    run_dir[sizeof run_dir - 1] = '\0';
    assert_int_equal(scan_ring_create(&writer, run_dir, &plan), -ENAMETOOLONG);
    assert_int_equal(scan_ring_open(&ring, run_dir), -ENAMETOOLONG);
    snprintf(run_dir, sizeof run_dir, "%s/none", directory);
    assert_int_equal(scan_ring_create(&writer, run_dir, &plan), -ENOENT);
    assert_null(writer.file);
    plan.n_channels = SCAN_RING_CHANNELS + 1;
    assert_int_equal(scan_ring_create(&writer, directory, &plan), -EINVAL);
    plan.n_channels = 0;
    assert_int_equal(scan_ring_create(&writer, directory, &plan), -EINVAL);
    plan.n_channels = 2;
    assert_int_equal(mkdir(path_of(SCAN_RING_FILE), 0700),
                     0); /* a directory stands where the file should go */
    assert_int_equal(scan_ring_create(&writer, directory, &plan), -EISDIR);
    assert_int_equal(scan_ring_open(&ring, directory), -EPROTO);
    assert_int_equal(rmdir(path_of(SCAN_RING_FILE)), 0);
    assert_int_equal(rmdir(directory), 0); /* nothing was left behind */
    assert_int_equal(mkdir(directory, 0700), 0);
}

static void a_full_file_system_is_reported_and_leaves_nothing(void **state)
{
    struct scan_ring_writer writer;
    struct rlimit before, limit;
    (void)state;
    make_plan(2, 100, false);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 1000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(scan_ring_create(&writer, directory, &plan), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_null(writer.file);
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(mkdir(directory, 0700), 0);
}

enum { STRESS_SCANS = 60000 };

struct stress {
    struct scan_ring_writer writer;
    _Atomic int64_t attempts; /* reads so far, successful or not */
};

/* A few writes in a row, then none until the reader has made an attempt: so reads succeed, and are also disturbed. */
static void *write_many(void *argument)
{
    struct stress *stress = argument;
    for (int64_t number = 0; number < STRESS_SCANS; number++) {
        const int64_t attempts = atomic_load(&stress->attempts);
        write_scans(&stress->writer, number, number + 1);
        while (number % 16 == 0 && atomic_load(&stress->attempts) == attempts)
            sched_yield();
    }
    return NULL;
}

static void readers_never_see_a_mixture(void **state)
{
    static struct stress stress;
    struct scan_ring ring;
    struct scan_ring_scan scan;
    pthread_t thread;
    uint64_t first, end = 0;
    int64_t read = 0, lapped = 0;
    (void)state;
    make_plan(4, 1, true); /* 12 slots: the writer comes around all the time */
    assert_int_equal(scan_ring_create(&stress.writer, directory, &plan), 0);
    assert_int_equal(scan_ring_open(&ring, directory), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_many, &stress), 0);
    while (end < STRESS_SCANS) {
        scan_ring_range(&ring, &first, &end);
        const uint64_t wanted = read % 2 == 0 || end == 0 ? first : end - 1; /* the oldest or the newest */
        const int error = scan_ring_read(&ring, wanted, &scan);
        atomic_fetch_add(&stress.attempts, 1);
        if (error == 0) {
            const struct scan_ring_scan expected = make_scan((int64_t)wanted);
            assert_int_equal(scan.faults, expected.faults);
            assert_memory_equal(scan.hold_ns, expected.hold_ns, sizeof scan.hold_ns);
            assert_memory_equal(scan.value, expected.value, sizeof scan.value);
            read++;
        } else {
            assert_int_equal(error, -EAGAIN);
            lapped++;
        }
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    print_message("%lld scans read, %lld overwritten meanwhile\n", (long long)read, (long long)lapped);
    assert_true(read > STRESS_SCANS / 100);
    scan_ring_close(&ring);
    scan_ring_remove(&stress.writer, directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_is_written_is_what_is_read),
        IN_DIRECTORY(a_rate_beyond_all_reason_gets_a_bounded_ring),
        IN_DIRECTORY(a_writer_that_died_half_way_leaves_eagain),
        IN_DIRECTORY(a_reader_of_the_file_before_keeps_its_own),
        IN_DIRECTORY(files_that_are_not_ours_are_refused),
        IN_DIRECTORY(paths_and_plans_that_do_not_work_are_refused),
        IN_DIRECTORY(a_full_file_system_is_reported_and_leaves_nothing),
        IN_DIRECTORY(readers_never_see_a_mixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
