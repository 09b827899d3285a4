/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store.h"

#include "firmware/store/store_begin.h"
#include "firmware/store/store_error.h"
#include "firmware/store/store_reserve.h"
#include "firmware/store/store_retain.h"
#include "firmware/store/store_row.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void release(struct store *store)
{
    store_end(store);
    free(store->item);
    store->item = NULL;
}

/* SQLite removes the WAL at an orderly end. */
static bool was_cut(const char *path)
{
    char wal[PATH_MAX];
    struct stat status;
    snprintf(wal, sizeof wal, "%s-wal", path);
    return stat(wal, &status) == 0 && status.st_size > 0;
}

int store_open(struct store *store, const struct store_config *config, char *error, size_t error_size)
{
    memset(store, 0, sizeof *store);
    store->config = *config;
    store->io = config->io != NULL ? config->io : &file_io_system;
    store->batch_records = config->batch_records;
    store->batch_ms = config->batch_ms;
    store->item = calloc(STORE_BATCH_MAX, sizeof *store->item);
    if (store->item == NULL) {
        snprintf(error, error_size, "%s: no memory for the store", config->path);
        return -ENOMEM;
    }
    store->unclean = was_cut(config->path);
    int result = store_begin(store, error, error_size);
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

/* By a commit whose failing was only the disk's word: the file was opened again since, and has it. */
static bool is_stored(const struct store *store, const union store_item *item)
{
    return item->record.seq <= store->table[item->record.stream].stored_seq;
}

/* The batch as one transaction; all of it or nothing. */
static int write_batch(struct store *store)
{
    if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return store_fail(store->db, "be changed", store->error, sizeof store->error);
    int result = store_retain_step(store);
    for (size_t i = 0; i < store->pending && result == 0; i++) {
        result = is_stored(store, &store->item[i]) ? 0 : insert(store, &store->item[i]);
        sqlite3_reset(store->table[store->item[i].record.stream].insert);
    }
    if (result == 0 && sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        result = store_fail(store->db, "store records", store->error, sizeof store->error);
    if (result < 0 && !sqlite3_get_autocommit(store->db)) /* SQLite has undone some failures by itself */
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return result;
}

/* The batch into the database, which is opened again if that failed before. */
static int write_out(struct store *store)
{
    char error[STORE_ERROR];
    int result = store->db != NULL ? 0 : store_begin(store, error, sizeof error);
    if (result == 0)
        return write_batch(store);
    snprintf(store->error, sizeof store->error, "%s", error);
    return result;
}

/* The disk is full: the reserve makes room for deleting, and for what waits in the WAL. */
static int give_way(struct store *store)
{
    store->giving_way = true;
    store_reserve_give_up(store->io, store->config.path);
    if (store->db != NULL)
        sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return write_out(store);
}

/* Whether another try needs the file opened anew: a disk that failed is mounted again, and what is open then is the dead
 * one's. */
static bool is_dead(int result)
{
    return result == -EROFS || result == -EIO;
}

/* Damaged: the batch goes into a new database. */
static int begin_anew(struct store *store)
{
    store_give_up(store);
    return write_out(store);
}

int store_commit(struct store *store)
{
    if (store->pending == 0)
        return 0;
    int result = write_out(store);
    if (result == -EBADMSG)
        result = begin_anew(store);
    if (result == -ENOSPC && store->reserve_bytes > 0)
        result = give_way(store);
    else if (result == 0 && store->giving_way)
        store->giving_way =
            store_reserve_make(store->io, store->config.path, store->reserve_bytes) == -ENOSPC;
    store->failed = result < 0;
    store->failure = result;
    if (is_dead(result))
        store_end(store);
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
    if (store->item == NULL)
        return 0;
    int result = store_commit(store);
    release(store);
    return result;
}
