/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keeper.h - the energy registers through power cuts: written to the slot journal every interval_s and at the end,
 * read at the start.
 *
 * Record:  struct keeper_record, version in KEEPER_MAGIC. It also holds the highest seq of each stream, so that a new
 *          database never repeats one.
 * Loss:    a power cut costs at most the energy of interval_s. Registers never move backwards.
 * Threads: a thread of its own, since fdatasync may take long.
 */
#ifndef VATIO_FIRMWARE_KEEPER_H
#define VATIO_FIRMWARE_KEEPER_H

#include "dsp/registers.h"
#include "firmware/api/mailbox.h"
#include "firmware/base/journal.h"
#include "firmware/health.h"
#include "firmware/recorder.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define KEEPER_MAGIC UINT32_C(0x52475601) /* register record, version 1 */
#define KEEPER_FILE  "registers.journal"

struct keeper_record {
    char meter_id[RECORD_ID];
    char boot_id[RECORD_ID];
    int64_t utc_ms;
    int64_t n_points;
    int64_t point_id[RECORD_POINTS];
    struct record_energy energy[RECORD_POINTS];
    int64_t metered_ns;
    int64_t unmetered_ns;
    int64_t dropped_uwh;
    int64_t newest_seq[STREAMS];
};

struct keeper {
    struct journal journal;
    const char *run_dir;
    int64_t interval_s;
    struct health *health;
    struct recorder *recorder;
    struct clock *clock;
    char meter_id[RECORD_ID];
    int64_t written_ns; /* monotonic, of the last record */
    bool failing;
    atomic_bool stop;
    pthread_t thread;
};

/* Opens the journal. found says whether a record of this meter was there; -EMEDIUMTYPE with a sentence when the
 * registers are another meter's or the file is something else. */
int keeper_open(struct keeper *keeper, const char *data_dir, const char *meter_id,
                struct keeper_record *record, bool *found, char *error, size_t error_size);

/* Raises the kept registers to those of a stored record where these are higher: after a kill or a power cut the newest
 * minute may be younger than the journal, and a register that was shown must not fall. Points that the journal lacks
 * are added. Returns by how many micro-units the import and export registers rose. */
int64_t keeper_raise(struct keeper_record *record, const struct record *stored);

/* Puts the kept registers in place, point by point. */
void keeper_restore(const struct keeper_record *record, struct registers *registers);

/* Starts writing: the newest registers of the mailbox in run_dir. */
int keeper_start(struct keeper *keeper);

/* Ends the thread. */
void keeper_stop(struct keeper *keeper);

/* Writes what live says, now: the last word at shutdown. */
int keeper_write(struct keeper *keeper, const struct mailbox_live *live);
void keeper_close(struct keeper *keeper);

#endif
