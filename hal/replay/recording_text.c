/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/recording_text.h"

#include "firmware/base/options_names.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void recording_text_init(struct recording_text *text, const char *name, const char *bytes, size_t size,
                         char *error, size_t error_size)
{
    static const char mark[] = {'\xef', '\xbb', '\xbf'}; /* UTF-8's byte order mark */
    *text = (struct recording_text){.name = name, .begin = bytes, .at = bytes, .end = bytes + size};
    text->error = error;
    text->error_size = error_size;
    if (size >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0)
        text->at += sizeof mark;
}

bool recording_text_line(struct recording_text *text, struct recording_field *line)
{
    if (text->at == text->end)
        return false;
    const size_t left = (size_t)(text->end - text->at);
    const char *feed = memchr(text->at, '\n', left);
    *line = (struct recording_field){text->at, feed == NULL ? left : (size_t)(feed - text->at)};
    text->at = feed == NULL ? text->end : feed + 1;
    text->line++;
    while (line->length > 0 && line->at[line->length - 1] == '\r')
        line->length--;
    return true;
}

bool recording_text_field(struct recording_field *line, struct recording_field *field)
{
    if (line->at == NULL)
        return false;
    const char *comma = memchr(line->at, ',', line->length);
    const size_t length = comma == NULL ? line->length : (size_t)(comma - line->at);
    *field = recording_trimmed((struct recording_field){line->at, length});
    if (comma == NULL)
        *line = (struct recording_field){NULL, 0};
    else
        *line = (struct recording_field){comma + 1, line->length - length - 1};
    return true;
}

__attribute__((format(printf, 3, 0))) static int refuse(const struct recording_text *text, const char *place,
                                                        const char *format, va_list arguments)
{
    if (text->error_size == 0)
        return -EINVAL;
    snprintf(text->error, text->error_size, "%s%s", text->name, place);
    const size_t length = strlen(text->error);
    vsnprintf(text->error + length, text->error_size - length, format, arguments);
    options_make_printable(text->error);
    return -EINVAL;
}

int recording_refuse(const struct recording_text *text, const char *format, ...)
{
    char place[32];
    snprintf(place, sizeof place, ":%lld: ", (long long)text->line);
    va_list arguments;
    va_start(arguments, format);
    const int result = refuse(text, place, format, arguments);
    va_end(arguments);
    return result;
}

int recording_refuse_byte(const struct recording_text *text, const char *at, const char *format, ...)
{
    char place[32];
    snprintf(place, sizeof place, ": byte %lld: ", (long long)(at - text->begin));
    va_list arguments;
    va_start(arguments, format);
    const int result = refuse(text, place, format, arguments);
    va_end(arguments);
    return result;
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

struct recording_field recording_trimmed(struct recording_field field)
{
    while (field.length > 0 && is_blank(field.at[0])) {
        field.at++;
        field.length--;
    }
    while (field.length > 0 && is_blank(field.at[field.length - 1]))
        field.length--;
    return field;
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
}

bool recording_is(struct recording_field field, const char *word)
{
    if (strlen(word) != field.length)
        return false;
    for (size_t i = 0; i < field.length; i++)
        if (lower(field.at[i]) != lower(word[i]))
            return false;
    return true;
}

/* Bytes of the UTF-8 character at p: 0 if it is none (overlong, a surrogate, beyond U+10FFFF, cut off). */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char first, last, second_first, second_last;
        size_t length;
    } forms[] = {
        {0x00, 0x7f, 0x80, 0xbf, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (p[0] < forms[i].first || p[0] > forms[i].last)
            continue;
        bool good = left >= forms[i].length;
        for (size_t k = 1; good && k < forms[i].length; k++)
            good = k == 1 ? p[k] >= forms[i].second_first && p[k] <= forms[i].second_last
                          : (p[k] & 0xc0) == 0x80;
        return good ? forms[i].length : 0;
    }
    return 0;
}

/* The character at p as UTF-8 in to; *used: bytes of p that it took. */
static size_t copy_character(char to[4], const unsigned char *p, size_t left, size_t *used)
{
    const size_t length = utf8_length(p, left);
    *used = length == 0 ? 1 : length;
    const bool control = p[0] < 0x20 || p[0] == 0x7f || (length == 0 && p[0] < 0xa0) ||
                         (length == 2 && p[0] == 0xc2 && p[1] < 0xa0);
    if (control) {
        to[0] = '?';
        return 1;
    }
    if (length == 0) {
        to[0] = (char)(0xc0 | p[0] >> 6);
        to[1] = (char)(0x80 | (p[0] & 0x3f));
        return 2;
    }
    memcpy(to, p, length);
    return length;
}

void recording_copy_name(char *to, size_t size, struct recording_field field)
{
    const unsigned char *p = (const unsigned char *)field.at;
    size_t at = 0;
    for (size_t i = 0, used; i < field.length; i += used) {
        char character[4];
        const size_t length = copy_character(character, p + i, field.length - i, &used);
        if (at + length >= size)
            break;
        memcpy(to + at, character, length);
        at += length;
    }
    /* A cut can end behind a blank, and what ends in one could not be found by its name. */
    while (at > 0 && is_blank(to[at - 1]))
        at--;
    to[at] = '\0';
}

const char *recording_show(char text[RECORDING_SHOWN], struct recording_field field)
{
    recording_copy_name(text, RECORDING_SHOWN, field);
    return text;
}
