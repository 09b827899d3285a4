/* SPDX-License-Identifier: GPL-3.0-or-later */
/* row.h - one line of the accuracy table: a test point, a quantity, its error and its limit.
 *
 * Error:   rms of the errors against the truth, or the worst of them, or the size of their mean: never a deviation from
 *          their own mean. A row passes when |error| <= limit; one that is no number has a limit and fails.
 * Threads: pure; a row is plain memory, so that it can go through a pipe.
 */
#ifndef VATIO_ACCURACY_ROW_H
#define VATIO_ACCURACY_ROW_H

#include <stdbool.h>
#include <stddef.h>

enum row_kind {
    ROW_RMS,   /* root mean square of the errors */
    ROW_WORST, /* largest size of an error */
    ROW_MEAN,  /* mean of the errors, with its sign */
    ROW_RATIO, /* rms over what theory allows */
    ROW_COUNT, /* how many, or what share */
    ROW_FIGURE /* a figure to know, without a limit */
};

enum row_mark {
    ROW_STATED,  /* the limit is this project's own */
    ROW_SEEN,    /* of a standard, seen in a source */
    ROW_RECALLED /* of a standard, recalled only: UNVERIFIED */
};

struct row {
    char point[104];
    char quantity[40];
    char unit[24];
    enum row_kind kind;
    enum row_mark mark;
    int n; /* errors that it is made of; 0 = not said */
    double error;
    double limit; /* not heeded with ROW_FIGURE */
};

bool row_passes(const struct row *row);

/* What is left of the limit, in percent of it; NaN without one. */
double row_margin_pct(const struct row *row);

const char *row_kind_name(enum row_kind kind);
const char *row_mark_name(enum row_mark mark);

#endif
