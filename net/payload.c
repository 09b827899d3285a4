/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/payload.h"

#include "firmware/api/record_json.h"

#include <jansson.h>

/* Text of an object, which is given up. */
static char *finish(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(RECORD_JSON_DIGITS));
    json_decref(object);
    return text;
}

/* {meter_id, store_id} and then everything of body, which is given up. */
static char *keyed(const char *meter_id, const char *store_id, json_t *body)
{
    json_t *object = json_pack("{s:s, s:s}", "meter_id", meter_id, "store_id", store_id);
    if (object == NULL || body == NULL || json_object_update(object, body) != 0) {
        json_decref(object);
        json_decref(body);
        return NULL;
    }
    json_decref(body);
    return finish(object);
}

char *payload_record(const char *meter_id, const char *store_id, int stream, const union source_item *item)
{
    return keyed(meter_id, store_id,
                 stream == STREAM_EVENT ? record_event_json(&item->event) : record_json(&item->record));
}

char *payload_live(const struct mailbox_live *live)
{
    return keyed(live->meter_id, live->store_id, record_live_json(live));
}

/* {"p_w": "W", ...}; fields without a unit carry "". */
static json_t *units(const struct record_field *fields, size_t n)
{
    json_t *object = json_object();
    for (size_t k = 0; object != NULL && k < n; k++) {
        if (json_object_set_new(object, fields[k].name, json_string(fields[k].unit)) == 0)
            continue;
        json_decref(object);
        return NULL;
    }
    return object;
}

char *payload_info(const struct mailbox_live *live)
{
    static const char netting[] = "per window, summed over elements";
    json_t *object = record_identity_json(live);
    if (object == NULL)
        return NULL;
    /* A boot_id would make the retained message change with every start of vatiod. */
    json_object_del(object, "boot_id");
    json_t *more = json_pack("{s:s, s:i, s:s, s:s, s:o, s:o, s:o, s:o}", "schema", PAYLOAD_SCHEMA,
                             "record_schema", RECORD_SCHEMA, "netting", netting, "signs",
                             "p_w > 0 is import on grid and generation on solar; q1_var > 0 lags on import",
                             "fields", units(record_fields, record_fields_n), "live_fields",
                             units(mailbox_live_fields, mailbox_live_fields_n), "point_fields",
                             units(record_point_fields, record_point_fields_n), "event_fields",
                             units(record_event_fields, record_event_fields_n));
    if (more == NULL || json_object_update(object, more) != 0) {
        json_decref(more);
        json_decref(object);
        return NULL;
    }
    json_decref(more);
    return finish(object);
}
