/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder.h - the store's thread: takes records from measure and events from anyone and writes them, at the pace of
 * the disk. What cannot be written is counted; metering goes on.
 *
 * Check:   the whole database is read after an end without order, and when a reader met damage, the latter once an hour at
 *          most. Records wait in their ring meanwhile.
 * Damage:  what was put aside (store.h) is counted, logged and the event "store-replaced"; store_id is the new one's.
 * Threads: recorder_event, recorder_newest_seq, recorder_suspect and name_take of store_id from any thread; the others
 *          from main.
 */
#ifndef VATIO_FIRMWARE_RECORDER_H
#define VATIO_FIRMWARE_RECORDER_H

#include "firmware/audit_log.h"
#include "firmware/health.h"
#include "firmware/name_cell.h"
#include "firmware/spsc.h"
#include "firmware/store/store.h"
#include "firmware/watch_state.h"
#include "hal/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { RECORDER_EVENTS = 32 };

struct recorder {
    struct store *store;
    struct spsc *records;    /* of struct record */
    struct spsc *notices;    /* of struct record_event, from measure; set after init, NULL = none */
    struct audit_log *audit; /* set after init, NULL = none */
    struct health *health;
    struct clock *clock;
    char boot_id[RECORD_ID];

    pthread_mutex_t lock; /* of the events */
    struct record_event event[RECORDER_EVENTS];
    int events;
    int64_t events_lost; /* and not yet told the audit log */
    _Atomic int64_t newest_seq[STREAMS];
    struct name_cell store_id; /* of the database that is written */
    atomic_bool suspect;       /* the database is to be checked */
    int64_t check_due_ms;      /* not before */
    int64_t replaced;          /* databases put aside that were told */
    bool failing;              /* the last write failed; said once */
    struct watch_state fault;  /* it cannot write */
    int64_t fault_ns;          /* up to when that was looked at */
    bool giving_way;           /* the disk is full; told once */
    const char *data_dir;      /* whose file system is watched; set after init, NULL = none */
    int64_t disk_due_ms;
    atomic_bool stop;
    pthread_t thread;
};

void recorder_init(struct recorder *recorder, struct store *store, struct spsc *records,
                   struct health *health, struct clock *clock, const char *boot_id);
int recorder_start(struct recorder *recorder);

/* Commits the records that are queued: before recorder_start, what must be on disk before something else is. */
void recorder_settle(struct recorder *recorder);

/* Queues an event of now. kind and detail are cut to their fields. value: NaN = none. */
void recorder_event(struct recorder *recorder, const char *kind, const char *detail, double value);

/* Reading met damage: has the database checked. */
void recorder_suspect(struct recorder *recorder);

/* The highest seq given so far. */
int64_t recorder_newest_seq(struct recorder *recorder, enum record_stream stream);

/* Writes what is queued, ends the thread. */
void recorder_stop(struct recorder *recorder);

#endif
