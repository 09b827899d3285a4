/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/bench_store_day.h"

#include "firmware/base/journal.h"
#include "firmware/kept.h"
#include "firmware/store/store.h"
#include "tests/bench/bench_store_house.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32, JOURNAL_S = 10, COMMIT_S = 300 }; /* as vatiod's */
enum { DAY_S = 86400, EVENTS_PER_DAY = 30 };
enum { WRITEBACK_S = 30, PROBE_S = 12, SECTOR_BYTES = 512 };
static const int64_t utc_start_ms = INT64_C(1782000000000); /* 2026-06-21T00:00:00Z */

struct run {
    struct bench_day *day;
    struct bench_disk disk;
    struct bench_house house;
    struct journal journal;
    struct store store;
    char database[192];
    int wal_fd;
    int64_t at_s;
    bool dirty;  /* since the file system's last commit */
    bool waited; /* a tick, since it is dirty */
    bool real;   /* at the clock's pace */
};

static int open_store(struct run *run, char *error, size_t error_size)
{
    char path[256];
    struct store_config config = {.path = run->database,
                                  .meter_id = "bench",
                                  .n_points = run->day->n_points,
                                  .batch_records = BATCH,
                                  .batch_ms = COMMIT_S * 1000};
    for (int64_t p = 0; p < config.n_points; p++)
        config.point_id[p] = p;
    snprintf(run->database, sizeof run->database, "%s/vatio.db", run->disk.folder);
    const int result = store_open(&run->store, &config, error, error_size);
    snprintf(path, sizeof path, "%s-wal", run->database);
    run->wal_fd = result == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    return result;
}

static int open_parts(struct run *run, char *error, size_t error_size)
{
    static const struct journal_format format = {.magic = KEPT_MAGIC, .size = KEPT_BYTES_MAX, .sized = true};
    char path[160];
    snprintf(path, sizeof path, "%s/%s", run->disk.folder, KEEPER_FILE);
    const int result = journal_open_format(&run->journal, path, &format, JOURNAL_SLOT_DISTANCE);
    if (result < 0)
        snprintf(error, error_size, "%s: %s", path, strerror(-result));
    return result < 0 ? result : open_store(run, error, error_size);
}

static void close_parts(struct run *run)
{
    if (run->wal_fd >= 0)
        close(run->wal_fd);
    store_close(&run->store);
    journal_close(&run->journal);
}

static int write_journal(struct run *run)
{
    static struct kept kept;
    unsigned char bytes[KEPT_BYTES_MAX];
    bench_house_kept(&run->house, &kept);
    const size_t size = kept_pack(&kept, bytes);
    run->day->journal_bytes = (int64_t)size;
    run->dirty = true;
    return journal_write_sized(&run->journal, bytes, size);
}

static int add(struct run *run, enum record_stream stream)
{
    struct record record;
    bench_house_record(&run->house, stream, &record);
    return store_add(&run->store, &record, run->at_s * 1000);
}

/* A batch has been written when it is empty that was not. */
static int write_store(struct run *run)
{
    static const int64_t period_s[STREAMS] = {
        [STREAM_MINUTE] = 60, [STREAM_QUARTER] = 900, [STREAM_DAY] = DAY_S};
    const size_t pending = run->store.pending;
    int result = 0;
    for (int stream = STREAM_MINUTE; stream <= STREAM_DAY && result == 0; stream++)
        if (run->at_s % period_s[stream] == 0)
            result = add(run, (enum record_stream)stream);
    if (result == 0 && run->at_s % (DAY_S / EVENTS_PER_DAY) == 1234) {
        struct record_event event;
        bench_house_event(&run->house, &event);
        result = store_add_event(&run->store, &event, run->at_s * 1000);
    }
    if (result == 0)
        result = store_tick(&run->store, run->at_s * 1000);
    run->dirty = run->dirty || (pending > 0 && run->store.pending == 0);
    return result;
}

/* A file's time stamp moves with the kernel's tick: a simulated day that is over within one would change none. */
static void wait_for_tick(void)
{
    struct timespec before, now;
    clock_gettime(CLOCK_REALTIME_COARSE, &before);
    do {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
    } while (before.tv_sec == now.tv_sec && before.tv_nsec == now.tv_nsec);
}

/* What the kernel does by its own clock. */
static void commit_by_time(struct run *run)
{
    if (run->dirty && !run->waited)
        wait_for_tick();
    run->waited = run->dirty;
    if (run->at_s % run->day->commit_s == 0 && run->dirty) {
        fsync(run->journal.fd);
        fsync(run->wal_fd);
        run->dirty = run->waited = false;
    }
    if (run->at_s % (run->day->commit_s > WRITEBACK_S ? run->day->commit_s : WRITEBACK_S) == 0)
        bench_disk_sync(&run->disk);
}

static int second(struct run *run)
{
    int result = 0;
    run->at_s++;
    bench_house_step(&run->house, 1000);
    if (run->day->journal && run->at_s % JOURNAL_S == 0)
        result = write_journal(run);
    if (result == 0 && run->day->store)
        result = write_store(run);
    if (run->real)
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    else if (!run->day->held_back)
        commit_by_time(run);
    return result;
}

/* Whether anything but the record itself reaches the disk within some seconds after it. */
static int probe(struct run *run)
{
    int result = write_journal(run);
    for (int k = 0; k < JOURNAL_SLOTS && result == 0; k++) /* no slot is new any more */
        result = write_journal(run);
    bench_disk_sync(&run->disk);
    wait_for_tick();
    const int64_t before_bytes = bench_disk_written_bytes(&run->disk);
    if (result == 0)
        result = write_journal(run);
    nanosleep(&(struct timespec){.tv_sec = PROBE_S}, NULL);
    const int64_t written_bytes = bench_disk_written_bytes(&run->disk) - before_bytes;
    run->day->held_back = written_bytes <= run->day->journal_bytes + SECTOR_BYTES;
    return result;
}

/* Some time first, so that no file is new any more. */
static int run_day(struct run *run)
{
    int result = run->day->lazy ? probe(run) : 0;
    for (int64_t s = 0; s < run->day->warm_s && result == 0; s++)
        result = second(run);
    bench_disk_sync(&run->disk);
    run->real = run->day->real;
    const int64_t before_bytes = bench_disk_written_bytes(&run->disk);
    for (int64_t s = 0; s < run->day->seconds && result == 0; s++)
        result = second(run);
    bench_disk_sync(&run->disk);
    run->day->written_bytes = bench_disk_written_bytes(&run->disk) - before_bytes;
    return result;
}

int bench_day_run(struct bench_day *day, char *error, size_t error_size)
{
    static struct run run;
    run = (struct run){.day = day, .wal_fd = -1};
    int result = bench_disk_open(&run.disk, day->base, day->lazy, day->commit_s, error, error_size);
    if (result < 0)
        return -ENOTSUP;
    bench_house_init(&run.house, day->n_points, utc_start_ms);
    result = open_parts(&run, error, error_size);
    if (result == 0) {
        result = run_day(&run);
        if (result < 0)
            snprintf(error, error_size, "the day's writes: %s", strerror(-result));
        close_parts(&run);
    }
    bench_disk_close(&run.disk);
    return result;
}
