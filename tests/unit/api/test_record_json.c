/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/record_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct record sample(void)
{
    struct record record = {.schema = RECORD_SCHEMA,
                            .stream = STREAM_MINUTE,
                            .seq = 12,
                            .utc_start_ms = 1700000000000,
                            .utc_end_ms = RECORD_ABSENT,
                            .quality = 128,
                            .f_hz = 49.987654321098765,
                            .f_min_hz = (double)NAN,
                            .f_max_hz = HUGE_VAL,
                            .h_max = 40,
                            .boot_id = "0123456789abcdef0123456789abcdef",
                            .n_points = 2,
                            .point_id = {0, 3}};
    record.point[0].p_w = -1.0 / 3;
    record.point[0].total.import_uwh = INT64_C(9007199254740993); /* 2^53 + 1: no double */
    record.point[1].p_w = 0.1;
    return record;
}

static void assert_dump(json_t *object, const char *key, const char *expected)
{
    char *text =
        json_dumps(json_object_get(object, key), JSON_ENCODE_ANY | JSON_REAL_PRECISION(RECORD_JSON_DIGITS));
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void a_record_is_flat_and_exact_and_leaves_out_what_is_absent(void **state)
{
    const struct record record = sample();
    json_t *object = record_json(&record);
    (void)state;
    assert_non_null(object);
    assert_dump(object, "schema", "2");
    assert_dump(object, "stream", "\"minute\"");
    assert_dump(object, "seq", "12");
    assert_dump(object, "utc_start_ms", "1700000000000");
    assert_dump(object, "f_hz", "49.9876543210988");
    assert_dump(object, "boot_id", "\"0123456789abcdef0123456789abcdef\"");
    assert_dump(object, "grid_p_w", "-0.333333333333333");
    assert_dump(object, "grid_import_uwh", "9007199254740993");
    assert_dump(object, "grid_import_delta_uwh", "0");
    assert_dump(object, "solar_p_w", "0.1");
    assert_null(json_object_get(object, "utc_end_ms"));
    assert_null(json_object_get(object, "f_min_hz"));
    assert_null(json_object_get(object, "f_max_hz"));
    assert_null(json_object_get(object, "load_p_w"));
    /* all others are there: schema, stream, fields, two points, less the three that are absent */
    assert_int_equal(json_object_size(object), 2 + record_fields_n + 2 * record_point_fields_n - 3);
    json_decref(object);
}

static void keys_stand_in_the_order_of_the_tables(void **state)
{
    const struct record record = sample();
    json_t *object = record_json(&record);
    (void)state;
    char *text = json_dumps(object, JSON_COMPACT);
    assert_int_equal(strncmp(text, "{\"schema\":2,\"stream\":\"minute\",\"seq\":12,\"utc_start_ms\":", 53),
                     0);
    assert_true(strstr(text, "\"grid_u_rms_v\"") < strstr(text, "\"grid_apparent_uvah\""));
    assert_true(strstr(text, "\"grid_apparent_uvah\"") < strstr(text, "\"solar_u_rms_v\""));
    free(text);
    json_decref(object);
}

static void an_event_keeps_its_words(void **state)
{
    struct record_event event = {.schema = RECORD_SCHEMA,
                                 .stream = STREAM_EVENT,
                                 .seq = 3,
                                 .utc_ms = 5,
                                 .kind = "dip",
                                 .detail = "L1 \"quoted\"",
                                 .value = 180.5};
    json_t *object = record_event_json(&event);
    (void)state;
    assert_dump(object, "stream", "\"event\"");
    assert_dump(object, "kind", "\"dip\"");
    assert_dump(object, "detail", "\"L1 \\\"quoted\\\"\"");
    assert_dump(object, "value", "180.5");
    json_decref(object);
    event.value = (double)NAN;
    memcpy(event.detail, "a\xff\xfe", 4); /* not UTF-8: JSON cannot hold it */
    object = record_event_json(&event);
    assert_null(json_object_get(object, "value"));
    assert_dump(object, "detail", "\"a??\"");
    assert_int_equal(json_object_size(object), 2 + record_event_fields_n - 1);
    json_decref(object);
}

static void the_counters_of_health_have_their_names(void **state)
{
    const struct mailbox_health health = {.scans = 7, .control_refused = 2};
    json_t *object = record_health_json(&health);
    (void)state;
    assert_dump(object, "scans", "7");
    assert_dump(object, "control_refused", "2");
    assert_int_equal(json_object_size(object), mailbox_health_fields_n);
    json_decref(object);
}

static void the_identity_says_who_and_which_points(void **state)
{
    static struct mailbox_live live = {.meter_id = "m1",
                                       .version = "0.1.0",
                                       .calibrated = 1,
                                       .f_nominal_hz = 50,
                                       .u_nominal_v = 230,
                                       .scan_rate_hz = 4000,
                                       .imp_per_kwh = 1000};
    (void)state;
    live.live = sample();
    json_t *object = record_identity_json(&live);
    assert_dump(object, "meter_id", "\"m1\"");
    assert_dump(object, "version", "\"0.1.0\"");
    assert_dump(object, "calibrated", "1");
    assert_dump(object, "u_nominal_v", "230.0");
    assert_dump(object, "imp_per_kwh", "1000");
    assert_dump(object, "points", "[\"grid\", \"solar\"]");
    json_decref(object);
}

static void harmonics_are_arrays_that_end_where_measuring_ends(void **state)
{
    static struct mailbox_live live;
    (void)state;
    live.live = sample();
    for (int p = 0; p < RECORD_POINTS; p++)
        for (int h = 0; h < MAILBOX_HARMONICS; h++)
            live.u_h_v[p][h] = live.i_h_a[p][h] = NAN;
    live.u_h_v[0][0] = 0;
    live.u_h_v[0][1] = 230.1F;
    live.u_h_v[0][3] = 0.1F;
    live.u_h_v[0][4] = 0.12345678F;
    json_t *object = record_harmonics_json(&live);
    assert_dump(object, "grid_u_h_v", "[0.0, 230.1, null, 0.1, 0.12345678]");
    assert_int_equal(json_object_size(object), 1);
    json_decref(object);
}

static long allocations_left;

static void *scarce_malloc(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

static json_t *make_record(const struct mailbox_live *live)
{
    return record_json(&live->live);
}

static json_t *make_event(const struct mailbox_live *live)
{
    const struct record_event event = {.schema = live->live.schema, .kind = "note"};
    return record_event_json(&event);
}

static json_t *make_health(const struct mailbox_live *live)
{
    return record_health_json(&live->health);
}

/* Whichever allocation fails, there is no object with a value missing, and nothing leaks (the sanitizer looks). */
static void without_memory_there_is_no_half_object(void **state)
{
    static json_t *(*const makers[])(const struct mailbox_live *live) = {
        make_record, make_event, make_health, record_identity_json, record_harmonics_json};
    static struct mailbox_live live = {.meter_id = "m1"};
    (void)state;
    live.live = sample();
    json_set_alloc_funcs(scarce_malloc, free);
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        allocations_left = LONG_MAX;
        json_t *whole = makers[i](&live);
        const long needed = LONG_MAX - allocations_left;
        assert_non_null(whole);
        for (long n = 0; n < needed; n += n < 60 ? 1 : 7) {
            allocations_left = n;
            json_t *object = makers[i](&live);
            allocations_left = LONG_MAX;
            assert_true(object == NULL || json_equal(object, whole));
            json_decref(object);
        }
        json_decref(whole);
    }
    json_set_alloc_funcs(malloc, free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_flat_and_exact_and_leaves_out_what_is_absent),
        cmocka_unit_test(keys_stand_in_the_order_of_the_tables),
        cmocka_unit_test(an_event_keeps_its_words),
        cmocka_unit_test(the_counters_of_health_have_their_names),
        cmocka_unit_test(the_identity_says_who_and_which_points),
        cmocka_unit_test(without_memory_there_is_no_half_object),
        cmocka_unit_test(harmonics_are_arrays_that_end_where_measuring_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
