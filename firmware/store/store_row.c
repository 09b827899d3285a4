/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_row.h"

#include "firmware/store/store_schema.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

static int bind_field(struct sqlite3_stmt *statement, int index, const struct record_field *field,
                      const void *base)
{
    int64_t integer = 0;
    switch (field->type) {
    case FIELD_INTEGER:
        integer = record_integer(field, base);
        return integer == RECORD_ABSENT ? sqlite3_bind_null(statement, index)
                                        : sqlite3_bind_int64(statement, index, integer);
    case FIELD_REAL:
        return sqlite3_bind_double(statement, index, record_real(field, base)); /* NaN becomes NULL */
    case FIELD_TEXT:
        break;
    }
    const char *text = record_text(field, base);
    return sqlite3_bind_text(statement, index, text, (int)strnlen(text, field->size - 1), SQLITE_TRANSIENT);
}

static int bind_fields(struct sqlite3_stmt *statement, int index, const struct record_field *fields, size_t n,
                       const void *base)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < n && code == SQLITE_OK; i++)
        code = bind_field(statement, index + (int)i, &fields[i], base);
    return code;
}

static const struct record_point *find_point(const struct record *record, int64_t point_id)
{
    for (int64_t i = 0; i < record->n_points; i++)
        if (record->point_id[i] == point_id)
            return &record->point[i];
    return NULL;
}

int store_row_bind(const struct store_table *table, enum record_stream stream, const union store_item *item)
{
    size_t n = 0;
    const struct record_field *fields = store_schema_fields(stream, &n);
    sqlite3_clear_bindings(table->insert); /* points that the record lacks stay NULL */
    int code = bind_fields(table->insert, 1, fields, n, item);
    for (int64_t i = 0; i < table->n_points && code == SQLITE_OK; i++) {
        const struct record_point *point = find_point(&item->record, table->point_id[i]);
        int index = 1 + (int)n + (int)i * (int)record_point_fields_n;
        if (point != NULL)
            code = bind_fields(table->insert, index, record_point_fields, record_point_fields_n, point);
    }
    return code;
}

/* True if it was not NULL. */
static bool read_field(struct sqlite3_stmt *statement, int column, const struct record_field *field,
                       void *base)
{
    bool present = sqlite3_column_type(statement, column) != SQLITE_NULL;
    const char *text = NULL;
    switch (field->type) {
    case FIELD_INTEGER:
        record_set_integer(field, base, present ? sqlite3_column_int64(statement, column) : RECORD_ABSENT);
        break;
    case FIELD_REAL:
        record_set_real(field, base, present ? sqlite3_column_double(statement, column) : (double)NAN);
        break;
    case FIELD_TEXT:
        text = (const char *)sqlite3_column_text(statement, column);
        record_set_text(field, base, text != NULL ? text : "");
        break;
    }
    return present;
}

static bool read_fields(struct sqlite3_stmt *statement, int column, const struct record_field *fields,
                        size_t n, void *base)
{
    bool present = false;
    for (size_t i = 0; i < n; i++)
        present |= read_field(statement, column + (int)i, &fields[i], base);
    return present;
}

void store_row_read(const struct store_table *table, enum record_stream stream, union store_item *item)
{
    size_t n = 0;
    const struct record_field *fields = store_schema_fields(stream, &n);
    memset(item, 0, sizeof *item);
    read_fields(table->select, 0, fields, n, item);
    if (stream == STREAM_EVENT) {
        item->event.schema = RECORD_SCHEMA;
        item->event.stream = stream;
        return;
    }
    struct record *record = &item->record;
    record->schema = RECORD_SCHEMA;
    record->stream = stream;
    for (int64_t i = 0; i < table->n_points; i++) {
        struct record_point *point = &record->point[record->n_points];
        int column = (int)n + (int)i * (int)record_point_fields_n;
        if (read_fields(table->select, column, record_point_fields, record_point_fields_n, point))
            record->point_id[record->n_points++] = table->point_id[i];
        else
            memset(point, 0, sizeof *point);
    }
}
