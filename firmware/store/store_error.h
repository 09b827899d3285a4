/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_error.h - what SQLite reports, as -errno and as one sentence. */
#ifndef VATIO_STORE_ERROR_H
#define VATIO_STORE_ERROR_H

#include <stddef.h>

struct sqlite3;

/* -errno for a result code, plain or extended; 0 for SQLITE_OK, SQLITE_ROW and SQLITE_DONE. */
int store_errno(int code);

/* The error of the last call on db: "<path>: cannot <doing>: <why>". Returns -errno, never 0. */
int store_fail(struct sqlite3 *db, const char *doing, char *error, size_t error_size);

#endif
