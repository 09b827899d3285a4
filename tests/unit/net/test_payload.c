/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/payload.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct record a_record(int stream)
{
    struct record record = {
        .schema = RECORD_SCHEMA, .stream = stream, .seq = 41, .quality = 128, .n_points = 1};
    record.utc_end_ms = INT64_C(1750000000123);
    record.f_hz = 49.98;
    record.f_min_hz = (double)NAN;
    record.point_id[0] = record_point_id("grid");
    record.point[0].p_w = -1234.5;
    record.point[0].thd_u_pct = (double)NAN;
    record.point[0].demand_import_w = stream == STREAM_QUARTER ? 1234.5 : (double)NAN;
    record.point[0].total.import_uwh = INT64_MAX; /* beyond what a double holds exactly */
    record.point[0].total.export_uwh = RECORD_ABSENT;
    return record;
}

static json_t *parse(char *text)
{
    json_error_t error;
    assert_non_null(text);
    json_t *object = json_loads(text, 0, &error);
    assert_true(json_is_object(object));
    free(text);
    return object;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

static int64_t number_at(const json_t *object, const char *key)
{
    assert_true(json_is_integer(json_object_get(object, key)));
    return json_integer_value(json_object_get(object, key));
}

/* Flat: no value is an object or an array, so that the simplest consumer reads it. */
static void assert_flat(json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        assert_false(json_is_object(value) || json_is_array(value));
    }
}

static void a_record_carries_its_key_and_values(void **state)
{
    const union source_item item = {.record = a_record(STREAM_QUARTER)};
    json_t *object = parse(payload_record("m1", "s1", STREAM_QUARTER, &item));

    (void)state;
    assert_flat(object);
    assert_string_equal(text_at(object, "meter_id"), "m1");
    assert_string_equal(text_at(object, "store_id"), "s1");
    assert_string_equal(text_at(object, "stream"), "quarter");
    assert_int_equal(number_at(object, "seq"), 41);
    assert_int_equal(number_at(object, "utc_end_ms"), INT64_C(1750000000123));
    assert_int_equal(number_at(object, "quality"), 128);
    assert_true(json_real_value(json_object_get(object, "grid_p_w")) == -1234.5);
    assert_true(number_at(object, "grid_import_uwh") == INT64_MAX);
    assert_true(json_real_value(json_object_get(object, "grid_demand_import_w")) == 1234.5);
    json_decref(object);
}

static void absent_values_are_left_out(void **state)
{
    static const char *const absent[] = {"f_min_hz", "grid_thd_u_pct", "grid_export_uwh",
                                         "grid_demand_import_w"};
    const union source_item item = {.record = a_record(STREAM_MINUTE)};
    json_t *object = parse(payload_record("m1", "s1", STREAM_MINUTE, &item));

    (void)state;
    for (size_t k = 0; k < sizeof absent / sizeof absent[0]; k++)
        assert_null(json_object_get(object, absent[k]));
    json_decref(object);
}

static void an_event_carries_its_key_and_kind(void **state)
{
    union source_item item = {
        .event = {.schema = RECORD_SCHEMA, .stream = STREAM_EVENT, .seq = 7, .value = (double)NAN}};
    (void)state;
    strcpy(item.event.kind, "start");
    strcpy(item.event.detail, "a \"quoted\" word\n");
    json_t *object = parse(payload_record("m1", "s1", STREAM_EVENT, &item));
    assert_flat(object);
    assert_string_equal(text_at(object, "stream"), "event");
    assert_int_equal(number_at(object, "seq"), 7);
    assert_string_equal(text_at(object, "kind"), "start");
    assert_string_equal(text_at(object, "detail"), "a \"quoted\" word\n");
    assert_null(json_object_get(object, "value"));
    json_decref(object);
}

static struct mailbox_live a_mailbox(void)
{
    struct mailbox_live live = {.imp_per_kwh = 1000, .simulated = 1, .u_nominal_v = 230};
    strcpy(live.meter_id, "m1");
    strcpy(live.store_id, "s1");
    strcpy(live.boot_id, "b1");
    live.live = a_record(STREAM_LIVE);
    return live;
}

static void live_is_a_record_too(void **state)
{
    const struct mailbox_live live = a_mailbox();
    json_t *object = parse(payload_live(&live));

    (void)state;
    assert_flat(object);
    assert_string_equal(text_at(object, "meter_id"), "m1");
    assert_string_equal(text_at(object, "stream"), "live");
    assert_int_equal(number_at(object, "quality"), 128);
    assert_true(json_real_value(json_object_get(object, "grid_p_w")) == -1234.5);
    json_decref(object);
}

