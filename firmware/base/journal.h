/* SPDX-License-Identifier: GPL-3.0-or-later */
/* journal.h - one small record kept through power cuts: a preallocated file of slots an erase block apart, written in
 * turn, each with sequence and checksum. Never renamed, never truncated.
 *
 * A write touches one slot only, the oldest; the newest valid one stays whole. So a cut at any instant leaves at least
 * the record before. The numbered invariants stand on top of journal.c.
 * Errors:  -errno; -EBADMSG from journal_read when no slot holds a valid record of this magic; -EMEDIUMTYPE when the
 *          file is a journal of another magic, record size or slot distance, or no journal at all.
 * Threads: one object, one thread.
 */
#ifndef VATIO_BASE_JOURNAL_H
#define VATIO_BASE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

enum {
    JOURNAL_SLOTS = 4,
    JOURNAL_RECORD_MAX = 3968, /* with its header one page */
};
#define JOURNAL_SLOT_DISTANCE (INT64_C(4) << 20)

struct journal {
    int fd;
    uint32_t magic; /* says what the record is, and its version */
    size_t size;    /* of a record */
    int64_t slot_distance;
    uint64_t seq; /* of the newest valid slot; 0 = none */
    int damaged;  /* slots that held something invalid when opened */
};

/* Opens or creates (and preallocates) the file. slot_distance is JOURNAL_SLOT_DISTANCE, or less for small journals
 * and tests (at least 4096). */
int journal_open(struct journal *journal, const char *path, uint32_t magic, size_t record_size,
                 int64_t slot_distance);

/* The newest valid record. */
int journal_read(struct journal *journal, void *record);

/* Writes the next slot: pwrite, fdatasync. */
int journal_write(struct journal *journal, const void *record);

void journal_close(struct journal *journal);

#endif
