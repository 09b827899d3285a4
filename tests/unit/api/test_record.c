/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t micro;
    const char *kwh;
} energies[] = {
    {"nothing", 0, "0.000"},
    {"less than a watt-hour", 999999, "0.000"},
    {"a watt-hour", 1000000, "0.001"},
    {"truncated, not rounded", 12345999999, "12.345"},
    {"a kilowatt-hour", 1000000000, "1.000"},
    {"beyond what a double holds", INT64_C(9007199254740993999), "9007199254.740"},
    {"the greatest", INT64_MAX, "9223372036.854"},
    {"a little negative has no sign", -999999, "0.000"},
    {"negative", -1000000, "-0.001"},
    {"negative, truncated toward zero", -12345999999, "-12.345"},
    {"the least", -INT64_MAX, "-9223372036.854"},
    {"absent", RECORD_ABSENT, ""},
};

static void kwh_are_exact_from_the_integer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof energies / sizeof energies[0]; i++) {
        char text[32];
        print_message("%s\n", energies[i].name);
        record_format_kwh(energies[i].micro, text, sizeof text);
        assert_string_equal(text, energies[i].kwh);
    }
}

static void points_and_streams_have_names_both_ways(void **state)
{
    (void)state;
    for (int64_t id = 0; id < RECORD_POINTS; id++)
        assert_int_equal(record_point_id(record_point_name(id)), id);
    assert_string_equal(record_point_name(0), "grid");
    assert_string_equal(record_point_name(2), "grid_l2");
    assert_string_equal(record_point_name(3), "solar");
    assert_string_equal(record_point_name(7), "load_l1");
    assert_null(record_point_name(-1));
    assert_null(record_point_name(RECORD_POINTS));
    assert_int_equal(record_point_id("gri"), -1);
    for (int stream = 0; stream < STREAMS; stream++)
        assert_int_equal(record_stream_id(record_stream_name[stream]), stream);
    assert_int_equal(record_stream_id("day"), STREAM_DAY);
    assert_int_equal(record_stream_id("hour"), -1);
}

static const struct table {
    const char *name;
    const struct record_field *fields;
    const size_t *n;
    size_t size;    /* of the struct */
    size_t without; /* bytes of it that the fields do not cover */
} tables[] = {
    {"record", record_fields, &record_fields_n, sizeof(struct record),
     offsetof(struct record, seq) + sizeof(struct record) - offsetof(struct record, boot_id) - RECORD_ID},
    {"point", record_point_fields, &record_point_fields_n, sizeof(struct record_point), 0},
    {"event", record_event_fields, &record_event_fields_n, sizeof(struct record_event),
     offsetof(struct record_event, seq) + offsetof(struct record_event, value) -
         offsetof(struct record_event, boot_id) - RECORD_ID - 24 - 128},
};

static size_t field_size(const struct record_field *field)
{
    return field->type == FIELD_TEXT ? field->size : 8;
}

/* Each byte of the struct belongs to one field at most; together they cover it. Names are unique. */
static void the_tables_cover_their_structs_once(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        unsigned char covered[sizeof(struct record)] = {0};
        size_t total = 0;
        print_message("%s\n", tables[t].name);
        for (size_t i = 0; i < *tables[t].n; i++) {
            const struct record_field *field = &tables[t].fields[i];
            for (size_t byte = 0; byte < field_size(field); byte++)
                assert_int_equal(covered[field->offset + byte]++, 0);
            total += field_size(field);
            for (size_t other = 0; other < i; other++)
                assert_string_not_equal(field->name, tables[t].fields[other].name);
        }
        assert_int_equal(total + tables[t].without, tables[t].size);
    }
}

static void names_end_in_their_unit(void **state)
{
    static const struct {
        const char *unit, *ending;
    } endings[] = {{"V", "_v"},     {"A", "_a"},         {"W", "_w"},      {"var", "_var"}, {"VA", "_va"},
                   {"Hz", "_hz"},   {"deg", "_deg"},     {"%", "_pct"},    {"ms", "_ms"},   {"us", "_us"},
                   {"uWh", "_uwh"}, {"uvarh", "_uvarh"}, {"uVAh", "_uvah"}};
    (void)state;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (size_t i = 0; i < *tables[t].n; i++)
            for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++) {
                const char *name = tables[t].fields[i].name, *ending = endings[e].ending;
                const size_t name_length = strlen(name), length = strlen(ending);
                const int ends = name_length > length && strcmp(name + name_length - length, ending) == 0;
                assert_int_equal(ends, strcmp(tables[t].fields[i].unit, endings[e].unit) == 0);
            }
}

static const struct record_field *find(const struct record_field *fields, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    fail_msg("no field %s", name);
    return NULL;
}

static void accessors_reach_the_named_member(void **state)
{
    struct record_point point = {.p_w = -12.5, .delta.import_uwh = 3, .total.import_uwh = 7};
    const struct record_field *power = find(record_point_fields, record_point_fields_n, "p_w");
    const struct record_field *delta = find(record_point_fields, record_point_fields_n, "import_delta_uwh");
    const struct record_field *total = find(record_point_fields, record_point_fields_n, "import_uwh");
    (void)state;
    assert_true(record_real(power, &point) == -12.5);
    assert_int_equal(record_integer(delta, &point), 3);
    assert_int_equal(record_integer(total, &point), 7);
    record_set_real(power, &point, (double)NAN);
    record_set_integer(delta, &point, RECORD_ABSENT);
    assert_true(isnan(point.p_w));
    assert_true(point.delta.import_uwh == RECORD_ABSENT);
    find(record_point_fields, record_point_fields_n, "q4_delta_uvarh");
    find(record_point_fields, record_point_fields_n, "apparent_delta_uvah");
}

