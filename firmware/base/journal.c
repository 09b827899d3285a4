/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invariants:
 *
 *  1. The file never shrinks, is never renamed and holds JOURNAL_SLOTS slots, slot_distance apart, from its first
 *     byte on; it is allocated whole before the first record is written.
 *  2. A slot is one page: header and record. Only journal_write writes slots, one page per call, in one place.
 *  3. A slot is valid when its magic and size are the journal's, its seq is not 0 and its checksum holds. Nothing else
 *     is believed of it.
 *  4. seq rises by one with each write, and the slot of seq is (seq - 1) % JOURNAL_SLOTS: so a write never touches the
 *     newest valid slot, nor any but the oldest. A valid seq in another slot than its own is damage.
 *  5. A write that failed, or was cut, leaves at most its own slot invalid; the record before stays the newest. The
 *     number of a failed write is used again, so invariant 4 holds for the next write too.
 *  6. A write counts once fdatasync has returned, and the file itself once its directory has been synced.
 */
#include "firmware/base/journal.h"

#include "firmware/base/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, PATH_BYTES = 512 };

struct slot {
    uint32_t magic;
    uint32_t size;     /* of the record */
    uint64_t seq;      /* from 1 */
    uint32_t reserved; /* 0 */
    uint32_t crc;      /* of the slot with crc = 0 up to the end of the record */
    unsigned char record[JOURNAL_RECORD_MAX];
};
#define SLOT_HEAD offsetof(struct slot, record)
_Static_assert(sizeof(struct slot) <= PAGE_BYTES, "a slot is one page");

enum slot_state { SLOT_EMPTY, SLOT_VALID, SLOT_FOREIGN, SLOT_DAMAGED };

static int64_t slot_offset(const struct journal *journal, uint64_t seq)
{
    return (int64_t)((seq - 1) % JOURNAL_SLOTS) * journal->slot_distance;
}

static uint32_t slot_checksum(const struct slot *slot)
{
    struct slot copy = *slot;
    copy.crc = 0;
    return checksum(&copy, SLOT_HEAD + slot->size);
}

/* The whole page or -errno: read and write may be interrupted and may be short. */
static int read_page(int fd, unsigned char page[PAGE_BYTES], int64_t offset)
{
    for (size_t at = 0; at < PAGE_BYTES;) {
        const ssize_t n = pread(fd, page + at, PAGE_BYTES - at, offset + (int64_t)at);
        if (n == 0)
            return -EIO; /* the file was cut behind our back */
        if (n < 0 && errno != EINTR)
            return -errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int write_page(int fd, const unsigned char page[PAGE_BYTES], int64_t offset)
{
    for (size_t at = 0; at < PAGE_BYTES;) {
        const ssize_t n = pwrite(fd, page + at, PAGE_BYTES - at, offset + (int64_t)at);
        if (n < 0 && errno != EINTR)
            return -errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* What the slot at index holds. */
static enum slot_state judge(const struct journal *journal, int index, const struct slot *slot)
{
    static const unsigned char zero[SLOT_HEAD];
    if (memcmp(slot, zero, SLOT_HEAD) == 0)
        return SLOT_EMPTY;
    if (slot->size == 0 || slot->size > JOURNAL_RECORD_MAX || slot->crc != slot_checksum(slot))
        return SLOT_DAMAGED;
    if (slot->magic != journal->magic || slot->size != journal->size)
        return SLOT_FOREIGN;
    return slot->seq != 0 && (int)((slot->seq - 1) % JOURNAL_SLOTS) == index ? SLOT_VALID : SLOT_DAMAGED;
}

/* A page that cannot be read is a slot that is damaged: the others may be whole. */
static enum slot_state load(const struct journal *journal, int index, struct slot *slot)
{
    unsigned char page[PAGE_BYTES];
    if (read_page(journal->fd, page, index * journal->slot_distance) != 0)
        return SLOT_DAMAGED;
    memcpy(slot, page, sizeof *slot);
    return judge(journal, index, slot);
}

static int scan(struct journal *journal)
{
    for (int i = 0; i < JOURNAL_SLOTS; i++) {
        struct slot slot;
        switch (load(journal, i, &slot)) {
        case SLOT_EMPTY:
            break;
        case SLOT_VALID:
            if (slot.seq > journal->seq)
                journal->seq = slot.seq;
            break;
        case SLOT_FOREIGN:
            return -EMEDIUMTYPE;
        case SLOT_DAMAGED:
            journal->damaged++;
            break;
        }
    }
    return 0;
}

static int sync_directory(const char *path)
{
    char copy[PATH_BYTES];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return -ENAMETOOLONG;
    const int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    const int error = fsync(fd) != 0 ? -errno : 0;
    close(fd);
    return error;
}

/* Of a file that has not a journal's size: is it only a creation that was cut, with nothing in it yet? */
static bool is_blank(int fd)
{
    unsigned char page[PAGE_BYTES];
    const ssize_t n = pread(fd, page, sizeof page, 0);
    for (ssize_t i = 0; i < n; i++)
        if (page[i] != 0)
            return false;
    return n >= 0;
}

/* Invariant 1. */
static int allocate(const struct journal *journal)
{
    const int64_t bytes = (JOURNAL_SLOTS - 1) * journal->slot_distance + PAGE_BYTES;
    struct stat status;
    if (fstat(journal->fd, &status) != 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_size > bytes)
        return -EMEDIUMTYPE;
    if (status.st_size < bytes) {
        if (!is_blank(journal->fd))
            return -EMEDIUMTYPE;
        const int error = posix_fallocate(journal->fd, 0, bytes);
        if (error != 0)
            return -error;
        if (fsync(journal->fd) != 0)
            return -errno;
    }
    return 0;
}

int journal_open(struct journal *journal, const char *path, uint32_t magic, size_t record_size,
                 int64_t slot_distance)
{
    *journal =
        (struct journal){.fd = -1, .magic = magic, .size = record_size, .slot_distance = slot_distance};
    if (record_size == 0 || record_size > JOURNAL_RECORD_MAX || slot_distance < PAGE_BYTES)
        return -EINVAL;
    journal->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (journal->fd < 0)
        return -errno;
    int error = allocate(journal);
    if (error == 0)
        error = scan(journal);
    if (error == 0 && journal->seq == 0) /* with a record in it, an open before has synced its name */
        error = sync_directory(path);
    if (error != 0)
        journal_close(journal);
    return error;
}

int journal_read(struct journal *journal, void *record)
{
    struct slot slot;
    if (journal->seq == 0)
        return -EBADMSG;
    const int index = (int)((journal->seq - 1) % JOURNAL_SLOTS);
    if (load(journal, index, &slot) != SLOT_VALID || slot.seq != journal->seq)
        return -EBADMSG;
    memcpy(record, slot.record, journal->size);
    return 0;
}

int journal_write(struct journal *journal, const void *record)
{
    unsigned char page[PAGE_BYTES] = {0};
    struct slot slot = {.magic = journal->magic, .size = (uint32_t)journal->size, .seq = journal->seq + 1};
    memcpy(slot.record, record, journal->size);
    slot.crc = slot_checksum(&slot);
    memcpy(page, &slot, sizeof slot);
    const int error = write_page(journal->fd, page, slot_offset(journal, slot.seq));
    if (error != 0)
        return error;
    if (fdatasync(journal->fd) != 0)
        return -errno;
    journal->seq = slot.seq;
    return 0;
}

void journal_close(struct journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    journal->fd = -1;
}
