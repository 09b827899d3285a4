/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/firmware/store_fixture.h"

#include "firmware/base/log.h"
#include "firmware/control_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { TIMEOUT_MS = 20000 }; /* nothing waits that long unless it is broken */

/* A server in its own thread on a real store; what the verbs did is counted. */
struct fixture {
    struct store_fixture *store;
    struct control_server server;
    struct control_server_config config;
    pthread_t thread;
    bool running;
    int result;
    atomic_int pages, reloads, stops, statuses;
    atomic_llong last_page;
    atomic_bool allowed;
};

static void on_status(void *context, struct control_status *status)
{
    struct fixture *f = context;
    atomic_fetch_add(&f->statuses, 1);
    status->pid = getpid();
    status->newest_seq[STREAM_MINUTE] = 40;
    snprintf(status->meter_id, sizeof status->meter_id, "meter-1");
}

static int on_page(void *context, int64_t page, char *text, size_t size)
{
    struct fixture *f = context;
    if (page > 3) {
        snprintf(text, size, "there are pages 0 to 3");
        return -EINVAL;
    }
    atomic_fetch_add(&f->pages, 1);
    atomic_store(&f->last_page, page);
    return 0;
}

static int on_reload(void *context, char *text, size_t size)
{
    struct fixture *f = context;
    atomic_fetch_add(&f->reloads, 1);
    snprintf(text, size, "read again");
    return 0;
}

static int on_stop(void *context, char *text, size_t size)
{
    struct fixture *f = context;
    (void)text;
    (void)size;
    atomic_fetch_add(&f->stops, 1);
    control_server_stop(&f->server);
    return 0;
}

static bool on_may_control(void *context, uid_t uid)
{
    struct fixture *f = context;
    (void)uid;
    return atomic_load(&f->allowed);
}

static const struct control_ops ops = {on_status, on_page, on_reload, on_stop};

static void *serve(void *argument)
{
    struct fixture *f = argument;
    f->result = control_server_run(&f->server);
    return NULL;
}

static void start(struct fixture *f)
{
    char error[256];
    assert_int_equal(control_server_init(&f->server, &f->config, error, sizeof error), 0);
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
    f->running = true;
}

static void finish(struct fixture *f)
{
    if (!f->running)
        return;
    control_server_stop(&f->server);
    pthread_join(f->thread, NULL);
    assert_int_equal(f->result, 0);
    f->running = false;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    void *store = NULL;
    fixture_setup(&store);
    f->store = store;
    f->store->config.batch_records = STORE_BATCH_MAX;
    fixture_open(f->store);
    fixture_add(f->store, STREAM_MINUTE, 1, 300);
    for (int64_t k = 1; k <= 3; k++) {
        struct record_event event;
        fixture_event(&event, k);
        assert_int_equal(store_add_event(&f->store->store, &event, 0), 0);
    }
    assert_int_equal(store_commit(&f->store->store), 0);
    fixture_open_reader(f->store);
    atomic_store(&f->allowed, true);
    f->config = (struct control_server_config){.run_dir = f->store->dir,
                                               .ops = &ops,
                                               .context = f,
                                               .reader = &f->store->reader,
                                               .may_control = on_may_control};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    finish(f);
    control_server_close(&f->server);
    assert_int_equal(access(f->server.path, F_OK), -1);
    store_reader_close(&f->store->reader);
    store_close(&f->store->store);
    void *store = f->store;
    fixture_teardown(&store);
    free(f);
    return 0;
}

static void connect_to(struct fixture *f, struct control *control)
{
    assert_int_equal(control_open(control, f->store->dir, TIMEOUT_MS), 0);
}

static int call(struct control *control, enum control_verb verb, int64_t page, struct control_reply *reply)
{
    struct control_request request = {.verb = (uint16_t)verb, .page = page};
    return control_call(control, &request, reply);
}

