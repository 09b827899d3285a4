/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/export.h"

#include "firmware/api/record_json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { NAME_BYTES = 64 };

/* What a row is made of, whatever it is: own fields at base, then those of each point. */
struct row {
    int64_t schema;
    const struct record_field *fields, *point_fields;
    size_t fields_n, point_fields_n;
    const void *base;
    const void *point; /* the first, or NULL */
    size_t point_size;
    int64_t n_points;
    const int64_t *point_id;
};

/* Gives one named cell to the row; base NULL = absent. */
typedef int put_cell(struct export_writer *writer, void *row, const char *name,
                     const struct record_field *field, const void *base);

static bool is_event(const struct control_reply *reply)
{
    return reply->length == sizeof reply->body.event;
}

void export_begin(struct export_writer *writer, FILE *file, bool json)
{
    *writer = (struct export_writer){.file = file, .json = json, .digits = RECORD_JSON_DIGITS};
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

static const void *find_point(const struct row *from, int64_t point_id)
{
    for (int64_t p = 0; p < from->n_points; p++)
        if (from->point_id[p] == point_id)
            return (const char *)from->point + (size_t)p * from->point_size;
    return NULL;
}

/* All cells: schema, its own, then those of the points named in point_id. */
static int put_row(struct export_writer *writer, void *row, put_cell *put, const struct row *from,
                   int64_t n_points, const int64_t point_id[])
{
    static const struct record_field schema = {"schema", FIELD_INTEGER, 0, 0, "", ""};
    int error = put(writer, row, schema.name, &schema, &from->schema);
    if (error == 0)
        error = put_fields(writer, row, put, "", from->fields, from->fields_n, from->base);
    for (int64_t p = 0; p < n_points && error == 0; p++) {
        char prefix[NAME_BYTES];
        snprintf(prefix, sizeof prefix, "%s_", record_point_name(point_id[p]));
        error = put_fields(writer, row, put, prefix, from->point_fields, from->point_fields_n,
                           find_point(from, point_id[p]));
    }
    return error;
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
        fprintf(writer->file, "%.*g", writer->digits, record_real(field, base));
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

static int begin_csv(struct export_writer *writer, const struct row *from)
{
    int cells = 0;
    writer->n_points = from->n_points;
    if (from->n_points > 0)
        memcpy(writer->point_id, from->point_id, (size_t)from->n_points * sizeof from->point_id[0]);
    const int error = put_row(writer, &cells, put_csv_name, from, writer->n_points, writer->point_id);
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

static int add_csv(struct export_writer *writer, const struct row *from)
{
    int cells = 0;
    int error = writer->rows == 0 ? begin_csv(writer, from) : 0;
    for (int64_t p = 0; p < from->n_points; p++)
        if (!has_column(writer, from->point_id[p]))
            return -ENOTUNIQ;
    if (error == 0)
        error = put_row(writer, &cells, put_csv_value, from, writer->n_points, writer->point_id);
    fputc('\n', writer->file);
    return error;
}

static int add_json(struct export_writer *writer, const struct row *from)
{
    json_t *object = json_object();
    if (object == NULL)
        return -ENOMEM;
    int error = put_row(writer, object, put_json_value, from, from->n_points, from->point_id);
    if (error == 0) {
        fputs(writer->rows == 0 ? "[\n" : ",\n", writer->file);
        const size_t digits = (size_t)writer->digits;
        if (json_dumpf(object, writer->file, JSON_COMPACT | JSON_REAL_PRECISION(digits)) != 0)
            error = -EIO;
    }
    json_decref(object);
    return error;
}

static int add(struct export_writer *writer, const struct row *from)
{
    const int error = writer->json ? add_json(writer, from) : add_csv(writer, from);
    if (error != 0)
        return error;
    writer->rows++;
    return ferror(writer->file) ? -EIO : 0;
}

int export_add(struct export_writer *writer, const struct control_reply *reply)
{
    const struct record *record = &reply->body.record;
    if (is_event(reply))
        return add(writer, &(struct row){.schema = reply->body.event.schema,
                                         .fields = record_event_fields,
                                         .fields_n = record_event_fields_n,
                                         .base = &reply->body.event});
    return add(writer, &(struct row){.schema = record->schema,
                                     .fields = record_fields,
                                     .fields_n = record_fields_n,
                                     .base = record,
                                     .point_fields = record_point_fields,
                                     .point_fields_n = record_point_fields_n,
                                     .point = record->point,
                                     .point_size = sizeof record->point[0],
                                     .n_points = record->n_points,
                                     .point_id = record->point_id});
}

int export_add_second(struct export_writer *writer, const struct second_ring_plan *plan,
                      const struct second *second)
{
    writer->digits = SECOND_RING_DIGITS;
    return add(writer, &(struct row){.schema = SECOND_RING_SCHEMA,
                                     .fields = second_fields,
                                     .fields_n = second_fields_n,
                                     .base = second,
                                     .point_fields = second_point_fields,
                                     .point_fields_n = second_point_fields_n,
                                     .point = second->point,
                                     .point_size = sizeof second->point[0],
                                     .n_points = plan->n_points,
                                     .point_id = plan->point_id});
}

void export_end(struct export_writer *writer)
{
    if (writer->json)
        fputs(writer->rows == 0 ? "[]\n" : "\n]\n", writer->file);
}
