/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The courier between a fake broker and a fake vatiod; time is a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/log.h"
#include "net/courier.h"
#include "net/status_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

static int fake_connect(struct publisher *publisher, const struct publisher_session *session)
{
    struct fake_publisher *fake = (struct fake_publisher *)publisher;
    fake->connects++;
    snprintf(fake->client_id, sizeof fake->client_id, "%s", session->client_id);
    snprintf(fake->will_topic, sizeof fake->will_topic, "%s", session->will_topic);
    assert_string_equal(session->will, "offline");
    assert_int_equal(session->will_delay_s, 10);
    return fake->connect_result;
}

static int fake_send(struct publisher *publisher, const struct publisher_message *message)
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

static int fake_next(struct publisher *publisher, struct publisher_event *event)
{
    struct fake_publisher *fake = (struct fake_publisher *)publisher;
    if (fake->first == fake->last)
        return 0;
    *event = fake->event[fake->first++];
    return 1;
}

static void fake_close(struct publisher *publisher, bool politely)
{
    struct fake_publisher *fake = (struct fake_publisher *)publisher;
    fake->closes++;
    fake->polite_closes += politely;
    fake->first = fake->last = 0; /* nothing of a closed connection is reported */
}

static int fake_status(struct source *source, struct control_status *status)
{
    struct fake_source *fake = (struct fake_source *)source;
    memset(status, 0, sizeof *status);
    memcpy(status->meter_id, fake->meter_id, RECORD_ID);
    memcpy(status->store_id, fake->store_id, RECORD_ID);
    memcpy(status->newest_seq, fake->newest_seq, sizeof fake->newest_seq);
    return fake->status_result;
}

static int fake_fetch(struct source *source, int stream, int64_t from_seq, int max, union source_item *items)
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

static int fake_live(struct source *source, int64_t now_ms, struct mailbox_live *live)
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

static void start_courier(struct world *world, bool require_broker)
{
    courier_init(&world->courier, &world->settings, &world->publisher.publisher, &world->source.source, 1,
                 world->now_ms, require_broker);
}

static int build(void **state)
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

static int tear_down(void **state)
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

static void report(struct world *world, struct publisher_event event)
{
    assert_true(world->publisher.last < EVENTS);
    world->publisher.event[world->publisher.last++] = event;
}

static int64_t step(struct world *world, int64_t after_ms)
{
    world->now_ms += after_ms;
    return courier_step(&world->courier, world->now_ms);
}

static void go_online(struct world *world)
{
    step(world, 0);
    assert_int_equal(world->courier.state, COURIER_CONNECTING);
    report(world, (struct publisher_event){.kind = PUBLISHER_CONNECTED, .limit = 65535});
    step(world, 1);
    assert_int_equal(world->courier.state, COURIER_ONLINE);
}

static int count(const struct world *world, const char *topic, int from)
{
    int n = 0;
    for (int k = from; k < world->publisher.n; k++)
        n += strcmp(world->publisher.sent[k].topic, topic) == 0;
    return n;
}

/* Acknowledges what was sent from message k on; returns the number of messages so far. */
static int ack_from(struct world *world, int k)
{
    for (; k < world->publisher.n; k++)
        if (world->publisher.sent[k].ticket != 0)
            report(world, (struct publisher_event){.kind = PUBLISHER_ACKED,
                                                   .ticket = world->publisher.sent[k].ticket});
    return k;
}