static void begin_stream(struct control *control, enum record_stream stream, int64_t from_seq, int64_t max)
{
    struct control_request request = {.magic = CONTROL_MAGIC,
                                      .version = CONTROL_VERSION,
                                      .verb = CONTROL_STREAM,
                                      .stream = stream,
                                      .from_seq = from_seq,
                                      .max = max};
    assert_int_equal(send(control->fd, &request, sizeof request, MSG_NOSIGNAL), sizeof request);
}

/* The rest of a stream of minutes: each record as it was stored, then the end. */
static void check_minutes(struct control *control, int64_t from_seq, int64_t n)
{
    struct control_reply reply;
    for (int64_t seq = from_seq; seq < from_seq + n; seq++) {
        struct record want;
        fixture_record(&want, STREAM_MINUTE, seq);
        want.seq = seq;
        assert_int_equal(control_next(control, &reply), 0);
        assert_int_equal(reply.status, 0);
        assert_int_equal(reply.length, sizeof want);
        assert_memory_equal(&reply.body.record, &want, sizeof want);
    }
    assert_int_equal(control_next(control, &reply), 0);
    assert_int_equal(reply.status, 0);
    assert_true(control_stream_end(&reply));
}

static void test_verbs(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    start(f);
    connect_to(f, &control);
    assert_int_equal(call(&control, CONTROL_STATUS, 0, &reply), 0);
    assert_int_equal(reply.status, 0);
    assert_int_equal(reply.body.status.pid, getpid());
    assert_int_equal(reply.body.status.newest_seq[STREAM_MINUTE], 40);
    assert_string_equal(reply.body.status.meter_id, "meter-1");
    assert_string_equal(reply.body.status.config, "");

    assert_int_equal(call(&control, CONTROL_PAGE, 2, &reply), 0);
    assert_int_equal(reply.status, 0);
    assert_int_equal(atomic_load(&f->last_page), 2);
    assert_int_equal(call(&control, CONTROL_PAGE, -1, &reply), 0);
    assert_int_equal(reply.status, 0);
    assert_int_equal(atomic_load(&f->last_page), -1);
    assert_int_equal(call(&control, CONTROL_PAGE, 9, &reply), 0);
    assert_int_equal(reply.status, -EINVAL);
    assert_string_equal(reply.body.text, "there are pages 0 to 3");
    assert_int_equal(call(&control, CONTROL_PAGE, -2, &reply), 0);
    assert_int_equal(reply.status, -EINVAL);
    assert_int_equal(atomic_load(&f->pages), 2);

    assert_int_equal(call(&control, CONTROL_RELOAD, 0, &reply), 0);
    assert_int_equal(reply.status, 0);
    assert_string_equal(reply.body.text, "read again");
    assert_int_equal(atomic_load(&f->reloads), 1);
    assert_int_equal(atomic_load(&f->server.clients), 1);
    assert_int_equal(atomic_load(&f->server.refused), 2);

    assert_int_equal(call(&control, CONTROL_STOP, 0, &reply),
                     0); /* the reply comes although the server ends */
    assert_int_equal(reply.status, 0);
    pthread_join(f->thread, NULL);
    f->running = false;
    assert_int_equal(f->result, 0);
    assert_int_equal(atomic_load(&f->stops), 1);
    control_close(&control);
}

