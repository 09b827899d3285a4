/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/event_queue.h"
#include "net/paho_report.h"

#include <poll.h>
#include <string.h>

static int readable(const struct event_queue *queue)
{
    struct pollfd ready = {.fd = queue->fd, .events = POLLIN};
    return poll(&ready, 1, 0);
}

static void events_come_out_in_order_and_ring(void **state)
{
    struct event_queue queue;
    struct publisher_event event = {.kind = PUBLISHER_ACKED};

    (void)state;
    assert_int_equal(event_queue_init(&queue), 0);
    assert_int_equal(readable(&queue), 0);
    assert_int_equal(event_queue_get(&queue, &event), 0);
    for (int round = 0; round < 3; round++) { /* over the end of the ring */
        for (int64_t k = 1; k <= 100; k++) {
            event.ticket = k;
            event_queue_add(&queue, &event);
        }
        assert_int_equal(readable(&queue), 1);
        for (int64_t k = 1; k <= 100; k++) {
            assert_int_equal(event_queue_get(&queue, &event), 1);
            assert_int_equal(event.ticket, k);
        }
        assert_int_equal(event_queue_get(&queue, &event), 0);
        assert_int_equal(readable(&queue), 0);
    }
    event_queue_close(&queue);
}

static void an_overflow_ends_in_a_lost_connection(void **state)
{
    struct event_queue queue;
    struct publisher_event event = {.kind = PUBLISHER_ACKED};

    (void)state;
    assert_int_equal(event_queue_init(&queue), 0);
    for (int k = 0; k < EVENT_QUEUE_MAX + 5; k++)
        event_queue_add(&queue, &event);
    for (int k = 0; k < EVENT_QUEUE_MAX; k++) {
        assert_int_equal(event_queue_get(&queue, &event), 1);
        assert_int_equal(event.kind, PUBLISHER_ACKED);
    }
    assert_int_equal(event_queue_get(&queue, &event), 1);
    assert_int_equal(event.kind, PUBLISHER_LOST);
    assert_int_equal(event_queue_get(&queue, &event), 0);
    event_queue_close(&queue);
}

static void reset_forgets_everything(void **state)
{
    struct event_queue queue;
    struct publisher_event event = {.kind = PUBLISHER_ACKED};

    (void)state;
    assert_int_equal(event_queue_init(&queue), 0);
    for (int k = 0; k < EVENT_QUEUE_MAX + 1; k++)
        event_queue_add(&queue, &event);
    event_queue_reset(&queue);
    assert_int_equal(readable(&queue), 0);
    assert_int_equal(event_queue_get(&queue, &event), 0);
    event_queue_close(&queue);
}

enum { THREADS = 4, EACH = 25 };

static void *add_many(void *context)
{
    struct publisher_event event = {.kind = PUBLISHER_ACKED};
    for (event.ticket = 1; event.ticket <= EACH; event.ticket++)
        event_queue_add(context, &event);
    return NULL;
}

static void several_threads_may_add(void **state)
{
    struct event_queue queue;
    struct publisher_event event;
    pthread_t thread[THREADS];
    int64_t sum = 0;

    (void)state;
    assert_int_equal(event_queue_init(&queue), 0);
    for (int k = 0; k < THREADS; k++)
        assert_int_equal(pthread_create(&thread[k], NULL, add_many, &queue), 0);
    for (int got = 0; got < THREADS * EACH;) {
        struct pollfd ready = {.fd = queue.fd, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 10000), 1); /* a ring that is missed ends here */
        for (; event_queue_get(&queue, &event) > 0; got++)
            sum += event.ticket;
    }
    for (int k = 0; k < THREADS; k++)
        pthread_join(thread[k], NULL);
    assert_int_equal(sum, THREADS * EACH * (EACH + 1) / 2);
    event_queue_close(&queue);
}

static struct publisher_event only(struct event_queue *queue)
{
    struct publisher_event event, more;
    assert_int_equal(event_queue_get(queue, &event), 1);
    assert_int_equal(event_queue_get(queue, &more), 0);
    return event;
}

