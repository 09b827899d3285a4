/* SPDX-License-Identifier: GPL-3.0-or-later */
/* disk.h - a disk in memory, with one directory, that loses power at a given step.
 *
 * Step:    each call that changes something is one: create, write, truncate, allocate, sync, sync of the directory, remove.
 * Power:   at step cut_at it goes: that call and all later ones fail with -EIO, until disk_mount brings it back.
 * Content: a sector of 512 bytes is on the disk for sure once its file was synced. Of one that was not, disk_mount finds what was
 *          synced or any of what was written since, each sector by itself: later writes may be there and earlier ones not. One of
 *          them, of the file whose write or sync was under way if there was one, was being written when the power went: it is torn (part old, part new, either way round) or junk.
 * Cache:   what goes through the page cache is written in pages of 4096: their other sectors are under way again too.
 * Size:    what was synced or any since, whatever happened to the sectors; what never reached the disk within it reads as zeros.
 *          A truncation happened as a whole, or neither it nor anything that was written to the file after it.
 * Names:   a file's name is there, or gone, for sure once the directory was synced; until then each by itself.
 * Weaker than ext4 with data=ordered, which keeps changes of names and sizes in order, writes the data of a file before
 * it shows its new size, and makes a new file's name durable with the file's fsync. What holds here holds there.
 * Not modelled: a card that lies about syncs, or that spoils what it was not asked to write.
 * Errors:  -errno. Threads: none.
 */
#ifndef VATIO_TESTS_POWER_LOSS_DISK_H
#define VATIO_TESTS_POWER_LOSS_DISK_H

#include "firmware/base/file_io.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DISK_SECTOR = 512, DISK_PAGE = 4096, DISK_FILES = 128, DISK_NAMES = 16, DISK_NAME = 64 };

struct disk_version {
    struct disk_version *before; /* NULL: the sector's durable bytes */
    int cuts;                    /* truncations of the file before it, since its last sync */
    bool cut;                    /* is what the last of them left */
    unsigned char bytes[DISK_SECTOR];
};

struct disk_sector {
    struct disk_version *newest; /* not synced; NULL: durable */
    unsigned char durable[DISK_SECTOR];
};

struct disk_size {
    int64_t size;
    int cuts;
};

struct disk_file {
    struct disk_sector **sector; /* NULL: zeros */
    size_t sectors;
    int64_t size;
    int64_t durable_size;
    struct disk_size *unsynced_size; /* since durable_size, in order */
    size_t unsynced_sizes, room;
    int cuts; /* truncations since the last sync */
};

enum { DISK_CHANGES = 32 };
struct disk_name {
    char path[DISK_NAME];
    int file; /* -1: none of this name */
    int durable;
    int unsynced[DISK_CHANGES]; /* what file was since, in order */
    int unsynced_n;
};

struct disk {
    struct disk_file file[DISK_FILES];
    int files;
    struct disk_name name[DISK_NAMES];
    int names;
    int64_t capacity_bytes; /* -ENOSPC beyond it; 0 = no limit */
    int64_t used_bytes;
    int64_t step;
    int64_t cut_at; /* 0 = never */
    bool off;
    int under_way;                  /* the file whose write or sync the cut met; -1 = none */
    void (*on_step)(void *context); /* before each step; NULL = nobody */
    void *context;
    struct file_io io; /* the disk as journal and store see it */
};

void disk_init(struct disk *disk);
void disk_close(struct disk *disk);

/* Bytes are the sector's durable ones from now on. */
void disk_sector_settle(struct disk_sector *sector, const unsigned char *bytes);

/* What a start finds: settles, by the seed, what survived, and the power is back. */
void disk_mount(struct disk *disk, uint64_t seed);

/* The file's number, for all the calls below, for as long as the disk lives. -ENOENT without create. */
int disk_open(struct disk *disk, const char *path, bool create);
int64_t disk_size(struct disk *disk, int file);
int64_t disk_read(struct disk *disk, int number, void *bytes, size_t size,
                  int64_t offset); /* short at its end */
int64_t disk_write(struct disk *disk, int number, const void *bytes, size_t size, int64_t offset,
                   bool cached);
int disk_truncate(struct disk *disk, int number, int64_t size);
int disk_allocate(struct disk *disk, int number, int64_t size);
int disk_sync(struct disk *disk, int number);
int disk_sync_directory(struct disk *disk);
int disk_remove(struct disk *disk, const char *path);
bool disk_exists(struct disk *disk, const char *path);

#endif
