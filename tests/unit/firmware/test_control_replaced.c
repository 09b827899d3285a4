/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What clients see when a damaged database is replaced beneath their feet. */
#include "tests/unit/firmware/control_fixture.h"

#include "firmware/store/store_begin.h"

#include <sys/stat.h>

enum { MINUTES = 300 };

/* As a write that meets damage does; the new one has three minutes more. */
static void replace(struct fixture *f)
{
    struct store *store = &f->store->store;
    snprintf(store->error, sizeof store->error, "as if");
    store_give_up(store);
    assert_int_equal(store_begin(store, f->store->error, sizeof f->store->error), 0);
    fixture_add(f->store, STREAM_MINUTE, MINUTES + 1, 3);
    assert_int_equal(store_commit(store), 0);
}

/* The stream's next packets; the number of records before its end or an error. */
static int64_t rest_of(struct control *control, int64_t from_seq, struct control_reply *reply)
{
    int64_t seq = from_seq;
    for (;; seq++) {
        assert_int_equal(control_next(control, reply), 0);
        if (reply->status != 0 || control_stream_end(reply))
            return seq - from_seq;
        assert_int_equal(reply->body.record.seq, seq);
    }
}

/* Until the stream waits for its reader: others' turns are between its own. */
static void let_stream_fill(struct fixture *f)
{
    struct control other;
    struct control_reply reply;
    connect_to(f, &other);
    for (int turn = 0; turn < 20; turn++)
        assert_int_equal(call(&other, CONTROL_STATUS, 0, &reply), 0);
    control_close(&other);
}

/* Minutes of the old one up to a point, each as it was; never one of the new. */
static void test_a_stream_that_is_under_way_ends(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    start(f);
    connect_to(f, &control);
    begin_stream(&control, STREAM_MINUTE, 1, CONTROL_STREAM_MAX);
    assert_int_equal(control_next(&control, &reply), 0);
    assert_int_equal(reply.body.record.seq, 1);
    let_stream_fill(f);
    replace(f);
    const int64_t n = rest_of(&control, 2, &reply);
    assert_in_range(n, 1, MINUTES - 2);
    assert_int_equal(reply.status, -ESTALE);
    assert_non_null(strstr(reply.body.text, "replaced"));
    do /* told while there was none yet, and once when there is; then it goes on with the new one */
        begin_stream(&control, STREAM_MINUTE, 1 + n, CONTROL_STREAM_MAX);
    while (control_next(&control, &reply) == 0 && reply.status == -ESTALE);
    assert_int_equal(reply.status, 0);
    assert_int_equal(reply.body.record.seq, MINUTES + 1);
    assert_int_equal(rest_of(&control, MINUTES + 2, &reply), 2);
    assert_int_equal(reply.status, 0);
    control_close(&control);
}

static void test_who_knows_the_old_name_is_told_before_it_gets_new_records(void **state)
{
    struct fixture *f = *state;
    struct control knows;
    struct control newcomer;
    struct control_reply reply;
    start(f);
    connect_to(f, &knows);
    connect_to(f, &newcomer);
    assert_int_equal(call(&knows, CONTROL_STATUS, 0, &reply), 0);
    replace(f);
    begin_stream(&newcomer, STREAM_MINUTE, 1, 10);
    check_minutes(&newcomer, MINUTES + 1, 3);
    begin_stream(&knows, STREAM_MINUTE, 1, 10);
    assert_int_equal(control_next(&knows, &reply), 0);
    assert_int_equal(reply.status, -ESTALE);
    assert_int_equal(call(&knows, CONTROL_STATUS, 0, &reply), 0);
    begin_stream(&knows, STREAM_MINUTE, 1, 10);
    check_minutes(&knows, MINUTES + 1, 3);
    replace(f);
    assert_int_equal(call(&knows, CONTROL_STATUS, 0, &reply), 0); /* and who asks first is not bothered */
    assert_int_equal(reply.status, 0);
    assert_int_equal(reply.length, sizeof reply.body.status);
    begin_stream(&knows, STREAM_MINUTE, 1, 10);
    assert_int_equal(rest_of(&knows, MINUTES + 4, &reply), 3);
    assert_int_equal(reply.status, 0);
    control_close(&knows);
    control_close(&newcomer);
}

static void test_a_place_that_is_taken_again_knows_nothing(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    start(f);
    connect_to(f, &control);
    assert_int_equal(call(&control, CONTROL_STATUS, 0, &reply), 0);
    control_close(&control);
    while (atomic_load(&f->server.clients) > 0)
        sched_yield();
    replace(f);
    connect_to(f, &control);
    begin_stream(&control, STREAM_MINUTE, 1, 10);
    check_minutes(&control, MINUTES + 1, 3);
    control_close(&control);
}

static void test_damage_that_a_stream_meets_is_passed_on(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    struct stat status;
    fixture_sql(f->store->path, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(stat(f->store->path, &status), 0);
    fixture_overwrite(f->store->path, status.st_size / 8192 * 4096, status.st_size);
    start(f);
    connect_to(f, &control);
    begin_stream(&control, STREAM_MINUTE, 1, CONTROL_STREAM_MAX);
    while (control_next(&control, &reply) == 0 && reply.status == 0)
        assert_false(control_stream_end(&reply));
    assert_int_equal(reply.status, -EBADMSG);
    assert_non_null(strstr(reply.body.text, "malformed"));
    assert_true(atomic_load(&f->damages) > 0);
    control_close(&control);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_a_stream_that_is_under_way_ends),
        TEST(test_who_knows_the_old_name_is_told_before_it_gets_new_records),
        TEST(test_a_place_that_is_taken_again_knows_nothing),
        TEST(test_damage_that_a_stream_meets_is_passed_on),
    };
    log_init("test_control_replaced", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("control_replaced", tests, NULL, NULL);
}
