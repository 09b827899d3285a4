/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options_names.h - names and texts: trimming, printing, and the name that was probably meant. Used by options and command lines. */
#ifndef VATIO_BASE_OPTIONS_NAMES_H
#define VATIO_BASE_OPTIONS_NAMES_H

#include "firmware/base/options.h"

/* Copies length characters of from without outer blanks. 0, or -EINVAL if they do not fit (then cut). */
int options_trim(char *to, size_t size, const char *from, size_t length);

/* Replaces control characters, which could steer the terminal that a message is shown on. */
void options_make_printable(char *text);

/* Edits (insert, delete, change a character) that make b of a. Longer names than 63 count as their first 63. */
int options_distance(const char *a, const char *b);

/* The "section.name" of the table that is nearest to key. */
void options_nearest(const struct option *table, size_t n, const char *key, char *nearest, size_t size);

/* The name within section nearest to name, or NULL if the table has no such section. */
const char *options_nearest_name(const struct option *table, size_t n, const char *section, const char *name);

/* The section nearest to section. */
const char *options_nearest_section(const struct option *table, size_t n, const char *section);

#endif
