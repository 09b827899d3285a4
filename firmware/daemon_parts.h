/* SPDX-License-Identifier: GPL-3.0-or-later */
/* daemon_parts.h - what the files of the daemon share among themselves. */
#ifndef VATIO_FIRMWARE_DAEMON_PARTS_H
#define VATIO_FIRMWARE_DAEMON_PARTS_H

#include "firmware/daemon.h"

#include <stdbool.h>
#include <stddef.h>

/* What has been opened and is to be closed again. */
enum part {
    PART_DATA_LOCK = 1 << 0,
    PART_RUN_LOCK = 1 << 1,
    PART_KEEPER = 1 << 2,
    PART_STORE = 1 << 3,
    PART_READER = 1 << 4,
    PART_SOURCE = 1 << 5,
    PART_MAILBOX = 1 << 6,
    PART_MEASURE = 1 << 7,
    PART_CONTROL = 1 << 8,
    PART_REPLAY = 1 << 9,
    PART_AUDIT = 1 << 10,
};

/* "what: why" into error; returns result. */
int daemon_fail(int result, const char *what, char *error, size_t error_size);

bool daemon_is_replay(const struct daemon *daemon);

/* A recording that does not go through the converter has no codes, no front end and nothing to calibrate. */
bool daemon_is_physical(const struct daemon *daemon);

/* The registers' journal: a step of opening, in daemon_keeper.c. */
int daemon_open_keeper(struct daemon *daemon, char *error, size_t error_size);

/* Steps of opening, in daemon_audit.c: no start beside half a restore; the audit log. */
int daemon_refuse_half(struct daemon *daemon, char *error, size_t error_size);
int daemon_open_audit(struct daemon *daemon, char *error, size_t error_size);

/* A step of opening after the audit log's, in daemon_changes.c: what is not as in the last run. */
int daemon_tell_changes(struct daemon *daemon, char *error, size_t error_size);

/* The verb "backup", in daemon_backup.c. */
int daemon_backup(void *context, struct control_backup *backup, char *text, size_t size);

/* The mailbox before the first reading: who the meter is, its registers, and absent values. */
void daemon_fill_live(struct daemon *daemon);

#endif
