/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keeper_power.h - when the supply's power-good line asks for a write.
 *
 * Down:    at the edge, at once, and event power-down. A line that bounces asks once in KEEPER_POWER_S; if it says failing when
 *          that is over, it asks again.
 * Up:      event power-up, when it has said good for KEEPER_POWER_S.
 * Fault:   a line that cannot be read is told once in the log; metering goes on.
 * Threads: the keeper's.
 */
#ifndef VATIO_FIRMWARE_KEEPER_POWER_H
#define VATIO_FIRMWARE_KEEPER_POWER_H

#include "firmware/recorder.h"
#include "hal/line_in.h"

#include <stdbool.h>
#include <stdint.h>

enum { KEEPER_POWER_S = 1 };

struct keeper_power {
    struct line_in *line; /* the caller's, active while the supply is good; NULL = none */
    struct recorder *recorder;
    bool low;           /* in the turn before */
    bool down;          /* told as such */
    bool asking;        /* a write is wanted and has not been asked for yet */
    bool unreadable;    /* told */
    int64_t written_ns; /* monotonic, when a write was asked for; 0 = never */
    int64_t good_ns;    /* since when it says good */
};

/* Looks at the line. True: write now. */
bool keeper_power_turn(struct keeper_power *power, int64_t now_ns);

/* Waits for an edge, at most timeout_ms; without a line, or with one that fails, that long. */
void keeper_power_wait(struct keeper_power *power, int timeout_ms);

void keeper_power_close(struct keeper_power *power);

#endif
