/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/cursor.h"

#include "firmware/base/checksum.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

_Static_assert(sizeof(struct cursor_record) <= JOURNAL_RECORD_MAX, "the cursor fits a slot");
_Static_assert(sizeof(struct cursor_record) == CURSOR_BROKER + RECORD_ID + 7 + STREAMS * sizeof(int64_t),
               "no padding");

/* A kept cursor counts only if it is of this broker and store: the file name holds a checksum of the broker only. */
static bool usable(const struct cursor_record *kept, const struct cursor_record *wanted)
{
    if (memcmp(kept->broker, wanted->broker, sizeof kept->broker) != 0 ||
        memcmp(kept->store_id, wanted->store_id, sizeof kept->store_id) != 0)
        return false;
    for (int stream = 0; stream < STREAMS; stream++)
        if (kept->acked_seq[stream] < 0)
            return false;
    return true;
}

static int read_kept(struct cursor *cursor)
{
    struct cursor_record kept;

    if (flock(cursor->journal.fd, LOCK_EX | LOCK_NB) != 0)
        return -errno;
    const int error = journal_read(&cursor->journal, &kept);
    if (error == -EBADMSG)
        return 0;
    if (error != 0)
        return error;
    if (!usable(&kept, &cursor->record))
        return 0;
    cursor->record = kept;
    return 1;
}

int cursor_open(struct cursor *cursor, const char *state_dir, const char *broker, const char *store_id,
                int64_t acked_seq[STREAMS])
{
    memset(cursor, 0, sizeof *cursor);
    if (strlen(broker) >= sizeof cursor->record.broker || strlen(store_id) >= RECORD_ID ||
        strchr(store_id, '/') != NULL)
        return -EINVAL;
    memcpy(cursor->record.broker, broker, strlen(broker));
    memcpy(cursor->record.store_id, store_id, strlen(store_id));
    const int length = snprintf(cursor->path, sizeof cursor->path, "%s/cursor-%08" PRIx32 "-%s", state_dir,
                                checksum(broker, strlen(broker)), store_id);
    if (length >= (int)sizeof cursor->path)
        return -ENAMETOOLONG;
    const int error = journal_open(&cursor->journal, cursor->path, CURSOR_MAGIC, sizeof cursor->record,
                                   CURSOR_SLOT_DISTANCE);
    if (error != 0)
        return error;
    const int found = read_kept(cursor);
    if (found < 0) {
        journal_close(&cursor->journal);
        return found;
    }
    cursor->is_open = true;
    memcpy(acked_seq, cursor->record.acked_seq, sizeof cursor->record.acked_seq);
    return found;
}

int cursor_write(struct cursor *cursor, const int64_t acked_seq[STREAMS])
{
    struct cursor_record next = cursor->record;

    if (!cursor->is_open || memcmp(next.acked_seq, acked_seq, sizeof next.acked_seq) == 0)
        return 0;
    memcpy(next.acked_seq, acked_seq, sizeof next.acked_seq);
    const int error = journal_write(&cursor->journal, &next);
    if (error == 0)
        cursor->record = next;
    return error;
}

void cursor_close(struct cursor *cursor)
{
    if (cursor->is_open)
        journal_close(&cursor->journal);
    cursor->is_open = false;
}