static void absent_is_known_by_type(void **state)
{
    const struct record_field *power = find(record_point_fields, record_point_fields_n, "p_w");
    const struct record_field *total = find(record_point_fields, record_point_fields_n, "import_uwh");
    const struct record_field *kind = find(record_event_fields, record_event_fields_n, "kind");
    struct record_point point = {.p_w = 0};
    const struct record_event event = {.kind = ""};
    (void)state;
    assert_false(record_absent(power, &point));
    assert_false(record_absent(total, &point));
    assert_false(record_absent(kind, &event));
    record_set_real(power, &point, (double)NAN);
    record_set_integer(total, &point, RECORD_ABSENT);
    assert_true(record_absent(power, &point));
    assert_true(record_absent(total, &point));
    record_set_real(power, &point, HUGE_VAL);
    assert_true(record_absent(power, &point));
}

static void texts_are_cut_to_their_field(void **state)
{
    struct record_event event;
    const struct record_field *kind = find(record_event_fields, record_event_fields_n, "kind");
    (void)state;
    memset(&event, 'x', sizeof event);
    record_set_text(kind, &event, "restart");
    assert_string_equal(record_text(kind, &event), "restart");
    assert_string_equal(event.kind, "restart");
    record_set_text(kind, &event, "a kind much longer than its field");
    assert_string_equal(event.kind, "a kind much longer than");
    assert_int_equal(event.detail[0], 'x');
    record_set_text(kind, &event, NULL);
    assert_string_equal(event.kind, "");
}

static const struct {
    const char *name;
    struct record record;
    bool valid;
} records[] = {
    {"a record of no points", {.schema = RECORD_SCHEMA}, true},
    {"a record of all points",
     {.schema = RECORD_SCHEMA, .n_points = 9, .point_id = {0, 1, 2, 3, 4, 5, 6, 7, 8}},
     true},
    {"another schema", {.schema = RECORD_SCHEMA + 1}, false},
    {"no such stream", {.schema = RECORD_SCHEMA, .stream = STREAMS}, false},
    {"a negative stream", {.schema = RECORD_SCHEMA, .stream = -1}, false},
    {"too many points", {.schema = RECORD_SCHEMA, .n_points = 10}, false},
    {"fewer than none", {.schema = RECORD_SCHEMA, .n_points = -1}, false},
    {"no such point", {.schema = RECORD_SCHEMA, .n_points = 1, .point_id = {9}}, false},
    {"a negative point", {.schema = RECORD_SCHEMA, .n_points = 1, .point_id = {-1}}, false},
};

static void records_from_elsewhere_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        print_message("%s\n", records[i].name);
        assert_int_equal(record_valid(&records[i].record), records[i].valid);
    }
}

static const struct {
    const char *name;
    enum record_stream stream;
    int64_t duration_us, import_uwh, export_uwh;
    double import_w, export_w; /* NaN = absent */
} demands[] = {
    {"a kilowatt and none", STREAM_QUARTER, 900000000, 250000000, 0, 1000, 0},
    {"over the true duration", STREAM_QUARTER, 900180000, 250050000, 1, 1000, 3600.0 / 900180000},
    {"a quarter-hour cut short has its own time", STREAM_QUARTER, 450000000, 250000000, 125000000, 2000,
     1000},
    {"over more than 15 minutes after a lost batch", STREAM_QUARTER, 1800000000, 250000000, 0, 500, 0},
    {"energy that is absent", STREAM_QUARTER, 900000000, RECORD_ABSENT, 250000000, (double)NAN, 1000},
    {"no time at all", STREAM_QUARTER, 0, 7, 7, (double)NAN, (double)NAN},
    {"a time that is absent", STREAM_QUARTER, RECORD_ABSENT, 7, 7, (double)NAN, (double)NAN},
    {"a minute has none", STREAM_MINUTE, 60000000, 7, 7, (double)NAN, (double)NAN},
    {"a day has none", STREAM_DAY, 86400000000, 7, 7, (double)NAN, (double)NAN},
    {"the live second has none", STREAM_LIVE, 1000000, 7, 7, (double)NAN, (double)NAN},
};

static void assert_same(double value, double expected)
{
    if (isnan(expected))
        assert_true(isnan(value));
    else
        assert_true(fabs(value - expected) <= 1e-9);
}

static void demand_is_a_quarters_energy_over_its_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof demands / sizeof demands[0]; i++) {
        print_message("%s\n", demands[i].name);
        struct record record = {
            .stream = demands[i].stream, .duration_us = demands[i].duration_us, .n_points = 2};
        record.point[1].delta.import_uwh = demands[i].import_uwh;
        record.point[1].delta.export_uwh = demands[i].export_uwh;
        record_demand(&record);
        assert_same(record.point[1].demand_import_w, demands[i].import_w);
        assert_same(record.point[1].demand_export_w, demands[i].export_w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kwh_are_exact_from_the_integer),
        cmocka_unit_test(points_and_streams_have_names_both_ways),
        cmocka_unit_test(the_tables_cover_their_structs_once),
        cmocka_unit_test(names_end_in_their_unit),
        cmocka_unit_test(accessors_reach_the_named_member),
        cmocka_unit_test(absent_is_known_by_type),
        cmocka_unit_test(texts_are_cut_to_their_field),
        cmocka_unit_test(records_from_elsewhere_are_checked),
        cmocka_unit_test(demand_is_a_quarters_energy_over_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
