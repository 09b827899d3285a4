/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/recorder.h"

#include "firmware/base/log.h"
#include "firmware/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { STACK_SIZE = 512 << 10, IDLE_REAL_MS = 50, IDLE_SIMULATED_MS = 1 };
enum { DISK_LOOK_MS = 60000, CHECK_AGAIN_MS = 3600000 };

void recorder_init(struct recorder *recorder, struct store *store, struct spsc *records,
                   struct health *health, struct clock *clock, const char *boot_id)
{
    memset(recorder, 0, sizeof *recorder);
    recorder->store = store;
    recorder->records = records;
    recorder->health = health;
    recorder->clock = clock;
    recorder->fault_ns = clock_mono_ns(clock);
    snprintf(recorder->boot_id, sizeof recorder->boot_id, "%s", boot_id);
    pthread_mutex_init(&recorder->lock, NULL);
    atomic_store(&health->disk_read_only, RECORD_ABSENT);
    atomic_store(&health->disk_free_bytes, RECORD_ABSENT);
    atomic_store(&health->disk_total_bytes, RECORD_ABSENT);
    for (int stream = 0; stream < STREAMS; stream++)
        atomic_store(&recorder->newest_seq[stream], store_newest_seq(store, (enum record_stream)stream));
    name_give(&recorder->store_id, store->store_id);
    atomic_store(&recorder->suspect, store->unclean);
}

void recorder_suspect(struct recorder *recorder)
{
    atomic_store(&recorder->suspect, true);
}

void recorder_event(struct recorder *recorder, const char *kind, const char *detail, double value)
{
    struct record_event event = {
        .schema = RECORD_SCHEMA,
        .stream = STREAM_EVENT,
        .utc_ms = clock_utc_ms(recorder->clock),
        .utc_synced = clock_utc_synced(recorder->clock),
        .mono_us = clock_mono_ns(recorder->clock) / 1000,
        .value = value,
    };
    memcpy(event.boot_id, recorder->boot_id, sizeof event.boot_id);
    snprintf(event.kind, sizeof event.kind, "%s", kind);
    snprintf(event.detail, sizeof event.detail, "%s", detail);
    pthread_mutex_lock(&recorder->lock);
    if (recorder->events < RECORDER_EVENTS)
        recorder->event[recorder->events++] = event;
    else {
        recorder->events_lost++;
        health_add(&recorder->health->records_lost, 1);
    }
    pthread_mutex_unlock(&recorder->lock);
}

int64_t recorder_newest_seq(struct recorder *recorder, enum record_stream stream)
{
    return atomic_load(&recorder->newest_seq[stream]);
}

static int64_t now_ms(struct recorder *recorder)
{
    return clock_mono_ns(recorder->clock) / 1000000;
}

/* Full and no longer full are events: on a full disk old minutes are lost. The number of events queued. */
static int note_disk(struct recorder *recorder)
{
    const struct store *store = recorder->store;
    if (store->giving_way == recorder->giving_way)
        return 0;
    recorder->giving_way = store->giving_way;
    recorder->disk_due_ms = 0;
    if (store->giving_way) {
        log_warning("store: the disk is full; the oldest minute records give way");
        recorder_event(recorder, "disk-full", "the oldest minute records give way", (double)NAN);
    } else {
        log_notice("store: the disk has space again");
        recorder_event(recorder, "disk-full-end", "", (double)NAN);
    }
    return 1;
}

/* A database that was put aside is told once. The number of events queued. */
static int note_replaced(struct recorder *recorder)
{
    const struct store *store = recorder->store;
    if (store->replaced == recorder->replaced)
        return 0;
    recorder->replaced = store->replaced;
    name_give(&recorder->store_id, store->store_id);
    atomic_store(&recorder->health->stores_replaced, store->replaced);
    log_error("store: %s", store->damage);
    log_error(
        "store: the damaged database is put aside as %s and a new one begun; the registers are not touched",
        store->aside);
    recorder_event(recorder, "store-replaced", store->aside, (double)NAN);
    return 1;
}

/* The event waits with the batch until the disk takes both. The number of events queued. */
static int note_fault(struct recorder *recorder)
{
    static const struct watch_hold hold = {0, 60};
    const int64_t now_ns = clock_mono_ns(recorder->clock);
    const struct watch_span span = {recorder->fault_ns, 1e-9 * (double)(now_ns - recorder->fault_ns)};
    recorder->fault_ns = now_ns;
    if (!watch_state_see(&recorder->fault, &hold, recorder->store->failed, &span))
        return 0;
    if (recorder->fault.on)
        recorder_event(recorder, "disk-fault", recorder->store->error, (double)NAN);
    else
        recorder_event(recorder, "disk-fault-end", "records are written again", recorder->fault.seen_s);
    return 1;
}

/* Counts failures, and says when they begin and when they are over. */
static void note(struct recorder *recorder)
{
    const struct store *store = recorder->store;
    atomic_store(&recorder->health->store_errors, store->failures);
    atomic_store(&recorder->health->database_error, -store->failure);
    if (store->failed && !recorder->failing)
        recorder->disk_due_ms = 0; /* is it the disk? */
    if (store->failed && !recorder->failing)
        log_error("store: %s; metering goes on", store->error);
    if (!store->failed && recorder->failing)
        log_notice("store: writing again");
    recorder->failing = store->failed;
}

static void audit(struct recorder *recorder, const struct record_event *event, int64_t lost)
{
    if (recorder->audit == NULL)
        return;
    audit_log_missed(recorder->audit, lost);
    audit_log_event(recorder->audit, event);
}

