/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_begin.h"
#include "firmware/store/store_error.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

enum { CHECK_OPCODES = 1000 /* of SQLite's machine between two looks at stop */ };

static int is_over(void *context)
{
    return atomic_load((const atomic_bool *)context);
}

/* 0, -EBADMSG with the first damage in store->error, or -errno. */
static int find_damage(struct store *store)
{
    struct sqlite3_stmt *statement = NULL;
    int result = 0;
    int code = sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (text == NULL) {
        result = store_fail(store->db, "be checked", store->error, sizeof store->error);
    } else if (sqlite3_stricmp(text, "ok") != 0) {
        result = -EBADMSG;
        snprintf(store->error, sizeof store->error, "%s: damaged: %s", store->config.path, text);
    }
    sqlite3_finalize(statement);
    return result;
}

int store_check(struct store *store, atomic_bool *stop)
{
    char error[STORE_ERROR];
    if (store->db == NULL)
        return 0;
    sqlite3_progress_handler(store->db, CHECK_OPCODES, is_over, stop);
    int result = find_damage(store);
    sqlite3_progress_handler(store->db, 0, NULL, NULL);
    if (result != -EBADMSG)
        return result;
    store_give_up(store);
    result = store_begin(store, error, sizeof error);
    if (result < 0)
        snprintf(store->error, sizeof store->error, "%s", error);
    return result;
}
