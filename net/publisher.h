/* SPDX-License-Identifier: GPL-3.0-or-later */
/* publisher.h - one MQTT connection, seen from the thread that drives it. publisher_paho.c is the real one.
 *
 * Life:    connect -> CONNECTED or REFUSED; CONNECTED ... LOST; then connect again. Each connect starts from nothing:
 *          what an earlier connection had under way is never sent by the library again, that is the outbox's task.
 * Reports: only through next; nothing calls back into the caller.
 * Errors:  -errno; -ENOTCONN from send when there is no connection.
 * Threads: one object, one thread (the implementation's own threads stay inside).
 */
#ifndef VATIO_NET_PUBLISHER_H
#define VATIO_NET_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum publisher_event_kind {
    PUBLISHER_CONNECTED, /* limit: messages that the broker takes unacknowledged */
    PUBLISHER_REFUSED,   /* no connection: reason, 0 for the network's error, or PUBLISHER_OWN; text */
    PUBLISHER_LOST,      /* the connection ended; text */
    PUBLISHER_ACKED,     /* ticket */
    PUBLISHER_FAILED,    /* ticket, reason of the broker, or 0: not delivered for a lost connection */
    PUBLISHER_EVENTS,
};

enum { PUBLISHER_OWN = -1 }; /* nobody was asked: something of our own is missing */

struct publisher_event {
    enum publisher_event_kind kind;
    int slot; /* the implementation's own */
    int64_t ticket;
    int reason; /* MQTT 5 reason code >= 0x80, 0 or PUBLISHER_OWN */
    int limit;
    char text[120];
};

struct publisher_session {
    const char *client_id;
    const char *will_topic; /* retained, QoS 1 */
    const char *will;
    int64_t will_delay_s;
};

struct publisher_message {
    const char *topic;
    const char *text;
    bool json; /* content type, payload format and schema are attached */
    bool retained;
    int qos;          /* 0 or 1 */
    int64_t expiry_s; /* 0 = none */
    int64_t ticket;   /* QoS 1: reported back; 0 = not */
};

struct publisher;
struct publisher_ops {
    int (*connect)(struct publisher *publisher, const struct publisher_session *session);
    /* Copies the message. */
    int (*send)(struct publisher *publisher, const struct publisher_message *message);
    /* 1 and the oldest report, or 0. */
    int (*next)(struct publisher *publisher, struct publisher_event *event);
    /* Ends the connection; politely: with DISCONNECT, so that the broker drops the will (bounded, about 2 s). */
    void (*close)(struct publisher *publisher, bool politely);
};
struct publisher {
    const struct publisher_ops *ops;
};

static inline int publisher_connect(struct publisher *publisher, const struct publisher_session *session)
{
    return publisher->ops->connect(publisher, session);
}
static inline int publisher_send(struct publisher *publisher, const struct publisher_message *message)
{
    return publisher->ops->send(publisher, message);
}
static inline int publisher_next(struct publisher *publisher, struct publisher_event *event)
{
    return publisher->ops->next(publisher, event);
}
static inline void publisher_close(struct publisher *publisher, bool politely)
{
    publisher->ops->close(publisher, politely);
}

#endif