static void test_streams(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        int64_t from_seq, max, first, n;
    } cases[] = {
        {"the whole stream", 0, CONTROL_STREAM_MAX, 1, 300},
        {"as many as asked for", 1, 10, 1, 10},
        {"exactly a read-ahead", 5, 16, 5, 16},
        {"one more than a read-ahead", 5, 17, 5, 17},
        {"a page in the middle", 100, 100, 100, 100},
        {"a short last page", 290, 100, 290, 11},
        {"nothing beyond the end", 301, 100, 301, 0},
        {"nothing at the end of all numbers", INT64_MAX, 1, 0, 0},
    };
    struct control control;
    struct control_reply reply;
    start(f);
    connect_to(f, &control);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].name);
        begin_stream(&control, STREAM_MINUTE, cases[i].from_seq, cases[i].max);
        check_minutes(&control, cases[i].first, cases[i].n);
    }
    begin_stream(&control, STREAM_EVENT, 2, 10);
    for (int64_t k = 2; k <= 3; k++) {
        struct record_event want;
        fixture_event(&want, k);
        want.seq = k;
        assert_int_equal(control_next(&control, &reply), 0);
        assert_int_equal(reply.length, sizeof want);
        assert_memory_equal(&reply.body.event, &want, sizeof want);
    }
    assert_int_equal(control_next(&control, &reply), 0);
    assert_true(control_stream_end(&reply));
    control_close(&control);
}

static void test_wrong_arguments(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        int64_t stream, from_seq, max;
    } cases[] = {
        {"the live stream is not stored", STREAM_LIVE, 0, 1},
        {"no such stream", STREAMS, 0, 1},
        {"a stream far away", INT64_MAX, 0, 1},
        {"a negative stream", -1, 0, 1},
        {"from below zero", STREAM_MINUTE, -1, 1},
        {"no record at most", STREAM_MINUTE, 0, 0},
        {"less than none", STREAM_MINUTE, 0, INT64_MIN},
        {"too many at once", STREAM_MINUTE, 0, CONTROL_STREAM_MAX + 1},
    };
    struct control control;
    struct control_reply reply;
    start(f);
    connect_to(f, &control);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].name);
        begin_stream(&control, (enum record_stream)STREAM_MINUTE, 0, 0);
        assert_int_equal(control_next(&control, &reply), 0);
        struct control_request request = {.verb = CONTROL_STREAM,
                                          .stream = cases[i].stream,
                                          .from_seq = cases[i].from_seq,
                                          .max = cases[i].max};
        assert_int_equal(control_call(&control, &request, &reply), 0);
        assert_int_equal(reply.status, -EINVAL);
        assert_true(strlen(reply.body.text) > 10);
    }
    assert_int_equal(call(&control, CONTROL_STATUS, 0, &reply), 0); /* it still serves */
    assert_int_equal(reply.status, 0);
    assert_int_equal(atomic_load(&f->server.refused), 2 * sizeof cases / sizeof cases[0]);
    control_close(&control);
}

