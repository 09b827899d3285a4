/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_schema.h"

#include "firmware/store/store_error.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int add_demand(struct sqlite3 *db);

/* AUTOINCREMENT keeps each table's highest seq even after its rows are deleted. */
const struct store_step store_steps[STORE_SCHEMA] = {
    {"CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;"
     "INSERT INTO meta VALUES ('store_id', lower(hex(randomblob(16))));"
     "CREATE TABLE minute (seq INTEGER PRIMARY KEY AUTOINCREMENT);"
     "CREATE TABLE quarter (seq INTEGER PRIMARY KEY AUTOINCREMENT);"
     "CREATE TABLE day (seq INTEGER PRIMARY KEY AUTOINCREMENT);"
     "CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT);",
     NULL},
    {"", add_demand},
};

static const char *const column_type[] = {
    [FIELD_INTEGER] = "INTEGER",
    [FIELD_REAL] = "REAL",
    [FIELD_TEXT] = "TEXT",
};

/* One integer out of a statement. */
static int query(struct sqlite3 *db, const char *sql, int64_t *value)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0 : -1;
}

__attribute__((format(printf, 2, 3))) static int execute(struct sqlite3 *db, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    int code = sql != NULL ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    return code;
}

/* Undoes the transaction after the error has been told. */
static int roll_back(struct sqlite3 *db, const char *doing, char *error, size_t error_size)
{
    int result = store_fail(db, doing, error, error_size);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return result;
}

int store_schema_version(struct sqlite3 *db, int n_steps, char *error, size_t error_size)
{
    const char *path = sqlite3_db_filename(db, "main");
    int64_t application = 0;
    int64_t version = 0;
    int64_t tables = 0;
    if (query(db, "PRAGMA application_id", &application) < 0 ||
        query(db, "PRAGMA user_version", &version) < 0 ||
        query(db, "SELECT count(*) FROM sqlite_master", &tables) < 0)
        return store_fail(db, "read its schema version", error, error_size);
    if (application != STORE_APPLICATION_ID && (application != 0 || version != 0 || tables != 0)) {
        snprintf(error, error_size, "%s: a database of another program; name another file or move it away",
                 path);
        return -EMEDIUMTYPE;
    }
    if (version < 0 || version > n_steps) {
        snprintf(error, error_size,
                 "%s: its schema is version %lld and this firmware knows versions up to %d; install the "
                 "newer firmware again",
                 path, (long long)version, n_steps);
        return -EMEDIUMTYPE;
    }
    return (int)version;
}

int store_schema_migrate(struct sqlite3 *db, const struct store_step *steps, int n_steps, char *error,
                         size_t error_size)
{
    char doing[48];
    int version = store_schema_version(db, n_steps, error, error_size);
    if (version < 0 || version == n_steps)
        return version < 0 ? version : 0;
    if (execute(db, "BEGIN IMMEDIATE") != SQLITE_OK)
        return store_fail(db, "be changed", error, error_size);
    for (; version < n_steps; version++) {
        snprintf(doing, sizeof doing, "go from schema %d to %d", version, version + 1);
        if (sqlite3_exec(db, steps[version].sql, NULL, NULL, NULL) != SQLITE_OK ||
            (steps[version].then != NULL && steps[version].then(db) != SQLITE_OK))
            return roll_back(db, doing, error, error_size);
    }
    if (execute(db, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", STORE_APPLICATION_ID,
                n_steps) != SQLITE_OK)
        return roll_back(db, "store its schema version", error, error_size);
    return 0;
}

static void column_name(char *name, int64_t point_id, const struct record_field *field)
{
    if (point_id < 0)
        snprintf(name, STORE_COLUMN, "%s", field->name);
    else
        snprintf(name, STORE_COLUMN, "%s_%s", record_point_name(point_id), field->name);
}

static bool has_column(struct sqlite3 *db, enum record_stream stream, const char *name)
{
    return sqlite3_table_column_metadata(db, "main", record_stream_name[stream], name, NULL, NULL, NULL, NULL,
                                         NULL) == SQLITE_OK;
}

/* Schema 2: quarters have demand, those stored before too. In C: record_demand. */
static int add_demand(struct sqlite3 *db)
{
    int code = SQLITE_OK;
    for (int64_t id = 0; id < RECORD_POINTS && code == SQLITE_OK; id++) {
        char name[STORE_COLUMN];
        const char *point = record_point_name(id);
        snprintf(name, sizeof name, "%s_export_delta_uwh", point);
        if (!has_column(db, STREAM_QUARTER, name))
            continue;
        code =
            execute(db,
                    "ALTER TABLE quarter ADD COLUMN %s_demand_import_w REAL;"
                    "ALTER TABLE quarter ADD COLUMN %s_demand_export_w REAL;"
                    "UPDATE quarter SET %s_demand_import_w = %s_import_delta_uwh * 3600.0 / duration_us,"
                    "%s_demand_export_w = %s_export_delta_uwh * 3600.0 / duration_us WHERE duration_us > 0",
                    point, point, point, point, point, point);
    }
    return code;
}

