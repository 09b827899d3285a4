/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/format.h"

#include "firmware/api/record_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LABEL_WIDTH = 18, COLUMN_WIDTH = 11 };

static const struct {
    const char *unit;
    int decimals;
} decimals[] = {
    {"V", 2}, {"A", 3}, {"W", 1}, {"var", 1}, {"VA", 1}, {"Hz", 4}, {"deg", 3}, {"%", 3}, {"LSB", 2}, {"", 4},
};

/* The bits of a record's quality, as in dsp/quality.h: numbers that are never given away again. */
static const char *const quality_names[] = {
    "clipped", "gap", "unlocked", "uncalibrated", "unsynced", "event", "sensor-fault", "simulated", "assumed",
};

void format_utc(int64_t utc_ms, char text[FORMAT_CELL])
{
    const time_t seconds = (time_t)(utc_ms / 1000);
    struct tm calendar;
    if (utc_ms == RECORD_ABSENT || gmtime_r(&seconds, &calendar) == NULL ||
        strftime(text, FORMAT_CELL, "%Y-%m-%d %H:%M:%S", &calendar) == 0)
        snprintf(text, FORMAT_CELL, "-");
}

static bool is_energy(const struct record_field *field)
{
    return field->type == FIELD_INTEGER && field->unit[0] == 'u' && field->unit[1] != 's';
}

bool format_is_register(const struct record_field *field)
{
    return is_energy(field) && strstr(field->name, "_delta_") == NULL;
}

static int decimals_of(const char *unit)
{
    size_t i = 0;
    while (i + 1 < sizeof decimals / sizeof decimals[0] && strcmp(decimals[i].unit, unit) != 0)
        i++;
    return decimals[i].decimals;
}

void format_real(double value, const char *unit, char text[FORMAT_CELL])
{
    if (isnan(value))
        snprintf(text, FORMAT_CELL, "-");
    else
        snprintf(text, FORMAT_CELL, "%.*f", decimals_of(unit), value);
    if (text[0] == '-' && text[1] != '\0' && strspn(text + 1, "0.") == strlen(text + 1))
        memmove(text, text + 1, strlen(text)); /* what rounds to nothing has no sign */
}

void format_field(const struct record_field *field, const void *base, char text[FORMAT_CELL])
{
    if (record_absent(field, base))
        snprintf(text, FORMAT_CELL, "-");
    else if (field->type == FIELD_REAL)
        format_real(record_real(field, base), field->unit, text);
    else
        record_format_kwh(record_integer(field, base), text, FORMAT_CELL);
}

const struct record_field *format_find(const struct record_field *fields, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

void format_kilo_name(const char *name, char text[FORMAT_CELL])
{
    snprintf(text, FORMAT_CELL, "%s", name);
    char *micro = strrchr(text, '_');
    if (micro != NULL && micro[1] == 'u')
        micro[1] = 'k';
}

/* "u_rms_v" stays; "import_uwh" is shown, and so named, in kWh. */
static void label_of(const struct record_field *field, char text[FORMAT_CELL])
{
    if (is_energy(field))
        format_kilo_name(field->name, text);
    else
        snprintf(text, FORMAT_CELL, "%s", field->name);
}

void format_points(FILE *out, const struct record *record, const char *const *names, size_t n)
{
    char cell[FORMAT_CELL];
    fprintf(out, "%-*s", LABEL_WIDTH, "");
    for (int64_t p = 0; p < record->n_points; p++)
        fprintf(out, " %*s", COLUMN_WIDTH, record_point_name(record->point_id[p]));
    fputc('\n', out);
    for (size_t i = 0; i < n; i++) {
        const struct record_field *field = format_find(record_point_fields, record_point_fields_n, names[i]);
        label_of(field, cell);
        fprintf(out, "%-*s", LABEL_WIDTH, cell);
        for (int64_t p = 0; p < record->n_points; p++) {
            format_field(field, &record->point[p], cell);
            fprintf(out, " %*s", COLUMN_WIDTH, cell);
        }
        fputc('\n', out);
    }
}

void format_quality(FILE *out, int64_t quality)
{
    for (size_t bit = 0; bit < sizeof quality_names / sizeof quality_names[0]; bit++)
        if ((quality >> bit & 1) != 0)
            fprintf(out, " %s", quality_names[bit]);
    fputs(quality == 0 ? " good\n" : "\n", out);
}

json_t *format_quality_json(int64_t quality)
{
    json_t *names = json_array();
    for (size_t bit = 0; bit < sizeof quality_names / sizeof quality_names[0]; bit++)
        if ((quality >> bit & 1) != 0)
            json_array_append_new(names, json_string(quality_names[bit]));
    return names;
}

static int add_register(json_t *object, const struct record_field *field, const struct record_point *point)
{
    char name[FORMAT_CELL], text[FORMAT_CELL];
    const int64_t micro = record_integer(field, point);
    if (record_absent(field, point))
        return 0;
    format_kilo_name(field->name, name);
    record_format_kwh(micro, text, sizeof text);
    /* at most 13 significant digits: 15 print them exactly */
    if (json_object_set_new(object, field->name, json_integer(micro)) != 0)
        return -1;
    return json_object_set_new(object, name, json_real(strtod(text, NULL)));
}

json_t *format_registers_json(const struct record *record)
{
    json_t *points = json_object();
    int error = points == NULL ? -1 : 0;
    for (int64_t p = 0; p < record->n_points && error == 0; p++) {
        json_t *object = json_object();
        error = json_object_set_new(points, record_point_name(record->point_id[p]), object);
        for (size_t i = 0; i < record_point_fields_n && error == 0; i++)
            if (format_is_register(&record_point_fields[i]))
                error = add_register(object, &record_point_fields[i], &record->point[p]);
    }
    if (error == 0)
        return points;
    json_decref(points);
    return NULL;
}

int format_json(struct cli *cli, json_t *object, bool one_line)
{
    const size_t style = one_line ? JSON_COMPACT : JSON_INDENT(2);
    const int error =
        object == NULL ? -1 : json_dumpf(object, cli->out, JSON_REAL_PRECISION(RECORD_JSON_DIGITS) | style);
    json_decref(object);
    if (error == 0)
        fputc('\n', cli->out);
    else if (!ferror(cli->out)) /* that is reported at the end */
        fputs("vatio: the answer does not fit into JSON: out of memory, or text that is not UTF-8\n",
              cli->err);
    return error == 0 && !ferror(cli->out) ? CLI_OK : CLI_REFUSED;
}
