/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_schema.h - what the database looks like, and how one of an older schema becomes one of this.
 *
 * Version: user_version in the file's header. A step leads from version n to n + 1; all that are needed run in one
 *          transaction, so a cut leaves the old version or the new one.
 * Columns: a stream's table has the fields of firmware/api/record.h, points' fields prefixed with the point's name.
 *          Those that a table lacks are added whenever the database is opened for writing.
 * Errors:  -errno and one sentence in error.
 */
#ifndef VATIO_STORE_SCHEMA_H
#define VATIO_STORE_SCHEMA_H

#include "firmware/store/store.h"

#include <stddef.h>
#include <stdint.h>

enum { STORE_SCHEMA = 2, STORE_COLUMN = 64 };
#define STORE_APPLICATION_ID 0x76617430 /* "vat0" in the file's header, where file(1) finds it */

/* What leads from the version of its index in a table of steps to the next version: SQL, then what depends on the points
 * that the file has (a code of SQLite's; NULL = nothing). */
struct store_step {
    const char *sql;
    int (*then)(struct sqlite3 *db);
};
extern const struct store_step store_steps[STORE_SCHEMA];

/* The version of a database that is ours or still empty; -EMEDIUMTYPE when it is of one above n_steps, or no Vatio database. */
int store_schema_version(struct sqlite3 *db, int n_steps, char *error, size_t error_size);

/* Brings db to version n_steps. Errors as store_schema_version's. */
int store_schema_migrate(struct sqlite3 *db, const struct store_step *steps, int n_steps, char *error,
                         size_t error_size);

/* Adds what columns the streams' tables lack: of these points, and of points they know already. */
int store_schema_columns(struct sqlite3 *db, const int64_t *point_id, int64_t n_points, char *error,
                         size_t error_size);

/* Finds the points that have columns in the stream's table. */
void store_schema_points(struct sqlite3 *db, enum record_stream stream, struct store_table *table);

/* The fields of a stream beside those of its points: record_fields or record_event_fields. */
const struct record_field *store_schema_fields(enum record_stream stream, size_t *n);

/* "insert into <stream> (...) values (...)" and "select ... where seq >= ?1 order by seq limit ?2"; columns are the fields
 * and then, point by point, those of the table's points. sqlite3_free is the caller's; NULL without memory. */
char *store_schema_insert(enum record_stream stream, const struct store_table *table);
char *store_schema_select(enum record_stream stream, const struct store_table *table);

#endif
