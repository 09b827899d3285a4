/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How it ends: asked to, broken off, or because it cannot go on. */
#include "tests/unit/net/courier_bench.h"

static void a_refused_state_does_not_hold_up_the_end(void **state)
{
    struct world *world = *state;
    go_online(world);
    courier_stop(&world->courier, world->now_ms);
    report(world, (struct publisher_event){.kind = PUBLISHER_FAILED, .ticket = 1, .reason = 0x87});
    step(world, 1);
    assert_int_equal(world->courier.exit_code, COURIER_DONE);
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

static void the_end_waits_until_the_broker_has_taken_leave(void **state)
{
    struct world *world = *state;
    go_online(world);
    ack_from(world, 0);
    step(world, 1);
    courier_stop(&world->courier, world->now_ms);
    const int leave = world->publisher.n - 1;
    step(world, 10);
    assert_int_equal(world->courier.exit_code, COURIER_RUNNING);
    ack_from(world, leave);
    step(world, 1);
    assert_int_equal(world->courier.exit_code, COURIER_DONE);
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

static void an_end_while_offline_keeps_what_was_taken_since_the_last_save(void **state)
{
    struct world *world = *state;
    world->source.newest_seq[STREAM_MINUTE] = 1;
    go_online(world);
    int done = ack_from(world, 0);
    step(world, 1); /* saved */
    world->source.newest_seq[STREAM_MINUTE] = 2;
    step(world, COURIER_POLL_MS);
    ack_from(world, done);
    report(world, (struct publisher_event){.kind = PUBLISHER_LOST, .text = "cut"});
    step(world, 1);
    assert_int_equal(world->courier.cursor.record.acked_seq[STREAM_MINUTE], 1);
    courier_stop(&world->courier, world->now_ms);
    assert_int_equal(world->courier.exit_code, COURIER_DONE);
    assert_int_equal(world->courier.cursor.record.acked_seq[STREAM_MINUTE], 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_refused_state_does_not_hold_up_the_end),
        IN_WORLD(a_clean_end_takes_leave_and_keeps_the_cursors),
        IN_WORLD(the_end_waits_until_the_broker_has_taken_leave),
        IN_WORLD(the_end_does_not_wait_for_ever),
        IN_WORLD(an_end_while_the_connection_breaks_is_an_end),
        IN_WORLD(an_end_without_a_connection_is_at_once),
        IN_WORLD(an_end_while_offline_keeps_what_was_taken_since_the_last_save),
        IN_WORLD(a_state_directory_in_use_or_missing_ends_it),
    };
    return cmocka_run_group_tests_name("courier_end", tests, NULL, NULL);
}