static void live_has_the_audit_logs_head(void **state)
{
    struct mailbox_live live = a_mailbox();
    (void)state;
    live.audit_seq = 42;
    memset(live.audit_head, 'b', DIGEST_TEXT - 1);
    json_t *object = parse(payload_live(&live));
    assert_int_equal(number_at(object, "audit_seq"), 42);
    assert_string_equal(text_at(object, "audit_head"), live.audit_head);
    json_decref(object);
    live.audit_seq = RECORD_ABSENT;
    object = parse(payload_live(&live));
    assert_null(json_object_get(object, "audit_seq"));
    json_decref(object);
}

static void live_has_the_frequency_over_10_s_where_it_is_known(void **state)
{
    struct mailbox_live live = a_mailbox();
    (void)state;
    live.f_10s_hz = 50.0123456789;
    live.f_10s_utc_start_ms = INT64_C(1750000000000);
    json_t *object = parse(payload_live(&live));
    assert_true(json_real_value(json_object_get(object, "f_10s_hz")) == 50.0123456789);
    assert_true(number_at(object, "f_10s_utc_start_ms") == INT64_C(1750000000000));
    json_decref(object);
    live.f_10s_hz = (double)NAN;
    live.f_10s_utc_start_ms = RECORD_ABSENT;
    object = parse(payload_live(&live));
    assert_null(json_object_get(object, "f_10s_hz"));
    assert_null(json_object_get(object, "f_10s_utc_start_ms"));
    assert_true(json_real_value(json_object_get(object, "f_hz")) == 49.98);
    json_decref(object);
    object = parse(payload_info(&live));
    assert_string_equal(text_at(json_object_get(object, "live_fields"), "f_10s_hz"), "Hz");
    json_decref(object);
}

static void info_says_who_what_and_in_which_units(void **state)
{
    const struct mailbox_live live = a_mailbox();
    json_t *object = parse(payload_info(&live));
    const json_t *units = json_object_get(object, "point_fields");

    (void)state;
    assert_string_equal(text_at(object, "schema"), "vatio.v1");
    assert_int_equal(number_at(object, "record_schema"), RECORD_SCHEMA);
    assert_string_equal(text_at(object, "meter_id"), "m1");
    assert_string_equal(text_at(object, "store_id"), "s1");
    assert_int_equal(number_at(object, "imp_per_kwh"), 1000);
    assert_int_equal(number_at(object, "simulated"), 1);
    assert_string_equal(text_at(object, "netting"), "per window, summed over elements");
    assert_string_equal(json_string_value(json_array_get(json_object_get(object, "points"), 0)), "grid");
    assert_int_equal(json_object_size(units), record_point_fields_n);
    assert_string_equal(text_at(units, "p_w"), "W");
    assert_string_equal(text_at(json_object_get(object, "fields"), "f_hz"), "Hz");
    assert_true(json_object_size(json_object_get(object, "event_fields")) == record_event_fields_n);
    json_decref(object);
}

static void info_does_not_change_with_time_or_restarts(void **state)
{
    struct mailbox_live live = a_mailbox();
    char *before = payload_info(&live);

    (void)state;
    strcpy(live.boot_id, "another");
    live.heartbeat = 99;
    live.uptime_ms = 99;
    live.pid = 99;
    live.live.seq = 99;
    live.live.point[0].p_w = 99;
    live.health.scans = 99;
    char *after = payload_info(&live);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static long allocations_left;

static void *allocate_or_fail(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

static void memory_that_runs_out_gives_no_text(void **state)
{
    const union source_item item = {.record = a_record(STREAM_MINUTE)};
    const struct mailbox_live live = a_mailbox();
    char *text[3] = {NULL};

    (void)state;
    json_set_alloc_funcs(allocate_or_fail, free);
    /* One allocation more each time, until it is enough for all three. */
    for (long n = 0; text[0] == NULL || text[1] == NULL || text[2] == NULL; n++) {
        assert_true(n < 10000);
        for (int k = 0; k < 3; k++)
            free(text[k]);
        allocations_left = n;
        text[0] = payload_record("m1", "s1", STREAM_MINUTE, &item);
        allocations_left = n;
        text[1] = payload_live(&live);
        allocations_left = n;
        text[2] = payload_info(&live);
    }
    json_set_alloc_funcs(malloc, free);
    for (int k = 0; k < 3; k++) {
        assert_int_equal(text[k][strlen(text[k]) - 1], '}');
        free(text[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_carries_its_key_and_values),
        cmocka_unit_test(absent_values_are_left_out),
        cmocka_unit_test(an_event_carries_its_key_and_kind),
        cmocka_unit_test(live_is_a_record_too),
        cmocka_unit_test(live_has_the_audit_logs_head),
        cmocka_unit_test(live_has_the_frequency_over_10_s_where_it_is_known),
        cmocka_unit_test(info_says_who_what_and_in_which_units),
        cmocka_unit_test(info_does_not_change_with_time_or_restarts),
        cmocka_unit_test(memory_that_runs_out_gives_no_text),
    };
    return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