static void it_says_online_and_sends_what_is_stored(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 3;
    world->source.newest_seq[STREAM_EVENT] = 1;
    go_online(world);
    assert_string_equal(world->publisher.client_id, "vatio-m1");
    assert_string_equal(world->publisher.will_topic, "vatio/v1/m1/state");
    assert_string_equal(world->publisher.sent[0].topic, "vatio/v1/m1/state");
    assert_string_equal(world->publisher.sent[0].text, "online");
    assert_true(world->publisher.sent[0].retained && world->publisher.sent[0].qos == 1);
    assert_string_equal(world->publisher.sent[1].topic, "vatio/v1/m1/event");
    assert_int_equal(count(world, "vatio/v1/m1/data", 0), 3);
    for (int k = 1; k < 5; k++) {
        assert_int_equal(world->publisher.sent[k].qos, 1);
        assert_false(world->publisher.sent[k].retained);
        assert_int_equal(world->publisher.sent[k].expiry_s, 0); /* billing rows never expire */
        assert_string_equal(world->publisher.sent[k].store_id, "s1");
    }
    ack_from(world, 0);
    step(world, 1);
    assert_int_equal(world->courier.outbox.acked_seq[STREAM_MINUTE], 3);
    assert_int_equal(world->courier.health.records_acked, 4);
    step(world, COURIER_POLL_MS);
    assert_int_equal(world->publisher.n, 5); /* nothing twice */
}

static void no_more_than_a_window_is_under_way(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 100;
    go_online(world);
    for (int done = 1; world->courier.outbox.acked_seq[STREAM_MINUTE] < 100; done++) { /* one by one */
        assert_true(done < world->publisher.n);
        assert_true(world->publisher.n - done <= 16);
        report(world, (struct publisher_event){.kind = PUBLISHER_ACKED,
                                               .ticket = world->publisher.sent[done].ticket});
        step(world, 1);
    }
    assert_int_equal(world->publisher.n, 101); /* the state and each record once */
    assert_true(world->source.fetches <= 14);  /* half a window at a time, not one by one */
}

static void the_broker_s_own_limit_narrows_the_window(void **state)
{
    static const struct {
        int limit, window;
    } cases[] = {{65535, 16}, {18, 16}, {17, 15}, {10, 8}, {3, 1}, {1, 1}};
    struct world *world = *state;
    step(world, 0);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        world->courier.state = COURIER_CONNECTING;
        report(world, (struct publisher_event){.kind = PUBLISHER_CONNECTED, .limit = cases[k].limit});
        step(world, 1);
        assert_int_equal(world->courier.outbox.window, cases[k].window);
    }
}

static void after_a_loss_everything_without_acknowledgement_is_sent_again(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 5;
    go_online(world);
    /* 1 and 3 of 5 are acknowledged: 2 is not, so 3 does not count. */
    report(world,
           (struct publisher_event){.kind = PUBLISHER_ACKED, .ticket = world->publisher.sent[1].ticket});
    report(world,
           (struct publisher_event){.kind = PUBLISHER_ACKED, .ticket = world->publisher.sent[3].ticket});
    report(world, (struct publisher_event){.kind = PUBLISHER_LOST, .text = "cut"});
    step(world, 1);
    assert_int_equal(world->courier.state, COURIER_OFFLINE);
    assert_int_equal(world->courier.health.losses, 1);
    const int before = world->publisher.n;
    step(world,
         (int64_t)(world->settings.backoff_min_s * 1000)); /* the first ceiling after a good connection */
    assert_int_equal(world->courier.state, COURIER_CONNECTING);
    report(world, (struct publisher_event){.kind = PUBLISHER_CONNECTED, .limit = 65535});
    step(world, 1);
    assert_string_equal(world->publisher.sent[before].text, "online");
    assert_int_equal(world->publisher.sent[before + 1].seq, 2);
    assert_int_equal(count(world, "vatio/v1/m1/data", before), 4);
}

static void a_send_that_fails_is_a_loss(void **state)
{
    struct world *world = *state;
    go_online(world);
    world->source.newest_seq[STREAM_MINUTE] = 5;
    world->publisher.send_result = -ENOTCONN;
    step(world, COURIER_POLL_MS);
    assert_int_equal(world->courier.state, COURIER_OFFLINE);
    assert_int_equal(world->courier.outbox.n, 0);
    world->publisher.send_result = 0;
    step(world, 600000);
    report(world, (struct publisher_event){.kind = PUBLISHER_CONNECTED, .limit = 65535});
    world->publisher.send_result = -ENOTCONN; /* already for the state */
    step(world, 1);
    assert_int_equal(world->courier.state, COURIER_OFFLINE);
}

