/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disk as the system's calls show it. */
#include "tests/power_loss/disk.h"

#include <string.h>

static int io_open(void *context, const char *path, int flags)
{
    (void)flags; /* the disk has no links */
    return disk_open(context, path, true);
}

static void io_close(void *context, int file)
{
    (void)context;
    (void)file;
}

static int64_t io_size(void *context, int file)
{
    return disk_size(context, file);
}

static int64_t io_read(void *context, int file, void *bytes, size_t size, int64_t offset)
{
    return disk_read(context, file, bytes, size, offset);
}

/* Whole sectors go past the cache. */
static int64_t io_write(void *context, int file, const void *bytes, size_t size, int64_t offset)
{
    const bool cached = size % DISK_SECTOR != 0 || offset % DISK_SECTOR != 0;
    return disk_write(context, file, bytes, size, offset, cached);
}

static int io_allocate(void *context, int file, int64_t bytes)
{
    return disk_allocate(context, file, bytes);
}

static int io_sync(void *context, int file)
{
    return disk_sync(context, file);
}

static int io_sync_directory(void *context, const char *path)
{
    (void)path;
    return disk_sync_directory(context);
}

static int io_remove(void *context, const char *path)
{
    return disk_remove(context, path);
}

static int64_t io_free_bytes(void *context, int file)
{
    const struct disk *disk = context;
    (void)file;
    return disk->capacity_bytes > 0 ? disk->capacity_bytes - disk->used_bytes : INT64_MAX;
}

void disk_init(struct disk *disk)
{
    memset(disk, 0, sizeof *disk);
    disk->under_way = -1;
    disk->io = (struct file_io){
        .context = disk,
        .open = io_open,
        .close = io_close,
        .size = io_size,
        .read = io_read,
        .write = io_write,
        .allocate = io_allocate,
        .sync = io_sync,
        .sync_directory = io_sync_directory,
        .remove = io_remove,
        .free_bytes = io_free_bytes,
    };
}
