/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a cut leaves; disk.h has the rules. */
#include "tests/power_loss/disk.h"

#include "tests/unit/splitmix.h"

#include <string.h>

/* The disk's luck: at the extremes nothing or everything that was not synced survives, between them all is reordered. */
static const double lucks[] = {0, 0.1, 0.5, 0.9, 1};
enum { LUCKS = sizeof lucks / sizeof lucks[0] };

struct fate {
    uint64_t random;
    double luck;
    int64_t torn; /* the sector under way, counted among those that were not synced; -1 = none was */
};

static size_t below(struct fate *fate, size_t n)
{
    return (size_t)(splitmix_bits(&fate->random) % n);
}

static bool is_lucky(struct fate *fate)
{
    return splitmix_uniform(&fate->random) < fate->luck;
}

static void tear(struct fate *fate, const unsigned char *old, const unsigned char *new, unsigned char *torn)
{
    const size_t at = 1 + below(fate, DISK_SECTOR - 1);
    switch (below(fate, 3)) {
    case 0:
        memcpy(torn, new, at);
        memcpy(torn + at, old + at, DISK_SECTOR - at);
        break;
    case 1:
        memcpy(torn, old, at);
        memcpy(torn + at, new + at, DISK_SECTOR - at);
        break;
    default:
        for (size_t i = 0; i < DISK_SECTOR; i++)
            torn[i] = (unsigned char)splitmix_bits(&fate->random);
    }
}

/* The newest version mostly, else one on the way to it. */
static const unsigned char *survivor(struct fate *fate, const struct disk_sector *sector)
{
    const struct disk_version *version = sector->newest;
    if (!is_lucky(fate))
        return sector->durable;
    while (version->before != NULL && below(fate, 3) == 0)
        version = version->before;
    return version->bytes;
}

static void mount_sector(struct fate *fate, struct disk_sector *sector)
{
    unsigned char torn[DISK_SECTOR];
    if (sector == NULL || sector->newest == NULL)
        return;
    const unsigned char *bytes = survivor(fate, sector);
    if (fate->torn-- == 0) {
        tear(fate, sector->durable, sector->newest->bytes, torn);
        bytes = torn;
    }
    disk_sector_settle(sector, bytes);
}

static void clear_beyond(struct disk_file *file)
{
    for (size_t i = 0; i < file->sectors; i++) {
        const int64_t begin = (int64_t)i * DISK_SECTOR;
        if (file->sector[i] == NULL || begin + DISK_SECTOR <= file->size)
            continue;
        const size_t within = begin < file->size ? (size_t)(file->size - begin) : 0;
        memset(file->sector[i]->durable + within, 0, DISK_SECTOR - within);
    }
}

static void mount_file(struct fate *fate, struct disk_file *file)
{
    file->size = file->durable_size;
    if (file->unsynced_sizes > 0 && is_lucky(fate)) {
        const size_t newest = file->unsynced_sizes - 1;
        file->size = file->unsynced_size[below(fate, 2) == 0 ? newest : below(fate, newest + 1)];
    }
    file->durable_size = file->size;
    file->unsynced_sizes = 0;
    for (size_t i = 0; i < file->sectors; i++)
        mount_sector(fate, file->sector[i]);
    clear_beyond(file);
}

static void mount_name(struct fate *fate, struct disk_name *name)
{
    name->file = name->durable;
    if (name->unsynced_n > 0 && is_lucky(fate))
        name->file = name->unsynced[below(fate, 2) == 0 ? (size_t)name->unsynced_n - 1
                                                        : below(fate, (size_t)name->unsynced_n)];
    name->durable = name->file;
    name->unsynced_n = 0;
}

static size_t count_unsynced(const struct disk *disk)
{
    size_t n = 0;
    for (int f = 0; f < disk->files; f++)
        for (size_t i = 0; i < disk->file[f].sectors; i++)
            n += disk->file[f].sector[i] != NULL && disk->file[f].sector[i]->newest != NULL;
    return n;
}

void disk_mount(struct disk *disk, uint64_t seed)
{
    struct fate fate = {.random = seed};
    const size_t unsynced = count_unsynced(disk);
    fate.luck = lucks[below(&fate, LUCKS)];
    fate.torn = unsynced > 0 && below(&fate, 4) > 0 ? (int64_t)below(&fate, unsynced) : -1;
    for (int f = 0; f < disk->files; f++)
        mount_file(&fate, &disk->file[f]);
    disk->used_bytes = 0;
    for (int i = 0; i < disk->names; i++) {
        mount_name(&fate, &disk->name[i]);
        if (disk->name[i].file >= 0)
            disk->used_bytes += disk->file[disk->name[i].file].size;
    }
    disk->step = disk->cut_at = 0;
    disk->off = false;
}
