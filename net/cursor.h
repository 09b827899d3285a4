/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cursor.h - up to which record each stream is delivered to one broker, kept through power cuts.
 *
 * File:    <state_dir>/cursor-<crc32c of the broker, 8 hex>-<store_id>: a slot journal (firmware/base/journal.h), one per
 *          broker and store. A new store_id or broker starts at 0: everything retained is sent.
 * Slots:   CURSOR_SLOT_DISTANCE apart, not an erase block: what a cut can cost here is records sent twice, and
 *          the receiver knows them by their key. The registers' journal cannot afford that; this one is 256 KiB.
 * Lock:    the file is locked while open; -EWOULDBLOCK when another process holds it.
 * Errors:  -errno.
 * Threads: one object, one thread.
 */
#ifndef VATIO_NET_CURSOR_H
#define VATIO_NET_CURSOR_H

#include "firmware/api/record.h"
#include "firmware/base/journal.h"

#include <stdbool.h>

#define CURSOR_SLOT_DISTANCE (INT64_C(64) << 10)
#define CURSOR_MAGIC         UINT32_C(0x31637576) /* "vuc1" */
enum { CURSOR_BROKER = 264, CURSOR_PATH = 512 };

struct cursor_record {
    char broker[CURSOR_BROKER];
    char store_id[RECORD_ID + 7]; /* a multiple of eight, so that no byte of the record is undefined */
    int64_t acked_seq[STREAMS];
};

struct cursor {
    bool is_open;
    struct journal journal;
    struct cursor_record record; /* as written last */
    char path[CURSOR_PATH];
};

/* broker is "host:port". Fills acked_seq: what was kept, or zeros. Returns 1 if a kept cursor was found, 0 if it starts
 * anew. state_dir must exist. */
int cursor_open(struct cursor *cursor, const char *state_dir, const char *broker, const char *store_id,
                int64_t acked_seq[STREAMS]);

/* Writes, if acked_seq differs from what was written last. */
int cursor_write(struct cursor *cursor, const int64_t acked_seq[STREAMS]);

void cursor_close(struct cursor *cursor);

#endif
