/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is stored reaches the broker: in order, once, within its limits, and the cursors remember how far. */
#include "tests/unit/net/courier_bench.h"

#include <fcntl.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(it_says_online_and_sends_what_is_stored),
        IN_WORLD(no_more_than_a_window_is_under_way),
        IN_WORLD(the_broker_s_own_limit_narrows_the_window),
        IN_WORLD(after_a_loss_everything_without_acknowledgement_is_sent_again),
        IN_WORLD(a_refused_record_waits_and_the_others_go_on),
        IN_WORLD(failures_without_a_reason_change_nothing),
        IN_WORLD(cursors_are_kept_every_two_seconds_and_survive),
        IN_WORLD(a_new_store_starts_at_one_and_the_old_one_is_remembered),
        IN_WORLD(records_that_retention_removed_are_passed_over),
        IN_WORLD(a_cursor_that_cannot_be_written_is_counted_and_tried_again),
    };
    return cmocka_run_group_tests_name("courier", tests, NULL, NULL);
}
