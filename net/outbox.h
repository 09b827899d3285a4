/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outbox.h - which records are on their way to the broker, and up to where each stream is delivered.
 *
 * Cursor:  acked_seq[stream]: every stored record up to there was acknowledged. Acknowledgements may come in any order;
 *          the cursor moves over the unbroken run from its own place only, so nothing behind it can be missing.
 * Window:  at most `window` records are sent and not yet counted in a cursor, over all streams together.
 * Tickets: one per record sent, never used twice; an acknowledgement for a ticket that is no longer held (it belongs to
 *          a lost connection, or to a record that is to be sent again) changes nothing.
 * Refused: a record that the broker refuses is forgotten together with the later ones of its stream, so that all are
 *          sent again in order; until one is accepted the stream sends one record at a time.
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_NET_OUTBOX_H
#define VATIO_NET_OUTBOX_H

#include "firmware/api/record.h"

#include <stdbool.h>
#include <stdint.h>

enum { OUTBOX_WINDOW_MAX = 64 };

struct outbox_entry {
    int64_t ticket;
    int64_t seq;
    int64_t sent_ms;
    int stream;
    bool acked; /* but one before it is not */
};

struct outbox {
    int window; /* 1..OUTBOX_WINDOW_MAX */
    int n;
    int64_t next_ticket;
    int64_t acked_seq[STREAMS];                   /* 0 = none yet */
    bool probing[STREAMS];                        /* refused; one at a time */
    struct outbox_entry entry[OUTBOX_WINDOW_MAX]; /* in the order of sending */
};

/* All cursors 0. Tickets start at first_ticket and only rise, also over outbox_set and outbox_reset. */
void outbox_init(struct outbox *outbox, int window, int64_t first_ticket);

/* Takes over kept cursors; what was on its way is forgotten. */
void outbox_set(struct outbox *outbox, const int64_t acked_seq[STREAMS]);

/* The connection is lost: everything behind the cursors is to be sent again. */
void outbox_reset(struct outbox *outbox);

/* How many records of the stream may be sent now. */
int outbox_room(const struct outbox *outbox, int stream);

/* The first seq of the stream that is neither delivered nor on its way. */
int64_t outbox_next_seq(const struct outbox *outbox, int stream);

/* Notes a record as sent; seq is at least outbox_next_seq (records that retention removed leave gaps). Returns its ticket. */
int64_t outbox_add(struct outbox *outbox, int stream, int64_t seq, int64_t now_ms);

/* The stream of a record under way, or -1 for a ticket that is not held. */
int outbox_stream(const struct outbox *outbox, int64_t ticket);

/* The broker has it. True if a cursor moved. */
bool outbox_ack(struct outbox *outbox, int64_t ticket);

/* The broker does not take it. Returns its stream, or -1 for a ticket that is not held. */
int outbox_refuse(struct outbox *outbox, int64_t ticket);

/* When the oldest record without acknowledgement was sent; INT64_MAX if there is none. */
int64_t outbox_oldest_ms(const struct outbox *outbox);

#endif
