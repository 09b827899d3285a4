/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_error.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int code;
    int error;
} codes[] = {
    {SQLITE_OK, 0},
    {SQLITE_ROW, 0},
    {SQLITE_DONE, 0},
    {SQLITE_FULL, ENOSPC},
    {SQLITE_READONLY, EROFS},
    {SQLITE_PERM, EACCES},
    {SQLITE_AUTH, EACCES},
    {SQLITE_CORRUPT, EBADMSG},
    {SQLITE_NOTADB, EBADMSG},
    {SQLITE_BUSY, EBUSY},
    {SQLITE_LOCKED, EBUSY},
    {SQLITE_NOMEM, ENOMEM},
    {SQLITE_CONSTRAINT, EEXIST},
    {SQLITE_INTERRUPT, EINTR},
};

int store_errno(int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == (code & 0xff))
            return -codes[i].error;
    return -EIO;
}

int store_fail(struct sqlite3 *db, const char *doing, char *error, size_t error_size)
{
    int code = sqlite3_errcode(db);
    int system = sqlite3_system_errno(db);
    const char *path = sqlite3_db_filename(db, "main");
    int result = store_errno(code);
    bool asked_kernel = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    if (!asked_kernel || system < 0)
        system = 0; /* an older failure's */
    if (system > 0)
        result = -system;
    snprintf(error, error_size, "%s: cannot %s: %s%s%s", path != NULL ? path : "database", doing,
             sqlite3_errmsg(db), system ? ", " : "", system ? strerror(system) : "");
    return result != 0 ? result : -EIO;
}
