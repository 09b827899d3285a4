/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/table.h"

#include "tests/accuracy/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 64 };

void table_close(struct table *table)
{
    free(table->row);
    *table = (struct table){0};
}

void table_add(struct table *table, const struct row *row)
{
    if (table->n == table->size) {
        table->size = table->size == 0 ? FIRST_SIZE : 2 * table->size;
        struct row *larger = realloc(table->row, table->size * sizeof *larger);
        if (larger == NULL)
            fail("no memory for the table");
        table->row = larger;
    }
    table->row[table->n++] = *row;
}

void table_row(struct table *table, const struct row *row, const char *format, ...)
{
    struct row named = *row;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(named.point, sizeof named.point, format, arguments);
    va_end(arguments);
    table_add(table, &named);
}

size_t table_failures(const struct table *table)
{
    size_t failures = 0;
    for (size_t i = 0; i < table->n; i++)
        failures += !row_passes(&table->row[i]);
    return failures;
}
