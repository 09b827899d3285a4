/* SPDX-License-Identifier: GPL-3.0-or-later */
/* world.h - what no cut takes: time, the house's true energy, and what the meter has shown or promised so far. Held against
 * it, each start says whether energy was lost or invented.
 *
 * Window:  one second; its energy is a whole number of micro-watt-hours, so that sums are exact.
 * History: the meter after each window, of which a start must take one whole state. Windows that a cut took are taken off.
 * Safe:    the newest state that the meter must not fall behind: the journal's write returned, or a start went on from it.
 */
#ifndef VATIO_TESTS_POWER_LOSS_WORLD_H
#define VATIO_TESTS_POWER_LOSS_WORLD_H

#include "dsp/reading.h"
#include "dsp/registers.h"
#include "firmware/store/store.h"
#include "tests/power_loss/disk.h"

#include <stdbool.h>

enum {
    WORLD_WINDOWS = 2048,
    WORLD_SEEN = 512, /* records of a stream */
    WORLD_FAULT = 400,
    WORLD_JOURNAL_S = 4,
    WORLD_MINUTE_MS = 6000,
    WORLD_QUARTER_MS = 30000,
    WORLD_DAY_MS = 120000,
    WORLD_COMMIT_MS = 15000,
    WORLD_KEEP_MINUTES = 14,
    WORLD_FULL_MINUTES = 6,
};
#define WORLD_DATABASE "vatio.db"

struct world_state {
    struct energy energy[DSP_POINTS];
    /* Import and export of grid and solar since the beginning: what the house used, and what the meter made of it (in the
     * registers, waiting for the creep decision, dropped by it). */
    int64_t true_uwh;
    int64_t held_uwh;
};

struct world {
    struct disk disk;
    const char *meter_id;
    struct topology topology;
    int64_t utc_ms;
    int64_t second;
    int64_t boots;

    struct world_state *history;
    int newest;
    int safe;
    int64_t seq_safe[STREAMS]; /* highest given when the journal was last written */

    char store_id[RECORD_ID];        /* since the store was first opened; "" = not yet */
    struct store_reader *reader;     /* the running meter's, NULL = none */
    union store_item *seen[STREAMS]; /* what a reader was shown, in order */
    int seen_n[STREAMS];
    int64_t old_seq[STREAMS]; /* in the database that the scenario began with */

    char fault[WORLD_FAULT]; /* what is wrong, "" = nothing */
};

void world_init(struct world *world);
void world_close(struct world *world);

/* The next second: true values of a house with solar. */
void world_reading(struct world *world, int64_t start_ns, struct reading *reading);

/* Import and export of grid and solar, wherever the registers have them. */
int64_t world_held(const struct registers *registers);

/* What the registers say at a window's end: all that the house used in it, no more and no less. */
void world_note(struct world *world, const struct registers *registers);

/* The registers are on the disk. */
void world_promise(struct world *world, const int64_t seq[STREAMS]);

/* Reads what has been committed since; what it reads has been shown to somebody. */
void world_look(struct world *world, struct store_reader *reader);

/* The first fault stays. */
void world_fault(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