static void an_acknowledgement_that_never_comes_ends_the_connection(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 1;
    go_online(world);
    step(world, COURIER_ACK_MS - 1);
    assert_int_equal(world->courier.state, COURIER_ONLINE);
    step(world, 1);
    assert_int_equal(world->courier.state, COURIER_OFFLINE);
}

static void a_refused_record_waits_and_the_others_go_on(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 5;
    go_online(world);
    for (int k = 1; k <= 5; k++)
        report(world, (struct publisher_event){.kind = PUBLISHER_FAILED,
                                               .ticket = world->publisher.sent[k].ticket,
                                               .reason = 0x87});
    int before = world->publisher.n;
    step(world, 1);
    assert_int_equal(world->courier.outbox.acked_seq[STREAM_MINUTE], 0);
    assert_int_equal(world->courier.health.records_refused, 1); /* the later four went with it */
    assert_int_equal(world->courier.state, COURIER_ONLINE);
    assert_true(world->courier.held_ms[STREAM_MINUTE] > world->now_ms);
    step(world, world->courier.held_ms[STREAM_MINUTE] - world->now_ms - 1);
    assert_int_equal(count(world, "vatio/v1/m1/data", before), 0);
    world->source.newest_seq[STREAM_EVENT] = 1;
    for (int k = 0; k < 6; k++) /* up to the first ceiling of the back-off, 5 s */
        step(world, COURIER_POLL_MS);
    assert_int_equal(count(world, "vatio/v1/m1/event", before), 1);
    assert_int_equal(count(world, "vatio/v1/m1/data", before), 1); /* one, to try */
    assert_int_equal(world->publisher.sent[world->publisher.n - 1].seq, 1);
    before = world->publisher.n;
    report(world, (struct publisher_event){.kind = PUBLISHER_ACKED,
                                           .ticket = world->publisher.sent[before - 1].ticket});
    report(world, (struct publisher_event){.kind = PUBLISHER_ACKED,
                                           .ticket = world->publisher.sent[before - 2].ticket});
    step(world, 1);
    assert_int_equal(count(world, "vatio/v1/m1/data", before), 4); /* it is taken again: the rest follows */
}

static void failures_without_a_reason_change_nothing(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 1;
    go_online(world);
    report(world,
           (struct publisher_event){.kind = PUBLISHER_FAILED, .ticket = world->publisher.sent[1].ticket});
    report(world, (struct publisher_event){.kind = PUBLISHER_FAILED, .ticket = 999999, .reason = 0x87});
    report(world, (struct publisher_event){.kind = PUBLISHER_ACKED, .ticket = 999999});
    step(world, 1);
    assert_int_equal(world->courier.outbox.n, 1);
    assert_int_equal(world->courier.health.records_refused, 0);
    assert_int_equal(world->courier.health.records_acked, 0);
}

static void a_refused_state_does_not_hold_up_the_end(void **state)
{
    struct world *world = *state;
    go_online(world);
    courier_stop(&world->courier, world->now_ms);
    report(world, (struct publisher_event){.kind = PUBLISHER_FAILED, .ticket = 1, .reason = 0x87});
    step(world, 1);
    assert_int_equal(world->courier.exit_code, COURIER_DONE);
}

static void attempts_are_spread_under_a_ceiling_that_doubles(void **state)
{
    struct world *world = *state;
    int64_t ceiling_ms = 5000;
    world->courier.require_broker = false;
    for (int k = 0; k < 12; k++) {
        while (world->courier.state != COURIER_CONNECTING)
            step(world, 100);
        report(world, (struct publisher_event){.kind = PUBLISHER_REFUSED, .text = "no"});
        step(world, 1);
        assert_int_equal(world->courier.state, COURIER_OFFLINE);
        assert_in_range(world->courier.attempt_ms - world->now_ms, 0, ceiling_ms);
        ceiling_ms = ceiling_ms * 2 > 600000 ? 600000 : ceiling_ms * 2;
    }
    assert_int_equal(world->courier.backoff.ceiling_ms, 600000);
    assert_int_equal(world->courier.exit_code, COURIER_RUNNING);
    assert_int_equal(world->courier.health.connects_refused, 12);
}

