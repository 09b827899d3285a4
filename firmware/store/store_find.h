/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_find.h - stored records by time, and a few of their values without the others: what a chart asks for.
 *
 * Time:    there is no index, which each record would have to pay for. UTC rises with seq but where the clock was set, so a
 *          bisection over seq finds an instant in some twenty look-ups. A probe believes the first of PROBE records whose UTC was
 *          synchronised: a start in 1970 does not mislead it. Around a step of the clock the seq found may be some records off.
 * Errors:  -errno and one sentence in reader->error.
 * Threads: the reader's.
 */
#ifndef VATIO_STORE_FIND_H
#define VATIO_STORE_FIND_H

#include "firmware/store/store.h"

/* Every record of the stream that begins (an event: that happened) at or after utc_ms has this seq or a higher one; one above
 * the newest where there is none, 1 in an empty stream. */
int64_t store_find_seq(struct store_reader *reader, enum record_stream stream, int64_t utc_ms);

/* "grid_p_w" is {0, "p_w"}; point_id -1: of the record itself. A number, no text. */
struct store_column {
    int64_t point_id;
    const char *field;
};
enum { STORE_COLUMNS = 16 };

/* value: of the columns asked for, in their order; NaN = absent. False ends the reading. */
typedef bool store_values(void *context, int64_t seq, int64_t utc_start_ms,
                          const double value[STORE_COLUMNS]);

/* Records of MINUTE, QUARTER or DAY that begin from from_ms on and before to_ms, by rising seq. The number visited. */
int store_find_read(struct store_reader *reader, enum record_stream stream, int64_t from_ms, int64_t to_ms,
                    const struct store_column column[], int n_columns, store_values *visit, void *context);

#endif