static void the_library_s_reports_become_events(void **state)
{
    struct event_queue queue;
    struct publisher_event event;
    MQTTAsync_successData5 success = MQTTAsync_successData5_initializer;
    MQTTAsync_failureData5 failure = MQTTAsync_failureData5_initializer;
    MQTTProperty limit = {.identifier = MQTTPROPERTY_CODE_RECEIVE_MAXIMUM};

    (void)state;
    assert_int_equal(event_queue_init(&queue), 0);
    paho_report_connected(&queue, &success);
    event = only(&queue);
    assert_int_equal(event.kind, PUBLISHER_CONNECTED);
    assert_int_equal(event.limit, 65535); /* MQTT 5, 3.2.2.3.3: absent means that */
    limit.value.integer2 = 20;
    success.properties = (MQTTProperties){.count = 1, .max_count = 1, .array = &limit};
    paho_report_connected(&queue, &success);
    assert_int_equal(only(&queue).limit, 20);

    failure.reasonCode = MQTTREASONCODE_NOT_AUTHORIZED;
    paho_report_refused(&queue, &failure);
    event = only(&queue);
    assert_int_equal(event.kind, PUBLISHER_REFUSED);
    assert_int_equal(event.reason, 0x87);
    assert_string_equal(event.text, "Not authorized");
    failure.reasonCode = MQTTREASONCODE_SUCCESS;
    failure.code = MQTTREASONCODE_NOT_AUTHORIZED; /* where version 1.3.12 puts the reason of a CONNACK */
    paho_report_refused(&queue, &failure);
    assert_int_equal(only(&queue).reason, 0x87);
    failure.code = MQTTASYNC_FAILURE;
    failure.message = "TCP connect failure";
    paho_report_refused(&queue, &failure);
    event = only(&queue);
    assert_int_equal(event.reason, 0);
    assert_string_equal(event.text, "TCP connect failure");
    failure.message = NULL;
    failure.code = MQTTASYNC_FAILURE;
    paho_report_refused(&queue, &failure);
    assert_true(strlen(only(&queue).text) > 0);

    paho_report_lost(&queue, NULL);
    assert_int_equal(only(&queue).kind, PUBLISHER_LOST);
    paho_report_disconnected(&queue, NULL, MQTTREASONCODE_SESSION_TAKEN_OVER);
    event = only(&queue);
    assert_int_equal(event.kind, PUBLISHER_LOST);
    assert_string_equal(event.text, "Session taken over");
    paho_report_closed(&queue, &success);
    assert_int_equal(only(&queue).kind, PUBLISHER_LOST);
    paho_report_message(&queue, PUBLISHER_FAILED, 3, 17, 0x87);
    event = only(&queue);
    assert_int_equal(event.slot, 3);
    assert_int_equal(event.ticket, 17);
    event_queue_close(&queue);
}

static void the_tls_library_s_reason_stands_in_the_refusal(void **state)
{
    static const struct {
        const char *line, *text;
    } cases[] = {
        {"40F7:error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify "
         "failed:a.c:1889:",
         "certificate verify failed"},
        {"40F7:error:0A000086", "TCP/TLS connect failure"},
        {"a:b:c:d:e:", "TCP/TLS connect failure"},
        {"a:b:c:d:e::", "TCP/TLS connect failure"},
        {"", "TCP/TLS connect failure"},
    };
    MQTTAsync_failureData5 failure = MQTTAsync_failureData5_initializer;

    (void)state;
    failure.code = MQTTASYNC_FAILURE;
    failure.message = "TCP/TLS connect failure";
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct event_queue queue;
        assert_int_equal(event_queue_init(&queue), 0);
        assert_int_equal(paho_report_tls(cases[k].line, strlen(cases[k].line), &queue), 1);
        paho_report_refused(&queue, &failure);
        assert_string_equal(only(&queue).text, cases[k].text);
        event_queue_reset(&queue); /* the next attempt is told without it */
        paho_report_refused(&queue, &failure);
        assert_string_equal(only(&queue).text, "TCP/TLS connect failure");
        event_queue_close(&queue);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_out_in_order_and_ring),
        cmocka_unit_test(an_overflow_ends_in_a_lost_connection),
        cmocka_unit_test(reset_forgets_everything),
        cmocka_unit_test(several_threads_may_add),
        cmocka_unit_test(the_library_s_reports_become_events),
        cmocka_unit_test(the_tls_library_s_reason_stands_in_the_refusal),
    };
    return cmocka_run_group_tests_name("event_queue", tests, NULL, NULL);
}
