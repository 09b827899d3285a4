/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/csv_row.h"

#include <errno.h>

static void skip_blanks(struct recording_text *text)
{
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\t'))
        text->at++;
}

/* Up to the quote that closes, text->at then behind it. */
static int take_quoted(struct recording_text *text, struct recording_field *field)
{
    const int64_t line = text->line;
    const char *begin = ++text->at;
    for (; text->at < text->end; text->at++) {
        if (*text->at == '\n')
            text->line++;
        if (*text->at != '"')
            continue;
        if (text->at + 1 < text->end && text->at[1] == '"') {
            text->at++;
            continue;
        }
        *field = recording_trimmed((struct recording_field){begin, (size_t)(text->at - begin)});
        text->at++;
        return 0;
    }
    text->line = line;
    return recording_refuse(text, "a quote that nothing closes: a second quote was expected");
}

static void take_plain(struct recording_text *text, struct recording_field *field)
{
    const char *begin = text->at;
    while (text->at < text->end && *text->at != ',' && *text->at != '\n')
        text->at++;
    *field = recording_trimmed((struct recording_field){begin, (size_t)(text->at - begin)});
}

int csv_row_cell(struct recording_text *text, struct csv_cell *cell)
{
    skip_blanks(text);
    if (text->at < text->end && *text->at == '"') {
        struct recording_field behind;
        if (take_quoted(text, &cell->field) != 0)
            return -EINVAL;
        take_plain(text, &behind);
        if (behind.length > 0)
            return recording_refuse(text,
                                    "text behind a quoted cell: a comma or the line's end was expected");
    } else
        take_plain(text, &cell->field);
    cell->last = text->at == text->end || *text->at == '\n';
    if (text->at < text->end)
        text->at++;
    return 0;
}
