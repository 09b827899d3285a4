/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_open.h"

#include "firmware/store/store_error.h"
#include "firmware/store/store_schema.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { BUSY_MS = 1000, WAL_LIMIT_BYTES = 4 << 20 };

static int tell(int result, const char *path, const char *doing, char *error, size_t error_size)
{
    snprintf(error, error_size, "%s: cannot %s: %s", path, doing, strerror(-result));
    return result;
}

/* Made here and not by SQLite, so that it is never readable to others; its WAL inherits the mode. SQLite syncs the file,
 * but not the directory entry of one that it did not make. */
static int make_file(const struct file_io *io, const char *path, char *error, size_t error_size)
{
    const int file = io->open(io->context, path, 0);
    if (file == -EMEDIUMTYPE)
        snprintf(error, error_size, "%s: the database must be a regular file", path);
    if (file < 0)
        return file == -EMEDIUMTYPE ? file : tell(file, path, "open the database", error, error_size);
    const int64_t size = io->size(io->context, file);
    io->close(io->context, file);
    const int result = size == 0 ? io->sync_directory(io->context, path) : 0;
    return result < 0 ? tell(result, path, "sync its directory", error, error_size) : 0;
}

static int set_up(struct sqlite3 *db, char *error, size_t error_size)
{
    static const char *const pragmas =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
        "PRAGMA cell_size_check = ON; PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;"
        /* pages: a WAL that is folded back later saves nothing more, but while it grows the file system writes as much
         * again (tests/bench/bench_store) */
        "PRAGMA wal_autocheckpoint = 200";
    char limit[64];
    snprintf(limit, sizeof limit, "PRAGMA journal_size_limit = %d", WAL_LIMIT_BYTES);
    if (sqlite3_exec(db, pragmas, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, limit, NULL, NULL, NULL) != SQLITE_OK)
        return store_fail(db, "be set up", error, error_size);
    return 0;
}

/* psow=0: SQLite is not to believe that what lies beside a write survives it. A sector or page that is under way when the power
 * goes may be lost whole, and then no earlier commit's end may lie in it: the WAL goes on at the next boundary. */
static char *uri_of(const char *path)
{
    struct sqlite3_str *uri = sqlite3_str_new(NULL);
    sqlite3_str_appendall(uri, path[0] == '/' ? "file://" : "file:");
    for (const char *c = path; *c != '\0'; c++) {
        if (strchr("%?#", *c) != NULL)
            sqlite3_str_appendf(uri, "%%%02x", *c);
        else
            sqlite3_str_appendchar(uri, 1, *c);
    }
    sqlite3_str_appendall(uri, "?psow=0");
    return sqlite3_str_finish(uri);
}

int store_open_connection(struct sqlite3 **db, const char *path, int flags, char *error, size_t error_size)
{
    char *uri = uri_of(path);
    int code = uri != NULL ? sqlite3_open_v2(uri, db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL)
                           : SQLITE_NOMEM;
    sqlite3_free(uri);
    if (code != SQLITE_OK) {
        int result = store_fail(*db, "open", error, error_size);
        snprintf(error, error_size, "%s: cannot open the database: %s", path, strerror(-result));
        return result;
    }
    sqlite3_busy_timeout(*db, BUSY_MS);
    return 0;
}

/* What a cut left in the WAL goes into the database before anything is written: SQLite would go on right behind the last commit
 * that it finds valid, and that may end within a page. What cannot be folded back now is later. */
