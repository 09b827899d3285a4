/* SPDX-License-Identifier: GPL-3.0-or-later */
/* payload.h - records, the newest second and the meter itself as the JSON text of one MQTT message.
 *
 * Format:  net/README.md. Keys are those of firmware/api/record_json.h, with meter_id and store_id; absent values are
 *          left out.
 * Errors:  NULL when memory ran out.
 * Owner:   the caller frees the text.
 */
#ifndef VATIO_NET_PAYLOAD_H
#define VATIO_NET_PAYLOAD_H

#include "firmware/api/mailbox.h"
#include "net/source.h"

#define PAYLOAD_SCHEMA "vatio.v1"

/* A stored record: meter_id, store_id, then the record. */
char *payload_record(const char *meter_id, const char *store_id, int stream, const union source_item *item);

/* The newest second: meter_id, store_id, then the record (stream "live"), f_10s_hz and f_10s_utc_start_ms. */
char *payload_live(const struct mailbox_live *live);

/* The meter: who it is, its points, the fields with their units, how import and export are netted, how energy is scaled.
 * Changes only with the meter's configuration, calibration or firmware. */
char *payload_info(const struct mailbox_live *live);

#endif
