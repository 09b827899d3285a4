/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder_bench.h - a recorder with a store, a ring and a simulated clock, and what it stored read back; included by the
 * tests of the recorder and of faults of its store and of the journal. */
#ifndef VATIO_TESTS_RECORDER_BENCH_H
#define VATIO_TESTS_RECORDER_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/recorder.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RING = 16, SEEN = 8 };

struct bench {
    char dir[40];
    char path[64];
    struct store store;
    struct spsc ring;
    struct record memory[RING];
    struct health health;
    struct clock_sim clock;
    struct recorder recorder;
};

static inline int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char error[STORE_ERROR];
    strcpy(bench->dir, "/tmp/vatio-recorder-XXXXXX");
    assert_non_null(mkdtemp(bench->dir));
    snprintf(bench->path, sizeof bench->path, "%s/vatio.db", bench->dir);
    clock_sim_init(&bench->clock, 1000, 0);
    struct store_config config = {.path = bench->path, .meter_id = "m1", .n_points = 1, .batch_records = 8};
    config.point_id[0] = record_point_id("grid");
    if (store_open(&bench->store, &config, error, sizeof error) != 0)
        fail_msg("%s", error);
    assert_int_equal(spsc_init(&bench->ring, bench->memory, sizeof bench->memory[0], RING), 0);
    recorder_init(&bench->recorder, &bench->store, &bench->ring, &bench->health, &bench->clock.clock, "b1");
    *state = bench;
    return 0;
}

static inline int tear_down(void **state)
{
    struct bench *bench = *state;
    char command[96];
    store_close(&bench->store);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t k = 0; k < 3; k++) {
        snprintf(command, sizeof command, "%s%s", bench->path, ends[k]);
        unlink(command);
    }
    rmdir(bench->dir);
    free(bench);
    return 0;
}

static inline struct record minute(double p_w)
{
    struct record record = {.schema = RECORD_SCHEMA, .stream = STREAM_MINUTE, .n_points = 1};
    record.point_id[0] = record_point_id("grid");
    record.point[0].p_w = p_w;
    strcpy(record.boot_id, "b1");
    return record;
}

struct seen {
    int n;
    double last_p_w;
    struct record_event event[SEEN]; /* the first of them */
};

static inline bool see_record(void *context, const void *record)
{
    struct seen *seen = context;
    seen->n++;
    seen->last_p_w = ((const struct record *)record)->point[0].p_w;
    return true;
}

static inline bool see_event(void *context, const void *record)
{
    struct seen *seen = context;
    if (seen->n < SEEN)
        seen->event[seen->n] = *(const struct record_event *)record;
    seen->n++;
    return true;
}

static inline struct seen read_back(struct bench *bench, enum record_stream stream, store_visit *visit)
{
    struct store_reader reader;
    struct seen seen = {0};
    char error[STORE_ERROR];
    assert_int_equal(store_reader_open(&reader, bench->path, error, sizeof error), 0);
    if (store_reader_read(&reader, stream, 1, 1000, visit, &seen) < 0)
        fail_msg("%s", reader.error);
    store_reader_close(&reader);
    return seen;
}

#endif
