/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h - settings as one table: section, name, unit, type, default, range, help. Configuration, board and
 * calibration files, command lines and --dump-config all come from the table.
 *
 * Files:   INI through inih; keys are section.name. Lines that inih would cut (longer than its buffer) or join
 *          (indented continuations), unknown keys, keys given twice and values out of range are refused. A line that
 *          begins with '#' or ';' is a comment, and so is what follows a blank and ';' behind a value. Blanks around
 *          names and values do not count. A UTF-8 byte order mark and lines that end in CR LF are read.
 *          Options that a file leaves out keep what target holds; after an error target is partly set.
 * Errors:  -errno for what the system said, -EINVAL for a wrong file or value; struct options_error then holds one sentence with
 *          file, line and what was expected.
 * Threads: none; call before threads start or hold your own lock.
 */
#ifndef VATIO_BASE_OPTIONS_H
#define VATIO_BASE_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

enum option_type {
    OPTION_BOOL,   /* bool: yes/no, true/false, on/off, 1/0 */
    OPTION_INT,    /* int64_t */
    OPTION_DOUBLE, /* double */
    OPTION_STRING, /* char[max + 1]: min..max characters */
    OPTION_CHOICE, /* int: index into choices */
};

struct option {
    const char *section;
    const char *name; /* ends in its unit */
    const char *unit; /* as printed: "V", "s", "" */
    enum option_type type;
    size_t offset;        /* of the field in the target struct */
    const char *fallback; /* the default as it would stand in a file; NULL = must be given */
    double min, max;      /* range of a number, length of a string */
    const char *choices;  /* "house|steady" */
    const char *help;     /* one line */
};

struct options_error {
    char text[256];
};

/* Sets all defaults; options without one are left alone. */
void options_defaults(const struct option *table, size_t n, void *target);

/* Reads a file on top of what target holds. given[i], if not NULL, is set for each option that the file names. */
int options_read(const struct option *table, size_t n, void *target, const char *path, unsigned char *given,
                 struct options_error *error);

/* The same from memory; name stands for the path in errors. */
int options_read_text(const struct option *table, size_t n, void *target, const char *name, const char *text,
                      unsigned char *given, struct options_error *error);

/* Sets one option from "section.name=value" (command line --set). */
int options_set(const struct option *table, size_t n, void *target, const char *assignment,
                struct options_error *error);

/* Writes a complete file: help, unit, range and default as comments, the present values as lines that read back as
 * exactly the same values. -EINVAL if a value cannot be written so (a NaN, a text with a control character or " ;",
 * a line longer than inih reads): a comment then stands in its place. */
int options_write(const struct option *table, size_t n, const void *target, FILE *file);

#endif
