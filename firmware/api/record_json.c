/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/record_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_BYTES = 64, TEXT_BYTES = 256 };

static json_t *text_json(const char *text)
{
    char ascii[TEXT_BYTES];
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    size_t i = 0;
    for (; text[i] != '\0' && i + 1 < sizeof ascii; i++)
        ascii[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    ascii[i] = '\0';
    return json_string(ascii);
}

json_t *record_json_value(const struct record_field *field, const void *base)
{
    switch (field->type) {
    case FIELD_INTEGER:
        return json_integer(record_integer(field, base));
    case FIELD_REAL:
        return json_real(record_real(field, base));
    case FIELD_TEXT:
        return text_json(record_text(field, base));
    }
    return NULL;
}

int record_json_add(json_t *object, const char *prefix, const struct record_field *fields, size_t n,
                    const void *base)
{
    for (size_t i = 0; i < n; i++) {
        char key[KEY_BYTES];
        if (record_absent(&fields[i], base))
            continue;
        snprintf(key, sizeof key, "%s%s", prefix, fields[i].name);
        if (json_object_set_new(object, key, record_json_value(&fields[i], base)) != 0)
            return -1;
    }
    return 0;
}

static int add_points(json_t *object, const struct record *record)
{
    for (int64_t i = 0; i < record->n_points; i++) {
        char prefix[KEY_BYTES];
        snprintf(prefix, sizeof prefix, "%s_", record_point_name(record->point_id[i]));
        if (record_json_add(object, prefix, record_point_fields, record_point_fields_n, &record->point[i]) !=
            0)
            return -1;
    }
    return 0;
}

/* Gives up an object that could not be completed. */
static json_t *finished(json_t *object, int error)
{
    if (error == 0)
        return object;
    json_decref(object);
    return NULL;
}

json_t *record_json(const struct record *record)
{
    json_t *object = json_pack("{s:I, s:s}", "schema", (json_int_t)record->schema, "stream",
                               record_stream_name[record->stream]);
    if (object == NULL)
        return NULL;
    int error = record_json_add(object, "", record_fields, record_fields_n, record);
    if (error == 0)
        error = add_points(object, record);
    return finished(object, error);
}

json_t *record_live_json(const struct mailbox_live *live)
{
    json_t *object = record_json(&live->live);
    if (object == NULL)
        return NULL;
    return finished(object, record_json_add(object, "", mailbox_live_fields, mailbox_live_fields_n, live));
}

json_t *record_event_json(const struct record_event *event)
{
    json_t *object = json_pack("{s:I, s:s}", "schema", (json_int_t)event->schema, "stream",
                               record_stream_name[STREAM_EVENT]);
    if (object == NULL)
        return NULL;
    return finished(object, record_json_add(object, "", record_event_fields, record_event_fields_n, event));
}

json_t *record_health_json(const struct mailbox_health *health)
{
    json_t *object = json_object();
    if (object == NULL)
        return NULL;
    return finished(object,
                    record_json_add(object, "", mailbox_health_fields, mailbox_health_fields_n, health));
}

#define IDENTITY(member, type) #member, type, offsetof(struct mailbox_live, member), 0, "", ""
static const struct record_field identity_fields[] = {
    {IDENTITY(meter_id, FIELD_TEXT)},         {IDENTITY(store_id, FIELD_TEXT)},
    {IDENTITY(boot_id, FIELD_TEXT)},          {IDENTITY(serial, FIELD_TEXT)},
    {IDENTITY(version, FIELD_TEXT)},          {IDENTITY(board, FIELD_TEXT)},
    {IDENTITY(calibration_date, FIELD_TEXT)}, {IDENTITY(calibrated, FIELD_INTEGER)},
    {IDENTITY(simulated, FIELD_INTEGER)},     {IDENTITY(f_nominal_hz, FIELD_REAL)},
    {IDENTITY(u_nominal_v, FIELD_REAL)},      {IDENTITY(scan_rate_hz, FIELD_REAL)},
    {IDENTITY(imp_per_kwh, FIELD_INTEGER)},
};

json_t *record_identity_json(const struct mailbox_live *live)
{
    json_t *object = json_object();
    json_t *points = json_array();
    int error = record_json_add(object, "", identity_fields,
                                sizeof identity_fields / sizeof identity_fields[0], live);
    for (int64_t i = 0; i < live->live.n_points && error == 0; i++)
        error = json_array_append_new(points, json_string(record_point_name(live->live.point_id[i])));
    if (json_object_set_new(object, "points", points) != 0)
        error = -1;
    return finished(object, error);
}

/* A float's double would be printed with noise behind its seven digits: the shortest text that gives it back. */
json_t *record_json_float(float value)
{
    char text[32];
    if (!isfinite(value))
        return json_null();
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return json_real(strtod(text, NULL));
}

static int add_harmonics(json_t *object, const char *point, const char *name,
                         const float order[MAILBOX_HARMONICS])
{
    char key[KEY_BYTES];
    int n = MAILBOX_HARMONICS;
    while (n > 0 && !isfinite(order[n - 1]))
        n--;
    if (n == 0)
        return 0;
    json_t *array = json_array();
    int error = 0;
    for (int i = 0; i < n && error == 0; i++)
        error = json_array_append_new(array, record_json_float(order[i]));
    snprintf(key, sizeof key, "%s_%s", point, name);
    return json_object_set_new(object, key, array) != 0 ? -1 : error;
}

json_t *record_harmonics_json(const struct mailbox_live *live)
{
    json_t *object = json_object();
    int error = object == NULL ? -1 : 0;
    for (int64_t i = 0; i < live->live.n_points && error == 0; i++) {
        const char *point = record_point_name(live->live.point_id[i]);
        error = add_harmonics(object, point, "u_h_v", live->u_h_v[i]);
        if (error == 0)
            error = add_harmonics(object, point, "i_h_a", live->i_h_a[i]);
    }
    return finished(object, error);
}