static void a_connection_that_breaks_at_once_does_not_reset_the_back_off(void **state)
{
    struct world *world = *state;
    for (int k = 0; k < 4; k++) {
        step(world, 600000);
        report(world, (struct publisher_event){.kind = PUBLISHER_CONNECTED, .limit = 65535});
        step(world, 1);
        report(world, (struct publisher_event){.kind = PUBLISHER_LOST, .text = "over quota"});
        step(world, 1);
    }
    assert_int_equal(world->courier.backoff.ceiling_ms, 80000);
    step(world, 600000);
    report(world, (struct publisher_event){.kind = PUBLISHER_CONNECTED, .limit = 65535});
    step(world, 1);
    report(world, (struct publisher_event){.kind = PUBLISHER_LOST, .text = "later"});
    step(world, COURIER_STABLE_MS);
    assert_int_equal(world->courier.backoff.ceiling_ms, 10000); /* that was a good one */
}

static void the_first_attempt_waits_a_random_moment_unless_the_broker_is_required(void **state)
{
    struct world *world = *state;
    assert_int_equal(world->courier.attempt_ms, world->now_ms);
    int64_t earliest_ms = INT64_MAX, latest_ms = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct courier courier;
        courier_init(&courier, &world->settings, &world->publisher.publisher, &world->source.source, seed, 0,
                     false);
        assert_in_range(courier.attempt_ms, 0, 5000);
        earliest_ms = courier.attempt_ms < earliest_ms ? courier.attempt_ms : earliest_ms;
        latest_ms = courier.attempt_ms > latest_ms ? courier.attempt_ms : latest_ms;
        assert_int_equal(courier.backoff.ceiling_ms, 5000);
    }
    assert_true(latest_ms - earliest_ms > 2500); /* 50 of one uniform spread: missed with p < 1e-12 */
}

static void a_required_broker_that_refuses_ends_it(void **state)
{
    struct world *world = *state;
    step(world, 0);
    report(world,
           (struct publisher_event){.kind = PUBLISHER_REFUSED, .reason = 0x87, .text = "Not authorized"});
    step(world, 1);
    assert_int_equal(world->courier.exit_code, COURIER_NO_BROKER);
    assert_non_null(
        strstr(world->courier.said_broker, "refused the connection: Not authorized; check mqtt.user"));
}

static void a_required_broker_that_was_there_may_go(void **state)
{
    struct world *world = *state;
    go_online(world);
    report(world, (struct publisher_event){.kind = PUBLISHER_LOST, .text = "gone"});
    step(world, 1);
    step(world, 600000);
    report(world, (struct publisher_event){.kind = PUBLISHER_LOST, .text = "while connecting"});
    step(world, 1);
    assert_int_equal(world->courier.state, COURIER_OFFLINE);
    assert_int_equal(world->courier.exit_code, COURIER_RUNNING);
}

static void refusals_say_what_to_do(void **state)
{
    static const struct {
        int reason;
        bool tls;
        const char *part;
    } cases[] = {
        {0, false, "cannot be reached: because; is it running"},
        {0, true, "certificate"},
        {PUBLISHER_OWN, false, "broker 127.0.0.1:1883 not asked: because"},
        {0x84, false, "MQTT 5"},
        {0x85, false, "client id"},
        {0x86, false, "mqtt.password_file"},
        {0x8a, true, "banned"},
        {0x97, false, "broker's log"},
    };
    struct world *world = *state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        world->settings.tls = cases[k].tls;
        world->courier.state = COURIER_CONNECTING;
        report(world, (struct publisher_event){
                          .kind = PUBLISHER_REFUSED, .reason = cases[k].reason, .text = "because"});
        step(world, 1);
        if (strstr(world->courier.said_broker, cases[k].part) == NULL)
            fail_msg("\"%s\" is not in: %s", cases[k].part, world->courier.said_broker);
    }
}

