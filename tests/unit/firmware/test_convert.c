/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An interval as dsp closes it, and the record that others read: every value under its own name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/api/record_json.h"
#include "firmware/convert.h"

#include <math.h>
#include <string.h>

/* Split phase: three points. */
static struct topology split_phase(void)
{
    struct topology topology = {.n_channels = 4, .n_elements = 2};
    topology.element[0] = (struct element){0, 2, CIRCUIT_GRID, 1, 0, 0};
    topology.element[1] = (struct element){1, 3, CIRCUIT_GRID, 2, 0, 0};
    topology_init(&topology);
    return topology;
}

static const struct {
    const char *name; /* in the record */
    size_t from;      /* in struct interval_point */
} reals[] = {
#define REAL(name)                                                                                           \
    {                                                                                                        \
#name, offsetof(struct interval_point, name)                                                         \
    }
    REAL(u_rms_v),     REAL(u_min_v), REAL(u_max_v),   REAL(i_rms_a),   REAL(i_max_a), REAL(p_w),
    REAL(p_min_w),     REAL(p_max_w), REAL(q1_var),    REAL(s_va),      REAL(n_var),   REAL(pf),
    REAL(dpf),         REAL(phi_deg), REAL(thd_u_pct), REAL(thd_i_pct), REAL(u_ll_v),  REAL(u_unbalance_pct),
    REAL(i_neutral_a),
};
enum { REALS = sizeof reals / sizeof reals[0], DEMANDS = 2 /* made of energy, not measured */ };

static void set(struct interval_point *point, size_t offset, double value)
{
    memcpy((char *)point + offset, &value, sizeof value);
}

static void every_value_arrives_under_its_name(void **state)
{
    (void)state;
    const struct topology topology = split_phase();
    struct interval interval = {.n_points = topology.n_points, .quality = 256};
    for (int p = 0; p < interval.n_points; p++)
        for (int k = 0; k < REALS; k++)
            set(&interval.point[p], reals[k].from, 100 * p + k + 0.5);
    struct record record;
    convert_interval(&interval, &topology, STREAM_MINUTE, &record);
    assert_true(record_valid(&record));
    assert_int_equal(record.n_points, 3);
    assert_int_equal(record.quality, 256);
    int known = 0;
    for (size_t f = 0; f < record_point_fields_n; f++)
        known += record_point_fields[f].type == FIELD_REAL;
    assert_int_equal(known, REALS + DEMANDS); /* a field added to the record is added here */
    for (int k = 0; k < REALS; k++)
        for (size_t f = 0; f < record_point_fields_n; f++)
            if (strcmp(record_point_fields[f].name, reals[k].name) == 0)
                for (int p = 0; p < 3; p++)
                    assert_true(record_real(&record_point_fields[f], &record.point[p]) == 100 * p + k + 0.5);
}

static void a_quarter_has_demand_and_a_minute_none(void **state)
{
    (void)state;
    const struct topology topology = split_phase();
    struct interval interval = {.n_points = topology.n_points, .duration_ns = 899900000000};
    struct record record;
    interval.point[2].energy = (struct energy){.import_uwh = 899900000, .export_uwh = 449950000};
    convert_interval(&interval, &topology, STREAM_QUARTER, &record);
    assert_true(fabs(record.point[2].demand_import_w - 3600) <= 1e-9);
    assert_true(fabs(record.point[2].demand_export_w - 1800) <= 1e-9);
    convert_interval(&interval, &topology, STREAM_MINUTE, &record);
    assert_true(isnan(record.point[2].demand_import_w));
    assert_true(isnan(record.point[2].demand_export_w));
}

