/* SPDX-License-Identifier: GPL-3.0-or-later */
/* event_queue.h - what the MQTT library's threads report, handed to the one thread that acts on it.
 *
 * The library's callbacks run under its only lock: they do nothing but event_queue_add, which copies under a short
 * mutex and rings an eventfd.
 * Overflow: an event that finds no place is not kept, but event_queue_get then ends with one PUBLISHER_LOST: the
 *          connection is given up and everything that is not acknowledged is sent again.
 * Threads: add from any; the rest from one.
 */
#ifndef VATIO_NET_EVENT_QUEUE_H
#define VATIO_NET_EVENT_QUEUE_H

#include "net/publisher.h"

#include <pthread.h>
#include <stdbool.h>

enum { EVENT_QUEUE_MAX = 128 };

struct event_queue {
    pthread_mutex_t mutex;
    int fd; /* readable while there is something to get */
    int first, n;
    bool overflow;
    char hint[120]; /* about the event to come */
    struct publisher_event event[EVENT_QUEUE_MAX];
};

int event_queue_init(struct event_queue *queue);
void event_queue_add(struct event_queue *queue, const struct publisher_event *event);
/* Keeps what explains the next REFUSED better than the library's own word for it. */
void event_queue_hint(struct event_queue *queue, const char *text, size_t length);
/* 1 and the oldest event, or 0. */
int event_queue_get(struct event_queue *queue, struct publisher_event *event);
/* Forgets everything. */
void event_queue_reset(struct event_queue *queue);
void event_queue_close(struct event_queue *queue);

#endif
