/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/second_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/api/run_dir.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { SLOTS = 60 };
static const struct second_ring_plan two_points = {"meter-1", 2, {0, 3}};

/* Every field is a function of number, so that a mixture of two seconds is noticed. */
static struct record make_second(int64_t number)
{
    struct record record = {
        .schema = RECORD_SCHEMA, .stream = STREAM_LIVE, .n_points = 2, .point_id = {0, 3}};
    record.utc_start_ms = 1782000000000 + number * 1000;
    record.quality = 128 + number % 2;
    record.f_hz = 50 + (double)number / 1024;
    for (int p = 0; p < 2; p++) {
        struct record_point *point = &record.point[p];
        point->u_rms_v = 230.5 + p;
        point->i_rms_a = 0.25 * (double)number;
        point->p_w = -(double)number;
        point->q1_var = 3 * (double)number;
        point->s_va = 4 * (double)number;
        point->pf = -0.5;
        point->thd_u_pct = (double)NAN;
        point->thd_i_pct = 12.5;
        point->total.import_uwh = INT64_C(9007199254740993) + number + p;
        point->total.export_uwh = 5 * number;
    }
    return record;
}

static void write_seconds(struct second_ring_writer *writer, int64_t from, int64_t end)
{
    for (int64_t number = from; number < end; number++) {
        const struct record record = make_second(number);
        second_ring_write(writer, &record);
    }
}

static void assert_second(const struct second_ring *ring, uint64_t number)
{
    struct second second;
    const struct record expected = make_second((int64_t)number);
    assert_int_equal(second_ring_read(ring, number, &second), 0);
    assert_int_equal(second.utc_start_ms, expected.utc_start_ms);
    assert_int_equal(second.quality, expected.quality);
    assert_true(second.f_hz == expected.f_hz);
    for (int p = 0; p < 2; p++) {
        const struct second_point *point = &second.point[p];
        const struct record_point *of = &expected.point[p];
        assert_true(point->u_rms_v == of->u_rms_v && point->i_rms_a == of->i_rms_a && point->p_w == of->p_w);
        assert_true(point->q1_var == of->q1_var && point->s_va == of->s_va && point->pf == of->pf);
        assert_true(isnan(point->thd_u_pct) && point->thd_i_pct == of->thd_i_pct);
        assert_true(point->import_uwh == of->total.import_uwh && point->export_uwh == of->total.export_uwh);
    }
}

static void seconds_come_back_until_they_are_overwritten(void **state)
{
    (void)state;
    struct second_ring_writer writer;
    struct second_ring ring;
    struct second second;
    struct stat status;
    uint64_t first, end;
    assert_int_equal(second_ring_create(&writer, directory, &two_points, SLOTS), 0);
    assert_int_equal(second_ring_open(&ring, directory), 0);
    assert_int_equal(stat(path_of(SECOND_RING_FILE), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_true((size_t)status.st_size == second_ring_size(2, SLOTS));
    second_ring_range(&ring, &first, &end);
    assert_true(first == 0 && end == 0);
    assert_int_equal(second_ring_read(&ring, 0, &second), -EAGAIN);
    write_seconds(&writer, 0, SLOTS + 7);
    second_ring_range(&ring, &first, &end);
    assert_true(first == 7 && end == SLOTS + 7);
    for (uint64_t number = first; number < end; number++)
        assert_second(&ring, number);
    assert_int_equal(second_ring_read(&ring, 6, &second), -EAGAIN);
    assert_int_equal(second_ring_read(&ring, end, &second), -EAGAIN);
    second_ring_leave(&writer);
    assert_second(&ring, first); /* the file stays */
    second_ring_close(&ring);
}

/* What the next run asks for, and from which number on it then writes. */
static const struct {
    const char *name;
    struct second_ring_plan plan;
    int64_t slots;
    uint64_t goes_on_at;
} runs[] = {
    {"the same goes on", {"meter-1", 2, {0, 3}}, SLOTS, 10},
    {"another meter begins", {"meter-2", 2, {0, 3}}, SLOTS, 0},
    {"fewer points begin", {"meter-1", 1, {0}}, SLOTS, 0},
    {"other points begin", {"meter-1", 2, {0, 1}}, SLOTS, 0},
    {"another length begins", {"meter-1", 2, {0, 3}}, SLOTS + 1, 0},
};

static void the_next_run_goes_on_where_nothing_has_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        struct second_ring_writer writer;
        struct second_ring before, after;
        print_message("%s\n", runs[i].name);
        second_ring_discard(directory);
        assert_int_equal(second_ring_create(&writer, directory, &two_points, SLOTS), 0);
        write_seconds(&writer, 0, 10);
        second_ring_leave(&writer);
        assert_int_equal(second_ring_open(&before, directory), 0);
        assert_int_equal(second_ring_create(&writer, directory, &runs[i].plan, runs[i].slots), 0);
        write_seconds(&writer, 10, 12);
        assert_int_equal(second_ring_open(&after, directory), 0);
        assert_true(after.file->written == runs[i].goes_on_at + 2);
        assert_second(&before, 9); /* who had mapped it before keeps it */
        if (runs[i].goes_on_at > 0)
            for (uint64_t number = 0; number < 12; number++)
                assert_second(&after, number);
        second_ring_close(&before);
        second_ring_close(&after);
        second_ring_leave(&writer);
    }
}