static void a_connect_that_cannot_start_is_a_refusal(void **state)
{
    struct world *world = *state;
    world->publisher.connect_result = -EPERM;
    step(world, 0);
    assert_int_equal(world->courier.exit_code, COURIER_NO_BROKER);
}

static void cursors_are_kept_every_two_seconds_and_survive(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 4;
    go_online(world);
    int done = ack_from(world, 0);
    step(world, 1); /* the first one at once */
    assert_int_equal(world->courier.cursor.record.acked_seq[STREAM_MINUTE], 4);
    world->source.newest_seq[STREAM_MINUTE] = 5;
    step(world, COURIER_POLL_MS);
    ack_from(world, done);
    step(world, 1);
    assert_int_equal(world->courier.outbox.acked_seq[STREAM_MINUTE], 5);
    assert_int_equal(world->courier.cursor.record.acked_seq[STREAM_MINUTE], 4); /* too soon */
    step(world, COURIER_SAVE_MS);
    assert_int_equal(world->courier.cursor.record.acked_seq[STREAM_MINUTE], 5);
    /* As after kill -9: no farewell. */
    courier_close(&world->courier);
    start_courier(world, true);
    world->publisher.n = 0;
    world->source.newest_seq[STREAM_MINUTE] = 6;
    go_online(world);
    assert_int_equal(world->publisher.n, 2); /* the state and record 6 */
    assert_int_equal(world->publisher.sent[1].seq, 6);
}

static void a_new_store_starts_at_one_and_the_old_one_is_remembered(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 4;
    go_online(world);
    ack_from(world, 0);
    step(world, 1);
    strcpy(world->source.store_id, "s2");
    world->source.newest_seq[STREAM_MINUTE] = 2;
    const int before = world->publisher.n;
    step(world, COURIER_POLL_MS);
    assert_int_equal(world->publisher.n, before + 2);
    assert_string_equal(world->publisher.sent[before].store_id, "s2");
    assert_int_equal(world->publisher.sent[before].seq, 1);
    strcpy(world->source.store_id, "s1"); /* a restored image */
    world->source.newest_seq[STREAM_MINUTE] = 5;
    step(world, COURIER_POLL_MS);
    assert_int_equal(world->publisher.sent[before + 2].seq, 5);
}

static void another_meter_gets_its_own_connection(void **state)
{
    struct world *world = *state;
    go_online(world);
    strcpy(world->source.meter_id, "m2");
    strcpy(world->source.store_id, "s2");
    step(world, COURIER_POLL_MS);
    assert_string_equal(world->publisher.sent[1].text, "offline");
    assert_string_equal(world->publisher.sent[1].topic, "vatio/v1/m1/state");
    assert_int_equal(world->publisher.polite_closes, 1);
    assert_int_equal(world->courier.state, COURIER_CONNECTING);
    assert_string_equal(world->publisher.client_id, "vatio-m2");
}

static void a_meter_without_a_usable_name_is_waited_for(void **state)
{
    static const char *const names[] = {"", "a/b", "a b", "#"};
    struct world *world = *state;
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        snprintf(world->source.meter_id, RECORD_ID, "%s", names[k]);
        step(world, COURIER_POLL_MS);
        assert_int_equal(world->publisher.connects, 0);
    }
    strcpy(world->source.meter_id, "m1");
    strcpy(world->source.store_id, "../s1"); /* would be part of a file name */
    step(world, COURIER_POLL_MS);
    assert_int_equal(world->publisher.connects, 0);
    strcpy(world->source.store_id, "s1");
    step(world, COURIER_POLL_MS);
    assert_int_equal(world->publisher.connects, 1);
}

