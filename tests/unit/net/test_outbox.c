/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/outbox.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What a case does, one letter and a number each, on stream minute; tickets count from 1 in the order of sending:
 * s: send the next seq; j: send the seq given (retention left a gap); a: acknowledge the ticket; r: refuse the ticket;
 * l: the connection is lost. */
static const struct {
    const char *name;
    const char *script;
    int64_t acked_seq, next_seq;
    int under_way;
} cases[] = {
    {"nothing sent, nothing delivered", "", 0, 1, 0},
    {"a record sent is under way", "s1", 0, 2, 1},
    {"in order, the cursor follows each acknowledgement", "s1 s2 s3 a1 a2", 2, 4, 1},
    {"out of order, the cursor waits for the first", "s1 s2 s3 a3 a2", 0, 4, 3},
    {"and then moves over all of them at once", "s1 s2 s3 a3 a2 a1", 3, 4, 0},
    {"a hole in the middle stops it", "s1 s2 s3 s4 a1 a2 a4", 2, 5, 2},
    {"an acknowledgement given twice counts once", "s1 s2 a1 a1", 1, 3, 1},
    {"an unknown ticket changes nothing", "s1 a9", 0, 2, 1},
    {"seqs that retention removed are passed over", "s1 j5 j6 a1 a2", 5, 7, 1},
    {"a lost connection leaves the cursor and forgets the rest", "s1 s2 s3 a1 a3 l0", 1, 2, 0},
    {"after it, sending starts behind the cursor", "s1 s2 s3 a1 a3 l0 s2 s3", 1, 4, 2},
    {"late acknowledgements of the lost connection do not count", "s1 s2 l0 s1 s2 a1 a2", 0, 3, 2},
    {"those of the new one do", "s1 s2 l0 s1 s2 a3 a4", 2, 3, 0},
    {"a refused record is to be sent again", "s1 r1", 0, 1, 0},
    {"with all that were sent after it", "s1 s2 s3 a1 r2", 1, 2, 0},
    {"even if those were acknowledged before", "s1 s2 s3 a3 r1", 0, 1, 0},
    {"or are acknowledged later", "s1 s2 s3 r1 a2 a3", 0, 1, 0},
    {"what was sent before it stays under way", "s1 s2 s3 r2", 0, 2, 1},
    {"and counts when it is acknowledged", "s1 s2 s3 r2 a1", 1, 2, 0},
    {"refusing an unknown ticket changes nothing", "s1 r7", 0, 2, 1},
};

static void play(struct outbox *outbox, const char *script)
{
    char text[128], *rest = text;

    strcpy(text, script);
    for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL;) {
        const int64_t number = atoll(word + 1);
        if (*word == 's') {
            assert_int_equal(outbox_next_seq(outbox, STREAM_MINUTE), number);
            outbox_add(outbox, STREAM_MINUTE, number, 0);
        }
        if (*word == 'j')
            outbox_add(outbox, STREAM_MINUTE, number, 0);
        if (*word == 'a')
            outbox_ack(outbox, number);
        if (*word == 'r')
            outbox_refuse(outbox, number);
        if (*word == 'l')
            outbox_reset(outbox);
    }
}

static void acknowledgements_move_the_cursor(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct outbox outbox;
        outbox_init(&outbox, 8, 1);
        play(&outbox, cases[k].script);
        print_message("  %s\n", cases[k].name);
        assert_int_equal(outbox.acked_seq[STREAM_MINUTE], cases[k].acked_seq);
        assert_int_equal(outbox_next_seq(&outbox, STREAM_MINUTE), cases[k].next_seq);
        assert_int_equal(outbox.n, cases[k].under_way);
        assert_int_equal(outbox_next_seq(&outbox, STREAM_DAY), 1);
    }
}

static void the_window_is_shared_by_all_streams(void **state)
{
    struct outbox outbox;

    (void)state;
    outbox_init(&outbox, 3, 1);
    assert_int_equal(outbox_room(&outbox, STREAM_MINUTE), 3);
    outbox_add(&outbox, STREAM_MINUTE, 1, 0);
    outbox_add(&outbox, STREAM_DAY, 1, 0);
    assert_int_equal(outbox_room(&outbox, STREAM_EVENT), 1);
    outbox_add(&outbox, STREAM_EVENT, 1, 0);
    assert_int_equal(outbox_room(&outbox, STREAM_MINUTE), 0);
    assert_true(outbox_ack(&outbox, 2));
    assert_int_equal(outbox_room(&outbox, STREAM_MINUTE), 1);
    assert_int_equal(outbox.acked_seq[STREAM_DAY], 1);
    assert_int_equal(outbox.acked_seq[STREAM_MINUTE], 0);
    outbox.window = 1; /* a broker that takes less after a reconnection */
    assert_int_equal(outbox_room(&outbox, STREAM_MINUTE), 0);
}

static void a_window_out_of_range_is_bounded(void **state)
{
    struct outbox outbox;

    (void)state;
    outbox_init(&outbox, 0, 1);
    assert_int_equal(outbox.window, 1);
    outbox_init(&outbox, 1000, 1);
    assert_int_equal(outbox.window, OUTBOX_WINDOW_MAX);
}

