/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/csv.h"

#include "hal/replay/csv_row.h"
#include "hal/replay/recording_build.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Comments that give each channel a number of its own. */
enum { CHANNEL_FIGURES = 3 };
static const struct {
    const char *name;
    size_t offset; /* in struct recording_channel */
    double factor;
    double min;
} channel_figures[CHANNEL_FIGURES] = {
    {"skew_us", offsetof(struct recording_channel, skew_s), 1e-6, -1e6},
    {"high_pass_hz", offsetof(struct recording_channel, high_pass_hz), 1, 0},
    {"low_pass_hz", offsetof(struct recording_channel, low_pass_hz), 1, 0},
};

/* What the comments in front of the first row say; 0 where they say nothing. */
struct notes {
    double rate_hz, f_nominal_hz, utc_start_ms;
    struct {
        struct recording_field text; /* one number per channel, with commas */
        int64_t line;                /* 0: not there */
    } figure[CHANNEL_FIGURES];
};

struct csv {
    struct recording *recording;
    struct recording_text *text;
    struct notes notes;
    double time_unit_s; /* of the first column; 0 if it is a channel */
    double time0_s;
    int64_t n_columns;
    int64_t n_max;  /* rows that the recording has room for */
    double *factor; /* of each channel */
};

static int read_note(struct notes *notes, const struct recording_text *text, struct recording_field comment)
{
    static const struct {
        const char *name;
        size_t offset;
        double max;
    } numbers[] = {
        {"rate_hz", offsetof(struct notes, rate_hz), RECORDING_RATE_MAX_HZ},
        {"f_nominal_hz", offsetof(struct notes, f_nominal_hz), 1e6},
        {"utc_start_ms", offsetof(struct notes, utc_start_ms), 1e15},
    };
    const char *equals = comment.length == 0 ? NULL : memchr(comment.at, '=', comment.length);
    if (equals == NULL)
        return 0;
    const size_t length = (size_t)(equals - comment.at);
    const struct recording_field name = recording_trimmed((struct recording_field){comment.at, length});
    const struct recording_field value =
        recording_trimmed((struct recording_field){equals + 1, comment.length - length - 1});
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        double *number = (double *)((char *)notes + numbers[i].offset);
        char shown[RECORDING_SHOWN];
        if (!recording_is(name, numbers[i].name))
            continue;
        if (!recording_number(value, number) || *number <= 0 || *number > numbers[i].max)
            return recording_refuse(text, "%s \"%s\": a number above 0, at most %g, was expected",
                                    numbers[i].name, recording_show(shown, value), numbers[i].max);
    }
    for (int i = 0; i < CHANNEL_FIGURES; i++)
        if (recording_is(name, channel_figures[i].name)) {
            notes->figure[i].text = value;
            notes->figure[i].line = text->line;
        }
    return 0;
}

/* Goes to the next line that is neither empty nor a comment; false if there is none. *result: what a comment's
 * reading gave. notes may be NULL: comments then say nothing. */
static bool find_row(struct csv *csv, struct notes *notes, int *result)
{
    struct recording_field line;
    const char *begin = csv->text->at;
    *result = 0;
    for (; recording_text_line(csv->text, &line); begin = csv->text->at) {
        line = recording_trimmed(line);
        if (line.length == 0)
            continue;
        if (line.at[0] != '#') {
            csv->text->at = begin;
            return true;
        }
        if (notes != NULL)
            *result = read_note(notes, csv->text,
                                recording_trimmed((struct recording_field){line.at + 1, line.length - 1}));
        if (*result != 0)
            return false;
    }
    return false;
}

/* The unit that a name ends in, behind its last underline. */
static struct recording_field suffix_of(struct recording_field name)
{
    size_t length = 0;
    while (length < name.length && name.at[name.length - 1 - length] != '_')
        length++;
    if (length == name.length)
        length = 0;
    return (struct recording_field){name.at + name.length - length, length};
}

