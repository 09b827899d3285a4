/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recording_text.h - a file in memory, line by line and field by field, and the one sentence that refuses it. Used by
 * the readers of this folder.
 *
 * Memory:  bytes, name and error belong to the caller and outlive the struct; fields point into bytes.
 * Errors:  the two refuse functions print into error, with control characters replaced, and return -EINVAL.
 * Threads: pure; numbers are read alike in every locale.
 */
#ifndef VATIO_HAL_REPLAY_RECORDING_TEXT_H
#define VATIO_HAL_REPLAY_RECORDING_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORDING_SHOWN = 48 };

struct recording_text {
    const char *name;  /* of the file, as errors give it */
    const char *begin; /* of the file */
    const char *at;    /* what has not been read yet */
    const char *end;
    int64_t line; /* last read, from 1; 0 before the first */
    char *error;
    size_t error_size;
};

struct recording_field {
    const char *at;
    size_t length;
};

/* error may be NULL if error_size is 0. */
void recording_text_init(struct recording_text *text, const char *name, const char *bytes, size_t size,
                         char *error, size_t error_size);

/* The next line without its line feed and carriage returns; false behind the last. */
bool recording_text_line(struct recording_text *text, struct recording_field *line);

/* Takes the next comma-separated field, without outer blanks, off the line; false when none is left. */
bool recording_text_field(struct recording_field *line, struct recording_field *field);

int recording_refuse(const struct recording_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* at: where in the file, within begin..end. */
int recording_refuse_byte(const struct recording_text *text, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For messages: the field's beginning in text, as recording_copy_name; returns text. */
const char *recording_show(char text[RECORDING_SHOWN], struct recording_field field);

struct recording_field recording_trimmed(struct recording_field field);

/* Whether the field is this word, in letters of either case (ASCII). */
bool recording_is(struct recording_field field, const char *word);

/* A finite decimal number and nothing else. */
bool recording_number(struct recording_field field, double *value);

/* A whole decimal number of min..max and nothing else. */
bool recording_integer(struct recording_field field, int64_t min, int64_t max, int64_t *value);

/* Copies the field as UTF-8, cut between characters: bytes that are not UTF-8 are taken as ISO 8859-1, control
 * characters become '?'. */
void recording_copy_name(char *to, size_t size, struct recording_field field);

#endif
