/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/firmware/control_fixture.h"

#include <sys/stat.h>
#include <sys/un.h>

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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_verbs),
        TEST(test_streams),
        TEST(test_wrong_arguments),
        TEST(test_garbage),
        TEST(test_random_packets),
        TEST(test_privilege),
        TEST(test_default_privilege),
        TEST(test_no_store),
        TEST(test_store_fails_in_mid_stream),
        TEST(test_socket_file),
    };
    log_init("test_control_server", LOG_LEVEL_ERROR);
    (void)signal(SIGPIPE, SIG_DFL); /* also where whoever runs this ignores it */
    return cmocka_run_group_tests_name("control_server", tests, NULL, NULL);
}
