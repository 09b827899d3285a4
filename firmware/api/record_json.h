/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record_json.h - records and the mailbox as flat JSON objects, for every process that speaks JSON.
 *
 * Keys:    the names of the field tables in their order, a point's fields prefixed with the point's name
 *          (grid_p_w, grid_import_uwh). "stream" is the stream's name. Absent values are left out.
 * Numbers: integers stay integers; dump with JSON_REAL_PRECISION(RECORD_JSON_DIGITS).
 * Errors:  NULL when memory ran out. In a text that is not UTF-8 each byte that is not ASCII becomes '?'.
 * Owner:   the caller, one reference.
 */
#ifndef VATIO_API_RECORD_JSON_H
#define VATIO_API_RECORD_JSON_H

#include "firmware/api/mailbox.h"
#include "firmware/api/record.h"

#include <jansson.h>
#include <stddef.h>

enum { RECORD_JSON_DIGITS = 15 };

/* schema, stream, the record's fields, then those of each of its points. */
json_t *record_json(const struct record *record);

/* schema, stream, the event's fields. */
json_t *record_event_json(const struct record_event *event);

/* Counters of mailbox_health_fields. */
json_t *record_health_json(const struct mailbox_health *health);

/* Who the meter is: meter_id, store_id, boot_id, serial, version, board, calibration_date, calibrated, simulated,
 * f_nominal_hz, u_nominal_v, scan_rate_hz, imp_per_kwh, and "points", the names of the points it has. */
json_t *record_identity_json(const struct mailbox_live *live);

/* {"grid_u_h_v": [dc, 1st, 2nd ...], "grid_i_h_a": [...], ...}; an absent order is null, absent orders at the end
 * are left out, and so is an array with none. */
json_t *record_harmonics_json(const struct mailbox_live *live);

/* The newest second as record_json has it, then what stands beside it in the mailbox (mailbox_live_fields). */
json_t *record_live_json(const struct mailbox_live *live);

/* A float as the shortest number that gives it back; null when it is absent. */
json_t *record_json_float(float value);

/* One value that is not absent. */
json_t *record_json_value(const struct record_field *field, const void *base);

/* Adds to object what the table's fields hold, each key behind prefix. 0, or -1 when memory ran out. */
int record_json_add(json_t *object, const char *prefix, const struct record_field *fields, size_t n,
                    const void *base);

#endif
