/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_fixture.h - what the tests of the store share: a directory of their own, records in which every field has a
 * value of its own, and SQL beside the store's back. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#include "firmware/store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct store_fixture {
    char dir[128];
    char path[160];
    struct store_config config;
    struct store store;
    struct store_reader reader;
    char error[STORE_ERROR];
};

static inline int fixture_setup(void **state)
{
    struct store_fixture *f = calloc(1, sizeof *f);
    const char *base = getenv("TMPDIR");
    snprintf(f->dir, sizeof f->dir, "%s/vatio-test-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/vatio.db", f->dir);
    f->config = (struct store_config){.path = f->path,
                                      .meter_id = "meter-1",
                                      .n_points = 3,
                                      .point_id = {0, 1, 3},
                                      .batch_records = 1,
                                      .batch_ms = 1000};
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct store_fixture *f = *state;
    char name[512];
    DIR *dir = opendir(f->dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        snprintf(name, sizeof name, "%s/%s", f->dir, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            assert_int_equal(remove(name), 0);
    }
    closedir(dir);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

static inline void fixture_open(struct store_fixture *f)
{
    int result = store_open(&f->store, &f->config, f->error, sizeof f->error);
    if (result != 0)
        print_error("%s\n", f->error);
    assert_int_equal(result, 0);
}

static inline void fixture_open_reader(struct store_fixture *f)
{
    int result = store_reader_open(&f->reader, f->path, f->error, sizeof f->error);
    if (result != 0)
        print_error("%s\n", f->error);
    assert_int_equal(result, 0);
}

static inline void fixture_fill(const struct record_field *fields, size_t n, void *base, int64_t k)
{
    char text[64];
    for (size_t i = 0; i < n; i++) {
        snprintf(text, sizeof text, "text %lld of %zu", (long long)k, i);
        if (fields[i].type == FIELD_INTEGER)
            record_set_integer(&fields[i], base, k * 1000 + (int64_t)i - (INT64_C(1) << 60));
        else if (fields[i].type == FIELD_REAL)
            record_set_real(&fields[i], base, sqrt((double)k + 2.0) * ((double)i - 7.5));
        else
            record_set_text(&fields[i], base, text);
    }
}

static inline void fixture_record(struct record *record, enum record_stream stream, int64_t k)
{
    memset(record, 0, sizeof *record);
    fixture_fill(record_fields, record_fields_n, record, k);
    record->schema = RECORD_SCHEMA;
    record->stream = stream;
    record->seq = 0;
    record->n_points = 3;
    for (int i = 0; i < 3; i++) {
        record->point_id[i] = i < 2 ? i : 3;
        fixture_fill(record_point_fields, record_point_fields_n, &record->point[i], k * 10 + i);
    }
}

static inline void fixture_event(struct record_event *event, int64_t k)
{
    memset(event, 0, sizeof *event);
    fixture_fill(record_event_fields, record_event_fields_n, event, k);
    event->schema = RECORD_SCHEMA;
    event->stream = STREAM_EVENT;
    event->seq = 0;
}

/* Adds n records numbered from the first. */
static inline void fixture_add(struct store_fixture *f, enum record_stream stream, int64_t first, int64_t n)
{
    struct record record;
    for (int64_t k = first; k < first + n; k++) {
        fixture_record(&record, stream, k);
        assert_int_equal(store_add(&f->store, &record, 0), 0);
    }
}

static inline void fixture_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (code != SQLITE_OK)
        print_error("%s\n", sqlite3_errmsg(db));
    assert_int_equal(code, SQLITE_OK);
    sqlite3_close(db);
}

static inline int64_t fixture_query(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

/* Junk from one offset to another, in whole pages. */
static inline void fixture_overwrite(const char *path, int64_t from, int64_t to)
{
    static unsigned char junk[4096];
    memset(junk, 0x5a, sizeof junk);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    for (int64_t at = from; at < to; at += (int64_t)sizeof junk)
        assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
    close(fd);
}

static inline bool fixture_visit_count(void *context, const void *record)
{
    (void)record;
    ++*(int64_t *)context;
    return true;
}

/* Committed records of a stream, counted through a reader of its own. */
static inline int64_t fixture_committed(struct store_fixture *f, enum record_stream stream)
{
    struct store_reader reader;
    int64_t n = 0;
    assert_int_equal(store_reader_open(&reader, f->path, f->error, sizeof f->error), 0);
    assert_true(store_reader_read(&reader, stream, 0, 100000, fixture_visit_count, &n) >= 0);
    store_reader_close(&reader);
    return n;
}

#endif
