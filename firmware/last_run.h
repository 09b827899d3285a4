/* SPDX-License-Identifier: GPL-3.0-or-later */
/* last_run.h - what this run is made with, held against what the last one was: settings, calibration, board.
 *
 * File:    <data_dir>/last_run, "name = value" a line: each setting, then calibration (serial, date) and board (name), both
 *          with the SHA-256 of their file. Replaced as a whole; 0640. Whoever removes it hides one change.
 * New:     a setting that the file lacks has not changed; without a file nothing has.
 * Errors:  -errno. What cannot be read or kept costs the comparison, not the run.
 * Threads: one; before threads start.
 */
#ifndef VATIO_FIRMWARE_LAST_RUN_H
#define VATIO_FIRMWARE_LAST_RUN_H

#include "board/board.h"
#include "calibration/model.h"
#include "firmware/config.h"

#include <stdbool.h>
#include <stddef.h>

enum last_run_part { LAST_RUN_CONFIG, LAST_RUN_CALIBRATION, LAST_RUN_BOARD, LAST_RUN_PARTS };
extern const char *const last_run_kind[LAST_RUN_PARTS]; /* "config-changed", ... */

struct last_run {
    char path[CONFIG_PATH + 16];
    char *was; /* NULL = no last run */
    char *is;
};

int last_run_open(struct last_run *run, const struct config *config, const struct board *board,
                  const struct calibration *calibration);

/* What differs, as an event's detail. Returns the number of settings, or 1; 0 = nothing differs. */
int last_run_changed(const struct last_run *run, enum last_run_part part, char *detail, size_t size);

/* From now on this run is the last one. */
int last_run_keep(const struct last_run *run);

void last_run_close(struct last_run *run);

#endif