/* A leg has no voltage between legs: the key is left out. */
static void what_compares_the_legs_is_the_circuits(void **state)
{
    (void)state;
    const struct topology topology = split_phase();
    struct interval interval = {.n_points = topology.n_points};
    interval.point[0].u_ll_v = 240.5;
    interval.point[0].u_unbalance_pct = 1.25;
    interval.point[0].i_neutral_a = 3;
    for (int p = 1; p < 3; p++)
        interval.point[p].u_ll_v = interval.point[p].u_unbalance_pct = interval.point[p].i_neutral_a =
            (double)NAN;
    struct record record;
    convert_interval(&interval, &topology, STREAM_LIVE, &record);
    json_t *object = record_json(&record);
    assert_true(json_real_value(json_object_get(object, "grid_u_ll_v")) == 240.5);
    assert_true(json_real_value(json_object_get(object, "grid_u_unbalance_pct")) == 1.25);
    assert_true(json_real_value(json_object_get(object, "grid_i_neutral_a")) == 3);
    assert_null(json_object_get(object, "grid_l1_u_ll_v"));
    assert_null(json_object_get(object, "grid_l2_i_neutral_a"));
    json_decref(object);
}

/* Noise leaves squares below zero; a record is for people. Directions keep their sign, what is absent stays absent. */
static void what_noise_left_below_zero_is_shown_as_zero(void **state)
{
    (void)state;
    static const char *const directed[] = {"p_w", "p_min_w", "p_max_w", "q1_var",
                                           "pf",  "dpf",     "phi_deg", "u_unbalance_pct"};
    const struct topology topology = split_phase();
    struct interval interval = {.n_points = topology.n_points};
    for (int k = 0; k < REALS; k++) {
        set(&interval.point[0], reals[k].from, -0.25);
        set(&interval.point[1], reals[k].from, (double)NAN);
    }
    struct record record;
    convert_interval(&interval, &topology, STREAM_LIVE, &record);
    int kept = 0;
    for (size_t f = 0; f < record_point_fields_n; f++) {
        if (record_point_fields[f].type != FIELD_REAL ||
            strncmp(record_point_fields[f].name, "demand_", 7) == 0)
            continue;
        bool has_direction = false;
        for (size_t d = 0; d < sizeof directed / sizeof directed[0]; d++)
            has_direction = has_direction || strcmp(record_point_fields[f].name, directed[d]) == 0;
        kept += has_direction;
        assert_true(record_real(&record_point_fields[f], &record.point[0]) == (has_direction ? -0.25 : 0));
        assert_true(isnan(record_real(&record_point_fields[f], &record.point[1])) != 0);
    }
    assert_int_equal(kept, sizeof directed / sizeof directed[0]);
}

static void harmonics_below_zero_are_shown_as_zero(void **state)
{
    (void)state;
    static struct reading reading = {.n_points = 1};
    static struct mailbox_live live;
    reading.point[0].u_dc_v = -0.5;
    reading.point[0].u_h_v[1] = 120;
    reading.point[0].u_h_v[2] = -0.01;
    reading.point[0].i_h_a[1] = -0.001;
    reading.point[0].i_h_a[2] = (double)NAN;
    convert_harmonics(&reading, &live);
    assert_true(live.u_h_v[0][0] == -0.5f && live.u_h_v[0][1] == 120 && live.u_h_v[0][2] == 0);
    assert_true(live.i_h_a[0][1] == 0 && isnan(live.i_h_a[0][2]));
}

static void energies_go_there_and_back(void **state)
{
    (void)state;
    const struct energy energy = {1, 2, 3, 4, 5, 6, INT64_MAX};
    struct record_energy record;
    struct energy back;
    convert_energy(&energy, &record);
    assert_true(record.q4_uvarh == 6 && record.export_uwh == 2);
    convert_energy_back(&record, &back);
    assert_memory_equal(&back, &energy, sizeof energy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_arrives_under_its_name),
        cmocka_unit_test(a_quarter_has_demand_and_a_minute_none),
        cmocka_unit_test(what_compares_the_legs_is_the_circuits),
        cmocka_unit_test(what_noise_left_below_zero_is_shown_as_zero),
        cmocka_unit_test(harmonics_below_zero_are_shown_as_zero),
        cmocka_unit_test(energies_go_there_and_back),
    };
    return cmocka_run_group_tests_name("firmware/convert", tests, NULL, NULL);
}
