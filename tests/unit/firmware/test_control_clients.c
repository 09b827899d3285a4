/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/firmware/control_fixture.h"

#include <sys/resource.h>

static void test_passed_descriptors_are_not_kept(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    struct control_request request = {
        .magic = CONTROL_MAGIC, .version = CONTROL_VERSION, .verb = CONTROL_STATUS};
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } ancillary;
    int ends[2];
    char byte;
    start(f);
    connect_to(f, &control);
    assert_int_equal(pipe(ends), 0);
    memset(&ancillary, 0, sizeof ancillary);
    struct iovec part = {&request, sizeof request};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &ancillary, .msg_controllen = sizeof ancillary};
    ancillary.head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&ancillary.head), &ends[1], sizeof(int));
    assert_int_equal(sendmsg(control.fd, &message, MSG_NOSIGNAL), sizeof request);
    close(ends[1]);
    assert_int_equal(control_next(&control, &reply), 0);
    assert_int_equal(reply.status, 0);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* the end: no one holds the other side */
    close(ends[0]);
    control_close(&control);
}

static void test_clients_do_not_wait_for_each_other(void **state)
{
    struct fixture *f = *state;
    struct control slow, quick;
    struct control_reply reply;
    start(f);
    connect_to(f, &slow);
    connect_to(f, &quick);
    begin_stream(&slow, STREAM_MINUTE, 1, 300); /* more than fits into the socket: it waits for its reader */
    for (int i = 0; i < 20; i++) {
        assert_int_equal(call(&quick, CONTROL_STATUS, 0, &reply), 0);
        assert_int_equal(reply.status, 0);
        begin_stream(&quick, STREAM_MINUTE, 10, 40);
        check_minutes(&quick, 10, 40);
    }
    assert_int_equal(atomic_load(&f->server.clients), 2);
    check_minutes(&slow, 1, 300);
    assert_int_equal(atomic_load(&f->server.dropped), 0);
    control_close(&slow);
    control_close(&quick);
}

static void test_slow_client_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct control slow, quick;
    struct control_reply reply;
    int received = 0;
    f->config.send_timeout_ms = 20;
    start(f);
    connect_to(f, &slow);
    begin_stream(&slow, STREAM_MINUTE, 1, 300);
    /* It hears that it was dropped when the other side has closed. */
    struct pollfd hang_up = {.fd = slow.fd, .events = 0};
    assert_int_equal(poll(&hang_up, 1, TIMEOUT_MS), 1);
    assert_true(hang_up.revents & POLLHUP);
    while (control_next(&slow, &reply) == 0)
        received++;
    assert_in_range(received, 1, 299); /* what the kernel had taken already */
    control_close(&slow);
    connect_to(f, &quick);
    assert_int_equal(call(&quick, CONTROL_STATUS, 0, &reply), 0);
    assert_int_equal(atomic_load(&f->server.dropped), 1);
    assert_int_equal(atomic_load(&f->server.clients), 1);
    control_close(&quick);
}

static void test_client_gone_in_mid_stream(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    start(f);
    for (int i = 0; i < 20; i++) {
        connect_to(f, &control);
        begin_stream(&control, STREAM_MINUTE, 1, 300);
        for (int k = 0; k < i; k++)
            assert_int_equal(control_next(&control, &reply), 0);
        control_close(&control);
    }
    connect_to(f, &control);
    begin_stream(&control, STREAM_MINUTE, 1, 300);
    check_minutes(&control, 1, 300);
    assert_int_equal(atomic_load(&f->server.dropped), 0);
    control_close(&control);
}

/* Its replies have nowhere to go: the server drops it and does not die of SIGPIPE. */
static void test_client_that_cannot_read(void **state)
{
    struct fixture *f = *state;
    struct control deaf, other;
    struct control_reply reply;
    start(f);
    connect_to(f, &deaf);
    assert_int_equal(shutdown(deaf.fd, SHUT_RD), 0);
    begin_stream(&deaf, STREAM_MINUTE, 1, 300);
    struct pollfd hang_up = {.fd = deaf.fd, .events = 0};
    assert_int_equal(poll(&hang_up, 1, TIMEOUT_MS), 1);
    connect_to(f, &other);
    assert_int_equal(call(&other, CONTROL_STATUS, 0, &reply), 0);
    assert_int_equal(atomic_load(&f->server.clients), 1);
    control_close(&deaf);
    control_close(&other);
}

