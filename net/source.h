/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source.h - where values come from: vatiod's control socket (who it is, stored records) and its live mailbox.
 * source_vatiod.c is the real one.
 *
 * Life:    vatiod may be absent, stop or be another one at any time. Every call opens what it needs and closes what
 *          has failed, so the caller only asks again later.
 * Errors:  -errno; -ENOENT or -ECONNREFUSED: no vatiod; -EPROTO: it answers, but not as agreed; -EAGAIN from live:
 *          nothing new.
 * Threads: one object, one thread. A call blocks for SOURCE_TIMEOUT_MS at most per message.
 */
#ifndef VATIO_NET_SOURCE_H
#define VATIO_NET_SOURCE_H

#include "firmware/api/control.h"
#include "firmware/api/mailbox.h"

#include <stdint.h>

enum { SOURCE_TIMEOUT_MS = 2000 };

union source_item {
    struct record record;      /* streams minute, quarter, day */
    struct record_event event; /* stream event */
};

struct source;
struct source_ops {
    int (*status)(struct source *source, struct control_status *status);
    /* Up to max records of the stream from from_seq on, seq rising. Returns how many. */
    int (*fetch)(struct source *source, int stream, int64_t from_seq, int max, union source_item *items);
    /* The newest second, once: not again until the writer has moved on. */
    int (*live)(struct source *source, int64_t now_ms, struct mailbox_live *live);
};
struct source {
    const struct source_ops *ops;
};

static inline int source_status(struct source *source, struct control_status *status)
{
    return source->ops->status(source, status);
}
static inline int source_fetch(struct source *source, int stream, int64_t from_seq, int max,
                               union source_item *items)
{
    return source->ops->fetch(source, stream, from_seq, max, items);
}
static inline int source_live(struct source *source, int64_t now_ms, struct mailbox_live *live)
{
    return source->ops->live(source, now_ms, live);
}

/* seq of an item of the stream. */
int64_t source_seq(int stream, const union source_item *item);

#endif
