/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store.h"
#include "firmware/store/store_error.h"
#include "firmware/store/store_open.h"
#include "firmware/store/store_row.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The path no longer leads to the file that is open. */
static bool has_moved(struct store_reader *reader)
{
    int moved = 0;
    sqlite3_file_control(reader->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved != 0;
}

/* Preparing opens the WAL too. If the file has its name still after that, the WAL was its own (store_aside.h). */
static int connect_to(struct store_reader *reader, char *error, size_t error_size)
{
    char store_id[RECORD_ID];
    int result = store_open_connection(&reader->db, reader->path, SQLITE_OPEN_READONLY, error, error_size);
    if (result == 0)
        result = store_open_selects(reader->db, reader->table, error, error_size);
    if (result == 0)
        result = store_open_id(reader->db, store_id, error, error_size);
    if (result == 0 && has_moved(reader)) {
        snprintf(error, error_size, "%s: is being replaced", reader->path);
        result = -ESTALE;
    }
    if (result < 0) {
        store_reader_close(reader);
        return result;
    }
    memcpy(reader->store_id, store_id, sizeof reader->store_id);
    reader->generation++;
    return 0;
}

int store_reader_open(struct store_reader *reader, const char *path, char *error, size_t error_size)
{
    memset(reader, 0, sizeof *reader);
    reader->path = path;
    return connect_to(reader, error, error_size);
}

int store_reader_refresh(struct store_reader *reader)
{
    if (reader->db != NULL && !has_moved(reader))
        return 0;
    store_reader_close(reader);
    return connect_to(reader, reader->error, sizeof reader->error);
}

/* The reset ends the read transaction: one that stays open would keep the WAL from being folded back. */
int store_reader_read(struct store_reader *reader, enum record_stream stream, int64_t from_seq, int64_t max,
                      store_visit *visit, void *context)
{
    if (stream < STREAM_MINUTE || stream >= STREAMS || max < 0) {
        snprintf(reader->error, sizeof reader->error, "there is no stream %d to read", (int)stream);
        return -EINVAL;
    }
    if (reader->db == NULL) {
        snprintf(reader->error, sizeof reader->error, "%s: no database is open", reader->path);
        return -ESTALE;
    }
    const struct store_table *table = &reader->table[stream];
    union store_item item;
    int n = 0;
    sqlite3_bind_int64(table->select, 1, from_seq);
    sqlite3_bind_int64(table->select, 2, max);
    int code = sqlite3_step(table->select);
    for (bool more = true; code == SQLITE_ROW && more; n++) {
        store_row_read(table, stream, &item);
        more = visit(context, &item);
        if (more)
            code = sqlite3_step(table->select);
    }
    int result = n;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        result = store_fail(reader->db, "read its records", reader->error, sizeof reader->error);
    sqlite3_reset(table->select);
    return result;
}

void store_reader_close(struct store_reader *reader)
{
    store_open_finalize(reader->table);
    sqlite3_close(reader->db);
    reader->db = NULL;
}
