/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disk_vfs_lock.h - SQLite's locks on one file and the memory that its WAL shares, among the connections of one process.
 *
 * Results: SQLite's codes. Memory: allocated on first use, released with the last connection that maps it.
 */
#ifndef VATIO_TESTS_POWER_LOSS_DISK_VFS_LOCK_H
#define VATIO_TESTS_POWER_LOSS_DISK_VFS_LOCK_H

#include <sqlite3.h>
#include <stdbool.h>

enum { SHM_REGIONS = 16 };

/* Of a file, whoever has it open. */
struct disk_vfs_shared {
    int readers;        /* connections at SHARED or above */
    const void *writer; /* at RESERVED or above */
    bool pending;       /* the writer waits until it is alone, or is */
    void *region[SHM_REGIONS];
    int mapped; /* connections that use the regions */
    int slot_readers[SQLITE_SHM_NLOCK];
    const void *slot_writer[SQLITE_SHM_NLOCK];
};

/* Of a connection to it. */
struct disk_vfs_lock {
    struct disk_vfs_shared *shared;
    int level; /* SQLITE_LOCK_... */
    bool maps;
    bool slot[SQLITE_SHM_NLOCK]; /* read */
};

int disk_vfs_lock(struct disk_vfs_lock *lock, int level);
void disk_vfs_unlock(struct disk_vfs_lock *lock, int level);
int disk_vfs_map(struct disk_vfs_lock *lock, int region, int size, bool extend, void volatile **memory);
int disk_vfs_lock_slots(struct disk_vfs_lock *lock, int first, int n, int flags);
void disk_vfs_unmap(struct disk_vfs_lock *lock);

#endif