static void a_second_that_a_kill_left_half_written_is_not_read_and_is_written_over(void **state)
{
    (void)state;
    struct second_ring_writer writer;
    struct second_ring ring;
    struct second second;
    assert_int_equal(second_ring_create(&writer, directory, &two_points, SLOTS), 0);
    write_seconds(&writer, 0, 3);
    writer.file->word[3 * writer.file->slot_words] = 2 * 3 + 1;
    second_ring_leave(&writer);
    assert_int_equal(second_ring_create(&writer, directory, &two_points, SLOTS), 0);
    assert_int_equal(second_ring_open(&ring, directory), 0);
    assert_int_equal(second_ring_read(&ring, 3, &second), -EAGAIN);
    write_seconds(&writer, 3, 4);
    assert_second(&ring, 3);
    second_ring_close(&ring);
    second_ring_leave(&writer);
}

static void spoil_magic(struct second_ring_file *file)
{
    file->magic++;
}
static void spoil_schema(struct second_ring_file *file)
{
    file->schema++;
}
static void spoil_size(struct second_ring_file *file)
{
    file->size--;
}
static void spoil_slots(struct second_ring_file *file)
{
    file->slots *= 2;
}
static void spoil_words(struct second_ring_file *file)
{
    file->slot_words++;
}
static void spoil_points(struct second_ring_file *file)
{
    file->plan.n_points = RECORD_POINTS + 1;
}
static void spoil_point(struct second_ring_file *file)
{
    file->plan.point_id[1] = -1;
}
static void spoil_name(struct second_ring_file *file)
{
    memset(file->plan.meter_id, 'm', sizeof file->plan.meter_id);
}
static const struct {
    const char *name;
    void (*spoil)(struct second_ring_file *file);
} spoils[] = {
    {"another program's magic", spoil_magic},
    {"another schema", spoil_schema},
    {"a size that is not the file's", spoil_size},
    {"more slots than there are", spoil_slots},
    {"slots of another size", spoil_words},
    {"too many points", spoil_points},
    {"no such point", spoil_point},
    {"a name without its end", spoil_name},
};

