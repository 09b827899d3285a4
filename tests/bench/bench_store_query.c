/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/bench_store_query.h"

#include "firmware/store/store_find.h"
#include "tests/bench/bench_store_house.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    YEARS_DAYS = 730,
    SHORT_DAYS = 33,
    DAY_MINUTES = 1440,
    QUARTER_MINUTES = 15,
    MONTH_DAYS = 31,
    RUNS = 15
};
static const int64_t begin_ms = INT64_C(1719792000000); /* 2024-07-01T00:00:00Z */
static const int64_t day_ms = 86400000;

struct bench {
    const struct bench_query *query;
    char folder[128];
    char path[160];
    int64_t n_points, days;
    double build_s;
    struct store store;
    struct store_reader reader;
    char error[STORE_ERROR];
};

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int add(struct bench *bench, struct bench_house *house, enum record_stream stream)
{
    struct record record;
    bench_house_record(house, stream, &record);
    return store_add(&bench->store, &record, 0);
}

/* The store's own batch ends a transaction when it is full; three of them a day are as good as one. */
static int build_day(struct bench *bench, struct bench_house *house)
{
    int result = 0;
    for (int minute = 1; minute <= DAY_MINUTES && result == 0; minute++) {
        bench_house_step(house, 60000);
        result = add(bench, house, STREAM_MINUTE);
        if (minute % QUARTER_MINUTES == 0 && result == 0)
            result = add(bench, house, STREAM_QUARTER);
    }
    if (result == 0)
        result = add(bench, house, STREAM_DAY);
    return result == 0 ? store_commit(&bench->store) : result;
}

static int build(struct bench *bench)
{
    struct bench_house house;
    struct store_config config = {.path = bench->path,
                                  .meter_id = "bench",
                                  .n_points = bench->n_points,
                                  .batch_records = STORE_BATCH_MAX,
                                  .batch_ms = 3600000};
    for (int64_t p = 0; p < config.n_points; p++)
        config.point_id[p] = p;
    const double start_ms = now_ms();
    int result = store_open(&bench->store, &config, bench->error, sizeof bench->error);
    if (result < 0)
        return result;
    bench_house_init(&house, bench->n_points, begin_ms);
    for (int64_t day = 0; day < bench->days && result == 0; day++)
        result = build_day(bench, &house);
    if (result < 0)
        snprintf(bench->error, sizeof bench->error, "%s", bench->store.error);
    store_close(&bench->store);
    bench->build_s = (now_ms() - start_ms) / 1e3;
    return result;
}

struct seen {
    int64_t n;
    int64_t end_ms;
    double sum;
};

static bool see_record(void *context, const void *visited)
{
    const struct record *record = visited;
    struct seen *seen = context;
    if (record->utc_start_ms >= seen->end_ms)
        return false;
    seen->n++;
    seen->sum += record->point[0].p_w;
    return true;
}

static bool see_values(void *context, int64_t seq, int64_t utc_start_ms, const double value[STORE_COLUMNS])
{
    struct seen *seen = context;
    (void)seq;
    (void)utc_start_ms;
    seen->n++;
    seen->sum += value[0];
    return true;
}

static int64_t read_whole(struct bench *bench, enum record_stream stream, int64_t from_ms, int64_t days)
{
    struct seen seen = {.end_ms = from_ms + days * day_ms};
    const int64_t seq = store_find_seq(&bench->reader, stream, from_ms);
    if (seq < 0 || store_reader_read(&bench->reader, stream, seq, INT64_MAX, see_record, &seen) < 0)
        return -1;
    return seen.n;
}

static int64_t read_columns(struct bench *bench, enum record_stream stream, int64_t from_ms, int64_t days)
{
    static const struct store_column columns[] = {
        {0, "p_w"}, {0, "p_min_w"}, {0, "p_max_w"}, {0, "import_delta_uwh"}, {0, "export_delta_uwh"}};
    struct seen seen = {0};
    const int n = sizeof columns / sizeof columns[0];
    if (store_find_read(&bench->reader, stream, from_ms, from_ms + days * day_ms, columns, n, see_values,
                        &seen) < 0)
        return -1;
    return seen.n;
}

/* What vatio report reads. */
static int64_t ask_month(struct bench *bench, int64_t from_ms)
{
    const int64_t quarters = read_whole(bench, STREAM_QUARTER, from_ms, MONTH_DAYS);
    const int64_t days = read_whole(bench, STREAM_DAY, from_ms, MONTH_DAYS);
    return quarters < 0 || days < 0 ? -1 : quarters + days;
}

static int64_t ask_minutes(struct bench *bench, int64_t from_ms)
{
    return read_columns(bench, STREAM_MINUTE, from_ms, 1);
}

static int64_t ask_minutes_whole(struct bench *bench, int64_t from_ms)
{
    return read_whole(bench, STREAM_MINUTE, from_ms, 1);
}