static void test_garbage(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        uint32_t magic;
        uint16_t version, verb;
        size_t size;
        int status;
        const char *says;
    } cases[] = {
        {"one byte", CONTROL_MAGIC, CONTROL_VERSION, CONTROL_STATUS, 1, -EPROTO, "not a request"},
        {"half a head", CONTROL_MAGIC, CONTROL_VERSION, CONTROL_STATUS, 6, -EPROTO, "not a request"},
        {"only a head", CONTROL_MAGIC, CONTROL_VERSION, CONTROL_STATUS, 8, -EPROTO, "bytes"},
        {"one byte less", CONTROL_MAGIC, CONTROL_VERSION, CONTROL_STATUS, sizeof(struct control_request) - 1,
         -EPROTO, "bytes"},
        {"one byte more", CONTROL_MAGIC, CONTROL_VERSION, CONTROL_STATUS, sizeof(struct control_request) + 1,
         -EPROTO, "bytes"},
        {"a large packet", CONTROL_MAGIC, CONTROL_VERSION, CONTROL_STOP, 20000, -EPROTO, "bytes"},
        {"another magic", 0x12345678, CONTROL_VERSION, CONTROL_STATUS, sizeof(struct control_request),
         -EPROTO, "not a request"},
        {"a later version", CONTROL_MAGIC, CONTROL_VERSION + 1, CONTROL_STATUS,
         sizeof(struct control_request), -EPROTO, "version"},
        {"a later version of another size", CONTROL_MAGIC, 9, CONTROL_STATUS, 400, -EPROTO, "version"},
        {"no verb", CONTROL_MAGIC, CONTROL_VERSION, 0, sizeof(struct control_request), -EINVAL, "no verb 0"},
        {"the verb after the last", CONTROL_MAGIC, CONTROL_VERSION, CONTROL_VERBS,
         sizeof(struct control_request), -EINVAL, "no verb"},
        {"the highest verb", CONTROL_MAGIC, CONTROL_VERSION, UINT16_MAX, sizeof(struct control_request),
         -EINVAL, "no verb 65535"},
    };
    static union {
        struct control_request request;
        unsigned char byte[20000];
    } packet;
    struct control control;
    struct control_reply reply;
    start(f);
    connect_to(f, &control);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].name);
        memset(&packet, 0xa5, sizeof packet);
        packet.request.magic = cases[i].magic;
        packet.request.version = cases[i].version;
        packet.request.verb = cases[i].verb;
        assert_int_equal(send(control.fd, &packet, cases[i].size, MSG_NOSIGNAL), cases[i].size);
        assert_int_equal(control_next(&control, &reply), 0);
        assert_int_equal(reply.status, cases[i].status);
        assert_non_null(strstr(reply.body.text, cases[i].says));
        assert_int_equal(reply.verb, strcmp(cases[i].says, "not a request") == 0 ? 0 : cases[i].verb);
    }
    assert_int_equal(atomic_load(&f->server.refused), sizeof cases / sizeof cases[0]);
    assert_int_equal(call(&control, CONTROL_STATUS, 0, &reply), 0);
    assert_int_equal(reply.status, 0);
    assert_int_equal(send(control.fd, "", 0, MSG_NOSIGNAL), 0); /* an empty packet looks like the end */
    assert_int_equal(control_next(&control, &reply), -ECONNRESET);
    control_close(&control);
}

/* Random packets, most of them nearly right; the server answers each and goes on. */
static void test_random_packets(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    uint64_t random = 20260101;
    start(f);
    connect_to(f, &control);
    for (int i = 0; i < 2000; i++) {
        struct control_request request = {
            .magic = CONTROL_MAGIC, .version = CONTROL_VERSION, .verb = CONTROL_PAGE};
        unsigned char *byte = (unsigned char *)&request;
        for (int k = 0; k < 3; k++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            byte[(random >> 33) % sizeof request] = (unsigned char)(random >> 56);
        }
        size_t size = (random >> 20) % 4 == 0 ? 1 + (random >> 40) % sizeof request : sizeof request;
        if (request.verb == CONTROL_STOP || (request.verb == CONTROL_STREAM && request.max > 0))
            continue;
        assert_int_equal(send(control.fd, &request, size, MSG_NOSIGNAL), size);
        assert_int_equal(control_next(&control, &reply), 0);
    }
    assert_int_equal(call(&control, CONTROL_STATUS, 0, &reply), 0);
    assert_int_equal(reply.status, 0);
    control_close(&control);
}

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

static void test_privilege(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        enum control_verb verb;
        int status;
    } cases[] = {
        {"status is for all", CONTROL_STATUS, 0},
        {"page is not", CONTROL_PAGE, -EPERM},
        {"nor is reload", CONTROL_RELOAD, -EPERM},
        {"nor is stop", CONTROL_STOP, -EPERM},
    };
    struct control control;
    struct control_reply reply;
    atomic_store(&f->allowed, false);
    start(f);
    connect_to(f, &control);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].name);
        assert_int_equal(call(&control, cases[i].verb, 0, &reply), 0);
        assert_int_equal(reply.status, cases[i].status);
        if (cases[i].status != 0)
            assert_non_null(strstr(reply.body.text, "is for root"));
    }
    begin_stream(&control, STREAM_MINUTE, 1, 2);
    check_minutes(&control, 1, 2);
    assert_int_equal(atomic_load(&f->pages) + atomic_load(&f->reloads) + atomic_load(&f->stops), 0);
    assert_int_equal(atomic_load(&f->server.refused), 3);
    control_close(&control);
}

