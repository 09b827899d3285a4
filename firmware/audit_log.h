/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit_log.h - vatiod's side of firmware/api/audit.h: appends to <data_dir>/audit.log, fdatasync after each entry.
 *
 * File:    0600, made whole with its genesis, then only ever appended to. A line that a cut or a full disk tore stays, and the
 *          next entry says so. A file without one whole entry is set aside as audit.log.damaged.
 * Waiting: what cannot be written waits, AUDIT_LOG_WAITING entries at most, and is tried again every AUDIT_LOG_RETRY_MS.
 * Flood:   AUDIT_LOG_MOST entries at once and one in AUDIT_LOG_EVERY_MS. Entry "audit-missed" says how many were left out.
 * Errors:  counted in health's audit_errors, said once in the log; metering goes on.
 * Threads: one at a time; the head goes to measure through health.
 */
#ifndef VATIO_FIRMWARE_AUDIT_LOG_H
#define VATIO_FIRMWARE_AUDIT_LOG_H

#include "firmware/allowance.h"
#include "firmware/api/audit.h"
#include "firmware/health.h"
#include "hal/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    AUDIT_LOG_WAITING = 64,
    AUDIT_LOG_RETRY_MS = 5000,
    AUDIT_LOG_MOST = 256,
    AUDIT_LOG_EVERY_MS = 300000,
    AUDIT_LOG_PATH = 160,
};

/* Strings, health and clock must live as long as the log. */
struct audit_log_config {
    const char *data_dir;
    const char *meter_id;
    const char *boot_id;
    struct health *health;
    struct clock *clock;
};

struct audit_log {
    struct audit_log_config config;
    char path[AUDIT_LOG_PATH];
    int fd; /* -1 = not open */
    int64_t n;
    char head[DIGEST_TEXT];
    bool ragged; /* the file's end lacks a newline */
    struct record_event waiting[AUDIT_LOG_WAITING];
    int waiting_n;
    int64_t flooded; /* left out and not yet told */
    int64_t crowded;
    struct allowance allowance;
    int64_t retry_ms;
    bool failing;
    bool told_wrong;
};

/* Checks the whole chain and opens it, or begins one. -errno: not now; entries wait. */
int audit_log_open(struct audit_log *log, const struct audit_log_config *config);

/* An event of now, whatever its kind. value: NaN = none. */
void audit_log_say(struct audit_log *log, const char *kind, const char *detail, double value);

/* An event of the meter's, unless its kind is routine: how good the signals are, or said by audit_log_say. */
void audit_log_event(struct audit_log *log, const struct record_event *event);

/* n events were lost on their way here. */
void audit_log_missed(struct audit_log *log, int64_t n);

/* Writes what waits, if it is time to. */
void audit_log_turn(struct audit_log *log);

void audit_log_close(struct audit_log *log);

#endif
