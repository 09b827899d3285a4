/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_row.h - one record to one row and back. Absent values are NULL; a point all of whose columns are NULL is not
 * in the record. */
#ifndef VATIO_STORE_ROW_H
#define VATIO_STORE_ROW_H

#include "firmware/store/store.h"

/* Binds the record to table->insert. */
int store_row_bind(const struct store_table *table, enum record_stream stream, const union store_item *item);

/* The row that table->select stands on. */
void store_row_read(const struct store_table *table, enum record_stream stream, union store_item *item);

#endif
