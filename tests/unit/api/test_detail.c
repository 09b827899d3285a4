/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/detail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/api/run_dir.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "firmware/api/detail_json.h"

#include <errno.h>

static struct detail in, out; /* 49 kB each */

/* Every word of it is a function of number, so that a mixture of two is noticed. */
static void fill(struct detail *detail, int64_t number)
{
    int64_t *word = (int64_t *)(void *)detail;
    for (size_t i = 0; i < sizeof *detail / sizeof *word; i++)
        word[i] = number;
    detail->heartbeat = number;
    detail->n_points = 1;
    detail->point_id[0] = 0;
    detail->n_channels = 2;
    detail->channel[0].noise = DETAIL_NOISE_GOOD;
    detail->channel[1].noise = DETAIL_NOISE_QUIET;
    for (int k = 0; k < DETAIL_CHANNELS; k++)
        detail->channel[k].name[DETAIL_CHANNEL_NAME - 1] = '\0';
    detail->boot_id[RECORD_ID - 1] = detail->meter_id[RECORD_ID - 1] = '\0';
}

static void what_is_written_is_what_is_read(void **state)
{
    struct detail_writer writer;
    struct detail_reader reader;
    struct stat status;
    (void)state;
    const mode_t mask = umask(0077);
    assert_int_equal(detail_create(&writer, directory), 0);
    umask(mask);
    assert_int_equal(stat(path_of(DETAIL_FILE), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(detail_open(&reader, directory), 0);
    assert_int_equal(detail_read(&reader, &out), -EAGAIN); /* nothing yet */
    for (int64_t i = 1; i < 4; i++) {
        fill(&in, i);
        detail_write(&writer, &in);
        assert_int_equal(detail_read(&reader, &out), 0);
        assert_memory_equal(&in, &out, sizeof in);
    }
    detail_close(&reader);
    detail_remove(&writer, directory);
    assert_int_equal(detail_open(&reader, directory), -ENOENT);
    detail_close(&reader); /* both harmless when closed */
    detail_remove(&writer, directory);
}

enum damage { MAGIC, SCHEMA, SIZE, SHORT, LONG, POINTS, NO_POINT, CHANNELS, NOISE };
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
    {"a point that there is not", NO_POINT, 0, -EPROTO},
    {"more channels than there are", CHANNELS, 0, -EPROTO},
    {"a state of noise that there is not", NOISE, 0, -EPROTO},
};

static void do_damage(struct detail_file *file, enum damage damage)
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
        assert_int_equal(truncate(path_of(DETAIL_FILE), 8192), 0);
        break;
    case LONG:
        assert_int_equal(truncate(path_of(DETAIL_FILE), 1 << 20), 0);
        break;
    case POINTS:
        in.n_points = RECORD_POINTS + 1;
        break;
    case NO_POINT:
        in.point_id[0] = 1000;
        break;
    case CHANNELS:
        in.n_channels = -1;
        break;
    case NOISE:
        in.channel[1].noise = DETAIL_NOISES;
        break;
    }
}

static void files_that_are_not_ours_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct detail_writer writer;
        struct detail_reader reader;
        print_message("%s\n", damages[i].name);
        fill(&in, 1);
        assert_int_equal(detail_create(&writer, directory), 0);
        detail_write(&writer, &in);
        do_damage(writer.file, damages[i].damage);
        if (damages[i].on_open == 0)
            detail_write(&writer, &in);
        assert_int_equal(detail_open(&reader, directory), damages[i].on_open);
        if (damages[i].on_open == 0)
            assert_int_equal(detail_read(&reader, &out), damages[i].on_read);
        detail_close(&reader);
        detail_remove(&writer, directory);
    }
}

static void texts_end_whatever_the_writer_wrote(void **state)
{
    struct detail_writer writer;
    struct detail_reader reader;
    (void)state;
    fill(&in, INT64_C(0x4141414141414141));
    memset(in.meter_id, 'A', sizeof in.meter_id);
    memset(in.channel[1].name, 'A', sizeof in.channel[1].name);
    assert_int_equal(detail_create(&writer, directory), 0);
    detail_write(&writer, &in);
    assert_int_equal(detail_open(&reader, directory), 0);
    assert_int_equal(detail_read(&reader, &out), 0);
    assert_int_equal(strlen(out.meter_id), RECORD_ID - 1);
    assert_int_equal(strlen(out.channel[1].name), DETAIL_CHANNEL_NAME - 1);
    detail_close(&reader);
    detail_remove(&writer, directory);
}