static int64_t ask_quarters(struct bench *bench, int64_t from_ms)
{
    return read_columns(bench, STREAM_QUARTER, from_ms, 1);
}

static int64_t ask_instant(struct bench *bench, int64_t from_ms)
{
    return store_find_seq(&bench->reader, STREAM_MINUTE, from_ms) > 0 ? 1 : -1;
}

static const struct question {
    const char *name;
    double limit_ms; /* 0 = none */
    int64_t (*ask)(struct bench *bench, int64_t from_ms);
} questions[] = {
    {"a month's report: its quarters and days, whole", 1000, ask_month},
    {"a day's chart: 1440 minutes, five columns", 20, ask_minutes},
    {"a day's chart: 96 quarters, five columns", 20, ask_quarters},
    {"a day's minutes, every column", 0, ask_minutes_whole},
    {"an instant among the minutes", 0, ask_instant},
};

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Days and months spread over what is there. */
static int ask(struct bench *bench, const struct question *question)
{
    double ms[RUNS];
    int64_t n = 0;
    for (int run = 0; run < RUNS; run++) {
        const int64_t day = (int64_t)run * (bench->days - MONTH_DAYS) / RUNS;
        const double start_ms = now_ms();
        n = question->ask(bench, begin_ms + day * day_ms);
        ms[run] = now_ms() - start_ms;
        if (n <= 0)
            return -1;
    }
    qsort(ms, RUNS, sizeof ms[0], compare);
    if (bench->query->json)
        printf("{\"points\":%" PRId64 ",\"question\":\"%s\",\"records\":%" PRId64
               ",\"median_ms\":%.3f,\"most_ms\":%.3f,\"limit_ms\":%.0f}\n",
               bench->n_points, question->name, n, ms[RUNS / 2], ms[RUNS - 1], question->limit_ms);
    else
        printf("%6" PRId64 "  %-48s %8" PRId64 " %10.2f %10.2f %8.0f\n", bench->n_points, question->name, n,
               ms[RUNS / 2], ms[RUNS - 1], question->limit_ms);
    return 0;
}

static void print_size(const struct bench *bench)
{
    struct stat status = {0};
    stat(bench->path, &status);
    const double mb = (double)status.st_size / 1e6;
    const double year_mb = mb * 365.25 / (double)bench->days;
    if (bench->query->json)
        printf("{\"points\":%" PRId64 ",\"days\":%" PRId64
               ",\"file_mb\":%.1f,\"year_mb\":%.1f,\"build_s\":%.1f}\n",
               bench->n_points, bench->days, mb, year_mb, bench->build_s);
    else
        printf("\n%" PRId64 " point%s, %" PRId64
               " days: a file of %.0f MB, %.0f MB a year, built in %.0f s\n\n",
               bench->n_points, bench->n_points == 1 ? "" : "s", bench->days, mb, year_mb, bench->build_s);
}

static int ask_all(struct bench *bench)
{
    int result = store_reader_open(&bench->reader, bench->path, bench->error, sizeof bench->error);
    if (result < 0)
        return result;
    print_size(bench);
    if (!bench->query->json)
        printf("%6s  %-48s %8s %10s %10s %8s\n", "points", "question", "records", "median ms", "most ms",
               "limit");
    for (size_t k = 0; k < sizeof questions / sizeof questions[0] && result == 0; k++)
        result = ask(bench, &questions[k]);
    if (result < 0)
        snprintf(bench->error, sizeof bench->error, "%s", bench->reader.error);
    store_reader_close(&bench->reader);
    return result;
}

/* A reader that is the last to go may not fold the WAL back. */
static void clear(const struct bench *bench)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t k = 0; k < sizeof endings / sizeof endings[0]; k++) {
        char path[192];
        snprintf(path, sizeof path, "%s%s", bench->path, endings[k]);
        unlink(path);
    }
    rmdir(bench->folder);
}

static int run(struct bench *bench)
{
    snprintf(bench->folder, sizeof bench->folder, "%.100s/bench_store.XXXXXX", bench->query->base);
    if (mkdtemp(bench->folder) == NULL) {
        snprintf(bench->error, sizeof bench->error, "%s: no folder can be made there", bench->query->base);
        return -1;
    }
    snprintf(bench->path, sizeof bench->path, "%s/vatio.db", bench->folder);
    int result = build(bench);
    if (result == 0)
        result = ask_all(bench);
    clear(bench);
    return result;
}

int bench_query_run(const struct bench_query *query)
{
    static const int64_t points[] = {1, RECORD_POINTS};
    static struct bench bench;
    int result = 0;
    for (size_t k = 0; k < sizeof points / sizeof points[0] && result == 0; k++) {
        bench = (struct bench){
            .query = query, .n_points = points[k], .days = query->is_short ? SHORT_DAYS : YEARS_DAYS};
        result = run(&bench);
    }
    if (result != 0)
        fprintf(stderr, "bench_store: %s\n", bench.error);
    return result;
}