/* Who may do so when nothing else is said: this process is root or the server's own user. */
static void test_default_privilege(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    f->config.may_control = NULL;
    start(f);
    connect_to(f, &control);
    assert_int_equal(call(&control, CONTROL_PAGE, 1, &reply), 0);
    assert_int_equal(reply.status, 0);
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

static void test_no_store(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    f->config.reader = NULL;
    start(f);
    connect_to(f, &control);
    begin_stream(&control, STREAM_MINUTE, 1, 1);
    assert_int_equal(control_next(&control, &reply), 0);
    assert_int_equal(reply.status, -ENODEV);
    assert_string_equal(reply.body.text, "the store is not open");
    control_close(&control);
}

static void test_store_fails_in_mid_stream(void **state)
{
    struct fixture *f = *state;
    struct control control;
    struct control_reply reply;
    fixture_sql(f->store->path, "DROP TABLE minute");
    start(f);
    connect_to(f, &control);
    begin_stream(&control, STREAM_MINUTE, 1, 10);
    assert_int_equal(control_next(&control, &reply), 0);
    assert_int_equal(reply.status, -EIO);
    assert_non_null(strstr(reply.body.text, "no such table"));
    assert_int_equal(call(&control, CONTROL_STATUS, 0, &reply), 0);
    assert_int_equal(reply.status, 0);
    control_close(&control);
}

static void test_socket_file(void **state)
{
    struct fixture *f = *state;
    struct control_server server;
    struct stat status;
    char path[192];
    char error[256];
    snprintf(path, sizeof path, "%s/%s", f->store->dir, CONTROL_FILE);

    /* As a killed vatiod leaves it: bound, and no one behind it. */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(snprintf(address.sun_path, sizeof address.sun_path, "%s", path) <
                (int)sizeof address.sun_path);
    int stale = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof address), 0);
    close(stale);
    start(f);
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0660);
    finish(f);
    control_server_close(&f->server);
    control_server_close(&f->server); /* once more does no harm */
    assert_int_equal(access(path, F_OK), -1);

    /* Any other file is someone's. */
    fclose(fopen(path, "w"));
    assert_int_equal(control_server_init(&server, &f->config, error, sizeof error), -ENOTSOCK);
    assert_non_null(strstr(error, path));
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(remove(path), 0);

    f->config.run_dir = "/nowhere/at/all";
    assert_int_equal(control_server_init(&server, &f->config, error, sizeof error), -ENOENT);
    assert_non_null(strstr(error, "/nowhere/at/all/control"));
    f->config.run_dir =
        "/a-name-that-is-longer-than-the-hundred-and-eight-bytes-that-a-socket-address-has-room-for/and-more";
    assert_true(control_server_init(&server, &f->config, error, sizeof error) < 0);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_verbs),
        TEST(test_streams),
        TEST(test_wrong_arguments),
        TEST(test_garbage),
        TEST(test_random_packets),
        TEST(test_passed_descriptors_are_not_kept),
        TEST(test_privilege),
        TEST(test_default_privilege),
        TEST(test_clients_do_not_wait_for_each_other),
        TEST(test_slow_client_is_dropped),
        TEST(test_client_gone_in_mid_stream),
        TEST(test_client_that_cannot_read),
        TEST(test_request_and_hang_up),
        TEST(test_places),
        TEST(test_idle_client_makes_room),
        TEST(test_no_store),
        TEST(test_store_fails_in_mid_stream),
        TEST(test_socket_file),
        TEST(test_out_of_descriptors),
    };
    log_init("test_control_server", LOG_LEVEL_ERROR);
    (void)signal(SIGPIPE, SIG_DFL); /* also where whoever runs this ignores it */
    return cmocka_run_group_tests_name("control_server", tests, NULL, NULL);
}
