/* SPDX-License-Identifier: GPL-3.0-or-later */
/* output.h - the accuracy table for people (text, Markdown) and programs (JSON). */
#ifndef VATIO_ACCURACY_OUTPUT_H
#define VATIO_ACCURACY_OUTPUT_H

#include "tests/accuracy/group.h"

#include <stdio.h>

struct result {
    const struct group *group;
    struct table table;
    double took_s;
    bool ran;  /* it was selected */
    bool died; /* the rig did not stand: see what it said */
};

struct output {
    bool full;
    uint64_t seed;
    const struct result *result;
    int n;
};

void output_text(FILE *file, const struct output *output);
void output_json(FILE *file, const struct output *output);
void output_markdown(FILE *file, const struct output *output);

/* Rows that failed, and groups that died. */
size_t output_failures(const struct output *output);

#endif
