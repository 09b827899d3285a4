/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/detail_json.h"

#include "firmware/api/record_json.h"

/* Every value of the table, absent ones as null. */
static int add_fields(json_t *object, const struct record_field *fields, size_t n, const void *base)
{
    for (size_t k = 0; k < n; k++) {
        json_t *value = record_absent(&fields[k], base) ? json_null() : record_json_value(&fields[k], base);
        if (json_object_set_new(object, fields[k].name, value) != 0)
            return -1;
    }
    return 0;
}

static json_t *spectrum_json(const float *order)
{
    json_t *array = json_array();
    for (int h = 0; array != NULL && h < DETAIL_ORDERS; h++)
        if (json_array_append_new(array, record_json_float(order[h])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *finished(json_t *object, int error)
{
    if (error == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *point_json(const struct detail_point *point, bool spectra)
{
    json_t *object = json_object();
    int error = add_fields(object, detail_point_fields, detail_point_fields_n, point);
    for (size_t k = 0; k < detail_spectra_n && spectra && error == 0; k++)
        error = json_object_set_new(object, detail_spectra[k].name,
                                    spectrum_json(detail_orders(&detail_spectra[k], point)));
    return finished(object, error);
}

static json_t *values_json(const struct detail *detail, const struct detail_values *values, int64_t point_id,
                           bool spectra)
{
    json_t *object = json_object();
    json_t *points = json_object();
    int error = add_fields(object, detail_values_fields, detail_values_fields_n, values);
    for (int64_t p = 0; p < detail->n_points && error == 0; p++)
        if (point_id < 0 || detail->point_id[p] == point_id)
            error = json_object_set_new(points, record_point_name(detail->point_id[p]),
                                        point_json(&values->point[p], spectra));
    if (json_object_set_new(object, "points", points) != 0)
        error = -1;
    return finished(object, error);
}

static json_t *channel_json(const struct detail_channel *channel)
{
    json_t *object = json_object();
    int error = add_fields(object, detail_channel_fields, detail_channel_fields_n, channel);
    if (error == 0)
        error = json_object_set_new(object, "noise", json_string(detail_noise_name[channel->noise]));
    return finished(object, error);
}

json_t *detail_json(const struct detail *detail, int64_t point_id, bool spectra)
{
    static const struct record_field head[] = {
        {"meter_id", FIELD_TEXT, offsetof(struct detail, meter_id), RECORD_ID, "", ""},
        {"boot_id", FIELD_TEXT, offsetof(struct detail, boot_id), RECORD_ID, "", ""},
        {"heartbeat", FIELD_INTEGER, offsetof(struct detail, heartbeat), 0, "", ""},
        {"utc_synced", FIELD_INTEGER, offsetof(struct detail, utc_synced), 0, "", ""},
        {"f_10s_hz", FIELD_REAL, offsetof(struct detail, f_10s_hz), 0, "Hz", ""},
        {"f_10s_utc_start_ms", FIELD_INTEGER, offsetof(struct detail, f_10s_utc_start_ms), 0, "ms", ""},
    };
    json_t *object = json_object();
    json_t *channels = json_array();
    int error = add_fields(object, head, sizeof head / sizeof head[0], detail);
    for (int64_t k = 0; k < detail->n_channels && error == 0; k++)
        error = json_array_append_new(channels, channel_json(&detail->channel[k]));
    if (json_object_set_new(object, "channels", channels) != 0)
        error = -1;
    if (error == 0)
        error =
            json_object_set_new(object, "window", values_json(detail, &detail->window, point_id, spectra));
    if (error == 0)
        error = json_object_set_new(object, "aggregate",
                                    values_json(detail, &detail->aggregate, point_id, spectra));
    return finished(object, error);
}