static void a_vatiod_that_is_away_is_waited_for(void **state)
{
    static const int errors[] = {-ENOENT, -ECONNREFUSED, -ETIMEDOUT, -EPROTO, -EACCES};
    struct world *world = *state;
    for (size_t k = 0; k < sizeof errors / sizeof errors[0]; k++) {
        world->source.status_result = errors[k];
        assert_true(step(world, COURIER_POLL_MS) > 0);
        assert_int_equal(world->publisher.connects, 0); /* nobody to connect for */
    }
    world->source.status_result = 0;
    world->source.newest_seq[STREAM_MINUTE] = 3;
    world->now_ms += COURIER_POLL_MS;
    go_online(world);
    world->source.status_result = -ECONNRESET;
    world->source.newest_seq[STREAM_MINUTE] = 9;
    ack_from(world, 0);
    const int before = world->publisher.n;
    step(world, COURIER_POLL_MS);
    assert_int_equal(world->publisher.n, before);
    assert_int_equal(world->courier.state, COURIER_ONLINE); /* the connection stays */
    world->source.status_result = 0;
    world->source.fetch_result = -EIO;
    step(world, COURIER_POLL_MS);
    assert_int_equal(world->publisher.n, before);
    world->source.fetch_result = 0;
    step(world, COURIER_POLL_MS);
    assert_int_equal(world->publisher.n, before + 6);
}

static void records_that_retention_removed_are_passed_over(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 50;
    world->source.first_seq[STREAM_MINUTE] = 48;
    go_online(world);
    assert_int_equal(world->publisher.sent[1].seq, 48);
    ack_from(world, 0);
    step(world, 1);
    assert_int_equal(world->courier.outbox.acked_seq[STREAM_MINUTE], 50);
    world->source.newest_seq[STREAM_DAY] = 5; /* all gone */
    world->source.first_seq[STREAM_DAY] = 6;
    const int fetches = world->source.fetches;
    for (int k = 0; k < 10; k++)
        step(world, 1);
    step(world, COURIER_POLL_MS);
    for (int k = 0; k < 10; k++)
        step(world, 1);
    assert_true(world->source.fetches - fetches <= 2); /* asked once per poll, not in a loop */
}

static void put_live(struct world *world)
{
    strcpy(world->source.live.meter_id, "m1");
    strcpy(world->source.live.store_id, "s1");
    world->source.live.live.schema = 1;
    world->source.has_live = true;
}

static void info_is_retained_and_sent_when_it_changes(void **state)
{
    struct world *world = *state;
    put_live(world);
    go_online(world);
    assert_int_equal(count(world, "vatio/v1/m1/info", 0), 1);
    assert_string_equal(world->publisher.sent[1].topic, "vatio/v1/m1/info");
    assert_true(world->publisher.sent[1].retained && world->publisher.sent[1].qos == 1);
    put_live(world);
    step(world, 5000);
    assert_int_equal(count(world, "vatio/v1/m1/info", 0), 1);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 2);
    world->source.live.imp_per_kwh = 500;
    put_live(world);
    step(world, 5000);
    assert_int_equal(count(world, "vatio/v1/m1/info", 0), 2);
    report(world, (struct publisher_event){.kind = PUBLISHER_FAILED, .ticket = 2, .reason = 0x87});
    step(world, 1);
    assert_non_null(strstr(world->courier.said_refusal, "vatio/v1/m1/info"));
}

static void live_comes_at_its_period_expires_and_is_never_old(void **state)
{
    struct world *world = *state;
    world->settings.live_period_s = 2;
    go_online(world);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 0); /* none there */
    put_live(world);
    step(world, COURIER_FRESH_MS);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 1);
    const int k = world->publisher.n - 1;
    assert_int_equal(world->publisher.sent[k].qos, 0);
    assert_false(world->publisher.sent[k].retained);
    assert_int_equal(world->publisher.sent[k].expiry_s, 60);
    put_live(world);
    step(world, 1999);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 1);
    step(world, 1);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 2);
    step(world, 2000);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 2); /* no new second */
    put_live(world);
    strcpy(world->source.live.store_id, "other"); /* another vatiod's mailbox */
    step(world, 2000);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 2);
}

static void live_can_be_switched_off(void **state)
{
    struct world *world = *state;
    world->settings.live_period_s = 0;
    put_live(world);
    go_online(world);
    assert_int_equal(count(world, "vatio/v1/m1/info", 0), 1);
    put_live(world);
    step(world, COURIER_INFO_MS);
    assert_int_equal(count(world, "vatio/v1/m1/live", 0), 0);
}

