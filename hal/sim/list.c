/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool list_number(const char **text, double min, double max, double *value)
{
    char *end;
    *value = strtod(*text, &end);
    bool taken = end != *text && *value >= min && *value <= max;
    *text = end;
    return taken;
}

/* Appends to a sentence as far as it has room. */
static void say(char *error, size_t error_size, const char *text)
{
    size_t used = strlen(error);
    snprintf(error + used, error_size - used, "%s", text);
}

static int refuse(const struct list_format *format, const char *row, char *error, size_t error_size)
{
    char part[96];
    snprintf(error, error_size, "%s: expected ", format->option);
    for (int k = 0; k < format->fields; k++) {
        const struct list_field *field = &format->field[k];
        snprintf(part, sizeof part, "%s%s%s %g..%g%s", k >= format->needed ? "[" : "", k > 0 ? ":" : "",
                 field->name, field->min, field->max, k >= format->needed ? "]" : "");
        say(error, error_size, part);
    }
    snprintf(part, sizeof part, ", at most %d of them, got \"%.30s\"", format->rows, row);
    say(error, error_size, part);
    return -EINVAL;
}

static bool read_row(const struct list_format *format, const char **text, double *value)
{
    for (int k = 0; k < format->fields; k++) {
        bool given = k == 0 || **text == ':';
        value[k] = 0;
        if (!given && k < format->needed) {
            return false;
        }
        *text += given && k > 0;
        if (given && !list_number(text, format->field[k].min, format->field[k].max, &value[k])) {
            return false;
        }
    }
    return **text == ',' || **text == '\0';
}

int list_read(const struct list_format *format, const char *text, double *value, char *error,
              size_t error_size)
{
    int rows = 0;
    while (*text != '\0') {
        const char *row = text;
        if (rows == format->rows || !read_row(format, &text, value + (size_t)(rows * format->fields))) {
            return refuse(format, row, error, error_size);
        }
        rows++;
        if (*text == ',' && *++text == '\0') {
            return refuse(format, text, error, error_size);
        }
    }
    return rows;
}
