/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keeper.h - the energy registers through power cuts: written to the slot journal every interval_s, at the end, and at
 * once when the mains collapse or the supply's power-good line falls, read at the start.
 *
 * Record:  struct kept (kept.h), from measure through its cell. It also holds the highest seq of each stream, so that a
 *          new database never repeats one.
 * FRAM:    where one is fitted, the totals are written to it each second (keeper_fram.h).
 * Loss:    a power cut costs at most the energy of interval_s, with a FRAM of one second. Registers never move backwards.
 * Threads: a thread of its own, since fdatasync may take long.
 */
#ifndef VATIO_FIRMWARE_KEEPER_H
#define VATIO_FIRMWARE_KEEPER_H

#include "firmware/base/journal.h"
#include "firmware/health.h"
#include "firmware/keeper_fram.h"
#include "firmware/keeper_power.h"
#include "firmware/kept.h"
#include "firmware/recorder.h"
#include "firmware/watch_state.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { KEEPER_URGENT_S = 10 /* least time between two writes that collapses ask for */ };

struct keeper {
    const struct file_io *io; /* beneath the journal, set before keeper_open; NULL = the system's */
    struct journal journal;
    struct kept_cell *cell; /* measure's */
    int64_t interval_s;
    struct health *health;
    struct recorder *recorder;
    struct clock *clock;
    struct keeper_fram fram; /* opened before the journal, where one is fitted */
    struct keeper_power power;
    bool spare; /* registers were found elsewhere: a journal with nothing but damage is no end */
    char meter_id[RECORD_ID];
    int64_t written_ns; /* monotonic, of the last record */
    int64_t urgent_ns;  /* of the last one that a collapse asked for; 0 = none */
    bool failing;
    struct watch_state fault; /* the same as events */
    int64_t fault_ns;         /* up to when that was looked at; 0 = not yet */
    atomic_bool stop;
    pthread_t thread;
};

/* Opens the journal. found says whether a record of this meter was there; -EMEDIUMTYPE with a sentence when the
 * registers are another meter's or the file is something else. */
int keeper_open(struct keeper *keeper, const char *data_dir, const char *meter_id, struct kept *record,
                bool *found, char *error, size_t error_size);

/* Starts writing what measure gives through the cell. */
int keeper_start(struct keeper *keeper);

/* Ends the thread. */
void keeper_stop(struct keeper *keeper);

/* Writes if it is time to. For tests. */
void keeper_turn(struct keeper *keeper);

/* Labels what measure gave: whose, when, up to which seq. Threads: any. */
void keeper_complete(const struct keeper *keeper, struct kept *kept, bool clean);

/* Writes kept to FRAM and journal; clean: it is the last word of an orderly end. */
int keeper_write(struct keeper *keeper, const struct kept *kept, bool clean);
void keeper_close(struct keeper *keeper);

#endif