static void a_refused_stream_sends_one_at_a_time_until_one_is_taken(void **state)
{
    struct outbox outbox;

    (void)state;
    outbox_init(&outbox, 8, 1);
    outbox_add(&outbox, STREAM_MINUTE, 1, 0);
    outbox_add(&outbox, STREAM_EVENT, 1, 0);
    outbox_add(&outbox, STREAM_MINUTE, 2, 0);
    assert_int_equal(outbox_stream(&outbox, 2), STREAM_EVENT);
    assert_int_equal(outbox_refuse(&outbox, 1), STREAM_MINUTE);
    assert_int_equal(outbox_stream(&outbox, 1), -1);
    assert_int_equal(outbox_refuse(&outbox, 3), -1); /* went with the first */
    assert_int_equal(outbox.n, 1);                   /* the event */
    assert_int_equal(outbox_room(&outbox, STREAM_MINUTE), 1);
    assert_int_equal(outbox_room(&outbox, STREAM_EVENT), 7);
    const int64_t probe = outbox_add(&outbox, STREAM_MINUTE, 1, 0);
    assert_int_equal(outbox_room(&outbox, STREAM_MINUTE), 0);
    assert_int_equal(outbox_room(&outbox, STREAM_EVENT), 6);
    assert_true(outbox_ack(&outbox, probe));
    assert_int_equal(outbox_room(&outbox, STREAM_MINUTE), 7);
}

static void kept_cursors_are_taken_over_and_tickets_never_repeat(void **state)
{
    static const int64_t kept[STREAMS] = {[STREAM_MINUTE] = 41, [STREAM_EVENT] = 7};
    struct outbox outbox;

    (void)state;
    outbox_init(&outbox, 8, 16);
    assert_int_equal(outbox_add(&outbox, STREAM_MINUTE, 1, 0), 16);
    outbox_set(&outbox, kept);
    assert_int_equal(outbox.n, 0);
    assert_int_equal(outbox_next_seq(&outbox, STREAM_MINUTE), 42);
    assert_int_equal(outbox_next_seq(&outbox, STREAM_EVENT), 8);
    assert_int_equal(outbox_add(&outbox, STREAM_MINUTE, 42, 0), 17);
    assert_false(outbox_ack(&outbox, 16));
    assert_true(outbox_ack(&outbox, 17));
    assert_int_equal(outbox.acked_seq[STREAM_MINUTE], 42);
}

static void the_oldest_without_acknowledgement_is_known(void **state)
{
    struct outbox outbox;

    (void)state;
    outbox_init(&outbox, 8, 1);
    assert_true(outbox_oldest_ms(&outbox) == INT64_MAX);
    outbox_add(&outbox, STREAM_MINUTE, 1, 100);
    outbox_add(&outbox, STREAM_EVENT, 1, 50);
    outbox_add(&outbox, STREAM_MINUTE, 2, 200);
    assert_int_equal(outbox_oldest_ms(&outbox), 50);
    outbox_ack(&outbox, 2);
    assert_int_equal(outbox_oldest_ms(&outbox), 100);
    outbox_ack(&outbox, 3); /* behind a hole: still held, but not waited for */
    assert_int_equal(outbox_oldest_ms(&outbox), 100);
}

/* Property, over random histories of a broker that acknowledges in any order, refuses, and dies: the cursor never passes
 * a record that no acknowledgement came for, and everything is delivered in the end. */
static void nothing_is_ever_passed_over(void **state)
{
    enum { RECORDS = 200 };

    (void)state;
    for (unsigned seed = 1; seed <= 50; seed++) {
        struct outbox outbox;
        bool taken[RECORDS + 1] = {false};
        unsigned random = seed;

        outbox_init(&outbox, 1 + (int)(seed % 16), 1);
        for (int turn = 0; outbox.acked_seq[STREAM_MINUTE] < RECORDS; turn++) {
            assert_true(turn < 100000);
            random = random * 1664525u + 1013904223u;
            const int64_t next_seq = outbox_next_seq(&outbox, STREAM_MINUTE);
            const unsigned dice = (random >> 16) % 100;
            if (next_seq <= RECORDS && outbox_room(&outbox, STREAM_MINUTE) > 0 && dice < 50)
                outbox_add(&outbox, STREAM_MINUTE, next_seq, turn);
            else if (outbox.n > 0 && dice < 95) {
                const struct outbox_entry entry = outbox.entry[(random >> 24) % (unsigned)outbox.n];
                taken[entry.seq] = true;
                outbox_ack(&outbox, entry.ticket);
            } else if (outbox.n > 0 && dice < 98)
                outbox_refuse(&outbox, outbox.entry[(random >> 24) % (unsigned)outbox.n].ticket);
            else if (dice == 99)
                outbox_reset(&outbox);
            for (int64_t seq = 1; seq <= outbox.acked_seq[STREAM_MINUTE]; seq++)
                assert_true(taken[seq]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acknowledgements_move_the_cursor),
        cmocka_unit_test(the_window_is_shared_by_all_streams),
        cmocka_unit_test(a_window_out_of_range_is_bounded),
        cmocka_unit_test(a_refused_stream_sends_one_at_a_time_until_one_is_taken),
        cmocka_unit_test(kept_cursors_are_taken_over_and_tickets_never_repeat),
        cmocka_unit_test(the_oldest_without_acknowledgement_is_known),
        cmocka_unit_test(nothing_is_ever_passed_over),
    };
    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
