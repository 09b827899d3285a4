/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/power_loss/disk.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTER = sizeof(void *) };

/* The power is on, and stays on during this step: else the step is under way when it goes. */
static bool step(struct disk *disk)
{
    if (disk->off)
        return false;
    disk->step++;
    if (disk->on_step != NULL)
        disk->on_step(disk->context);
    disk->off = disk->step == disk->cut_at;
    return !disk->off;
}

static void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

static const unsigned char *newest_bytes(const struct disk_sector *sector)
{
    return sector->newest != NULL ? sector->newest->bytes : sector->durable;
}

static struct disk_sector *sector_at(struct disk_file *file, size_t index)
{
    if (index >= file->sectors) {
        const size_t sectors = index + index / 4 + 64;
        file->sector = must(realloc(file->sector, sectors * POINTER));
        memset(file->sector + file->sectors, 0, (sectors - file->sectors) * POINTER);
        file->sectors = sectors;
    }
    if (file->sector[index] == NULL)
        file->sector[index] = must(calloc(1, sizeof *file->sector[index]));
    return file->sector[index];
}

static struct disk_version *add_version(const struct disk_file *file, struct disk_sector *sector)
{
    struct disk_version *version = must(malloc(sizeof *version));
    memcpy(version->bytes, newest_bytes(sector), DISK_SECTOR);
    version->cuts = file->cuts;
    version->cut = false;
    version->before = sector->newest;
    sector->newest = version;
    return version;
}

void disk_sector_settle(struct disk_sector *sector, const unsigned char *bytes)
{
    if (bytes != sector->durable)
        memmove(sector->durable, bytes, DISK_SECTOR);
    while (sector->newest != NULL) {
        struct disk_version *version = sector->newest;
        sector->newest = version->before;
        free(version);
    }
}

static void set_size(struct disk *disk, struct disk_file *file, int64_t size)
{
    if (size == file->size)
        return;
    if (file->unsynced_sizes == file->room) {
        file->room = 2 * file->room + 16;
        file->unsynced_size = must(realloc(file->unsynced_size, file->room * sizeof *file->unsynced_size));
    }
    file->unsynced_size[file->unsynced_sizes++] = (struct disk_size){size, file->cuts};
    disk->used_bytes += size - file->size;
    file->size = size;
}

static struct disk_name *name_of(struct disk *disk, const char *path)
{
    for (int i = 0; i < disk->names; i++)
        if (strcmp(disk->name[i].path, path) == 0)
            return &disk->name[i];
    return NULL;
}

static void set_name(struct disk_name *name, int file)
{
    assert(name->unsynced_n < DISK_CHANGES);
    name->unsynced[name->unsynced_n++] = file;
    name->file = file;
}

int disk_open(struct disk *disk, const char *path, bool create)
{
    struct disk_name *name = name_of(disk, path);
    if (disk->off)
        return -EIO;
    if (name != NULL && name->file >= 0)
        return name->file;
    if (!create)
        return -ENOENT;
    const bool on = step(disk);
    if (name == NULL) {
        assert(disk->names < DISK_NAMES && strlen(path) < DISK_NAME);
        name = &disk->name[disk->names++];
        *name = (struct disk_name){.file = -1, .durable = -1};
        snprintf(name->path, sizeof name->path, "%s", path);
    }
    assert(disk->files < DISK_FILES);
    set_name(name, disk->files++);
    return on ? name->file : -EIO;
}

bool disk_exists(struct disk *disk, const char *path)
{
    const struct disk_name *name = name_of(disk, path);
    return name != NULL && name->file >= 0;
}

