/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store.h"

#include "firmware/store/store_error.h"
#include "firmware/store/store_open.h"
#include "firmware/store/store_reserve.h"
#include "firmware/store/store_retain.h"
#include "firmware/store/store_row.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int seq_from(struct store *store, enum record_stream stream, char *error, size_t error_size)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, "SELECT seq FROM sqlite_sequence WHERE name = ?1", -1,
                                  &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 1, record_stream_name[stream], -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        store->table[stream].newest_seq = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    if (code == SQLITE_ROW || code == SQLITE_DONE) /* done: nothing was ever inserted */
        return 0;
    return store_fail(store->db, "read its newest numbers", error, error_size);
}

static int open_all(struct store *store, const struct store_config *config, char *error, size_t error_size)
{
    int result = store_open_database(&store->db, store->io, config, error, error_size);
    if (result == 0)
        result = store_open_identity(store->db, config->meter_id, store->store_id, error, error_size);
    if (result == 0)
        result = store_open_inserts(store->db, store->table, error, error_size);
    for (int stream = STREAM_MINUTE; stream < STREAMS && result == 0; stream++)
        result = seq_from(store, (enum record_stream)stream, error, error_size);
    if (result < 0)
        return result;
    result = store_retain_open(store, config);
    if (result < 0)
        snprintf(error, error_size, "%s", store->error);
    return result;
}

static void release(struct store *store)
{
    store_open_finalize(store->table);
    sqlite3_close(store->db);
    free(store->item);
    store->db = NULL;
    store->item = NULL;
}

int store_open(struct store *store, const struct store_config *config, char *error, size_t error_size)
{
    memset(store, 0, sizeof *store);
    store->io = config->io != NULL ? config->io : &file_io_system;
    store->batch_records = config->batch_records;
    store->batch_ms = config->batch_ms;
    store->item = calloc(STORE_BATCH_MAX, sizeof *store->item);
    if (store->item == NULL) {
        snprintf(error, error_size, "%s: no memory for the store", config->path);
        return -ENOMEM;
    }
    int result = open_all(store, config, error, error_size);
    if (result < 0)
        release(store);
    else if (config->reserve_bytes > 0 &&
             store_reserve_make(store->io, config->path, config->reserve_bytes) == -ENOSPC)
        store->giving_way = true;
    store->reserve_bytes = config->reserve_bytes;
    return result;
}

static int insert(struct store *store, const union store_item *item)
{
    enum record_stream stream = (enum record_stream)item->record.stream;
    const struct store_table *table = &store->table[stream];
    int code = store_row_bind(table, stream, item);
    if (code == SQLITE_OK)
        code = sqlite3_step(table->insert);
    if (code == SQLITE_DONE)
        return 0;
    int result = store_fail(store->db, "store a record", store->error, sizeof store->error);
    sqlite3_reset(table->insert);
    return result;
}

