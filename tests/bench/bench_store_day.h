/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_store_day.h - a day of what vatiod writes, second by second through journal and store, on a disk that counts.
 *
 * Time:    simulated, or real. By the machine's clock ext4 commits its own journal commit_s after something changed, and the kernel
 *          writes back what has been dirty for 30 s. In simulated time the bench has it done: fsync of the files each commit_s
 *          in which something was written (their data are synced already, so that it commits the time stamps), and syncfs
 *          each 30 s, or commit_s when that is longer. With lazytime first 12 s of real time show whether this kernel holds the
 *          stamps back; if it does, nothing is left that time alone would write.
 */
#ifndef VATIO_BENCH_STORE_DAY_H
#define VATIO_BENCH_STORE_DAY_H

#include "tests/bench/bench_store_disk.h"

struct bench_day {
    const char *base;    /* folder for the image */
    int64_t n_points;    /* 1 or 9 */
    bool journal, store; /* what is written */
    bool lazy;           /* mounted with lazytime */
    int commit_s;        /* mounted with commit= */
    int64_t warm_s;      /* before the counting begins, simulated */
    int64_t seconds;     /* counted */
    bool real;           /* these at the clock's pace */
    /* out */
    int64_t journal_bytes; /* of a journal record */
    int64_t written_bytes; /* to the device */
    bool held_back;        /* lazytime does what it says */
};

/* -ENOTSUP when there can be no such disk here, -errno of what failed on it; with a sentence. */
int bench_day_run(struct bench_day *day, char *error, size_t error_size);

#endif
