/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/courier_private.h"

#include "firmware/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void courier_say(char said[COURIER_SAID], void (*log)(const char *format, ...), const char *format, ...)
{
    char text[COURIER_SAID];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (strcmp(text, said) == 0)
        return;
    memcpy(said, text, sizeof text);
    log("%s", text);
}

void courier_init(struct courier *courier, const struct settings *settings, struct publisher *publisher,
                  struct source *source, uint64_t seed, int64_t now_ms, bool require_broker)
{
    const int64_t min_ms = (int64_t)(settings->backoff_min_s * 1000.0);
    const int64_t max_ms = (int64_t)(settings->backoff_max_s * 1000.0);

    memset(courier, 0, sizeof *courier);
    courier->settings = settings;
    courier->publisher = publisher;
    courier->source = source;
    courier->require_broker = require_broker;
    courier->exit_code = COURIER_RUNNING;
    settings_broker_text(settings, courier->broker);
    backoff_init(&courier->backoff, min_ms, max_ms, seed);
    backoff_init(&courier->hold, min_ms, max_ms, seed + 1);
    outbox_init(&courier->outbox, (int)settings->window, TICKET_FIRST);
    courier->poll_ms = now_ms;
    courier->attempt_ms = now_ms;
    courier->saved_ms = now_ms - COURIER_SAVE_MS;
    if (require_broker)
        return;
    /* A power cut ends for a whole street at once: the meters do not all connect in the same second. */
    courier->attempt_ms += backoff_get(&courier->backoff);
    backoff_reset(&courier->backoff);
}

int courier_tell_state(struct courier *courier, const char *text)
{
    const struct publisher_message message = {.topic = courier->topics.name[TOPIC_STATE],
                                              .text = text,
                                              .retained = true,
                                              .qos = 1,
                                              .ticket = TICKET_STATE};
    courier->state_told = false;
    return publisher_send(courier->publisher, &message);
}

static void offline_until_next_attempt(struct courier *courier, int64_t now_ms)
{
    publisher_close(courier->publisher, false);
    outbox_reset(&courier->outbox);
    courier_forget_info(courier);
    courier->state = COURIER_OFFLINE;
    courier->attempt_ms = now_ms + backoff_get(&courier->backoff);
}

void courier_lose(struct courier *courier, int64_t now_ms, const char *why)
{
    const bool good = courier->proved || now_ms - courier->connected_ms >= COURIER_STABLE_MS;

    courier->health.losses++;
    if (good)
        backoff_reset(&courier->backoff);
    offline_until_next_attempt(courier, now_ms);
    courier_say(courier->said_broker, log_warning, "connection to broker %s lost: %s; connecting again",
                courier->broker, why);
}

static const char *advice(int reason, bool tls)
{
    static const struct {
        int reason;
        const char *text;
    } table[] = {
        {0x00, "is it running, and are mqtt.host and mqtt.port right?"},
        {0x84, "a broker that speaks MQTT 5 is needed"},
        {0x85, "it does not allow this client id"},
        {0x86, "check mqtt.user and mqtt.password_file"},
        {0x87, "check mqtt.user, mqtt.password_file and the broker's access list"},
        {0x8a, "the broker has banned this client"},
    };
    if (reason == 0 && tls)
        return "is it running, and do mqtt.host and mqtt.ca_file fit the name and the authority of its "
               "certificate?";
    for (size_t k = 0; k < sizeof table / sizeof table[0]; k++)
        if (table[k].reason == reason)
            return table[k].text;
    return "see the broker's log";
}

static void refuse_connection(struct courier *courier, int64_t now_ms, int reason, const char *text)
{
    courier->health.connects_refused++;
    if (reason == PUBLISHER_OWN)
        courier_say(courier->said_broker, log_error, "broker %s not asked: %s", courier->broker, text);
    else
        courier_say(courier->said_broker, log_error, "broker %s %s: %s; %s", courier->broker,
                    reason != 0 ? "refused the connection" : "cannot be reached", text,
                    advice(reason, courier->settings->tls));
    offline_until_next_attempt(courier, now_ms);
    if (courier->require_broker && courier->health.connects == 0)
        courier->exit_code = COURIER_NO_BROKER;
}

