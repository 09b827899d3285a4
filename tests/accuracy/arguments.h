/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arguments.h - the command line of vatio-accuracy.
 *
 * Errors:  read prints one sentence and returns -1.
 */
#ifndef VATIO_ACCURACY_ARGUMENTS_H
#define VATIO_ACCURACY_ARGUMENTS_H

#include "tests/accuracy/group.h"

#include <stdio.h>

enum { ARGUMENTS_ONLY = 16 };

struct arguments {
    bool full, json, list, help;
    uint64_t seed;
    int jobs;
    const char *markdown;
    int n_only;
    const char *only[ARGUMENTS_ONLY];
};

int arguments_read(struct arguments *arguments, int argc, char **argv);

/* Whether the group runs with these arguments. */
bool arguments_select(const struct arguments *arguments, const struct group *group);

void arguments_usage(FILE *file);

#endif
