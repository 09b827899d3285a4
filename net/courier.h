/* SPDX-License-Identifier: GPL-3.0-or-later */
/* courier.h - carries what the source has to the broker: one step at a time, with time injected.
 *
 * Connection: connects after a random delay, says "online", and again after every loss; the broker says "offline" for
 *             us when we are gone.
 * Records:    each stored record of the streams minute, quarter, day and event in order of seq, at least once; the
 *             cursors move over acknowledged records only and are kept every COURIER_SAVE_MS at most, and at the end.
 * Live:       the newest second and the retained info from the mailbox.
 * Errors:     logged once per change. What cannot be repaired by waiting sets exit_code.
 * Threads:    one object, one thread.
 */
#ifndef VATIO_NET_COURIER_H
#define VATIO_NET_COURIER_H

#include "net/backoff.h"
#include "net/cursor.h"
#include "net/outbox.h"
#include "net/publisher.h"
#include "net/settings.h"
#include "net/source.h"
#include "net/topics.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    COURIER_POLL_MS = 1000,    /* between two looks for new records */
    COURIER_SAVE_MS = 2000,    /* between two writes of the cursors */
    COURIER_ACK_MS = 60000,    /* an acknowledgement that takes longer never comes: connect anew */
    COURIER_STABLE_MS = 60000, /* a connection that lasted this long was a good one */
    COURIER_STOP_MS = 2000,    /* waiting for the last acknowledgements */
    COURIER_INFO_MS = 10000,   /* between two looks at the mailbox when live is off */
    COURIER_FRESH_MS = 250,    /* between two looks for a second that is not there yet */
    COURIER_WILL_DELAY_S = 10,
    COURIER_LIVE_EXPIRY_S = 60,
    COURIER_SAID = 320, /* characters of a log line */
    COURIER_BATCH = 16, /* records fetched at once */
};

enum courier_state {
    COURIER_OFFLINE, /* until attempt_ms, or for want of a meter */
    COURIER_CONNECTING,
    COURIER_ONLINE,
    COURIER_STOPPING, /* online, nothing new is sent */
};

enum courier_exit { COURIER_RUNNING = -1, COURIER_DONE = 0, COURIER_FAILED = 1, COURIER_NO_BROKER = 3 };

struct courier_health { /* since start */
    int64_t connects;
    int64_t losses;
    int64_t connects_refused;
    int64_t records_sent; /* a record sent twice counts twice */
    int64_t records_acked;
    int64_t records_refused;
    int64_t live_sent;
    int64_t cursor_errors;
};

struct courier {
    const struct settings *settings;
    struct publisher *publisher;
    struct source *source;
    bool require_broker; /* give up when the first connection fails */
    char broker[SETTINGS_BROKER];

    enum courier_state state;
    int exit_code;
    struct backoff backoff; /* of connections */
    struct backoff hold;    /* of refused streams */
    int64_t attempt_ms;     /* when to connect */
    int64_t connected_ms;
    int64_t stop_ms; /* when to stop waiting */
    bool proved;     /* this connection delivered a record */
    bool state_told; /* "offline" was acknowledged */

    bool has_meter, has_store;
    char meter_id[RECORD_ID];
    char store_id[RECORD_ID];
    struct topics topics;
    int64_t newest_seq[STREAMS];
    int64_t poll_ms; /* when to ask the source again */
    int64_t look_ms; /* when to look into the mailbox again */

    struct outbox outbox;
    int64_t held_ms[STREAMS]; /* not before: the broker refused */
    struct cursor cursor;
    int64_t saved_ms;

    char *info; /* as published on this connection; owned */
    struct courier_health health;
    char said_broker[COURIER_SAID]; /* last message about each, so that it is said once */
    char said_source[COURIER_SAID];
    char said_cursor[COURIER_SAID];
    char said_refusal[COURIER_SAID];
    union source_item items[COURIER_BATCH];
};

void courier_init(struct courier *courier, const struct settings *settings, struct publisher *publisher,
                  struct source *source, uint64_t seed, int64_t now_ms, bool require_broker);

/* Does what is due; returns after how many ms to come again at the latest (earlier when the publisher reports). Ends with
 * exit_code set. */
int64_t courier_step(struct courier *courier, int64_t now_ms);

/* Asks for a clean end: "offline", the last acknowledgements, the cursors kept. */
void courier_stop(struct courier *courier, int64_t now_ms);

/* One line on how things stand, nothing secret in it. */
void courier_describe(const struct courier *courier, char *text, size_t size);

void courier_close(struct courier *courier);

#endif