/* The batch as one transaction; all of it or nothing. */
static int write_batch(struct store *store)
{
    if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return store_fail(store->db, "be changed", store->error, sizeof store->error);
    int result = store_retain_step(store);
    for (size_t i = 0; i < store->pending && result == 0; i++) {
        result = insert(store, &store->item[i]);
        sqlite3_reset(store->table[store->item[i].record.stream].insert);
    }
    if (result == 0 && sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        result = store_fail(store->db, "store records", store->error, sizeof store->error);
    if (result < 0 && !sqlite3_get_autocommit(store->db)) /* SQLite has undone some failures by itself */
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return result;
}

/* The disk is full: the reserve makes room for deleting, and for what waits in the WAL. */
static int give_way(struct store *store)
{
    const char *path = sqlite3_db_filename(store->db, "main");
    store->giving_way = true;
    store_reserve_give_up(store->io, path);
    sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return write_batch(store);
}

int store_commit(struct store *store)
{
    if (store->pending == 0)
        return 0;
    int result = write_batch(store);
    if (result == -ENOSPC && store->reserve_bytes > 0)
        result = give_way(store);
    else if (result == 0 && store->giving_way)
        store->giving_way = store_reserve_make(store->io, sqlite3_db_filename(store->db, "main"),
                                               store->reserve_bytes) == -ENOSPC;
    store->failed = result < 0;
    store->failure = result;
    if (result < 0) {
        store->failures++;
        return result;
    }
    store->written += (int64_t)store->pending;
    store->pending = 0;
    return 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int store_tick(struct store *store, int64_t now_ms)
{
    bool enough = !store->failed && (int64_t)store->pending >= store->batch_records;
    if (store->pending == 0 || (!enough && now_ms < store->due_ms))
        return 0;
    int result = store_commit(store);
    store->due_ms =
        now_ms + least(store->batch_ms, STORE_RETRY_MS); /* counts only if the batch is still there */
    return result;
}

/* A free place in the batch, or -errno. */
static int make_room(struct store *store, int64_t now_ms)
{
    if (store->pending < STORE_BATCH_MAX)
        return 0;
    int result = store_tick(store, now_ms);
    return store->pending < STORE_BATCH_MAX ? 0 : result < 0 ? result : -ENOBUFS;
}

static int64_t add(struct store *store, enum record_stream stream, const void *record, size_t size,
                   int64_t now_ms)
{
    int result = make_room(store, now_ms);
    if (result < 0)
        return result;
    int64_t due_ms =
        now_ms + (stream == STREAM_EVENT ? least(store->batch_ms, STORE_EVENT_MS) : store->batch_ms);
    if (store->pending == 0 || (!store->failed && due_ms < store->due_ms))
        store->due_ms = due_ms;
    union store_item *item = &store->item[store->pending++];
    memcpy(item, record, size);
    item->record.stream = stream;
    item->record.seq = ++store->table[stream].newest_seq;
    return item->record.seq;
}

static bool has_point(const struct store_table *table, int64_t point_id)
{
    for (int64_t i = 0; i < table->n_points; i++)
        if (table->point_id[i] == point_id)
            return true;
    return false;
}

static int check(struct store *store, const struct record *record)
{
    if (record->stream < STREAM_MINUTE || record->stream > STREAM_DAY || record->n_points < 0 ||
        record->n_points > RECORD_POINTS) {
        snprintf(store->error, sizeof store->error,
                 "a record of stream %lld with %lld points cannot be stored", (long long)record->stream,
                 (long long)record->n_points);
        return -EINVAL;
    }
    for (int64_t i = 0; i < record->n_points; i++) {
        if (has_point(&store->table[record->stream], record->point_id[i]))
            continue;
        snprintf(store->error, sizeof store->error,
                 "a record of point %lld cannot be stored: it has no columns",
                 (long long)record->point_id[i]);
        return -EINVAL;
    }
    return 0;
}

int store_add(struct store *store, struct record *record, int64_t now_ms)
{
    int result = check(store, record);
    if (result < 0)
        return result;
    int64_t seq = add(store, (enum record_stream)record->stream, record, sizeof *record, now_ms);
    if (seq < 0)
        return (int)seq;
    record->seq = seq;
    (void)store_tick(store, now_ms); /* a failure is counted, the record stays in the batch */
    return 0;
}

int store_add_event(struct store *store, struct record_event *event, int64_t now_ms)
{
    int64_t seq = add(store, STREAM_EVENT, event, sizeof *event, now_ms);
    if (seq < 0)
        return (int)seq;
    event->stream = STREAM_EVENT;
    event->seq = seq;
    (void)store_tick(store, now_ms);
    return 0;
}

int64_t store_newest_seq(const struct store *store, enum record_stream stream)
{
    return store->table[stream].newest_seq;
}

void store_seq_floor(struct store *store, enum record_stream stream, int64_t seq)
{
    if (store->table[stream].newest_seq < seq)
        store->table[stream].newest_seq = seq;
}

int store_close(struct store *store)
{
    if (store->db == NULL)
        return 0;
    int result = store_commit(store);
    release(store);
    return result;
}
