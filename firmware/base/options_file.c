/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines are judged before inih sees them, so that what it would cut, join or drop in silence is refused with its line
 * number; inih then splits them, and each value goes to its option. */
#include "firmware/base/options_names.h"
#include "firmware/base/options_value.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_BYTES_MAX = 1 << 20,
    NAME_SHOWN = 90,  /* characters of a path that stand in a message */
    SECTION_MAX = 49, /* what inih keeps of a section's name */
};

struct reading {
    const struct option *table;
    size_t n;
    void *target;
    const char *name;
    unsigned char *given;
    struct options_error *error;
    const char *at, *end; /* text not yet read */
    int line;             /* number of the line last given to inih */
    int *first_line;      /* per option: where it was given; 0 = not yet */
    bool failed;
};

static const char *shown_name(const char *name)
{
    const size_t length = strlen(name);
    return length > NAME_SHOWN ? name + length - NAME_SHOWN : name;
}

__attribute__((format(printf, 2, 3))) static bool refuse(struct reading *reading, const char *format, ...)
{
    char *text = reading->error->text;
    const size_t size = sizeof reading->error->text;
    const int head = snprintf(text, size, "%s:%d: ", shown_name(reading->name), reading->line);
    va_list args;
    va_start(args, format);
    vsnprintf(text + head, size - (size_t)head, format, args);
    va_end(args);
    options_make_printable(text);
    reading->failed = true;
    return false;
}

/* Up to the first of stops, or to an inline comment (';' after a blank), or length. */
static size_t span_to(const char *line, size_t length, const char *stops)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr(stops, line[i]) != NULL)
            return i;
        if (line[i] == ';' && i > 0 && isspace((unsigned char)line[i - 1]))
            return length;
    }
    return length;
}

static bool only_comment(const char *line, size_t length)
{
    size_t i = 0;
    while (i < length && isspace((unsigned char)line[i]))
        i++;
    return i == length || line[i] == ';' || line[i] == '#';
}

static bool has_section(const struct reading *reading, const char *section)
{
    for (size_t i = 0; i < reading->n; i++)
        if (strcmp(reading->table[i].section, section) == 0)
            return true;
    return false;
}

static bool check_section(struct reading *reading, const char *line, size_t length)
{
    char section[SECTION_MAX + 1];
    const size_t close = span_to(line, length, "]");
    if (close == length)
        return refuse(reading, "']' is missing; expected [section]");
    if (!only_comment(line + close + 1, length - close - 1))
        return refuse(reading, "text follows the ']'; expected name = value on a line of its own");
    snprintf(section, sizeof section, "%.*s", (int)(close - 1), line + 1);
    if (has_section(reading, section))
        return true;
    return refuse(reading, "there is no section [%s]; expected one such as [%s]", section,
                  options_nearest_section(reading->table, reading->n, section));
}

static bool check_value(struct reading *reading, const char *line, size_t length)
{
    const size_t equals = span_to(line, length, "=:");
    if (equals == length || line[equals] == ':')
        return refuse(reading, "'=' is missing; expected name = value");
    if (only_comment(line, equals))
        return refuse(reading, "a name is missing before the '='; expected name = value");
    return true;
}

/* length is without the end of the line; room is for the line, its end and a NUL. */
static bool check_line(struct reading *reading, const char *line, size_t length, size_t room)
{
    if (memchr(line, '\0', length) != NULL)
        return refuse(reading, "holds a NUL byte; expected text");
    if (memchr(line, '\r', length) != NULL)
        return refuse(reading, "holds a carriage return inside; expected lines that end in a line feed");
    if (only_comment(line, length))
        return true;
    if (isspace((unsigned char)line[0]))
        return refuse(reading,
                      "begins with a blank, which would join it to the line above; expected no indentation");
    if (length > room - 3)
        return refuse(reading, "has %zu characters; expected at most %zu", length, room - 3);
    return line[0] == '[' ? check_section(reading, line, length) : check_value(reading, line, length);
}

