/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_find.h"

#include "firmware/store/store_error.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { PROBE = 8 };

static int fail(struct store_reader *reader)
{
    return store_fail(reader->db, "find its records", reader->error, sizeof reader->error);
}

static const char *time_of(enum record_stream stream)
{
    return stream == STREAM_EVENT ? "utc_ms" : "utc_start_ms";
}

/* NULL, with the error told, when it cannot be. */
static struct sqlite3_stmt *prepare(struct store_reader *reader, char *sql)
{
    struct sqlite3_stmt *statement = NULL;
    if (sql == NULL || sqlite3_prepare_v2(reader->db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail(reader);
    sqlite3_free(sql);
    return statement;
}

static bool is_open(struct store_reader *reader, enum record_stream stream)
{
    if (stream < STREAM_MINUTE || stream >= STREAMS)
        snprintf(reader->error, sizeof reader->error, "there is no stream %d to read", (int)stream);
    else if (reader->db == NULL)
        snprintf(reader->error, sizeof reader->error, "%s: no database is open", reader->path);
    else
        return true;
    return false;
}

/* The least and the greatest seq; both 0 in an empty stream. */
static int bounds(struct store_reader *reader, enum record_stream stream, int64_t *first, int64_t *last)
{
    /* Two looks at the ends of the tree: min and max in one SELECT would read it all. */
    struct sqlite3_stmt *statement =
        prepare(reader, sqlite3_mprintf("SELECT (SELECT min(seq) FROM %s), (SELECT max(seq) FROM %s)",
                                        record_stream_name[stream], record_stream_name[stream]));
    if (statement == NULL)
        return -EIO;
    const int result = sqlite3_step(statement) == SQLITE_ROW ? 0 : fail(reader);
    *first = sqlite3_column_int64(statement, 0);
    *last = sqlite3_column_int64(statement, 1);
    sqlite3_finalize(statement);
    return result;
}

/* Halves first..end until nothing is left between what begins before utc_ms and what does not. */
static int bisect(struct store_reader *reader, struct sqlite3_stmt *probe, int64_t utc_ms, int64_t *first,
                  int64_t end)
{
    while (*first < end) {
        const int64_t middle = *first + (end - *first) / 2;
        sqlite3_bind_int64(probe, 1, middle);
        const int code = sqlite3_step(probe);
        const int64_t seq = sqlite3_column_int64(probe, 0);
        const bool before = code == SQLITE_ROW && sqlite3_column_int64(probe, 1) < utc_ms;
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return fail(reader);
        sqlite3_reset(probe);
        if (before)
            *first = seq + 1;
        else
            end = middle;
    }
    return 0;
}

int64_t store_find_seq(struct store_reader *reader, enum record_stream stream, int64_t utc_ms)
{
    int64_t first = 0;
    int64_t last = 0;
    if (!is_open(reader, stream))
        return -EINVAL;
    int result = bounds(reader, stream, &first, &last);
    if (result < 0)
        return result;
    struct sqlite3_stmt *probe = prepare(
        reader,
        sqlite3_mprintf("SELECT seq, utc FROM (SELECT seq, %s AS utc, utc_synced FROM %s WHERE seq >= ?1 "
                        "ORDER BY seq LIMIT %d) ORDER BY utc_synced DESC, seq LIMIT 1",
                        time_of(stream), record_stream_name[stream], PROBE));
    if (probe == NULL)
        return -EIO;
    result = bisect(reader, probe, utc_ms, &first, last + 1);
    sqlite3_finalize(probe);
    if (result < 0)
        return result;
    return first > 0 ? first : 1;
}

/* Appends the column's name; false when there is none such. */
static bool append(struct sqlite3_str *sql, const struct store_table *table,
                   const struct store_column *column)
{
    const bool own = column->point_id < 0;
    const struct record_field *fields = own ? record_fields : record_point_fields;
    const size_t n = own ? record_fields_n : record_point_fields_n;
    bool known = own;
    for (int64_t p = 0; p < table->n_points; p++)
        known = known || table->point_id[p] == column->point_id;
    for (size_t f = 0; known && f < n; f++) {
        if (fields[f].type == FIELD_TEXT || strcmp(fields[f].name, column->field) != 0)
            continue;
        sqlite3_str_appendf(sql, ", %s%s%s", own ? "" : record_point_name(column->point_id), own ? "" : "_",
                            column->field);
        return true;
    }
    return false;
}

static struct sqlite3_stmt *prepare_columns(struct store_reader *reader, enum record_stream stream,
                                            const struct store_column column[], int n_columns)
{
    struct sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendall(sql, "SELECT seq, utc_start_ms");
    for (int k = 0; k < n_columns; k++) {
        if (append(sql, &reader->table[stream], &column[k]))
            continue;
        snprintf(reader->error, sizeof reader->error, "%s: no point %lld with a number %s is stored",
                 record_stream_name[stream], (long long)column[k].point_id, column[k].field);
        sqlite3_free(sqlite3_str_finish(sql));
        return NULL;
    }
    sqlite3_str_appendf(sql, " FROM %s WHERE seq >= ?1 AND seq < ?2 ORDER BY seq",
                        record_stream_name[stream]);
    return prepare(reader, sqlite3_str_finish(sql));
}

static bool show(struct sqlite3_stmt *statement, int n_columns, store_values *visit, void *context)
{
    double value[STORE_COLUMNS];
    for (int k = 0; k < n_columns; k++)
        value[k] = sqlite3_column_type(statement, 2 + k) == SQLITE_NULL
                       ? (double)NAN
                       : sqlite3_column_double(statement, 2 + k);
    return visit(context, sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1), value);
}

int store_find_read(struct store_reader *reader, enum record_stream stream, int64_t from_ms, int64_t to_ms,
                    const struct store_column column[], int n_columns, store_values *visit, void *context)
{
    if (stream == STREAM_EVENT || !is_open(reader, stream) || n_columns < 1 || n_columns > STORE_COLUMNS)
        return -EINVAL;
    const int64_t first = store_find_seq(reader, stream, from_ms);
    const int64_t end = store_find_seq(reader, stream, to_ms);
    if (first < 0 || end < 0)
        return (int)(first < 0 ? first : end);
    struct sqlite3_stmt *statement = prepare_columns(reader, stream, column, n_columns);
    if (statement == NULL)
        return -EINVAL;
    sqlite3_bind_int64(statement, 1, first);
    sqlite3_bind_int64(statement, 2, end);
    int n = 0;
    int code = sqlite3_step(statement);
    for (bool more = true; code == SQLITE_ROW && more; code = more ? sqlite3_step(statement) : code) {
        const int64_t utc_ms = sqlite3_column_int64(statement, 1);
        if (utc_ms < from_ms || utc_ms >= to_ms)
            continue; /* labelled by a clock that was wrong */
        more = show(statement, n_columns, visit, context);
        n++;
    }
    const int result = code == SQLITE_ROW || code == SQLITE_DONE ? n : fail(reader);
    sqlite3_finalize(statement);
    return result;
}
