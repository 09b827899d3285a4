/* SPDX-License-Identifier: GPL-3.0-or-later */
/* publisher_paho.h - the publisher on paho.mqtt.c's MQTTAsync, MQTT 5.
 *
 * The library is used for one connection at a time and for nothing it is weak at: no persistence, no reconnect and no
 * buffering of its own; the handle is destroyed with each connection, so that nothing is sent again behind our back.
 * MQTT 5 because only there does an acknowledgement say whether the broker took the message.
 * Blocking: connect returns at once, but the library resolves names under its only lock: send and close may then wait for
 *          the resolver. close waits for the library's threads, about 1 s.
 */
#ifndef VATIO_NET_PUBLISHER_PAHO_H
#define VATIO_NET_PUBLISHER_PAHO_H

#include "net/event_queue.h"
#include "net/outbox.h"
#include "net/settings.h"

enum {
    PAHO_SLOTS = OUTBOX_WINDOW_MAX + 8, /* messages under way that are reported back */
    PAHO_CONNECT_S = 20,
    PAHO_CLOSE_MS = 2000,
};

struct publisher_paho;
struct paho_slot {
    struct publisher_paho *paho;
    int64_t ticket; /* 0 = free */
};

struct publisher_paho {
    struct publisher publisher;
    const struct settings *settings; /* the caller's, as long as the object lives */
    void *client;                    /* MQTTAsync; NULL when there is none */
    struct event_queue queue;        /* queue.fd tells when next has something */
    struct paho_slot slot[PAHO_SLOTS];
};

int publisher_paho_init(struct publisher_paho *paho, const struct settings *settings);
void publisher_paho_close(struct publisher_paho *paho);

#endif