static int take_event(struct recorder *recorder)
{
    int64_t lost = 0;
    pthread_mutex_lock(&recorder->lock);
    struct record_event event = recorder->event[0];
    int taken = recorder->events > 0;
    if (taken) {
        recorder->events--;
        memmove(&recorder->event[0], &recorder->event[1], (size_t)recorder->events * sizeof event);
        lost = recorder->events_lost;
        recorder->events_lost = 0;
    }
    pthread_mutex_unlock(&recorder->lock);
    if (taken)
        audit(recorder, &event, lost);
    if (taken && store_add_event(recorder->store, &event, now_ms(recorder)) < 0)
        health_add(&recorder->health->records_lost, 1);
    return taken;
}

/* What measure noticed: it cannot wait for the log. */
static int take_notice(struct recorder *recorder)
{
    struct record_event event;
    if (recorder->notices == NULL || !spsc_pop(recorder->notices, &event))
        return 0;
    if (isnan(event.value))
        log_notice("%s: %s", event.kind, event.detail);
    else
        log_notice("%s: %s (%.2f)", event.kind, event.detail, event.value);
    audit(recorder, &event, 0);
    if (store_add_event(recorder->store, &event, now_ms(recorder)) < 0)
        health_add(&recorder->health->records_lost, 1);
    return 1;
}

static int take_record(struct recorder *recorder)
{
    struct record record;
    if (!spsc_pop(recorder->records, &record))
        return 0;
    if (store_add(recorder->store, &record, now_ms(recorder)) < 0)
        health_add(&recorder->health->records_lost, 1);
    return 1;
}

static void publish(struct recorder *recorder)
{
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        atomic_store(&recorder->newest_seq[stream],
                     store_newest_seq(recorder->store, (enum record_stream)stream));
    atomic_store(&recorder->health->records_stored, recorder->store->written);
}

/* A disk that failed is not always marked so: ext4 of Linux 6.13 and later refuses each change, yet statvfs shows nothing.
 * So where the store fails a file without a name is tried, which costs a sound disk nothing. */
static bool is_read_only(const struct recorder *recorder, const struct statvfs *disk)
{
    if ((disk->f_flag & ST_RDONLY) != 0 || !recorder->store->failed)
        return (disk->f_flag & ST_RDONLY) != 0;
    int fd = open(recorder->data_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return error == EROFS;
}

/* Once a minute of the meter's time, and when the store begins to fail. */
static void look_at_disk(struct recorder *recorder)
{
    struct health *health = recorder->health;
    int64_t now = now_ms(recorder);
    struct statvfs disk;
    if (recorder->data_dir == NULL || now < recorder->disk_due_ms)
        return;
    recorder->disk_due_ms = now + DISK_LOOK_MS;
    bool known = statvfs(recorder->data_dir, &disk) == 0;
    atomic_store(&health->disk_read_only, known ? is_read_only(recorder, &disk) : RECORD_ABSENT);
    atomic_store(&health->disk_free_bytes,
                 known ? (int64_t)disk.f_bavail * (int64_t)disk.f_frsize : RECORD_ABSENT);
    atomic_store(&health->disk_total_bytes,
                 known ? (int64_t)disk.f_blocks * (int64_t)disk.f_frsize : RECORD_ABSENT);
}

/* Reading all of it takes as long as the disk needs; stopping ends it. */
static void check_store(struct recorder *recorder)
{
    const int64_t now = now_ms(recorder);
    if (now < recorder->check_due_ms || !atomic_exchange(&recorder->suspect, false))
        return;
    recorder->check_due_ms = now + CHECK_AGAIN_MS;
    log_notice("store: checking the database, which was not closed in order or not readable");
    const int result = store_check(recorder->store, &recorder->stop);
    if (result == 0 && recorder->store->replaced == recorder->replaced)
        log_notice("store: the database is whole");
    else if (result < 0 && result != -EINTR)
        log_warning("store: not checked: %s", recorder->store->error);
}

/* The last batch may be the one that meets damage. */
static void write_last(struct recorder *recorder)
{
    store_commit(recorder->store);
    if (note_replaced(recorder) > 0) {
        take_event(recorder);
        store_commit(recorder->store);
    }
    note(recorder);
    publish(recorder);
}

static void *run(void *argument)
{
    struct recorder *recorder = argument;
    long idle_ms = recorder->clock->simulated ? IDLE_SIMULATED_MS : IDLE_REAL_MS;
    for (;;) {
        bool stop = atomic_load(&recorder->stop);
        check_store(recorder);
        int taken = take_event(recorder) + take_notice(recorder) + take_record(recorder);
        if (recorder->store->pending > 0)
            store_tick(recorder->store, now_ms(recorder));
        note(recorder);
        taken += note_fault(recorder) + note_disk(recorder) + note_replaced(recorder);
        look_at_disk(recorder);
        if (recorder->audit != NULL)
            audit_log_turn(recorder->audit);
        publish(recorder);
        if (taken > 0)
            continue;
        if (stop)
            break;
        nanosleep(&(struct timespec){.tv_nsec = idle_ms * 1000000}, NULL);
    }
    write_last(recorder);
    return NULL;
}

void recorder_settle(struct recorder *recorder)
{
    while (take_record(recorder) > 0)
        ;
    store_commit(recorder->store);
    note(recorder);
    publish(recorder);
}

int recorder_start(struct recorder *recorder)
{
    struct thread_config config = {.name = "recorder", .stack_size = STACK_SIZE};
    return thread_start(&recorder->thread, &config, run, recorder);
}

void recorder_stop(struct recorder *recorder)
{
    atomic_store(&recorder->stop, true);
    pthread_join(recorder->thread, NULL);
}
