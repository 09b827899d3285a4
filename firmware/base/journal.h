/* SPDX-License-Identifier: GPL-3.0-or-later */
/* journal.h - one small record kept through power cuts: a preallocated file of slots an erase block apart, written in
 * turn, each with sequence and checksum. Never renamed, never truncated.
 *
 * Record:  of one size, or of any size up to a largest one; of one magic, or also of an older one, which is read but
 *          never written: that is how a record gets a new version without losing the old one.
 *
 * A write touches one slot only, the oldest; the newest valid one stays whole. So a cut at any instant leaves at least
 * the record before. The numbered invariants stand on top of journal.c.
 * Errors:  -errno; -EBADMSG from journal_read when no slot holds a valid record of this magic; -EMEDIUMTYPE when the
 *          file is a journal of another magic, record size or slot distance, or no journal at all.
 * Threads: one object, one thread.
 */
#ifndef VATIO_BASE_JOURNAL_H
#define VATIO_BASE_JOURNAL_H

#include "firmware/base/file_io.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JOURNAL_SLOTS = 4,
    JOURNAL_RECORD_MAX = 8064, /* with its header two pages */
};
#define JOURNAL_SLOT_DISTANCE (INT64_C(4) << 20)

struct journal_format {
    uint32_t magic; /* says what the record is, and its version */
    uint32_t older; /* of the oldest version that is still read, as are those between; 0 = none */
    size_t size;    /* of a record, the largest one when sized */
    bool sized;     /* records may be smaller */
};

struct journal {
    const struct file_io *io;
    int fd;
    struct journal_format format;
    int64_t slot_distance;
    uint64_t seq; /* of the newest valid slot; 0 = none */
    int damaged;  /* slots that held something invalid when opened */
};

/* Opens or creates (and preallocates) the file. slot_distance is JOURNAL_SLOT_DISTANCE, or less for small journals
 * and tests (at least 4096). */
int journal_open(struct journal *journal, const char *path, uint32_t magic, size_t record_size,
                 int64_t slot_distance);

/* The same with all that a format can say. */
int journal_open_format(struct journal *journal, const char *path, const struct journal_format *format,
                        int64_t slot_distance);

/* The same on a file system that is not the system's; io outlives the journal. */
int journal_open_on(struct journal *journal, const struct file_io *io, const char *path,
                    const struct journal_format *format, int64_t slot_distance);

/* The newest valid record. */
int journal_read(struct journal *journal, void *record);

/* The same, with its size and magic; record has room for format.size. */
int journal_read_sized(struct journal *journal, void *record, size_t *size, uint32_t *magic);

/* Writes the next slot: pwrite, fdatasync. What goes to the disk is header and record, in whole sectors of 512 bytes
 * where the file system can write past its cache, else in pages. */
int journal_write(struct journal *journal, const void *record);
int journal_write_sized(struct journal *journal, const void *record, size_t size);

void journal_close(struct journal *journal);

#endif
