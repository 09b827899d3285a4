/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vatio detail: what stands in the detail file, as a table and as JSON. */
#include "tests/unit/tools/run_vatio.h"

#include <jansson.h>

static struct detail detail; /* 43 kB */

static void fill_values(struct detail_values *values, double u_v)
{
    detail_absent(values);
    values->utc_start_ms = 1700000000000;
    values->utc_end_ms = values->utc_start_ms + 3000;
    values->duration_us = 3000125;
    values->metered = 1;
    values->quality = 1 << 7;
    values->h_max = 3;
    values->f_hz = 50.0125;
    for (int p = 0; p < 2; p++) {
        values->point[p].u_rms_v = u_v + p;
        values->point[p].sh_va = 1.25;
        values->point[p].q1_var = -0.04;
        values->point[p].i_k_factor = 2.5;
        for (int h = 1; h <= 3; h++)
            values->point[p].i_sg_a[h] = 0.125F * (float)h;
    }
}

static int start_detail(void **state)
{
    const int error = start_meter(state);
    memset(&detail, 0, sizeof detail);
    detail.n_points = 2;
    detail.point_id[1] = record_point_id("solar");
    detail.n_channels = 2;
    detail.f_10s_hz = 49.9876;
    detail.f_10s_utc_start_ms = 1699999990000;
    detail.utc_synced = 1;
    strcpy(detail.meter_id, "meter-1");
    strcpy(detail.channel[0].name, "CH0 voltage");
    strcpy(detail.channel[1].name, "CH1 current grid L1");
    detail.channel[0].noise_lsb = (double)NAN;
    detail.channel[1].noise_lsb = 0.123;
    detail.channel[1].noise = DETAIL_NOISE_QUIET;
    fill_values(&detail.window, 229);
    fill_values(&detail.aggregate, 231);
    if (error != 0 || detail_create(&meter.detail, meter.run_dir) != 0)
        return -1;
    detail_write(&meter.detail, &detail);
    return 0;
}

static void every_quantity_has_a_row(void **state)
{
    (void)state;
    assert_int_equal(VATIO("detail"), CLI_OK);
    assert_string_equal(err, "");
    assert_contains(out, "2023-11-14 22:13:23 UTC, the 3.000 s before, quality: simulated\n");
    assert_contains(out, "frequency   50.0125 Hz, over 10 s 49.9876 Hz (from 2023-11-14 22:13:10)\n");
    assert_contains(out, "noise       - LSB, unknown: CH0 voltage\n");
    assert_contains(out, "noise       0.12 LSB, quiet: CH1 current grid L1\n");
    assert_contains(out, "\nu_rms_v                231.00       232.00\n");
    assert_contains(out, "\nsh_va                     1.2          1.2\n");
    assert_contains(out, "\nq1_var                    0.0          0.0\n"); /* not -0.0 */
    assert_contains(out, "\ni_k_factor             2.5000       2.5000\n");
    assert_contains(out, "\ndpf                         -            -\n"); /* absent */
    for (size_t k = 0; k < detail_point_fields_n; k++)
        assert_contains(out, detail_point_fields[k].name);
    assert_null(strstr(out, "i_sg_a"));
}

static void the_window_is_shown_where_asked_for(void **state)
{
    (void)state;
    assert_int_equal(VATIO("detail", "--window", "--point", "solar"), CLI_OK);
    assert_contains(out, "\nu_rms_v                230.00\n");
    assert_null(strstr(out, "grid\n"));
}

static void the_window_stands_in_before_the_first_aggregate(void **state)
{
    (void)state;
    detail_absent(&detail.aggregate);
    detail_write(&meter.detail, &detail);
    assert_int_equal(VATIO("detail", "--point", "grid"), CLI_OK);
    assert_contains(out, "\nu_rms_v                229.00\n");
}

static void a_spectrum_has_a_row_for_each_order_up_to_h_max(void **state)
{
    (void)state;
    assert_int_equal(VATIO("detail", "--point", "solar", "--spectrum"), CLI_OK);
    assert_contains(out, "\nsolar\n    h        u_h_v        i_h_a       u_sg_v       i_sg_a ");
    assert_contains(out, "\n    3            -            -            -       0.3750 ");
    assert_null(strstr(out, "\n    4 "));
}

static void json_has_both_and_null_where_nothing_was_measured(void **state)
{
    (void)state;
    assert_int_equal(VATIO("detail", "--json", "--spectrum", "--point", "solar"), CLI_OK);
    json_t *object = json_loads(out, 0, NULL);
    const json_t *points = json_object_get(json_object_get(object, "window"), "points");
    assert_int_equal(json_object_size(points), 1);
    const json_t *point = json_object_get(points, "solar");
    assert_true(json_real_value(json_object_get(point, "u_rms_v")) == 230.0);
    assert_true(json_is_null(json_object_get(point, "phi_deg")));
    assert_true(json_real_value(json_array_get(json_object_get(point, "i_sg_a"), 2)) == 0.25);
    assert_true(json_is_null(json_array_get(json_object_get(point, "i_sg_a"), 4)));
    const json_t *aggregate = json_object_get(json_object_get(object, "aggregate"), "points");
    assert_true(json_real_value(json_object_get(json_object_get(aggregate, "solar"), "u_rms_v")) == 232.0);
    assert_true(
        json_is_null(json_object_get(json_array_get(json_object_get(object, "channels"), 0), "noise_lsb")));
    assert_true(json_real_value(json_object_get(object, "f_10s_hz")) == 49.9876);
    json_decref(object);
    assert_int_equal(VATIO("detail", "--json"), CLI_OK);
    assert_contains(out, "\"grid\"");
    assert_null(strstr(out, "i_sg_a"));
}

static void a_point_that_there_is_not_is_refused_with_those_that_there_are(void **state)
{
    (void)state;
    assert_int_equal(VATIO("detail", "--point", "load"), CLI_USAGE);
    assert_string_equal(err, "vatio: detail: this meter has no point \"load\"; expected one of grid solar\n");
    assert_string_equal(out, "");
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    meter.detail.file->schema++;
    assert_int_equal(VATIO("detail"), CLI_NO_METER);
    assert_contains(err, "/detail: Protocol error; expected the layout of this version");
    detail_remove(&meter.detail, meter.run_dir);
    assert_int_equal(VATIO("detail"), CLI_NO_METER);
    assert_contains(err, "/detail: No such file");
}

static void a_dead_meters_file_is_not_shown(void **state)
{
    (void)state;
    fake_stop_control(&meter);
    assert_int_equal(VATIO("detail"), CLI_NO_METER);
    assert_string_equal(out, "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start_detail, stop_meter)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_quantity_has_a_row),
        TEST(the_window_is_shown_where_asked_for),
        TEST(the_window_stands_in_before_the_first_aggregate),
        TEST(a_spectrum_has_a_row_for_each_order_up_to_h_max),
        TEST(json_has_both_and_null_where_nothing_was_measured),
        TEST(a_point_that_there_is_not_is_refused_with_those_that_there_are),
        TEST(a_file_that_cannot_be_read_is_named),
        TEST(a_dead_meters_file_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
