/* SPDX-License-Identifier: GPL-3.0-or-later */
/* courier_bench.h - the courier between a fake broker and a fake vatiod; time is a number.
 */
#ifndef VATIO_TESTS_UNIT_NET_COURIER_BENCH_H
#define VATIO_TESTS_UNIT_NET_COURIER_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/log.h"
#include "net/courier.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGES = 400, EVENTS = 200 };

struct fake_publisher {
    struct publisher publisher;
    struct {
        char topic[128];
        int qos;
        bool retained;
        int64_t expiry_s, ticket;
        char stream[16], store_id[RECORD_ID];
        int64_t seq;
        char text[40];
    } sent[MESSAGES];
    int n;
    struct publisher_event event[EVENTS];
    int first, last;
    int connects, closes, polite_closes;
    int connect_result, send_result;
    char client_id[64], will_topic[128];
};

struct fake_source {
    struct source source;
    int status_result, fetch_result;
    char meter_id[RECORD_ID], store_id[RECORD_ID];
    int64_t newest_seq[STREAMS], first_seq[STREAMS];
    int fetches;
    struct mailbox_live live;
    bool has_live;
};

struct world {
    struct fake_publisher publisher;
    struct fake_source source;
    struct settings settings;
    struct courier courier;
    char dir[40];
    int64_t now_ms;
};

static inline int fake_connect(struct publisher *publisher, const struct publisher_session *session)
{
    struct fake_publisher *fake = (struct fake_publisher *)publisher;
    fake->connects++;
    snprintf(fake->client_id, sizeof fake->client_id, "%s", session->client_id);
    snprintf(fake->will_topic, sizeof fake->will_topic, "%s", session->will_topic);
    assert_string_equal(session->will, "offline");
    assert_int_equal(session->will_delay_s, 10);
    return fake->connect_result;
}

static inline int fake_send(struct publisher *publisher, const struct publisher_message *message)
{
    struct fake_publisher *fake = (struct fake_publisher *)publisher;
    if (fake->send_result != 0)
        return fake->send_result;
    assert_true(fake->n < MESSAGES);
    snprintf(fake->sent[fake->n].topic, sizeof fake->sent[0].topic, "%s", message->topic);
    snprintf(fake->sent[fake->n].text, sizeof fake->sent[0].text, "%s", message->text);
    fake->sent[fake->n].qos = message->qos;
    fake->sent[fake->n].retained = message->retained;
    fake->sent[fake->n].expiry_s = message->expiry_s;
    fake->sent[fake->n].ticket = message->ticket;
    json_t *object = message->json ? json_loads(message->text, 0, NULL) : NULL;
    assert_true(!message->json || object != NULL);
    const char *stream = json_string_value(json_object_get(object, "stream"));
    const char *store_id = json_string_value(json_object_get(object, "store_id"));
    snprintf(fake->sent[fake->n].stream, sizeof fake->sent[0].stream, "%s", stream != NULL ? stream : "");
    snprintf(fake->sent[fake->n].store_id, sizeof fake->sent[0].store_id, "%s",
             store_id != NULL ? store_id : "");
    fake->sent[fake->n].seq = json_integer_value(json_object_get(object, "seq"));
    json_decref(object);
    fake->n++;
    return 0;
}

static inline int fake_next(struct publisher *publisher, struct publisher_event *event)
{
    struct fake_publisher *fake = (struct fake_publisher *)publisher;
    if (fake->first == fake->last)
        return 0;
    *event = fake->event[fake->first++];
    return 1;
}

static inline void fake_close(struct publisher *publisher, bool politely)
{
    struct fake_publisher *fake = (struct fake_publisher *)publisher;
    fake->closes++;
    fake->polite_closes += politely;
    fake->first = fake->last = 0; /* nothing of a closed connection is reported */
}

