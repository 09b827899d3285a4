/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invariants:
 *
 *  1. The file never shrinks, is never renamed and holds JOURNAL_SLOTS slots, slot_distance apart, from its first
 *     byte on; it is allocated whole before the first record is written.
 *  2. A slot is header and record under one checksum, in one or two pages. Only journal_write_sized writes slots, one per
 *     call, in one place, the sectors it fills and no others: what an older, longer record left behind them is not part of
 *     the slot.
 *  3. A slot is valid when its magic and size are the journal's (or its magic that of the older version), its seq is not 0
 *     and its checksum holds. Nothing else is believed of it.
 *  4. seq rises by one with each write, and the slot of seq is (seq - 1) % JOURNAL_SLOTS: so a write never touches the
 *     newest valid slot, nor any but the oldest. A valid seq in another slot than its own is damage.
 *  5. A write that failed, or was cut, leaves at most its own slot invalid; the record before stays the newest. The
 *     number of a failed write is used again, so invariant 4 holds for the next write too. Where no slot but the first was ever
 *     written, and that one is invalid, the first write of all was cut: the journal is as new.
 *  6. A write counts once fdatasync has returned, and the file itself once its directory has been synced.
 */
#include "firmware/base/journal.h"

#include "firmware/base/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { PAGE_BYTES = 4096, SLOT_BYTES = 2 * PAGE_BYTES, SECTOR_BYTES = 512 };

struct slot {
    uint32_t magic;
    uint32_t size;     /* of the record */
    uint64_t seq;      /* from 1 */
    uint32_t reserved; /* 0 */
    uint32_t crc;      /* of the slot with crc = 0 up to the end of the record */
    unsigned char record[JOURNAL_RECORD_MAX];
};
#define SLOT_HEAD offsetof(struct slot, record)
_Static_assert(sizeof(struct slot) <= SLOT_BYTES, "a slot is at most two pages");

enum slot_state { SLOT_EMPTY, SLOT_VALID, SLOT_FOREIGN, SLOT_DAMAGED };

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

/* Whole pages that the largest record takes. */
static size_t slot_bytes(const struct journal *journal)
{
    return round_up(SLOT_HEAD + journal->format.size, PAGE_BYTES);
}

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

