/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_open.h - the steps of store_open and store_reader_open. All: 0, or -errno and one sentence in error. */
#ifndef VATIO_STORE_OPEN_H
#define VATIO_STORE_OPEN_H

#include "firmware/store/store.h"

#include <stddef.h>

/* A connection for one thread. *db is the caller's to close in either case. */
int store_open_connection(struct sqlite3 **db, const char *path, int flags, char *error, size_t error_size);

/* The file, 0600, with WAL, full sync, this schema and all columns. *db as above. */
int store_open_database(struct sqlite3 **db, const struct file_io *io, const struct store_config *config,
                        char *error, size_t error_size);

/* Reads store_id; stores meter_id in a new database, else compares it. */
int store_open_identity(struct sqlite3 *db, const char *meter_id, char *store_id, char *error,
                        size_t error_size);

/* Of a database that has its identity. */
int store_open_id(struct sqlite3 *db, char store_id[RECORD_ID], char *error, size_t error_size);

/* Prepares table[].insert or table[].select for each stream's points. */
int store_open_inserts(struct sqlite3 *db, struct store_table *table, char *error, size_t error_size);
int store_open_selects(struct sqlite3 *db, struct store_table *table, char *error, size_t error_size);
void store_open_finalize(struct store_table *table);

#endif
