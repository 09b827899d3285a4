/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/export.h"

#include "firmware/api/record_json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { NAME_BYTES = 64 };

/* Gives one named cell to the row; base NULL = absent. */
typedef int put_cell(struct export_writer *writer, void *row, const char *name,
                     const struct record_field *field, const void *base);

static bool is_event(const struct control_reply *reply)
{
    return reply->length == sizeof reply->body.event;
}

void export_begin(struct export_writer *writer, FILE *file, bool json)
{
    *writer = (struct export_writer){.file = file, .json = json};
}

static int put_fields(struct export_writer *writer, void *row, put_cell *put, const char *prefix,
                      const struct record_field *fields, size_t n, const void *base)
{
    for (size_t i = 0; i < n; i++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s%s", prefix, fields[i].name);
        const int error = put(writer, row, name, &fields[i], base);
        if (error != 0)
            return error;
    }
    return 0;
}

static const struct record_point *find_point(const struct record *record, int64_t point_id)
{
    for (int64_t p = 0; p < record->n_points; p++)
        if (record->point_id[p] == point_id)
            return &record->point[p];
    return NULL;
}

/* All cells of one record: its head, then the points named in point_id. */
static int put_record(struct export_writer *writer, void *row, put_cell *put, const struct record *record,
                      int64_t n_points, const int64_t point_id[])
{
    int error = put_fields(writer, row, put, "", record_fields, record_fields_n, record);
    for (int64_t p = 0; p < n_points && error == 0; p++) {
        char prefix[NAME_BYTES];
        snprintf(prefix, sizeof prefix, "%s_", record_point_name(point_id[p]));
        error = put_fields(writer, row, put, prefix, record_point_fields, record_point_fields_n,
                           find_point(record, point_id[p]));
    }
    return error;
}

static int put_row(struct export_writer *writer, void *row, put_cell *put, const struct control_reply *reply,
                   int64_t n_points, const int64_t point_id[])
{
    static const struct record_field schema = {"schema", FIELD_INTEGER, 0, 0, "", ""};
    const int error = put(writer, row, schema.name, &schema, &reply->body); /* both begin with it */
    if (error != 0)
        return error;
    if (is_event(reply))
        return put_fields(writer, row, put, "", record_event_fields, record_event_fields_n,
                          &reply->body.event);
    return put_record(writer, row, put, &reply->body.record, n_points, point_id);
}

/* The separator that goes before a cell; row counts the cells written. */
static void separate(struct export_writer *writer, void *row)
{
    int *cells = row;
    if ((*cells)++ > 0)
        fputc(',', writer->file);
}

static int put_csv_name(struct export_writer *writer, void *row, const char *name,
                        const struct record_field *field, const void *base)
{
    (void)field;
    (void)base;
    separate(writer, row);
    fputs(name, writer->file);
    return 0;
}

static void write_csv_text(FILE *file, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static int put_csv_value(struct export_writer *writer, void *row, const char *name,
                         const struct record_field *field, const void *base)
{
    (void)name;
    separate(writer, row);
    if (base == NULL || record_absent(field, base))
        return 0;
    if (field->type == FIELD_TEXT)
        write_csv_text(writer->file, record_text(field, base));
    else if (field->type == FIELD_INTEGER)
        fprintf(writer->file, "%" PRId64, record_integer(field, base));
    else
        fprintf(writer->file, "%.*g", RECORD_JSON_DIGITS, record_real(field, base));
    return 0;
}

static int put_json_value(struct export_writer *writer, void *row, const char *name,
                          const struct record_field *field, const void *base)
{
    (void)writer;
    const bool absent = base == NULL || record_absent(field, base);
    json_t *value = absent ? json_null() : record_json_value(field, base);
    return json_object_set_new(row, name, value) == 0 ? 0 : -ENOMEM;
}

static int begin_csv(struct export_writer *writer, const struct control_reply *reply)
{
    int cells = 0;
    if (!is_event(reply)) {
        writer->n_points = reply->body.record.n_points;
        memcpy(writer->point_id, reply->body.record.point_id, sizeof writer->point_id);
    }
    const int error = put_row(writer, &cells, put_csv_name, reply, writer->n_points, writer->point_id);
    fputc('\n', writer->file);
    return error;
}

static bool has_column(const struct export_writer *writer, int64_t point_id)
{
    for (int64_t p = 0; p < writer->n_points; p++)
        if (writer->point_id[p] == point_id)
            return true;
    return false;
}

static int add_csv(struct export_writer *writer, const struct control_reply *reply)
{
    int cells = 0;
    int error = writer->rows == 0 ? begin_csv(writer, reply) : 0;
    for (int64_t p = 0; !is_event(reply) && p < reply->body.record.n_points; p++)
        if (!has_column(writer, reply->body.record.point_id[p]))
            return -ENOTUNIQ;
    if (error == 0)
        error = put_row(writer, &cells, put_csv_value, reply, writer->n_points, writer->point_id);
    fputc('\n', writer->file);
    return error;
}

static int add_json(struct export_writer *writer, const struct control_reply *reply)
{
    const struct record *record = &reply->body.record;
    json_t *object = json_object();
    if (object == NULL)
        return -ENOMEM;
    int error = put_row(writer, object, put_json_value, reply, is_event(reply) ? 0 : record->n_points,
                        record->point_id);
    if (error == 0) {
        fputs(writer->rows == 0 ? "[\n" : ",\n", writer->file);
        if (json_dumpf(object, writer->file, JSON_COMPACT | JSON_REAL_PRECISION(RECORD_JSON_DIGITS)) != 0)
            error = -EIO;
    }
    json_decref(object);
    return error;
}

int export_add(struct export_writer *writer, const struct control_reply *reply)
{
    const int error = writer->json ? add_json(writer, reply) : add_csv(writer, reply);
    if (error != 0)
        return error;
    writer->rows++;
    return ferror(writer->file) ? -EIO : 0;
}

void export_end(struct export_writer *writer)
{
    if (writer->json)
        fputs(writer->rows == 0 ? "[]\n" : "\n]\n", writer->file);
}
