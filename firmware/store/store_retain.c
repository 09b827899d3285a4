/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_retain.h"

#include "firmware/store/store_error.h"

#include <sqlite3.h>

int store_retain_open(struct store *store, const struct store_config *config)
{
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++) {
        const char *name = record_stream_name[stream];
        /* LIMIT in a DELETE is not compiled into each SQLite. */
        char *sql = sqlite3_mprintf("DELETE FROM %s WHERE seq <= ?1 AND seq < (SELECT min(seq) FROM %s) + %d",
                                    name, name, STORE_RETAIN_STEP);
        struct store_table *table = &store->table[stream];
        int code = sql != NULL ? sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                                    &table->remove, NULL)
                               : SQLITE_NOMEM;
        sqlite3_free(sql);
        if (code != SQLITE_OK)
            return store_fail(store->db, "be used with this schema", store->error, sizeof store->error);
        table->keep = config->keep[stream];
    }
    store->keep_minutes = config->keep_minutes;
    return 0;
}

/* The newest seq that may go, 0 = none. */
static int64_t last_to_go(const struct store *store, enum record_stream stream)
{
    const struct store_table *table = &store->table[stream];
    int64_t last = table->keep > 0 ? table->newest_seq - table->keep : 0;
    int64_t crowded = table->newest_seq - store->keep_minutes;
    return store->giving_way && stream == STREAM_MINUTE && crowded > last ? crowded : last;
}

int store_retain_step(struct store *store)
{
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++) {
        int64_t last = last_to_go(store, (enum record_stream)stream);
        if (last <= 0)
            continue;
        struct sqlite3_stmt *remove = store->table[stream].remove;
        sqlite3_bind_int64(remove, 1, last);
        int result = 0;
        if (sqlite3_step(remove) != SQLITE_DONE)
            result = store_fail(store->db, "delete old records", store->error, sizeof store->error);
        sqlite3_reset(remove);
        if (result < 0)
            return result;
    }
    return 0;
}