static void it_waits_no_longer_than_until_what_is_due(void **state)
{
    struct world *world = *state;
    go_online(world);
    for (int k = 0; k < 50; k++) {
        const int64_t wait_ms = step(world, 0);
        assert_in_range(wait_ms, 1, COURIER_POLL_MS); /* 0 would be a busy loop */
        world->now_ms += wait_ms;
    }
}

static void a_clean_end_takes_leave_and_keeps_the_cursors(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 2;
    go_online(world);
    courier_stop(&world->courier, world->now_ms);
    assert_int_equal(world->courier.state, COURIER_STOPPING);
    assert_string_equal(world->publisher.sent[world->publisher.n - 1].text, "offline");
    assert_int_equal(step(world, 0), COURIER_STOP_MS);
    assert_int_equal(world->courier.exit_code, COURIER_RUNNING); /* acknowledgements are still to come */
    ack_from(world, 0);
    step(world, 10);
    assert_int_equal(world->courier.exit_code, COURIER_DONE);
    assert_int_equal(world->publisher.polite_closes, 1);
    assert_int_equal(world->courier.cursor.record.acked_seq[STREAM_MINUTE], 2);
}

static void the_end_does_not_wait_for_ever(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 2;
    go_online(world);
    courier_stop(&world->courier, world->now_ms);
    step(world, COURIER_STOP_MS - 1);
    assert_int_equal(world->courier.exit_code, COURIER_RUNNING);
    step(world, 1);
    assert_int_equal(world->courier.exit_code, COURIER_DONE);
    assert_int_equal(world->courier.cursor.record.acked_seq[STREAM_MINUTE], 0); /* nothing was acknowledged */
}

static void an_end_while_the_connection_breaks_is_an_end(void **state)
{
    struct world *world = *state;
    go_online(world);
    courier_stop(&world->courier, world->now_ms);
    report(world, (struct publisher_event){.kind = PUBLISHER_LOST, .text = "cut"});
    step(world, 1);
    assert_int_equal(world->courier.exit_code, COURIER_DONE);
}

static void an_end_without_a_connection_is_at_once(void **state)
{
    struct world *world = *state;
    step(world, 0);
    courier_stop(&world->courier, world->now_ms);
    assert_int_equal(world->courier.exit_code, COURIER_DONE);
    assert_int_equal(world->publisher.polite_closes, 0);
}

static void a_state_directory_in_use_or_missing_ends_it(void **state)
{
    struct world *world = *state;
    struct cursor other;
    int64_t acked_seq[STREAMS];
    assert_int_equal(cursor_open(&other, world->dir, "127.0.0.1:1883", "s1", acked_seq), 0);
    step(world, 0);
    assert_int_equal(world->courier.exit_code, COURIER_FAILED);
    cursor_close(&other);
    start_courier(world, false);
    strcpy(world->settings.state_dir, "/nonexistent");
    step(world, 0);
    assert_int_equal(world->courier.exit_code, COURIER_FAILED);
}

static void a_cursor_that_cannot_be_written_is_counted_and_tried_again(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 2;
    go_online(world);
    const int good = world->courier.cursor.journal.fd;
    world->courier.cursor.journal.fd =
        open(world->courier.cursor.path, O_RDONLY); /* as on a card that went read-only */
    ack_from(world, 0);
    step(world, COURIER_SAVE_MS);
    assert_true(world->courier.health.cursor_errors > 0);
    assert_int_equal(world->courier.exit_code, COURIER_RUNNING);
    close(world->courier.cursor.journal.fd);
    world->courier.cursor.journal.fd = good;
    step(world, COURIER_SAVE_MS);
    assert_int_equal(world->courier.cursor.record.acked_seq[STREAM_MINUTE], 2);
}

