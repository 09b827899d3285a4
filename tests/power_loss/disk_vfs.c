/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/power_loss/disk_vfs.h"

#include "tests/power_loss/disk_vfs_lock.h"
#include "tests/unit/splitmix.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* One connection's file. */
struct vfs_file {
    sqlite3_file base;
    struct disk_vfs *vfs;
    int file;
    char path[DISK_NAME];
    struct disk_vfs_lock lock;
    bool sync_directory; /* with the next sync: it was made by this connection */
    bool overwrites;     /* power-safe, the connection believes */
};

struct disk_vfs {
    sqlite3_vfs base;
    struct disk *disk;
    struct disk_vfs_shared shared[DISK_FILES];
    uint64_t random;
};

static int code_of(int64_t result, int failure)
{
    if (result >= 0)
        return SQLITE_OK;
    return result == -ENOSPC ? SQLITE_FULL : failure;
}

static int file_close(sqlite3_file *base)
{
    struct vfs_file *file = (struct vfs_file *)base;
    disk_vfs_unmap(&file->lock);
    disk_vfs_unlock(&file->lock, SQLITE_LOCK_NONE);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *bytes, int size, sqlite3_int64 offset)
{
    const struct vfs_file *file = (const struct vfs_file *)base;
    const int64_t n = disk_read(file->vfs->disk, file->file, bytes, (size_t)size, offset);
    if (n < 0)
        return SQLITE_IOERR_READ;
    memset((unsigned char *)bytes + n, 0, (size_t)(size - n));
    return n < size ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int file_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 offset)
{
    const struct vfs_file *file = (const struct vfs_file *)base;
    return code_of(disk_write(file->vfs->disk, file->file, bytes, (size_t)size, offset, true),
                   SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    const struct vfs_file *file = (const struct vfs_file *)base;
    return code_of(disk_truncate(file->vfs->disk, file->file, size), SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct vfs_file *file = (struct vfs_file *)base;
    (void)flags;
    int result = disk_sync(file->vfs->disk, file->file);
    if (result == 0 && file->sync_directory)
        result = disk_sync_directory(file->vfs->disk);
    if (result == 0)
        file->sync_directory = false;
    return code_of(result, SQLITE_IOERR_FSYNC);
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size)
{
    const struct vfs_file *file = (const struct vfs_file *)base;
    *size = disk_size(file->vfs->disk, file->file);
    return code_of(*size, SQLITE_IOERR_FSTAT);
}

static int file_lock(sqlite3_file *base, int level)
{
    return disk_vfs_lock(&((struct vfs_file *)base)->lock, level);
}

static int file_unlock(sqlite3_file *base, int level)
{
    disk_vfs_unlock(&((struct vfs_file *)base)->lock, level);
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *reserved)
{
    *reserved = ((struct vfs_file *)base)->lock.shared->writer != NULL;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument)
{
    struct vfs_file *file = (struct vfs_file *)base;
    if (operation != SQLITE_FCNTL_HAS_MOVED)
        return SQLITE_NOTFOUND;
    *(int *)argument = disk_open(file->vfs->disk, file->path, false) != file->file;
    return SQLITE_OK;
}

static int file_sector_size(sqlite3_file *base)
{
    (void)base;
    return DISK_PAGE;
}

static int file_characteristics(sqlite3_file *base)
{
    return ((struct vfs_file *)base)->overwrites ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

static int file_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **memory)
{
    return disk_vfs_map(&((struct vfs_file *)base)->lock, region, size, extend != 0, memory);
}

static int file_shm_lock(sqlite3_file *base, int first, int n, int flags)
{
    return disk_vfs_lock_slots(&((struct vfs_file *)base)->lock, first, n, flags);
}

static void file_shm_barrier(sqlite3_file *base)
{
    (void)base;
}

static int file_shm_unmap(sqlite3_file *base, int remove)
{
    (void)remove; /* memory of the process */
    disk_vfs_unmap(&((struct vfs_file *)base)->lock);
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *base, const char *path, sqlite3_file *out, int flags, int *out_flags)
{
    struct disk_vfs *vfs = (struct disk_vfs *)base;
    struct vfs_file *file = (struct vfs_file *)out;
    memset(file, 0, sizeof *file);
    if (path == NULL) /* temporary files are in memory: PRAGMA temp_store */
        return SQLITE_CANTOPEN;
    const bool is_new = !disk_exists(vfs->disk, path);
    file->vfs = vfs;
    file->file = disk_open(vfs->disk, path, (flags & SQLITE_OPEN_CREATE) != 0);
    if (file->file < 0)
        return code_of(file->file, SQLITE_CANTOPEN);
    snprintf(file->path, sizeof file->path, "%s", path);
    file->lock.shared = &vfs->shared[file->file];
    file->sync_directory = is_new && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    file->overwrites = sqlite3_uri_boolean(path, "psow", 1) != 0;
    file->base.pMethods = &methods;
    if (out_flags != NULL)
        *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *path, int sync_directory)
{
    struct disk *disk = ((struct disk_vfs *)base)->disk;
    const int result = disk_remove(disk, path);
    if (result == -ENOENT)
        return SQLITE_IOERR_DELETE_NOENT;
    if (result == 0 && sync_directory)
        return code_of(disk_sync_directory(disk), SQLITE_IOERR_DIR_FSYNC);
    return code_of(result, SQLITE_IOERR_DELETE);
}

static int vfs_access(sqlite3_vfs *base, const char *path, int flags, int *result)
{
    (void)flags;
    *result = disk_exists(((struct disk_vfs *)base)->disk, path);
    return SQLITE_OK;
}

static int vfs_full_pathname(sqlite3_vfs *base, const char *path, int size, char *full)
{
    (void)base;
    snprintf(full, (size_t)size, "%s", path);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *base, int size, char *bytes)
{
    for (int i = 0; i < size; i++)
        bytes[i] = (char)splitmix_bits(&((struct disk_vfs *)base)->random);
    return size;
}

static int vfs_sleep(sqlite3_vfs *base, int us)
{
    (void)base;
    return us;
}

static int vfs_time(sqlite3_vfs *base, sqlite3_int64 *julian_ms)
{
    (void)base;
    *julian_ms = 0;
    return SQLITE_OK;
}

void disk_vfs_register(struct disk *disk)
{
    static struct disk_vfs vfs = {.base = {.iVersion = 2,
                                           .szOsFile = sizeof(struct vfs_file),
                                           .mxPathname = DISK_NAME - 1,
                                           .zName = "disk",
                                           .xOpen = vfs_open,
                                           .xDelete = vfs_delete,
                                           .xAccess = vfs_access,
                                           .xFullPathname = vfs_full_pathname,
                                           .xRandomness = vfs_randomness,
                                           .xSleep = vfs_sleep,
                                           .xCurrentTimeInt64 = vfs_time}};
    vfs.disk = disk;
    memset(vfs.shared, 0, sizeof vfs.shared);
    sqlite3_vfs_register(&vfs.base, 1);
}
