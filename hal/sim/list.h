/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list.h - settings that are rows of numbers in a text: "1.5:2:90,3:4:-20".
 *
 * Errors:  -EINVAL with one sentence that names the option, the field and what was expected.
 * Threads: pure.
 */
#ifndef VATIO_HAL_SIM_LIST_H
#define VATIO_HAL_SIM_LIST_H

#include <stdbool.h>
#include <stddef.h>

enum { LIST_FIELDS = 8 };

struct list_field {
    const char *name; /* ends in its unit */
    double min, max;
};

struct list_format {
    const char *option; /* what the sentence names */
    int rows;           /* at most */
    int fields;         /* of a row, 1..LIST_FIELDS */
    int needed;         /* the first so many must be given; the others are 0 if not */
    struct list_field field[LIST_FIELDS];
};

/* Reads a number in min..max and moves text behind it. */
bool list_number(const char **text, double min, double max, double *value);

/* Fills value[row * fields + field]. Returns the rows read; an empty text has none. */
int list_read(const struct list_format *format, const char *text, double *value, char *error,
              size_t error_size);

#endif
