/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.h - the rows of one group, and what goes wrong while they are made.
 *
 * Errors:  table_add ends the program when memory is short.
 */
#ifndef VATIO_ACCURACY_TABLE_H
#define VATIO_ACCURACY_TABLE_H

#include "tests/accuracy/row.h"

struct table {
    size_t n, size;
    struct row *row;
};

void table_close(struct table *table);
void table_add(struct table *table, const struct row *row);

/* Fills point and the rest of a row; format as printf's. */
void table_row(struct table *table, const struct row *row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Rows that have failed. */
size_t table_failures(const struct table *table);

#endif