/* The reader that inih calls in place of fgets. Comments and empty lines reach it as empty lines. */
static char *next_line(char *buffer, int size, void *stream)
{
    struct reading *reading = stream;
    if (reading->failed || reading->at == reading->end)
        return NULL;
    const char *line = reading->at;
    const size_t left = (size_t)(reading->end - line);
    const char *feed = memchr(line, '\n', left);
    size_t length = feed == NULL ? left : (size_t)(feed - line);
    reading->at += length + (feed != NULL);
    reading->line++;
    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (!check_line(reading, line, length, (size_t)size))
        return NULL;
    if (only_comment(line, length))
        length = 0;
    memcpy(buffer, line, length);
    memcpy(buffer + length, "\n", 2);
    return buffer;
}

static int take_option(struct reading *reading, size_t index, const char *value)
{
    const struct option *option = &reading->table[index];
    if (reading->first_line[index] != 0)
        return refuse(reading, "%s is given again; expected it once, as on line %d", option->name,
                      reading->first_line[index]);
    const char *wrong = options_value_read(option, value, reading->target);
    if (wrong != NULL) {
        char expected[OPTIONS_VALUE_BYTES];
        options_value_expected(option, expected);
        return refuse(reading, "%s = %.40s %s; expected %.80s", option->name, value, wrong, expected);
    }
    reading->first_line[index] = reading->line;
    if (reading->given != NULL)
        reading->given[index] = 1;
    return 1;
}

/* Called by inih with each value; 1 = go on. */
static int take_value(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    if (section[0] == '\0')
        return refuse(reading, "%.40s stands before any section; expected a line [section] above it", name);
    for (size_t i = 0; i < reading->n; i++)
        if (strcmp(reading->table[i].section, section) == 0 && strcmp(reading->table[i].name, name) == 0)
            return take_option(reading, i, value);
    return refuse(reading, "[%s] has no option %.40s; expected one such as %s", section, name,
                  options_nearest_name(reading->table, reading->n, section, name));
}

static int read_all(struct reading *reading)
{
    static const char byte_order_mark[] = {'\xef', '\xbb', '\xbf'};
    const size_t size = (size_t)(reading->end - reading->at);
    if (size >= sizeof byte_order_mark && memcmp(reading->at, byte_order_mark, sizeof byte_order_mark) == 0)
        reading->at += sizeof byte_order_mark;
    reading->first_line = calloc(reading->n, sizeof *reading->first_line);
    if (reading->first_line == NULL)
        return -ENOMEM;
    const int result = ini_parse_stream(next_line, reading, take_value, reading);
    free(reading->first_line);
    if (result != 0 && !reading->failed)
        refuse(reading, "cannot be understood; expected [section] or name = value");
    return reading->failed ? -EINVAL : 0;
}

int options_read_text(const struct option *table, size_t n, void *target, const char *name, const char *text,
                      unsigned char *given, struct options_error *error)
{
    struct reading reading = {
        .table = table, .n = n, .target = target, .name = name, .given = given, .error = error};
    reading.at = text;
    reading.end = text + strlen(text);
    return read_all(&reading);
}

/* The bytes of a file in *text (the caller frees them), their number, or -errno. */
static int load(const char *path, char **text)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -errno;
    *text = malloc(FILE_BYTES_MAX + 1);
    int size = -ENOMEM;
    if (*text != NULL) {
        errno = 0;
        size = (int)fread(*text, 1, FILE_BYTES_MAX + 1, file);
        if (ferror(file))
            size = errno != 0 ? -errno : -EIO;
        else if (size > FILE_BYTES_MAX)
            size = -EFBIG;
    }
    fclose(file);
    if (size < 0)
        free(*text);
    return size;
}

int options_read(const struct option *table, size_t n, void *target, const char *path, unsigned char *given,
                 struct options_error *error)
{
    struct reading reading = {
        .table = table, .n = n, .target = target, .name = path, .given = given, .error = error};
    char *text = NULL;
    const int size = load(path, &text);
    if (size < 0) {
        snprintf(error->text, sizeof error->text, "%s: %s; expected a readable INI file", shown_name(path),
                 strerror(-size));
        return size;
    }
    reading.at = text;
    reading.end = text + size;
    const int result = read_all(&reading);
    free(text);
    return result;
}
