/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disk_vfs.h - SQLite's files on a disk that loses power: it becomes SQLite's default file system, so that what is under
 * test does not know.
 *
 * Promises: those of SQLite's own file system on Linux, no others: sectors of 4096 bytes, "power-safe overwrite" unless the
 *           connection declines it, the directory synced with the first sync of a journal or WAL that it made.
 * Locks:    between connections of this process, as SQLite's; they and the WAL's shared memory die with their connections.
 * Time:     stands still; sleeping costs nothing.
 * Threads:  none.
 */
#ifndef VATIO_TESTS_POWER_LOSS_DISK_VFS_H
#define VATIO_TESTS_POWER_LOSS_DISK_VFS_H

#include "tests/power_loss/disk.h"

/* From now on SQLite knows only this disk, which outlives every connection. */
void disk_vfs_register(struct disk *disk);

#endif