/* Seconds of a unit of time, 0 if it is none. */
static double time_unit_of(struct recording_field name)
{
    static const struct {
        const char *unit;
        double s;
    } units[] = {{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (recording_is(suffix_of(name), units[i].unit))
            return units[i].s;
    return 0;
}

static int name_channel(struct csv *csv, int64_t c, struct recording_field name)
{
    struct recording_channel *channel = &csv->recording->channel[c];
    const struct recording_field suffix = suffix_of(name);
    if (name.length == 0)
        return recording_refuse(csv->text, "column %lld has no name: one like u_l1_v was expected",
                                (long long)(c + 1 + (csv->time_unit_s > 0)));
    channel->unit = suffix.length == 0 ? RECORDING_OTHER : recording_unit_of(suffix, &csv->factor[c]);
    channel->in_primary = true;
    if (channel->unit == RECORDING_OTHER)
        csv->factor[c] = 1;
    else
        name.length -= suffix.length + 1;
    /* Blanks in front of the unit's underline are no part of the name: it could not be found by it. */
    recording_copy_name(channel->name, sizeof channel->name, recording_trimmed(name));
    return 0;
}

/* Columns of the header, and whether the first is the time; text->at stays where it is. */
static int count_columns(struct csv *csv)
{
    struct recording_text ahead = *csv->text;
    struct csv_cell cell = {.last = false};
    for (csv->n_columns = 0; !cell.last; csv->n_columns++) {
        if (csv_row_cell(&ahead, &cell) != 0)
            return -EINVAL;
        if (csv->n_columns == 0)
            csv->time_unit_s = time_unit_of(cell.field);
    }
    if (csv->n_columns == (csv->time_unit_s > 0))
        return recording_refuse(csv->text, "no channel: a column like u_l1_v was expected");
    if (csv->time_unit_s == 0 && csv->notes.rate_hz == 0)
        return recording_refuse(csv->text,
                                "no instants: a first column like t_s, or a line \"# rate_hz=...\" before "
                                "the header, was expected");
    /* a row has at least its commas and its end */
    csv->n_max = (ahead.end - ahead.at) / csv->n_columns + 1;
    const char *at = ahead.at;
    int64_t n_lines = 1;
    while (at < ahead.end && (at = memchr(at, '\n', (size_t)(ahead.end - at))) != NULL) {
        n_lines++;
        at++;
    }
    csv->n_max = csv->n_max < n_lines ? csv->n_max : n_lines;
    return 0;
}

static int read_header(struct csv *csv)
{
    const int64_t n_channels = csv->n_columns - (csv->time_unit_s > 0);
    struct csv_cell cell;
    int result = recording_allocate(csv->recording, csv->text, n_channels, csv->n_max);
    if (result != 0)
        return result;
    csv->factor = calloc((size_t)n_channels, sizeof *csv->factor);
    if (csv->factor == NULL)
        return -ENOMEM;
    if (csv->time_unit_s > 0)
        result = csv_row_cell(csv->text, &cell);
    for (int64_t c = 0; c < n_channels && result == 0; c++) {
        result = csv_row_cell(csv->text, &cell);
        if (result == 0)
            result = name_channel(csv, c, cell.field);
    }
    return result;
}

static int read_instant(struct csv *csv, int64_t row, struct recording_field field)
{
    double *time_s = csv->recording->time_s;
    char shown[RECORDING_SHOWN];
    double time;
    if (!recording_number(field, &time))
        return recording_refuse(csv->text, "time \"%s\": a number was expected",
                                recording_show(shown, field));
    if (row == 0)
        csv->time0_s = time;
    time_s[row] = (time - csv->time0_s) * csv->time_unit_s;
    if (row > 0 && !(time_s[row] > time_s[row - 1]))
        return recording_refuse(csv->text, "time \"%s\": one after that of the row before was expected",
                                recording_show(shown, field));
    return 0;
}

/* An empty cell, and "nan" as numerical programs write it, is no value. */
static int read_value(struct csv *csv, int64_t c, int64_t row, struct recording_field field)
{
    double value = (double)NAN;
    char shown[RECORDING_SHOWN];
    if (field.length > 0 && !recording_is(field, "nan") && !recording_number(field, &value))
        return recording_refuse(csv->text, "\"%s\" in column %lld: a number was expected",
                                recording_show(shown, field), (long long)(c + 1 + (csv->time_unit_s > 0)));
    csv->recording->channel[c].value[row] = value * csv->factor[c];
    return 0;
}

static int read_row(struct csv *csv, int64_t row)
{
    const bool timed = csv->time_unit_s > 0;
    struct csv_cell cell = {.last = false};
    int result = 0;
    if (!timed)
        csv->recording->time_s[row] = (double)row / csv->notes.rate_hz;
    for (int64_t column = 0; column < csv->n_columns; column++) {
        if (cell.last)
            return recording_refuse(csv->text, "%lld cells: %lld were expected", (long long)column,
                                    (long long)csv->n_columns);
        result = csv_row_cell(csv->text, &cell);
        if (result == 0)
            result = timed && column == 0 ? read_instant(csv, row, cell.field)
                                          : read_value(csv, column - timed, row, cell.field);
        if (result != 0)
            return result;
    }
    return cell.last
               ? 0
               : recording_refuse(csv->text, "more than %lld cells: as many as the header has were expected",
                                  (long long)csv->n_columns);
}

static int read_rows(struct csv *csv)
{
    int64_t row = 0;
    int result;
    while (find_row(csv, NULL, &result)) {
        result = read_row(csv, row);
        if (result != 0)
            return result;
        row++;
    }
    csv->recording->n_samples = row;
    return 0;
}

static int read_channel_figures(struct csv *csv, int i)
{
    const char *name = channel_figures[i].name;
    struct recording_field rest = csv->notes.figure[i].text, field;
    char shown[RECORDING_SHOWN];
    int c = 0;
    if (csv->notes.figure[i].line == 0)
        return 0;
    csv->text->line = csv->notes.figure[i].line;
    for (; recording_text_field(&rest, &field); c++) {
        double figure;
        if (c == csv->recording->n_channels || !recording_number(field, &figure) ||
            figure < channel_figures[i].min)
            return recording_refuse(csv->text, "%s \"%s\": a number for each of %d channels was expected",
                                    name, recording_show(shown, field), csv->recording->n_channels);
        *(double *)((char *)&csv->recording->channel[c] + channel_figures[i].offset) =
            figure * channel_figures[i].factor;
    }
    if (c < csv->recording->n_channels)
        return recording_refuse(csv->text, "%s: %d numbers, one for each of %d channels was expected", name,
                                c, csv->recording->n_channels);
    return 0;
}

static int read_all(struct csv *csv)
{
    int result;
    if (!find_row(csv, &csv->notes, &result)) {
        csv->text->line++;
        return result != 0 ? result : recording_refuse(csv->text, "the file ends: a header was expected");
    }
    result = count_columns(csv);
    if (result == 0)
        result = read_header(csv);
    if (result == 0)
        result = read_rows(csv);
    if (result == 0)
        result = recording_finish(csv->recording, csv->text);
    for (int i = 0; i < CHANNEL_FIGURES && result == 0; i++)
        result = read_channel_figures(csv, i);
    return result;
}

int csv_read(struct recording *recording, struct recording_text *text)
{
    struct csv csv = {.recording = recording, .text = text};
    const int result = read_all(&csv);
    if (result == -ENOMEM)
        recording_refuse(text, "no memory for the channels");
    free(csv.factor);
    if (result != 0)
        return result;
    recording->f_nominal_hz = csv.notes.f_nominal_hz;
    recording->utc_start_ms = (int64_t)csv.notes.utc_start_ms;
    return 0;
}