static void connect(struct courier *courier, int64_t now_ms)
{
    const struct publisher_session session = {.client_id = courier->topics.client_id,
                                              .will_topic = courier->topics.name[TOPIC_STATE],
                                              .will = "offline",
                                              .will_delay_s = COURIER_WILL_DELAY_S};
    courier->state = COURIER_CONNECTING;
    const int error = publisher_connect(courier->publisher, &session);
    if (error != 0)
        refuse_connection(courier, now_ms, PUBLISHER_OWN, strerror(-error));
}

static void on_connected(struct courier *courier, const struct publisher_event *event, int64_t now_ms)
{
    const int window = (int)courier->settings->window;

    if (courier->state != COURIER_CONNECTING)
        return;
    courier->state = COURIER_ONLINE;
    courier->connected_ms = now_ms;
    courier->proved = false;
    courier->health.connects++;
    /* state and info need a place each. */
    courier->outbox.window = window < event->limit - 2 ? window : event->limit > 3 ? event->limit - 2 : 1;
    courier->look_ms = courier->poll_ms = now_ms;
    memset(courier->held_ms, 0, sizeof courier->held_ms);
    courier_say(courier->said_broker, log_notice, "connected to broker %s as %s", courier->broker,
                courier->topics.client_id);
    if (courier_tell_state(courier, "online") != 0)
        courier_lose(courier, now_ms, "the state could not be sent");
}

static void on_refused(struct courier *courier, const struct publisher_event *event, int64_t now_ms)
{
    if (courier->state == COURIER_CONNECTING)
        refuse_connection(courier, now_ms, event->reason, event->text);
}

static void on_lost(struct courier *courier, const struct publisher_event *event, int64_t now_ms)
{
    if (courier->state == COURIER_CONNECTING)
        refuse_connection(courier, now_ms, 0, event->text);
    else if (courier->state == COURIER_ONLINE)
        courier_lose(courier, now_ms, event->text);
    else if (courier->state == COURIER_STOPPING)
        courier->stop_ms = now_ms;
}

static enum topic topic_of(int stream)
{
    return stream == STREAM_EVENT ? TOPIC_EVENT : TOPIC_DATA;
}

static void on_acked(struct courier *courier, const struct publisher_event *event, int64_t now_ms)
{
    (void)now_ms;
    if (event->ticket < TICKET_FIRST) {
        courier->state_told = courier->state_told || event->ticket == TICKET_STATE;
        return;
    }
    const int stream = outbox_stream(&courier->outbox, event->ticket);
    if (stream < 0)
        return; /* of an earlier connection, or to be sent again */
    if (courier->outbox.probing[stream]) {
        backoff_reset(&courier->hold);
        courier_say(courier->said_refusal, log_notice, "broker %s takes topic %s again", courier->broker,
                    courier->topics.name[topic_of(stream)]);
    }
    courier->health.records_acked++;
    courier->proved = true;
    outbox_ack(&courier->outbox, event->ticket);
}

static void on_failed(struct courier *courier, const struct publisher_event *event, int64_t now_ms)
{
    if (event->reason == 0)
        return; /* the connection is ending, and that is reported by itself */
    if (event->ticket < TICKET_FIRST) {
        courier->state_told = true; /* nothing more will come */
        courier_say(courier->said_refusal, log_error,
                    "broker %s refused topic %s (reason 0x%02x); check its access list", courier->broker,
                    courier->topics.name[event->ticket == TICKET_STATE ? TOPIC_STATE : TOPIC_INFO],
                    (unsigned)event->reason);
        return;
    }
    const int stream = outbox_refuse(&courier->outbox, event->ticket);
    if (stream < 0)
        return;
    courier->health.records_refused++;
    courier->held_ms[stream] = now_ms + backoff_get(&courier->hold);
    courier_say(
        courier->said_refusal, log_error,
        "broker %s refused topic %s (reason 0x%02x); records are kept and sent again, check its access list",
        courier->broker, courier->topics.name[topic_of(stream)], (unsigned)event->reason);
}

