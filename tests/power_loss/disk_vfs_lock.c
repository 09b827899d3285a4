/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/power_loss/disk_vfs_lock.h"

#include <stdlib.h>
#include <string.h>

int disk_vfs_lock(struct disk_vfs_lock *lock, int level)
{
    struct disk_vfs_shared *shared = lock->shared;
    if (level <= lock->level)
        return SQLITE_OK;
    if (lock->level == SQLITE_LOCK_NONE) {
        if (shared->pending)
            return SQLITE_BUSY;
        shared->readers++;
        lock->level = SQLITE_LOCK_SHARED;
    }
    if (level == SQLITE_LOCK_SHARED)
        return SQLITE_OK;
    if (shared->writer != NULL && shared->writer != lock)
        return SQLITE_BUSY;
    shared->writer = lock;
    if (level == SQLITE_LOCK_EXCLUSIVE) {
        shared->pending = true;
        if (lock->level < SQLITE_LOCK_PENDING)
            lock->level = SQLITE_LOCK_PENDING;
        if (shared->readers > 1)
            return SQLITE_BUSY;
    }
    lock->level = level;
    return SQLITE_OK;
}

void disk_vfs_unlock(struct disk_vfs_lock *lock, int level)
{
    struct disk_vfs_shared *shared = lock->shared;
    if (level >= lock->level)
        return;
    if (shared->writer == lock) {
        shared->writer = NULL;
        shared->pending = false;
    }
    if (level == SQLITE_LOCK_NONE)
        shared->readers--;
    lock->level = level;
}

int disk_vfs_map(struct disk_vfs_lock *lock, int region, int size, bool extend, void volatile **memory)
{
    struct disk_vfs_shared *shared = lock->shared;
    *memory = NULL;
    if (!lock->maps)
        shared->mapped++;
    lock->maps = true;
    if (region >= SHM_REGIONS)
        return SQLITE_NOMEM;
    if (shared->region[region] == NULL && extend)
        shared->region[region] = calloc(1, (size_t)size);
    *memory = shared->region[region];
    return SQLITE_OK;
}

static bool is_free(const struct disk_vfs_lock *lock, int slot, bool exclusive)
{
    const struct disk_vfs_shared *shared = lock->shared;
    const int others = shared->slot_readers[slot] - lock->slot[slot];
    return (shared->slot_writer[slot] == NULL || shared->slot_writer[slot] == lock) &&
           (!exclusive || others == 0);
}

static void take(struct disk_vfs_lock *lock, int slot, bool exclusive)
{
    if (exclusive) {
        lock->shared->slot_writer[slot] = lock;
    } else if (!lock->slot[slot]) {
        lock->slot[slot] = true;
        lock->shared->slot_readers[slot]++;
    }
}

static void release(struct disk_vfs_lock *lock, int slot)
{
    if (lock->shared->slot_writer[slot] == lock)
        lock->shared->slot_writer[slot] = NULL;
    lock->shared->slot_readers[slot] -= lock->slot[slot];
    lock->slot[slot] = false;
}

int disk_vfs_lock_slots(struct disk_vfs_lock *lock, int first, int n, int flags)
{
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (int slot = first; slot < first + n && (flags & SQLITE_SHM_LOCK) != 0; slot++)
        if (!is_free(lock, slot, exclusive))
            return SQLITE_BUSY;
    for (int slot = first; slot < first + n; slot++) {
        if ((flags & SQLITE_SHM_LOCK) != 0)
            take(lock, slot, exclusive);
        else
            release(lock, slot);
    }
    return SQLITE_OK;
}

void disk_vfs_unmap(struct disk_vfs_lock *lock)
{
    struct disk_vfs_shared *shared = lock->shared;
    if (!lock->maps)
        return;
    for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++)
        release(lock, slot);
    lock->maps = false;
    if (--shared->mapped > 0)
        return;
    for (int i = 0; i < SHM_REGIONS; i++) {
        free(shared->region[i]);
        shared->region[i] = NULL;
    }
}
