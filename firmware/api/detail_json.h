/* SPDX-License-Identifier: GPL-3.0-or-later */
/* detail_json.h - the detail file as JSON.
 *
 * Shape:   {"meter_id", "boot_id", "heartbeat", "utc_synced", "f_10s_hz", "f_10s_utc_start_ms",
 *          "channels": [{"name", "noise_lsb", "noise": "good"}],
 *          "window": {detail_values_fields, "points": {"grid": {detail_point_fields, detail_spectra: [0th, 1st ...]}}},
 *          "aggregate": the same}
 * Absent:  null, so that every key is always there; a spectrum always has DETAIL_ORDERS places.
 * Errors:  NULL when memory ran out.
 * Owner:   the caller, one reference.
 */
#ifndef VATIO_API_DETAIL_JSON_H
#define VATIO_API_DETAIL_JSON_H

#include "firmware/api/detail.h"

#include <jansson.h>
#include <stdbool.h>

/* point_id: the only point, or -1 for all. Spectra only where wanted. */
json_t *detail_json(const struct detail *detail, int64_t point_id, bool spectra);

#endif
