/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export.h - stored records, and seconds, as rows of named cells, written as CSV or JSON.
 *
 * CSV:    a header row of names, a line per record, quoted as in RFC 4180, lines end in a line feed; absent = empty.
 *         The columns are those of the first record.
 * JSON:   one array, an object per line; absent = null.
 * Digits: reals with 15, of a second with the 7 that single precision has; energy always from the integer.
 * Errors: -errno; -ENOTUNIQ when a record has a point for which the CSV header has no column.
 */
#ifndef VATIO_TOOLS_EXPORT_H
#define VATIO_TOOLS_EXPORT_H

#include "firmware/api/control.h"
#include "firmware/api/second_ring.h"

#include <stdbool.h>
#include <stdio.h>

struct export_writer {
    FILE *file;
    bool json;
    int digits; /* of a real */
    int64_t rows;
    int64_t n_points; /* of the CSV header */
    int64_t point_id[RECORD_POINTS];
};

void export_begin(struct export_writer *writer, FILE *file, bool json);
/* One record or event, as it came in a reply to STREAM. */
int export_add(struct export_writer *writer, const struct control_reply *reply);
/* One second of a ring with this plan. */
int export_add_second(struct export_writer *writer, const struct second_ring_plan *plan,
                      const struct second *second);
void export_end(struct export_writer *writer);

#endif