static void a_file_that_is_no_such_ring_is_refused_and_made_anew(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        struct second_ring_writer writer;
        struct second_ring ring;
        print_message("%s\n", spoils[i].name);
        second_ring_discard(directory);
        assert_int_equal(second_ring_create(&writer, directory, &two_points, SLOTS), 0);
        write_seconds(&writer, 0, 3);
        spoils[i].spoil(writer.file);
        second_ring_leave(&writer);
        assert_int_equal(second_ring_open(&ring, directory), -EPROTO);
        assert_int_equal(second_ring_create(&writer, directory, &two_points, SLOTS), 0);
        assert_true(writer.file->written == 0);
        assert_int_equal(second_ring_open(&ring, directory), 0);
        second_ring_close(&ring);
        second_ring_leave(&writer);
    }
}

static void what_cannot_be_made_is_an_error_at_the_start(void **state)
{
    (void)state;
    struct second_ring_writer writer;
    struct second_ring ring;
    const struct second_ring_plan none = {"meter-1", 0, {0}};
    assert_int_equal(second_ring_create(&writer, directory, &none, SLOTS), -EINVAL);
    assert_int_equal(second_ring_create(&writer, directory, &two_points, 0), -EINVAL);
    assert_int_equal(second_ring_create(&writer, directory, &two_points, SECOND_RING_SLOTS_MAX + 1), -EINVAL);
    assert_int_equal(second_ring_create(&writer, "/nowhere/at/all", &two_points, SLOTS), -ENOENT);
    assert_int_equal(second_ring_open(&ring, directory), -ENOENT);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int result = second_ring_create(&writer, directory, &two_points, SLOTS);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(result, -EFBIG); /* as -ENOSPC: the space is asked for at once */
    assert_null(writer.file);
    assert_int_equal(second_ring_open(&ring, directory), -ENOENT);
}

enum { MANY = 200000 };

static void *write_many(void *argument)
{
    write_seconds(argument, 0, MANY);
    return NULL;
}

static void a_reader_beside_the_writer_sees_whole_seconds_only(void **state)
{
    (void)state;
    struct second_ring_writer writer;
    struct second_ring ring;
    pthread_t thread;
    uint64_t first = 0, end = 0, seen = 0;
    assert_int_equal(second_ring_create(&writer, directory, &two_points, SLOTS), 0);
    assert_int_equal(second_ring_open(&ring, directory), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_many, &writer), 0);
    while (end < MANY) {
        struct second second;
        second_ring_range(&ring, &first, &end);
        const uint64_t number = end > 0 ? end - 1 : 0;
        if (second_ring_read(&ring, number, &second) != 0)
            continue;
        const struct record expected = make_second((int64_t)number);
        assert_true(second.utc_start_ms == expected.utc_start_ms);
        assert_true(second.point[1].export_uwh == expected.point[1].total.export_uwh);
        assert_true(second.point[0].p_w == expected.point[0].p_w);
        seen++;
    }
    pthread_join(thread, NULL);
    assert_true(seen > 0);
    second_ring_close(&ring);
    second_ring_leave(&writer);
}

static void names_are_those_of_a_record(void **state)
{
    (void)state;
    for (size_t k = 0; k < second_point_fields_n; k++) {
        bool known = false;
        for (size_t f = 0; f < record_point_fields_n; f++)
            known = known || (strcmp(second_point_fields[k].name, record_point_fields[f].name) == 0 &&
                              strcmp(second_point_fields[k].unit, record_point_fields[f].unit) == 0);
        assert_true(known);
    }
    assert_true(second_ring_size(1, 86400) < 6300000 && second_ring_size(RECORD_POINTS, 86400) < 39500000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(seconds_come_back_until_they_are_overwritten),
        IN_DIRECTORY(the_next_run_goes_on_where_nothing_has_changed),
        IN_DIRECTORY(a_second_that_a_kill_left_half_written_is_not_read_and_is_written_over),
        IN_DIRECTORY(a_file_that_is_no_such_ring_is_refused_and_made_anew),
        IN_DIRECTORY(what_cannot_be_made_is_an_error_at_the_start),
        IN_DIRECTORY(a_reader_beside_the_writer_sees_whole_seconds_only),
        IN_DIRECTORY(names_are_those_of_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
