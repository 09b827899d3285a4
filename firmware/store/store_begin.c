/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_begin.h"

#include "firmware/store/store_error.h"
#include "firmware/store/store_open.h"
#include "firmware/store/store_retain.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A new database has none: numbers that were given already stay given. */
static int seq_from(struct store *store, enum record_stream stream, char *error, size_t error_size)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, "SELECT seq FROM sqlite_sequence WHERE name = ?1", -1,
                                  &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 1, record_stream_name[stream], -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    store->table[stream].stored_seq = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    store_seq_floor(store, stream, store->table[stream].stored_seq);
    if (code == SQLITE_ROW || code == SQLITE_DONE) /* done: nothing was ever inserted */
        return 0;
    return store_fail(store->db, "read its newest numbers", error, error_size);
}

static int open_all(struct store *store, char *error, size_t error_size)
{
    const struct store_config *config = &store->config;
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

void store_end(struct store *store)
{
    store_open_finalize(store->table);
    if (store->db != NULL && store->damaged)
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(store->db);
    store->db = NULL;
}

static void give_up(struct store *store, const char *why)
{
    snprintf(store->damage, sizeof store->damage, "%s", why);
    store->damaged = true;
    store_end(store);
}

void store_give_up(struct store *store)
{
    give_up(store, store->error);
}

/* The label is the computer's time: only people read it. */
static int put_aside(struct store *store, char *error, size_t error_size)
{
    const int result =
        store_aside(store->config.path, (int64_t)time(NULL), store->aside, sizeof store->aside);
    if (result < 0) {
        snprintf(error, error_size, "%.160s; it cannot be put aside: %s", store->damage, strerror(-result));
        return result;
    }
    store->damaged = false;
    store->replaced++;
    return 0;
}

int store_begin(struct store *store, char *error, size_t error_size)
{
    int result = store->damaged ? 0 : open_all(store, error, error_size);
    if (result == -EBADMSG)
        give_up(store, error);
    if (store->damaged) {
        result = put_aside(store, error, error_size);
        if (result == 0)
            result = open_all(store, error, error_size);
    }
    if (result < 0)
        store_end(store);
    return result;
}
