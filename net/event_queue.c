/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/event_queue.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

_Static_assert(sizeof((struct event_queue *)0)->hint == sizeof((struct publisher_event *)0)->text,
               "a hint is a text");

int event_queue_init(struct event_queue *queue)
{
    memset(queue, 0, sizeof *queue);
    queue->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (queue->fd < 0)
        return -errno;
    return -pthread_mutex_init(&queue->mutex, NULL);
}

void event_queue_add(struct event_queue *queue, const struct publisher_event *event)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&queue->mutex);
    if (queue->n < EVENT_QUEUE_MAX) {
        struct publisher_event *place = &queue->event[(queue->first + queue->n++) % EVENT_QUEUE_MAX];
        *place = *event;
        if (event->kind == PUBLISHER_REFUSED && queue->hint[0] != '\0')
            memcpy(place->text, queue->hint, sizeof place->text);
    } else
        queue->overflow = true;
    pthread_mutex_unlock(&queue->mutex);
    if (write(queue->fd, &one, sizeof one) < 0)
        return; /* only when the count is at its end, and then the descriptor is readable anyway */
}

void event_queue_hint(struct event_queue *queue, const char *text, size_t length)
{
    const size_t kept = length < sizeof queue->hint ? length : sizeof queue->hint - 1;

    pthread_mutex_lock(&queue->mutex);
    memset(queue->hint, 0, sizeof queue->hint);
    memcpy(queue->hint, text, kept);
    pthread_mutex_unlock(&queue->mutex);
}

static void drain(struct event_queue *queue)
{
    uint64_t count;
    if (read(queue->fd, &count, sizeof count) < 0)
        return; /* nothing was rung */
}

int event_queue_get(struct event_queue *queue, struct publisher_event *event)
{
    int got = 0;

    drain(queue); /* before the look, so that an event added after it rings again */
    pthread_mutex_lock(&queue->mutex);
    if (queue->n > 0) {
        *event = queue->event[queue->first];
        queue->first = (queue->first + 1) % EVENT_QUEUE_MAX;
        queue->n--;
        got = 1;
    } else if (queue->overflow) {
        *event =
            (struct publisher_event){.kind = PUBLISHER_LOST, .slot = -1, .text = "too many reports at once"};
        queue->overflow = false;
        got = 1;
    }
    pthread_mutex_unlock(&queue->mutex);
    return got;
}

void event_queue_reset(struct event_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->n = 0;
    queue->overflow = false;
    memset(queue->hint, 0, sizeof queue->hint);
    pthread_mutex_unlock(&queue->mutex);
    drain(queue);
}

void event_queue_close(struct event_queue *queue)
{
    pthread_mutex_destroy(&queue->mutex);
    close(queue->fd);
}
