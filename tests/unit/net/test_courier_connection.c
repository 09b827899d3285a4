/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connections: to the broker, lost, refused, tried again; to a vatiod that is away or another. */
#include "tests/unit/net/courier_bench.h"

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

static void a_connection_that_delivered_resets_the_back_off_however_short(void **state)
{
    struct world *world = *state;
    for (int k = 0; k < 3; k++) {
        world->source.newest_seq[STREAM_MINUTE]++;
        const int before = world->publisher.n;
        step(world, 600000);
        report(world, (struct publisher_event){.kind = PUBLISHER_CONNECTED, .limit = 65535});
        step(world, 1);
        ack_from(world, before);
        step(world, 1);
        report(world, (struct publisher_event){.kind = PUBLISHER_LOST, .text = "cut"});
        step(world, 1);
        assert_int_equal(world->courier.backoff.ceiling_ms, 10000);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_send_that_fails_is_a_loss),
        IN_WORLD(an_acknowledgement_that_never_comes_ends_the_connection),
        IN_WORLD(attempts_are_spread_under_a_ceiling_that_doubles),
        IN_WORLD(a_connection_that_breaks_at_once_does_not_reset_the_back_off),
        IN_WORLD(a_connection_that_delivered_resets_the_back_off_however_short),
        IN_WORLD(the_first_attempt_waits_a_random_moment_unless_the_broker_is_required),
        IN_WORLD(a_required_broker_that_refuses_ends_it),
        IN_WORLD(a_required_broker_that_was_there_may_go),
        IN_WORLD(refusals_say_what_to_do),
        IN_WORLD(a_connect_that_cannot_start_is_a_refusal),
        IN_WORLD(another_meter_gets_its_own_connection),
        IN_WORLD(a_meter_without_a_usable_name_is_waited_for),
        IN_WORLD(a_vatiod_that_is_away_is_waited_for),
        IN_WORLD(it_waits_no_longer_than_until_what_is_due),
    };
    return cmocka_run_group_tests_name("courier_connection", tests, NULL, NULL);
}
