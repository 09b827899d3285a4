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

/* The newest version that is on this side of the last surviving truncation but not beyond it; NULL = durable. */
static const struct disk_version *newest_of(const struct disk_sector *sector, int cuts)
{
    const struct disk_version *version = sector->newest;
    while (version != NULL && version->cuts > cuts)
        version = version->before;
    return version;
}

/* What the newest of them was written over: the last synced bytes, or what that truncation left. */
static const unsigned char *oldest_bytes(const struct disk_sector *sector, const struct disk_version *version)
{
    while (version != NULL && !version->cut)
        version = version->before;
    return version != NULL ? version->bytes : sector->durable;
}

static void mount_sector(struct fate *fate, struct disk_sector *sector, int cuts)
{
    unsigned char torn[DISK_SECTOR];
    if (sector == NULL || sector->newest == NULL)
        return;
    const struct disk_version *newest = newest_of(sector, cuts);
    const unsigned char *bytes = oldest_bytes(sector, newest);
    const bool is_torn = fate->torn-- == 0;
    if (newest != NULL && is_torn) {
        tear(fate, bytes, newest->bytes, torn);
        bytes = torn;
    } else if (newest != NULL && is_lucky(fate)) {
        while (!newest->cut && newest->before != NULL && below(fate, 3) == 0)
            newest = newest->before;
        bytes = newest->bytes;
    }
    disk_sector_settle(sector, bytes);
}

/* A size among those that the file had after so many truncations. */
static int64_t mount_size(struct fate *fate, const struct disk_file *file, int cuts)
{
    int64_t size = file->durable_size;
    bool any = cuts == 0;
    for (size_t i = 0; i < file->unsynced_sizes; i++)
        if (file->unsynced_size[i].cuts == cuts && (!any || is_lucky(fate))) {
            size = file->unsynced_size[i].size;
            any = true;
        }
    return size;
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
    const int cuts = file->cuts > 0 && is_lucky(fate) ? 1 + (int)below(fate, (size_t)file->cuts) : 0;
    file->size = mount_size(fate, file, cuts);
    for (size_t i = 0; i < file->sectors; i++)
        mount_sector(fate, file->sector[i], cuts);
    clear_beyond(file);
    file->durable_size = file->size;
    file->unsynced_sizes = 0;
    file->cuts = 0;
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

static size_t count_unsynced(const struct disk_file *file)
{
    size_t n = 0;
    for (size_t i = 0; i < file->sectors; i++)
        n += file->sector[i] != NULL && file->sector[i]->newest != NULL;
    return n;
}

/* A sector of the file that was under way, else any. */
static int64_t choose_torn(struct fate *fate, const struct disk *disk)
{
    size_t before = 0;
    size_t all = 0;
    for (int f = 0; f < disk->files; f++) {
        before = f == disk->under_way ? all : before;
        all += count_unsynced(&disk->file[f]);
    }
    const size_t of_file = disk->under_way >= 0 ? count_unsynced(&disk->file[disk->under_way]) : 0;
    if (all == 0 || below(fate, 4) == 0)
        return -1;
    return of_file > 0 ? (int64_t)(before + below(fate, of_file)) : (int64_t)below(fate, all);
}

void disk_mount(struct disk *disk, uint64_t seed)
{
    struct fate fate = {.random = seed};
    fate.luck = lucks[below(&fate, LUCKS)];
    fate.torn = choose_torn(&fate, disk);
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
    disk->under_way = -1;
}