static void take_reports(struct courier *courier, int64_t now_ms)
{
    static void (*const act[PUBLISHER_EVENTS])(struct courier *, const struct publisher_event *, int64_t) = {
        [PUBLISHER_CONNECTED] = on_connected, [PUBLISHER_REFUSED] = on_refused, [PUBLISHER_LOST] = on_lost,
        [PUBLISHER_ACKED] = on_acked,         [PUBLISHER_FAILED] = on_failed,
    };
    struct publisher_event event;
    while (publisher_next(courier->publisher, &event) > 0)
        act[event.kind](courier, &event, now_ms);
}

static void finish_when_done(struct courier *courier, int64_t now_ms)
{
    if (now_ms < courier->stop_ms && !(courier->outbox.n == 0 && courier->state_told))
        return;
    courier_save(courier, now_ms);
    publisher_close(courier->publisher, true);
    courier->state = COURIER_OFFLINE;
    courier->exit_code = COURIER_DONE;
}

static void be_online(struct courier *courier, int64_t now_ms)
{
    if (outbox_oldest_ms(&courier->outbox) <= now_ms - COURIER_ACK_MS) {
        courier_lose(courier, now_ms, "an acknowledgement did not come");
        return;
    }
    if (courier->has_store && now_ms >= courier->look_ms)
        courier_look(courier, now_ms);
    if (courier->has_store)
        courier_send_records(courier, now_ms);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

static int64_t wait_ms(const struct courier *courier, int64_t now_ms)
{
    int64_t due_ms = courier->poll_ms;

    if (courier->state == COURIER_STOPPING)
        due_ms = courier->stop_ms;
    if (courier->state == COURIER_OFFLINE && courier->has_meter)
        due_ms = earlier(due_ms, courier->attempt_ms);
    if (courier->state == COURIER_ONLINE && courier->has_store)
        due_ms = earlier(due_ms, courier->look_ms);
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

int64_t courier_step(struct courier *courier, int64_t now_ms)
{
    take_reports(courier, now_ms);
    if (courier->state == COURIER_STOPPING) {
        finish_when_done(courier, now_ms);
        return wait_ms(courier, now_ms);
    }
    if (now_ms >= courier->poll_ms)
        courier_poll(courier, now_ms);
    if (courier->state == COURIER_OFFLINE && courier->has_meter && now_ms >= courier->attempt_ms)
        connect(courier, now_ms);
    if (courier->state == COURIER_ONLINE)
        be_online(courier, now_ms);
    if (now_ms - courier->saved_ms >= COURIER_SAVE_MS)
        courier_save(courier, now_ms);
    return wait_ms(courier, now_ms);
}

void courier_stop(struct courier *courier, int64_t now_ms)
{
    if (courier->state == COURIER_ONLINE && courier_tell_state(courier, "offline") == 0) {
        courier->state = COURIER_STOPPING;
        courier->stop_ms = now_ms + COURIER_STOP_MS;
        return;
    }
    courier_save(courier, now_ms);
    publisher_close(courier->publisher, false);
    courier->state = COURIER_OFFLINE;
    courier->exit_code = COURIER_DONE;
}

void courier_describe(const struct courier *courier, char *text, size_t size)
{
    static const char *const word[] = {"not connected to", "connecting to", "connected to",
                                       "taking leave of"};
    int64_t waiting = 0;
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++) {
        const int64_t behind = courier->newest_seq[stream] - courier->outbox.acked_seq[stream];
        waiting += behind > 0 ? behind : 0;
    }
    snprintf(text, size, "%s broker %s; %s%s; %" PRId64 " records to deliver, %" PRId64 " delivered",
             word[courier->state], courier->broker, courier->has_meter ? "meter " : "waiting for vatiod",
             courier->meter_id, waiting, courier->health.records_acked);
}

void courier_close(struct courier *courier)
{
    publisher_close(courier->publisher, false);
    cursor_close(&courier->cursor);
    courier_forget_info(courier);
}
