/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/outbox.h"

#include <string.h>

void outbox_init(struct outbox *outbox, int window, int64_t first_ticket)
{
    memset(outbox, 0, sizeof *outbox);
    outbox->window = window < 1 ? 1 : window > OUTBOX_WINDOW_MAX ? OUTBOX_WINDOW_MAX : window;
    outbox->next_ticket = first_ticket;
}

void outbox_set(struct outbox *outbox, const int64_t acked_seq[STREAMS])
{
    memcpy(outbox->acked_seq, acked_seq, sizeof outbox->acked_seq);
    outbox_reset(outbox);
}

void outbox_reset(struct outbox *outbox)
{
    outbox->n = 0;
    memset(outbox->probing, 0, sizeof outbox->probing);
}

static int on_their_way(const struct outbox *outbox, int stream)
{
    int n = 0;
    for (int k = 0; k < outbox->n; k++)
        n += outbox->entry[k].stream == stream;
    return n;
}

int outbox_room(const struct outbox *outbox, int stream)
{
    const int room = outbox->window - outbox->n;
    if (room <= 0)
        return 0;
    if (outbox->probing[stream])
        return on_their_way(outbox, stream) == 0;
    return room;
}

int64_t outbox_next_seq(const struct outbox *outbox, int stream)
{
    int64_t last = outbox->acked_seq[stream];
    for (int k = 0; k < outbox->n; k++)
        if (outbox->entry[k].stream == stream)
            last = outbox->entry[k].seq;
    return last + 1;
}

int64_t outbox_add(struct outbox *outbox, int stream, int64_t seq, int64_t now_ms)
{
    struct outbox_entry *entry = &outbox->entry[outbox->n++];
    *entry = (struct outbox_entry){outbox->next_ticket++, seq, now_ms, stream, false};
    return entry->ticket;
}

static int find(const struct outbox *outbox, int64_t ticket)
{
    for (int k = 0; k < outbox->n; k++)
        if (outbox->entry[k].ticket == ticket)
            return k;
    return -1;
}

int outbox_stream(const struct outbox *outbox, int64_t ticket)
{
    const int k = find(outbox, ticket);
    return k < 0 ? -1 : outbox->entry[k].stream;
}

/* Moves the stream's cursor over its leading acknowledged entries and drops them. */
static bool advance(struct outbox *outbox, int stream)
{
    bool moved = false, unbroken = true;
    int kept = 0;
    for (int k = 0; k < outbox->n; k++) {
        const struct outbox_entry entry = outbox->entry[k];
        if (entry.stream == stream && unbroken && entry.acked) {
            outbox->acked_seq[stream] = entry.seq;
            moved = true;
            continue;
        }
        if (entry.stream == stream)
            unbroken = false;
        outbox->entry[kept++] = entry;
    }
    outbox->n = kept;
    return moved;
}

bool outbox_ack(struct outbox *outbox, int64_t ticket)
{
    const int k = find(outbox, ticket);
    if (k < 0)
        return false;
    outbox->entry[k].acked = true;
    outbox->probing[outbox->entry[k].stream] = false;
    return advance(outbox, outbox->entry[k].stream);
}

int outbox_refuse(struct outbox *outbox, int64_t ticket)
{
    const int first = find(outbox, ticket);
    if (first < 0)
        return -1;
    const int stream = outbox->entry[first].stream;
    int kept = first;
    for (int k = first; k < outbox->n; k++)
        if (outbox->entry[k].stream != stream)
            outbox->entry[kept++] = outbox->entry[k];
    outbox->n = kept;
    outbox->probing[stream] = true;
    return stream;
}

int64_t outbox_oldest_ms(const struct outbox *outbox)
{
    int64_t oldest_ms = INT64_MAX;
    for (int k = 0; k < outbox->n; k++)
        if (!outbox->entry[k].acked && outbox->entry[k].sent_ms < oldest_ms)
            oldest_ms = outbox->entry[k].sent_ms;
    return oldest_ms;
}
