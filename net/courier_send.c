/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/courier_private.h"

#include "net/payload.h"

#include <stdlib.h>
#include <string.h>

/* What is rare goes first: a backlog of minutes must not delay the day's register reading. */
static const struct {
    int stream;
    enum topic topic;
} order[] = {
    {STREAM_EVENT, TOPIC_EVENT},
    {STREAM_DAY, TOPIC_DATA},
    {STREAM_QUARTER, TOPIC_DATA},
    {STREAM_MINUTE, TOPIC_DATA},
};

void courier_forget_info(struct courier *courier)
{
    free(courier->info);
    courier->info = NULL;
}

static void send_or_lose(struct courier *courier, const struct publisher_message *message, int64_t now_ms)
{
    const int error = publisher_send(courier->publisher, message);
    if (error != 0)
        courier_lose(courier, now_ms, strerror(-error));
}

static void send_info(struct courier *courier, const struct mailbox_live *live, int64_t now_ms)
{
    char *text = payload_info(live);
    if (text == NULL || (courier->info != NULL && strcmp(text, courier->info) == 0)) {
        free(text);
        return;
    }
    courier_forget_info(courier);
    courier->info = text;
    const struct publisher_message message = {.topic = courier->topics.name[TOPIC_INFO],
                                              .text = text,
                                              .json = true,
                                              .retained = true,
                                              .qos = 1,
                                              .ticket = TICKET_INFO};
    send_or_lose(courier, &message, now_ms);
}

static void send_live(struct courier *courier, const struct mailbox_live *live, int64_t now_ms)
{
    char *text = payload_live(live);
    if (text == NULL)
        return;
    const struct publisher_message message = {.topic = courier->topics.name[TOPIC_LIVE],
                                              .text = text,
                                              .json = true,
                                              .qos = 0,
                                              .expiry_s = COURIER_LIVE_EXPIRY_S};
    courier->health.live_sent++;
    send_or_lose(courier, &message, now_ms);
    free(text);
}

void courier_look(struct courier *courier, int64_t now_ms)
{
    const double period_s = courier->settings->live_period_s;
    struct mailbox_live live;

    if (source_live(courier->source, now_ms, &live) != 0) {
        courier->look_ms = now_ms + COURIER_FRESH_MS;
        return;
    }
    courier->look_ms = now_ms + (period_s > 0 ? (int64_t)(period_s * 1000.0) : COURIER_INFO_MS);
    /* A mailbox left by an earlier vatiod, or a newer one than the control socket's: the next poll settles it. */
    if (strcmp(live.meter_id, courier->meter_id) != 0 || strcmp(live.store_id, courier->store_id) != 0)
        return;
    send_info(courier, &live, now_ms);
    if (courier->state == COURIER_ONLINE && period_s > 0)
        send_live(courier, &live, now_ms);
}

static void send_record(struct courier *courier, int stream, enum topic topic, const union source_item *item,
                        int64_t now_ms)
{
    char *text = payload_record(courier->meter_id, courier->store_id, stream, item);
    if (text == NULL) {
        courier_lose(courier, now_ms, "out of memory");
        return;
    }
    const int64_t ticket = outbox_add(&courier->outbox, stream, source_seq(stream, item), now_ms);
    const struct publisher_message message = {
        .topic = courier->topics.name[topic], .text = text, .json = true, .qos = 1, .ticket = ticket};
    courier->health.records_sent++;
    send_or_lose(courier, &message, now_ms);
    free(text);
}

/* How many records to fetch now. Half a window at a time: a question to vatiod for every acknowledgement would cost it
 * a query per record. */
static int wanted(const struct courier *courier, int stream, int64_t now_ms)
{
    const int64_t waiting = courier->newest_seq[stream] - outbox_next_seq(&courier->outbox, stream) + 1;
    const int room = outbox_room(&courier->outbox, stream);

    if (waiting <= 0 || room == 0 || now_ms < courier->held_ms[stream])
        return 0;
    if (waiting <= room)
        return (int)(waiting < COURIER_BATCH ? waiting : COURIER_BATCH);
    if (!courier->outbox.probing[stream] && room < (courier->outbox.window + 1) / 2)
        return 0;
    return room < COURIER_BATCH ? room : COURIER_BATCH;
}

static void send_stream(struct courier *courier, int stream, enum topic topic, int64_t now_ms)
{
    const int max = wanted(courier, stream, now_ms);
    if (max == 0)
        return;
    const int n =
        source_fetch(courier->source, stream, outbox_next_seq(&courier->outbox, stream), max, courier->items);
    if (n <= 0) { /* gone, or nothing after all: the next poll tells */
        courier->newest_seq[stream] = 0;
        return;
    }
    for (int k = 0; k < n && courier->state == COURIER_ONLINE; k++)
        send_record(courier, stream, topic, &courier->items[k], now_ms);
}

void courier_send_records(struct courier *courier, int64_t now_ms)
{
    for (size_t k = 0; k < sizeof order / sizeof order[0] && courier->state == COURIER_ONLINE; k++)
        send_stream(courier, order[k].stream, order[k].topic, now_ms);
}