/* A request of one who hangs up at once is still done. */
static void test_request_and_hang_up(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_request request = {
        .magic = CONTROL_MAGIC, .version = CONTROL_VERSION, .verb = CONTROL_STOP};
    start(f);
    connect_to(f, &control);
    assert_int_equal(send(control.fd, &request, sizeof request, MSG_NOSIGNAL), sizeof request);
    control_close(&control);
    pthread_join(f->thread, NULL);
    f->running = false;
    assert_int_equal(atomic_load(&f->stops), 1);
}

static void test_places(void **state)
{
    struct fixture *f = *state;
    struct control control[CONTROL_CLIENTS + 2];
    struct control_reply reply;
    atomic_store(&f->allowed, false);
    start(f);
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        connect_to(f, &control[i]);
        assert_int_equal(call(&control[i], CONTROL_STATUS, 0, &reply), 0);
    }
    assert_int_equal(atomic_load(&f->server.clients), CONTROL_CLIENTS);

    connect_to(f, &control[CONTROL_CLIENTS]); /* one too many: it hears the end and no one loses a place */
    assert_int_equal(control_next(&control[CONTROL_CLIENTS], &reply), -ECONNRESET);
    control_close(&control[CONTROL_CLIENTS]);
    assert_int_equal(atomic_load(&f->server.refused), 1);
    assert_int_equal(atomic_load(&f->server.dropped), 0);

    assert_int_equal(call(&control[0], CONTROL_STATUS, 0, &reply), 0);
    atomic_store(&f->allowed, true);
    connect_to(f, &control[CONTROL_CLIENTS]); /* one who may control gets in all the same */
    assert_int_equal(call(&control[CONTROL_CLIENTS], CONTROL_PAGE, 1, &reply), 0);
    assert_int_equal(reply.status, 0);
    assert_int_equal(atomic_load(&f->server.dropped), 1);
    assert_int_equal(atomic_load(&f->server.clients), CONTROL_CLIENTS);
    for (int i = 0; i <= CONTROL_CLIENTS; i++)
        control_close(&control[i]);
}

static void test_idle_client_makes_room(void **state)
{
    struct fixture *f = *state;
    struct control control[CONTROL_CLIENTS + 1];
    struct control_reply reply;
    f->config.idle_ms = -1; /* silent is silent for longer than this */
    start(f);
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        connect_to(f, &control[i]);
        assert_int_equal(call(&control[i], CONTROL_STATUS, 0, &reply), 0);
    }
    connect_to(f, &control[CONTROL_CLIENTS]);
    assert_int_equal(call(&control[CONTROL_CLIENTS], CONTROL_STATUS, 0, &reply), 0);
    assert_int_equal(control_next(&control[0], &reply), -ECONNRESET);
    assert_int_equal(atomic_load(&f->server.dropped), 1);
    for (int i = 0; i <= CONTROL_CLIENTS; i++)
        control_close(&control[i]);
}

static void test_out_of_descriptors(void **state)
{
    struct fixture *f = *state;
    struct rlimit limit, none;
    struct control control;
    struct control_reply reply;
    start(f);
    int next = dup(0); /* the lowest number that is free */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    close(next);
    none = limit;
    none.rlim_cur = (rlim_t)next + 1; /* room for the client's end and not for the server's */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int result = control_open(&control, f->store->dir, TIMEOUT_MS);
    struct control_request request = {
        .magic = CONTROL_MAGIC, .version = CONTROL_VERSION, .verb = CONTROL_STATUS};
    ssize_t sent = result == 0 ? send(control.fd, &request, sizeof request, MSG_NOSIGNAL) : 0;
    struct pollfd fd = {.fd = control.fd, .events = POLLIN};
    int early = poll(&fd, 1, 150); /* it tries and pauses, more than once */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(result, 0);
    assert_int_equal(sent, sizeof request);
    assert_int_equal(early, 0);
    assert_int_equal(control_next(&control, &reply), 0);
    assert_int_equal(reply.status, 0);
    control_close(&control);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_passed_descriptors_are_not_kept),
        TEST(test_clients_do_not_wait_for_each_other),
        TEST(test_slow_client_is_dropped),
        TEST(test_client_gone_in_mid_stream),
        TEST(test_client_that_cannot_read),
        TEST(test_request_and_hang_up),
        TEST(test_places),
        TEST(test_idle_client_makes_room),
        TEST(test_out_of_descriptors),
    };
    log_init("test_control_clients", LOG_LEVEL_ERROR);
    (void)signal(SIGPIPE, SIG_DFL); /* also where whoever runs this ignores it */
    return cmocka_run_group_tests_name("control_clients", tests, NULL, NULL);
}