/* 0 or -errno: read and write may be interrupted and may be short. */
static int read_bytes(const struct journal *journal, unsigned char *bytes, size_t size, int64_t offset)
{
    const struct file_io *io = journal->io;
    for (size_t at = 0; at < size;) {
        const int64_t n = io->read(io->context, journal->fd, bytes + at, size - at, offset + (int64_t)at);
        if (n == 0)
            return -EIO; /* the file was cut behind our back */
        if (n < 0 && n != -EINTR)
            return (int)n;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Through the cache a page is the least that reaches the disk; past it, a sector. bytes lie on a sector's boundary. */
static int write_bytes(const struct journal *journal, const unsigned char *bytes, size_t size, int64_t offset)
{
    const struct file_io *io = journal->io;
    for (size_t at = 0; at < size;) {
        const int64_t n = io->write(io->context, journal->fd, bytes + at, size - at, offset + (int64_t)at);
        if (n < 0 && n != -EINTR)
            return (int)n;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static bool is_ours(const struct journal_format *format, const struct slot *slot)
{
    if (slot->magic == format->magic)
        return format->sized || slot->size == format->size;
    return format->older != 0 && slot->magic >= format->older && slot->magic < format->magic;
}

/* What the slot at index holds. */
static enum slot_state judge(const struct journal *journal, int index, const struct slot *slot)
{
    static const unsigned char zero[SLOT_HEAD];
    if (memcmp(slot, zero, SLOT_HEAD) == 0)
        return SLOT_EMPTY;
    if (slot->size == 0 || SLOT_HEAD + slot->size > slot_bytes(journal) || slot->size > JOURNAL_RECORD_MAX ||
        slot->crc != slot_checksum(slot))
        return SLOT_DAMAGED;
    if (!is_ours(&journal->format, slot))
        return SLOT_FOREIGN;
    return slot->seq != 0 && (int)((slot->seq - 1) % JOURNAL_SLOTS) == index ? SLOT_VALID : SLOT_DAMAGED;
}

/* What cannot be read is a slot that is damaged: the others may be whole. */
static enum slot_state load(const struct journal *journal, int index, struct slot *slot)
{
    unsigned char bytes[SLOT_BYTES] = {0};
    if (read_bytes(journal, bytes, slot_bytes(journal), index * journal->slot_distance) != 0)
        return SLOT_DAMAGED;
    memcpy(slot, bytes, sizeof *slot);
    return judge(journal, index, slot);
}

static int scan(struct journal *journal)
{
    int empty = 0;
    for (int i = 0; i < JOURNAL_SLOTS; i++) {
        struct slot slot;
        switch (load(journal, i, &slot)) {
        case SLOT_EMPTY:
            empty += i > 0;
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
    if (journal->seq == 0 && empty == JOURNAL_SLOTS - 1)
        journal->damaged = 0;
    return 0;
}

/* Of a file that has not a journal's size: is it only a creation that was cut, with nothing in it yet? */
static bool is_blank(const struct journal *journal)
{
    unsigned char page[PAGE_BYTES];
    const int64_t n = journal->io->read(journal->io->context, journal->fd, page, sizeof page, 0);
    for (int64_t i = 0; i < n; i++)
        if (page[i] != 0)
            return false;
    return n >= 0;
}

/* A whole journal of smaller records, as an older version made it. */
static bool is_shorter(const struct journal *journal, int64_t size)
{
    const int64_t last = (JOURNAL_SLOTS - 1) * journal->slot_distance;
    return journal->format.older != 0 && size > last && (size - last) % PAGE_BYTES == 0;
}

/* Invariant 1. */
static int allocate(const struct journal *journal)
{
    const struct file_io *io = journal->io;
    const int64_t bytes = (JOURNAL_SLOTS - 1) * journal->slot_distance + (int64_t)slot_bytes(journal);
    const int64_t size = io->size(io->context, journal->fd);
    if (size < 0 || size == bytes)
        return (int)(size < 0 ? size : 0);
    if (size > bytes || (!is_shorter(journal, size) && !is_blank(journal)))
        return -EMEDIUMTYPE;
    const int error = io->allocate(io->context, journal->fd, bytes);
    return error != 0 ? error : io->sync(io->context, journal->fd);
}

int journal_open_on(struct journal *journal, const struct file_io *io, const char *path,
                    const struct journal_format *format, int64_t slot_distance)
{
    *journal = (struct journal){.io = io, .fd = -1, .format = *format, .slot_distance = slot_distance};
    if (format->size == 0 || format->size > JOURNAL_RECORD_MAX ||
        slot_distance < (int64_t)slot_bytes(journal))
        return -EINVAL;
    const int fd = io->open(io->context, path, O_NOFOLLOW);
    if (fd < 0)
        return fd;
    journal->fd = fd;
    int error = allocate(journal);
    if (error == 0)
        error = scan(journal);
    if (error == 0 && journal->seq == 0) /* with a record in it, an open before has synced its name */
        error = io->sync_directory(io->context, path);
    if (error != 0)
        journal_close(journal);
    return error;
}

int journal_open_format(struct journal *journal, const char *path, const struct journal_format *format,
                        int64_t slot_distance)
{
    return journal_open_on(journal, &file_io_system, path, format, slot_distance);
}

int journal_open(struct journal *journal, const char *path, uint32_t magic, size_t record_size,
                 int64_t slot_distance)
{
    const struct journal_format format = {.magic = magic, .size = record_size};
    return journal_open_format(journal, path, &format, slot_distance);
}

int journal_read_sized(struct journal *journal, void *record, size_t *size, uint32_t *magic)
{
    struct slot slot;
    if (journal->seq == 0)
        return -EBADMSG;
    const int index = (int)((journal->seq - 1) % JOURNAL_SLOTS);
    if (load(journal, index, &slot) != SLOT_VALID || slot.seq != journal->seq)
        return -EBADMSG;
    if (slot.size > journal->format.size) /* of the older version, which the caller says is no larger */
        return -EBADMSG;
    memcpy(record, slot.record, slot.size);
    *size = slot.size;
    *magic = slot.magic;
    return 0;
}

int journal_read(struct journal *journal, void *record)
{
    size_t size;
    uint32_t magic;
    return journal_read_sized(journal, record, &size, &magic);
}

int journal_write_sized(struct journal *journal, const void *record, size_t size)
{
    _Alignas(SECTOR_BYTES) unsigned char bytes[SLOT_BYTES] = {0};
    if (size == 0 || size > journal->format.size)
        return -EINVAL;
    struct slot slot = {.magic = journal->format.magic, .size = (uint32_t)size, .seq = journal->seq + 1};
    memcpy(slot.record, record, size);
    slot.crc = slot_checksum(&slot);
    memcpy(bytes, &slot, sizeof slot);
    const size_t used = round_up(SLOT_HEAD + size, SECTOR_BYTES);
    int error = write_bytes(journal, bytes, used, slot_offset(journal, slot.seq));
    if (error == 0)
        error = journal->io->sync(journal->io->context, journal->fd);
    if (error != 0)
        return error;
    journal->seq = slot.seq;
    return 0;
}

int journal_write(struct journal *journal, const void *record)
{
    return journal_write_sized(journal, record, journal->format.size);
}

void journal_close(struct journal *journal)
{
    if (journal->fd >= 0)
        journal->io->close(journal->io->context, journal->fd);
    journal->fd = -1;
}