int64_t disk_size(struct disk *disk, int file)
{
    return disk->off ? -EIO : disk->file[file].size;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

int64_t disk_read(struct disk *disk, int number, void *bytes, size_t size, int64_t offset)
{
    const struct disk_file *file = &disk->file[number];
    if (disk->off)
        return -EIO;
    if (offset >= file->size)
        return 0;
    size = least(size, (size_t)(file->size - offset));
    memset(bytes, 0, size);
    for (size_t at = 0; at < size;) {
        const size_t index = ((size_t)offset + at) / DISK_SECTOR;
        const size_t within = ((size_t)offset + at) % DISK_SECTOR;
        const size_t n = least(size - at, DISK_SECTOR - within);
        if (index < file->sectors && file->sector[index] != NULL)
            memcpy((unsigned char *)bytes + at, newest_bytes(file->sector[index]) + within, n);
        at += n;
    }
    return (int64_t)size;
}

/* A new version of each sector from first to last, of all of their pages when cached. */
static void begin_versions(struct disk_file *file, size_t first, size_t last, bool cached)
{
    const size_t unit = cached ? DISK_PAGE / DISK_SECTOR : 1;
    for (size_t index = first / unit * unit; index < (last / unit + 1) * unit; index++)
        add_version(file, sector_at(file, index));
}

static bool is_full(const struct disk *disk, const struct disk_file *file, int64_t size)
{
    return disk->capacity_bytes > 0 && size > file->size &&
           disk->used_bytes + size - file->size > disk->capacity_bytes;
}

int64_t disk_write(struct disk *disk, int number, const void *bytes, size_t size, int64_t offset, bool cached)
{
    struct disk_file *file = &disk->file[number];
    const size_t begin = (size_t)offset;
    if (disk->off)
        return -EIO;
    if (is_full(disk, file, offset + (int64_t)size))
        return -ENOSPC;
    const bool on = step(disk);
    begin_versions(file, begin / DISK_SECTOR, (begin + size - 1) / DISK_SECTOR, cached);
    for (size_t at = 0; at < size;) {
        const size_t within = (begin + at) % DISK_SECTOR;
        const size_t n = least(size - at, DISK_SECTOR - within);
        memcpy(file->sector[(begin + at) / DISK_SECTOR]->newest->bytes + within,
               (const unsigned char *)bytes + at, n);
        at += n;
    }
    if (offset + (int64_t)size > file->size)
        set_size(disk, file, offset + (int64_t)size);
    disk->under_way = on ? -1 : number;
    return on ? (int64_t)size : -EIO;
}

/* What lies beyond is zeros should the file grow again. */
static void clear_beyond(struct disk_file *file, int64_t size)
{
    for (size_t index = (size_t)size / DISK_SECTOR; index < file->sectors; index++) {
        const size_t begin = index * DISK_SECTOR;
        const size_t within = begin < (size_t)size ? (size_t)size - begin : 0;
        if (file->sector[index] == NULL)
            continue;
        struct disk_version *version = add_version(file, file->sector[index]);
        memset(version->bytes + within, 0, DISK_SECTOR - within);
        version->cut = true;
    }
}

int disk_truncate(struct disk *disk, int number, int64_t size)
{
    struct disk_file *file = &disk->file[number];
    if (disk->off)
        return -EIO;
    const bool on = step(disk);
    if (size < file->size) {
        file->cuts++;
        clear_beyond(file, size);
    }
    set_size(disk, file, size);
    return on ? 0 : -EIO;
}

int disk_allocate(struct disk *disk, int number, int64_t size)
{
    struct disk_file *file = &disk->file[number];
    if (disk->off)
        return -EIO;
    if (is_full(disk, file, size))
        return -ENOSPC;
    const bool on = step(disk);
    if (size > file->size) {
        set_size(disk, file, file->size + (size - file->size) / 3); /* it may get no further */
        set_size(disk, file, size);
    }
    return on ? 0 : -EIO;
}

static void settle(struct disk_file *file)
{
    for (size_t i = 0; i < file->sectors; i++)
        if (file->sector[i] != NULL)
            disk_sector_settle(file->sector[i], newest_bytes(file->sector[i]));
    file->durable_size = file->size;
    file->unsynced_sizes = 0;
    file->cuts = 0;
}

int disk_sync(struct disk *disk, int number)
{
    if (disk->off)
        return -EIO;
    if (!step(disk)) {
        disk->under_way = number;
        return -EIO;
    }
    settle(&disk->file[number]);
    return 0;
}

int disk_sync_directory(struct disk *disk)
{
    if (!step(disk))
        return -EIO;
    for (int i = 0; i < disk->names; i++) {
        disk->name[i].durable = disk->name[i].file;
        disk->name[i].unsynced_n = 0;
    }
    return 0;
}

int disk_remove(struct disk *disk, const char *path)
{
    struct disk_name *name = name_of(disk, path);
    if (disk->off)
        return -EIO;
    if (name == NULL || name->file < 0)
        return -ENOENT;
    const bool on = step(disk);
    disk->used_bytes -= disk->file[name->file].size;
    set_name(name, -1);
    return on ? 0 : -EIO;
}

void disk_close(struct disk *disk)
{
    for (int f = 0; f < disk->files; f++) {
        struct disk_file *file = &disk->file[f];
        settle(file);
        for (size_t i = 0; i < file->sectors; i++)
            free(file->sector[i]);
        free(file->sector);
        free(file->unsynced_size);
    }
    disk->files = 0;
}