static inline int fake_status(struct source *source, struct control_status *status)
{
    struct fake_source *fake = (struct fake_source *)source;
    memset(status, 0, sizeof *status);
    memcpy(status->meter_id, fake->meter_id, RECORD_ID);
    memcpy(status->store_id, fake->store_id, RECORD_ID);
    memcpy(status->newest_seq, fake->newest_seq, sizeof fake->newest_seq);
    return fake->status_result;
}

static inline int fake_fetch(struct source *source, int stream, int64_t from_seq, int max,
                             union source_item *items)
{
    struct fake_source *fake = (struct fake_source *)source;
    int n = 0;
    fake->fetches++;
    if (fake->fetch_result != 0)
        return fake->fetch_result;
    if (from_seq < fake->first_seq[stream])
        from_seq = fake->first_seq[stream];
    for (int64_t seq = from_seq; seq <= fake->newest_seq[stream] && n < max; seq++, n++) {
        if (stream == STREAM_EVENT)
            items[n].event = (struct record_event){.schema = 1, .stream = stream, .seq = seq};
        else
            items[n].record = (struct record){.schema = 1, .stream = stream, .seq = seq};
    }
    return n;
}

static inline int fake_live(struct source *source, int64_t now_ms, struct mailbox_live *live)
{
    struct fake_source *fake = (struct fake_source *)source;
    (void)now_ms;
    if (!fake->has_live)
        return -EAGAIN;
    fake->has_live = false;
    *live = fake->live;
    return 0;
}

static const struct publisher_ops publisher_ops = {fake_connect, fake_send, fake_next, fake_close};
static const struct source_ops source_ops = {fake_status, fake_fetch, fake_live};

static inline void start_courier(struct world *world, bool require_broker)
{
    courier_init(&world->courier, &world->settings, &world->publisher.publisher, &world->source.source, 1,
                 world->now_ms, require_broker);
}

static inline int build(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    *state = world;
    strcpy(world->dir, "/tmp/vatio_courier_XXXXXX");
    if (mkdtemp(world->dir) == NULL)
        return 1;
    settings_init(&world->settings);
    strcpy(world->settings.state_dir, world->dir);
    world->publisher.publisher.ops = &publisher_ops;
    world->source.source.ops = &source_ops;
    strcpy(world->source.meter_id, "m1");
    strcpy(world->source.store_id, "s1");
    world->now_ms = 1000000;
    log_init("courier", LOG_LEVEL_ERROR);
    start_courier(world, true);
    return 0;
}

static inline int tear_down(void **state)
{
    struct world *world = *state;
    courier_close(&world->courier);
    DIR *entries = opendir(world->dir);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
    rmdir(world->dir);
    free(world);
    return 0;
}

static inline void report(struct world *world, struct publisher_event event)
{
    assert_true(world->publisher.last < EVENTS);
    world->publisher.event[world->publisher.last++] = event;
}

static inline int64_t step(struct world *world, int64_t after_ms)
{
    world->now_ms += after_ms;
    return courier_step(&world->courier, world->now_ms);
}

static inline void go_online(struct world *world)
{
    step(world, 0);
    assert_int_equal(world->courier.state, COURIER_CONNECTING);
    report(world, (struct publisher_event){.kind = PUBLISHER_CONNECTED, .limit = 65535});
    step(world, 1);
    assert_int_equal(world->courier.state, COURIER_ONLINE);
}

static inline int count(const struct world *world, const char *topic, int from)
{
    int n = 0;
    for (int k = from; k < world->publisher.n; k++)
        n += strcmp(world->publisher.sent[k].topic, topic) == 0;
    return n;
}

/* Acknowledges what was sent from message k on; returns the number of messages so far. */
static inline int ack_from(struct world *world, int k)
{
    for (; k < world->publisher.n; k++)
        if (world->publisher.sent[k].ticket != 0)
            report(world, (struct publisher_event){.kind = PUBLISHER_ACKED,
                                                   .ticket = world->publisher.sent[k].ticket});
    return k;
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, build, tear_down)

#endif
