/* SPDX-License-Identifier: GPL-3.0-or-later */
/* process.h - what of vatiod touches the disk, in one thread: store, reader, keeper, registers and intervals are the real ones,
 * in the daemon's order. Its other threads, and the converter, are left out.
 *
 * Results: 0; -errno when a part gave up. After a cut everything gives up: disk.off tells.
 */
#ifndef VATIO_TESTS_POWER_LOSS_PROCESS_H
#define VATIO_TESTS_POWER_LOSS_PROCESS_H

#include "firmware/keeper.h"
#include "firmware/measure.h"
#include "firmware/resume.h"
#include "tests/power_loss/world.h"

struct process {
    struct world *world;
    struct store store;
    struct store_reader reader;
    struct keeper keeper;
    struct recorder recorder; /* without its thread: what the keeper asks and tells */
    struct health health;
    struct clock_sim clock;
    struct kept_cell cell;
    struct measure measure;
    struct kept found; /* by the journal */
    struct resume resume;
    bool journal_found;
    bool store_open, reader_open, keeper_open;
    char error[256];
};

/* As vatiod opens store and journal and takes the registers from them. */
int process_open(struct process *process, struct world *world);

/* Its first words to store and journal. */
void process_begin(struct process *process);

/* Meters one second. */
void process_window(struct process *process);

/* As at SIGTERM. */
int process_end(struct process *process);

/* After a cut: its memory goes, and nothing else happens to the disk. */
void process_die(struct process *process);

#endif
