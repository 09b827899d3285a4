/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_store_query.h - two years of records in a database, and how long it takes to ask for some of them.
 *
 * Built with a transaction a day; each question is asked several times with the file in the page cache, the median counts.
 */
#ifndef VATIO_BENCH_STORE_QUERY_H
#define VATIO_BENCH_STORE_QUERY_H

#include <stdbool.h>

struct bench_query {
    const char *base; /* folder for the database */
    bool json;
    bool is_short; /* some days in place of two years */
};

/* Prints its table; 0, or -errno with a sentence on stderr. */
int bench_query_run(const struct bench_query *query);

#endif
