/* SPDX-License-Identifier: GPL-3.0-or-later */
/* restore.h - a backup put in place on a card: steps of which each leaves nothing that meters, half of it that vatiod refuses
 * to start beside, or all of it.
 *
 * Order:   the file "restoring" (firmware/api/restored.h) first; then what is there is set aside, settings, the meter's name,
 *          the registers' journal; at last "restoring" becomes "restored". Each is on the disk before the next begins, and the
 *          same restore may be repeated after a cut at any of them.
 * Lock:    vatiod's own lock of the data directory is held throughout.
 * Errors:  -errno, with a sentence in error.
 * Threads: one.
 */
#ifndef VATIO_TOOLS_RESTORE_H
#define VATIO_TOOLS_RESTORE_H

#include "firmware/base/instance.h"
#include "tools/vatio/backup.h"
#include "tools/vatio/place_file.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define RESTORE_ASIDE "before-restore"

struct restore {
    const struct backup *backup;
    const char *root; /* stands before every path; "" = this system */
    bool force;       /* what a vatiod has kept there already is set aside */
    char data_dir[PATH_MAX / 2];
    struct instance lock;
    struct place_owner owner; /* of the data directory */
};

/* Locks the data directory and looks whether the backup may go there: -EALREADY a vatiod runs on it, -EEXIST it has registers
 * already, -EPERM it is another meter's. */
int restore_open(struct restore *restore, const struct backup *backup, const char *root, bool force,
                 char *error, size_t error_size);

/* The first steps (of restore_steps); all of them for a whole restore. */
extern const int restore_steps;
int restore_run(struct restore *restore, int steps, char *error, size_t error_size);

void restore_close(struct restore *restore);

#endif