const struct record_field *store_schema_fields(enum record_stream stream, size_t *n)
{
    *n = stream == STREAM_EVENT ? record_event_fields_n : record_fields_n;
    return stream == STREAM_EVENT ? record_event_fields : record_fields;
}

/* point_id < 0: the fields that belong to no point. */
static int add_columns(struct sqlite3 *db, enum record_stream stream, int64_t point_id)
{
    size_t n = record_point_fields_n;
    const struct record_field *fields = point_id < 0 ? store_schema_fields(stream, &n) : record_point_fields;
    for (size_t i = 0; i < n; i++) {
        char name[STORE_COLUMN];
        column_name(name, point_id, &fields[i]);
        if (has_column(db, stream, name))
            continue;
        int code = execute(db, "ALTER TABLE %s ADD COLUMN %s %s", record_stream_name[stream], name,
                           column_type[fields[i].type]);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

void store_schema_points(struct sqlite3 *db, enum record_stream stream, struct store_table *table)
{
    table->n_points = 0;
    for (int64_t id = 0; id < RECORD_POINTS; id++) {
        char name[STORE_COLUMN];
        column_name(name, id, &record_point_fields[0]);
        if (has_column(db, stream, name))
            table->point_id[table->n_points++] = id;
    }
}

/* All columns of a stream: its fields, the points it knows, these points. */
static int complete(struct sqlite3 *db, enum record_stream stream, const int64_t *point_id, int64_t n_points)
{
    struct store_table known = {0};
    int code = add_columns(db, stream, -1);
    if (code != SQLITE_OK || stream == STREAM_EVENT)
        return code;
    store_schema_points(db, stream, &known);
    for (int64_t i = 0; i < known.n_points && code == SQLITE_OK; i++)
        code = add_columns(db, stream, known.point_id[i]);
    for (int64_t i = 0; i < n_points && code == SQLITE_OK; i++)
        code = add_columns(db, stream, point_id[i]);
    return code;
}

int store_schema_columns(struct sqlite3 *db, const int64_t *point_id, int64_t n_points, char *error,
                         size_t error_size)
{
    if (execute(db, "BEGIN IMMEDIATE") != SQLITE_OK)
        return store_fail(db, "be changed", error, error_size);
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        if (complete(db, (enum record_stream)stream, point_id, n_points) != SQLITE_OK)
            return roll_back(db, "add columns", error, error_size);
    if (execute(db, "COMMIT") != SQLITE_OK)
        return roll_back(db, "add columns", error, error_size);
    return 0;
}

/* "seq, utc_start_ms, ..., grid_u_rms_v, ..."; the number of columns. */
static size_t append_columns(struct sqlite3_str *sql, enum record_stream stream,
                             const struct store_table *table)
{
    size_t n = 0;
    char name[STORE_COLUMN];
    const struct record_field *fields = store_schema_fields(stream, &n);
    for (size_t i = 0; i < n; i++)
        sqlite3_str_appendf(sql, "%s%s", i > 0 ? ", " : "", fields[i].name);
    for (int64_t point = 0; point < table->n_points; point++) {
        for (size_t i = 0; i < record_point_fields_n; i++) {
            column_name(name, table->point_id[point], &record_point_fields[i]);
            sqlite3_str_appendf(sql, ", %s", name);
        }
    }
    return n + (size_t)table->n_points * record_point_fields_n;
}

char *store_schema_insert(enum record_stream stream, const struct store_table *table)
{
    struct sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "INSERT INTO %s (", record_stream_name[stream]);
    size_t n = append_columns(sql, stream, table);
    sqlite3_str_appendall(sql, ") VALUES (?");
    for (size_t i = 1; i < n; i++)
        sqlite3_str_appendall(sql, ", ?");
    sqlite3_str_appendall(sql, ")");
    return sqlite3_str_finish(sql);
}

char *store_schema_select(enum record_stream stream, const struct store_table *table)
{
    struct sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendall(sql, "SELECT ");
    append_columns(sql, stream, table);
    sqlite3_str_appendf(sql, " FROM %s WHERE seq >= ?1 ORDER BY seq LIMIT ?2", record_stream_name[stream]);
    return sqlite3_str_finish(sql);
}