static void a_directory_that_is_not_there_is_reported(void **state)
{
    struct detail_writer writer;
    struct detail_reader reader;
    (void)state;
    assert_int_equal(detail_create(&writer, path_of("none")), -ENOENT);
    assert_null(writer.file);
    assert_int_equal(detail_open(&reader, path_of("none")), -ENOENT);
    assert_null(reader.file);
}

static void absent_values_are_null_and_every_key_is_there(void **state)
{
    (void)state;
    memset(&in, 0, sizeof in);
    in.n_points = 2;
    in.point_id[1] = record_point_id("grid_l1");
    in.f_10s_hz = (double)NAN;
    in.f_10s_utc_start_ms = RECORD_ABSENT;
    detail_absent(&in.window);
    detail_absent(&in.aggregate);
    json_t *json = detail_json(&in, -1, true);
    assert_true(json_is_null(json_object_get(json, "f_10s_hz")));
    assert_true(json_is_null(json_object_get(json, "f_10s_utc_start_ms")));
    const json_t *window = json_object_get(json, "window");
    assert_true(json_is_null(json_object_get(window, "utc_start_ms")));
    const json_t *point = json_object_get(json_object_get(window, "points"), "grid_l1");
    assert_int_equal(json_object_size(point), detail_point_fields_n + detail_spectra_n);
    for (size_t k = 0; k < detail_point_fields_n; k++)
        assert_true(json_is_null(json_object_get(point, detail_point_fields[k].name)));
    for (size_t k = 0; k < detail_spectra_n; k++) {
        const json_t *array = json_object_get(point, detail_spectra[k].name);
        assert_int_equal(json_array_size(array), DETAIL_ORDERS);
        for (size_t h = 0; h < DETAIL_ORDERS; h++)
            assert_true(json_is_null(json_array_get(array, h)));
    }
    json_decref(json);
}

static void values_stand_under_their_names(void **state)
{
    (void)state;
    fill(&in, 0);
    detail_absent(&in.window);
    detail_absent(&in.aggregate);
    strcpy(in.channel[1].name, "CH1 current grid L1");
    in.channel[1].noise_lsb = 0.125;
    for (size_t k = 0; k < detail_point_fields_n; k++)
        record_set_real(&detail_point_fields[k], &in.aggregate.point[0], (double)k + 0.5);
    in.aggregate.point[0].i_isg_a[7] = 0.1F;
    json_t *json = detail_json(&in, 0, true);
    const json_t *point =
        json_object_get(json_object_get(json_object_get(json, "aggregate"), "points"), "grid");
    for (size_t k = 0; k < detail_point_fields_n; k++)
        assert_true(json_real_value(json_object_get(point, detail_point_fields[k].name)) == (double)k + 0.5);
    assert_true(json_real_value(json_array_get(json_object_get(point, "i_isg_a"), 7)) == 0.1);
    const json_t *channel = json_array_get(json_object_get(json, "channels"), 1);
    assert_string_equal(json_string_value(json_object_get(channel, "name")), "CH1 current grid L1");
    assert_string_equal(json_string_value(json_object_get(channel, "noise")), "quiet");
    assert_true(json_real_value(json_object_get(channel, "noise_lsb")) == 0.125);
    json_decref(json);
}

static void one_point_and_no_spectra_are_given_where_wanted(void **state)
{
    (void)state;
    fill(&in, 0);
    in.n_points = 2;
    in.point_id[1] = record_point_id("solar");
    json_t *json = detail_json(&in, in.point_id[1], false);
    const json_t *points = json_object_get(json_object_get(json, "window"), "points");
    assert_int_equal(json_object_size(points), 1);
    assert_int_equal(json_object_size(json_object_get(points, "solar")), detail_point_fields_n);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_is_written_is_what_is_read),
        IN_DIRECTORY(files_that_are_not_ours_are_refused),
        IN_DIRECTORY(texts_end_whatever_the_writer_wrote),
        IN_DIRECTORY(a_directory_that_is_not_there_is_reported),
        cmocka_unit_test(absent_values_are_null_and_every_key_is_there),
        cmocka_unit_test(values_stand_under_their_names),
        cmocka_unit_test(one_point_and_no_spectra_are_given_where_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