static void fold_back(struct sqlite3 *db)
{
    sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

int store_open_database(struct sqlite3 **db, const struct file_io *io, const struct store_config *config,
                        char *error, size_t error_size)
{
    int result = make_file(io, config->path, error, error_size);
    if (result == 0)
        result = store_open_connection(db, config->path, SQLITE_OPEN_READWRITE, error, error_size);
    if (result < 0)
        return result;
    /* A file that is not ours is left as it was. */
    result = store_schema_version(*db, STORE_SCHEMA, error, error_size);
    if (result < 0)
        return result;
    fold_back(*db);
    result = store_schema_migrate(*db, store_steps, STORE_SCHEMA, error, error_size);
    if (result == 0)
        result = set_up(*db, error, error_size);
    if (result == 0)
        result = store_schema_columns(*db, config->point_id, config->n_points, error, error_size);
    return result;
}

static int read_meta(struct sqlite3 *db, const char *key, char *value, size_t size, char *error,
                     size_t error_size)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = ?1", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    snprintf(value, size, "%s", text != NULL ? text : "");
    sqlite3_finalize(statement);
    if (text != NULL)
        return 0;
    if (code != SQLITE_DONE)
        return store_fail(db, "tell whose it is", error, error_size);
    snprintf(error, error_size, "%s: its table meta has lost the row %s", sqlite3_db_filename(db, "main"),
             key);
    return -EBADMSG;
}

static int write_meta(struct sqlite3 *db, const char *key, const char *value)
{
    char *sql = sqlite3_mprintf("INSERT OR IGNORE INTO meta VALUES (%Q, %Q)", key, value);
    int code = sql != NULL ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    return code;
}

int store_open_id(struct sqlite3 *db, char store_id[RECORD_ID], char *error, size_t error_size)
{
    return read_meta(db, "store_id", store_id, RECORD_ID, error, error_size);
}

int store_open_identity(struct sqlite3 *db, const char *meter_id, char *store_id, char *error,
                        size_t error_size)
{
    char stored[RECORD_ID];
    if (strlen(meter_id) >= sizeof stored) {
        snprintf(error, error_size, "the meter's name \"%s\" is longer than %d characters", meter_id,
                 RECORD_ID - 1);
        return -EINVAL;
    }
    if (write_meta(db, "meter_id", meter_id) != SQLITE_OK)
        return store_fail(db, "tell whose it is", error, error_size);
    int result = read_meta(db, "meter_id", stored, sizeof stored, error, error_size);
    if (result == 0)
        result = store_open_id(db, store_id, error, error_size);
    if (result < 0)
        return result;
    if (strcmp(stored, meter_id) != 0) {
        snprintf(error, error_size,
                 "%s: holds the records of meter %s and this is %s; move it away or name the meter as before",
                 sqlite3_db_filename(db, "main"), stored, meter_id);
        return -EMEDIUMTYPE;
    }
    return 0;
}

static int prepare(struct sqlite3 *db, char *sql, struct sqlite3_stmt **statement, char *error,
                   size_t error_size)
{
    int code = sql != NULL ? sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL)
                           : SQLITE_NOMEM;
    sqlite3_free(sql);
    return code == SQLITE_OK ? 0 : store_fail(db, "be used with this schema", error, error_size);
}

int store_open_inserts(struct sqlite3 *db, struct store_table *table, char *error, size_t error_size)
{
    int result = 0;
    for (int i = STREAM_MINUTE; i < STREAMS && result == 0; i++) {
        enum record_stream stream = (enum record_stream)i;
        store_schema_points(db, stream, &table[i]);
        result = prepare(db, store_schema_insert(stream, &table[i]), &table[i].insert, error, error_size);
    }
    return result;
}

int store_open_selects(struct sqlite3 *db, struct store_table *table, char *error, size_t error_size)
{
    int result = 0;
    for (int i = STREAM_MINUTE; i < STREAMS && result == 0; i++) {
        enum record_stream stream = (enum record_stream)i;
        store_schema_points(db, stream, &table[i]);
        result = prepare(db, store_schema_select(stream, &table[i]), &table[i].select, error, error_size);
    }
    return result;
}

void store_open_finalize(struct store_table *table)
{
    for (int i = 0; i < STREAMS; i++) {
        sqlite3_finalize(table[i].insert);
        sqlite3_finalize(table[i].select);
        sqlite3_finalize(table[i].remove);
        table[i].insert = NULL;
        table[i].select = NULL;
        table[i].remove = NULL;
    }
}
