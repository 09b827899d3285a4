/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_schema.h - what the database looks like, and how one of an older schema becomes one of this.
 *
 * The schema version is user_version in the file's header. A step leads from version n to n + 1; all that are
 * needed run in one transaction, so a cut leaves the old version or the new one. Columns of a stream's table
 * are the fields of firmware/api/record.h; those of points and fields that a table lacks are added whenever
 * it is opened for writing. Errors:  -errno and one sentence in error.
 */
#ifndef VATIO_STORE_SCHEMA_H
#define VATIO_STORE_SCHEMA_H

#include "firmware/store.h"

#include <stddef.h>
#include <stdint.h>

enum { STORE_SCHEMA = 1, STORE_NAME = 64, STORE_SQL = 24576 };
#define STORE_APPLICATION_ID 0x76617430 /* "vat0" in the file's header; see file(1) */

/* SQL that leads from the version of its index to the next one. */
struct store_step {
    const char *sql;
};

/* Brings db to version n_steps. -EMEDIUMTYPE when it is a newer one, or not ours. */
int store_schema_migrate(struct sqlite3 *db, const struct store_step *steps, int n_steps, char *error,
                         size_t error_size);

/* The same with the steps of STORE_SCHEMA. */
int store_schema_open(struct sqlite3 *db, char *error, size_t error_size);

/* Adds the columns of these points that the stream's table lacks. */
int store_schema_columns(struct sqlite3 *db, enum record_stream stream, const int64_t *point_id,
                         int64_t n_points, char *error, size_t error_size);

/* Finds the points that have columns in the stream's table. */
int store_schema_points(struct sqlite3 *db, enum record_stream stream, struct store_table *table, char *error,
                        size_t error_size);

/* SQL text of "insert into <stream> (...)" and "select ... from <stream>" in the order of store_schema_visit.
 */
int store_schema_insert(enum record_stream stream, const struct store_table *table, char *sql, size_t size);
int store_schema_select(enum record_stream stream, const struct store_table *table, char *sql, size_t size);

/* -errno for an SQLite result code. */
int store_errno(int code);

#endif
