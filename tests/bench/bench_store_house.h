/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_store_house.h - records of a house that does not exist, fast: what the store and the register journal would be given,
 * with fields absent where the meter leaves them absent and with as many digits.
 *
 * Points:  1: grid alone. 9: grid, solar and load with two legs each.
 * Threads: one object, one thread.
 */
#ifndef VATIO_BENCH_STORE_HOUSE_H
#define VATIO_BENCH_STORE_HOUSE_H

#include "firmware/api/record.h"
#include "firmware/kept.h"

struct bench_house {
    uint64_t random;
    int64_t n_points;
    int64_t now_ms; /* UTC */
    struct record_energy total[RECORD_POINTS];
    int64_t start_ms[STREAMS]; /* of the open interval of each stream */
    struct record_energy start[STREAMS][RECORD_POINTS];
};

/* The registers are those of a meter of some years. */
void bench_house_init(struct bench_house *house, int64_t n_points, int64_t utc_ms);

/* Time goes on and energy flows. */
void bench_house_step(struct bench_house *house, int64_t ms);

/* Ends the stream's interval and begins the next. */
void bench_house_record(struct bench_house *house, enum record_stream stream, struct record *record);

/* What measure keeps now, with all intervals open. */
void bench_house_kept(struct bench_house *house, struct kept *kept);

void bench_house_event(struct bench_house *house, struct record_event *event);

#endif