static void the_status_shows_the_state_and_no_secret(void **state)
{
    struct world *world = *state;
    char text[512], path[64], read_back[2048] = "";
    strcpy(world->settings.user, "hidden-user");
    strcpy(world->settings.password_file, "/hidden/file");
    courier_describe(&world->courier, text, sizeof text);
    assert_string_equal(
        text,
        "not connected to broker 127.0.0.1:1883; waiting for vatiod; 0 records to deliver, 0 delivered");
    world->source.newest_seq[STREAM_MINUTE] = 7;
    go_online(world);
    courier_describe(&world->courier, text, sizeof text);
    assert_string_equal(text,
                        "connected to broker 127.0.0.1:1883; meter m1; 7 records to deliver, 0 delivered");
    char *json = status_file_text(&world->courier);
    assert_non_null(strstr(json, "\"connected\": true"));
    assert_non_null(strstr(json, "\"under_way\": 7"));
    assert_null(strstr(json, "hidden"));
    snprintf(path, sizeof path, "%s/status", world->dir);
    assert_int_equal(status_file_write(path, "before"), 0);
    assert_int_equal(status_file_write(path, json), 0);
    FILE *file = fopen(path, "r");
    assert_true(fread(read_back, 1, sizeof read_back - 1, file) > 0);
    fclose(file);
    assert_string_equal(read_back, json);
    free(json);
    assert_int_equal(status_file_write("/nonexistent/status", ""), -ENOENT);
    assert_int_equal(status_file_write(world->dir, ""), -EISDIR);
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, build, tear_down)
    const struct CMUnitTest tests[] = {
        IN_WORLD(it_says_online_and_sends_what_is_stored),
        IN_WORLD(no_more_than_a_window_is_under_way),
        IN_WORLD(the_broker_s_own_limit_narrows_the_window),
        IN_WORLD(after_a_loss_everything_without_acknowledgement_is_sent_again),
        IN_WORLD(a_send_that_fails_is_a_loss),
        IN_WORLD(an_acknowledgement_that_never_comes_ends_the_connection),
        IN_WORLD(a_refused_record_waits_and_the_others_go_on),
        IN_WORLD(failures_without_a_reason_change_nothing),
        IN_WORLD(a_refused_state_does_not_hold_up_the_end),
        IN_WORLD(attempts_are_spread_under_a_ceiling_that_doubles),
        IN_WORLD(a_connection_that_breaks_at_once_does_not_reset_the_back_off),
        IN_WORLD(the_first_attempt_waits_a_random_moment_unless_the_broker_is_required),
        IN_WORLD(a_required_broker_that_refuses_ends_it),
        IN_WORLD(a_required_broker_that_was_there_may_go),
        IN_WORLD(refusals_say_what_to_do),
        IN_WORLD(a_connect_that_cannot_start_is_a_refusal),
        IN_WORLD(cursors_are_kept_every_two_seconds_and_survive),
        IN_WORLD(a_new_store_starts_at_one_and_the_old_one_is_remembered),
        IN_WORLD(another_meter_gets_its_own_connection),
        IN_WORLD(a_meter_without_a_usable_name_is_waited_for),
        IN_WORLD(a_vatiod_that_is_away_is_waited_for),
        IN_WORLD(records_that_retention_removed_are_passed_over),
        IN_WORLD(info_is_retained_and_sent_when_it_changes),
        IN_WORLD(live_comes_at_its_period_expires_and_is_never_old),
        IN_WORLD(live_can_be_switched_off),
        IN_WORLD(it_waits_no_longer_than_until_what_is_due),
        IN_WORLD(a_clean_end_takes_leave_and_keeps_the_cursors),
        IN_WORLD(the_end_does_not_wait_for_ever),
        IN_WORLD(an_end_while_the_connection_breaks_is_an_end),
        IN_WORLD(an_end_without_a_connection_is_at_once),
        IN_WORLD(a_state_directory_in_use_or_missing_ends_it),
        IN_WORLD(a_cursor_that_cannot_be_written_is_counted_and_tried_again),
        IN_WORLD(the_status_shows_the_state_and_no_secret),
    };
    return cmocka_run_group_tests_name("courier", tests, NULL, NULL);
}
