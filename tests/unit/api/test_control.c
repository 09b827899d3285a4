/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The other end of the socket: takes one request, then sends prepared packets of the real layout. */
enum { PACKETS = 4, TIMEOUT_MS = 60 };
static char directory[64], path[96];
static int listener;
static struct control_request received;
static struct control_reply packet[PACKETS];
static size_t packet_size[PACKETS]; /* 0: no more */

static int make_server(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%.40s/control.XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/control", directory);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    memset(packet, 0, sizeof packet);
    memset(packet_size, 0, sizeof packet_size);
    listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    return bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0;
}

static int remove_server(void **state)
{
    (void)state;
    close(listener);
    unlink(path);
    return rmdir(directory);
}

static void *serve(void *argument)
{
    const int peer = accept(listener, NULL, NULL);
    (void)argument;
    if (recv(peer, &received, sizeof received, 0) == (ssize_t)sizeof received)
        for (int i = 0; i < PACKETS && packet_size[i] > 0; i++)
            send(peer, &packet[i], packet_size[i], MSG_NOSIGNAL);
    close(peer);
    return NULL;
}

static void prepare(int index, enum control_verb verb, int status, size_t length)
{
    packet[index].magic = CONTROL_MAGIC;
    packet[index].version = CONTROL_VERSION;
    packet[index].verb = (uint16_t)verb;
    packet[index].status = status;
    packet[index].length = (uint32_t)length;
    packet_size[index] = offsetof(struct control_reply, body) + length;
}

static int call(struct control *control, enum control_verb verb, struct control_reply *reply)
{
    struct control_request request = {.verb = (uint16_t)verb, .stream = STREAM_DAY, .from_seq = 7, .max = 3};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
    assert_int_equal(control_open(control, directory, TIMEOUT_MS * 50), 0);
    const int error = control_call(control, &request, reply);
    pthread_join(thread, NULL);
    return error;
}

static void a_status_arrives_whole(void **state)
{
    struct control control;
    struct control_reply reply;
    (void)state;
    prepare(0, CONTROL_STATUS, 0, sizeof(struct control_status));
    packet[0].body.status.newest_seq[STREAM_DAY] = 12;
    snprintf(packet[0].body.status.database, CONTROL_PATH, "/var/lib/vatio/vatio.db");
    assert_int_equal(call(&control, CONTROL_STATUS, &reply), 0);
    assert_int_equal(received.magic, CONTROL_MAGIC);
    assert_int_equal(received.version, CONTROL_VERSION);
    assert_int_equal(received.verb, CONTROL_STATUS);
    assert_int_equal(reply.body.status.newest_seq[STREAM_DAY], 12);
    assert_string_equal(reply.body.status.database, "/var/lib/vatio/vatio.db");
    assert_int_not_equal(fcntl(control.fd, F_GETFD) & FD_CLOEXEC, 0);
    control_close(&control);
    assert_int_equal(control.fd, -1);
    control_close(&control);
}

static void a_stream_is_records_events_and_an_end(void **state)
{
    struct control control;
    struct control_reply reply;
    (void)state;
    prepare(0, CONTROL_STREAM, 0, sizeof(struct record));
    packet[0].body.record = (struct record){.schema = RECORD_SCHEMA, .stream = STREAM_DAY, .seq = 7};
    prepare(1, CONTROL_STREAM, 0, sizeof(struct record_event));
    packet[1].body.event = (struct record_event){.schema = RECORD_SCHEMA, .stream = STREAM_EVENT, .seq = 8};
    memset(packet[1].body.event.kind, 'k', sizeof packet[1].body.event.kind);
    prepare(2, CONTROL_STREAM, 0, 0);
    assert_int_equal(call(&control, CONTROL_STREAM, &reply), 0);
    assert_int_equal(received.from_seq, 7);
    assert_int_equal(received.max, 3);
    assert_false(control_stream_end(&reply));
    assert_int_equal(reply.body.record.seq, 7);
    assert_int_equal(control_next(&control, &reply), 0);
    assert_int_equal(reply.body.event.seq, 8);
    assert_int_equal(strlen(reply.body.event.kind), sizeof reply.body.event.kind - 1);
    assert_int_equal(control_next(&control, &reply), 0);
    assert_true(control_stream_end(&reply));
    assert_int_equal(control_next(&control, &reply), -ECONNRESET); /* the server has gone */
    control_close(&control);
}

static void a_refusal_says_why_and_its_text_ends(void **state)
{
    struct control control;
    struct control_reply reply;
    (void)state;
    prepare(0, CONTROL_STOP, -EPERM, CONTROL_TEXT);
    memset(packet[0].body.text, 'n', CONTROL_TEXT);
    assert_int_equal(call(&control, CONTROL_STOP, &reply), 0);
    assert_int_equal(reply.status, -EPERM);
    assert_int_equal(strlen(reply.body.text), CONTROL_TEXT - 1);
    control_close(&control);
}

enum fault {
    MAGIC,
    VERSION,
    VERB,
    LENGTH,
    TRUNCATED,
    TOO_LONG,
    SHORT_STATUS,
    BAD_RECORD,
    ODD_RECORD,
    BAD_EVENT,
    SILENT
};
static const struct {
    const char *name;
    enum control_verb verb;
    enum fault fault;
    int expected;
} faults[] = {
    {"another magic", CONTROL_STATUS, MAGIC, -EPROTO},
    {"another version", CONTROL_STATUS, VERSION, -EPROTO},
    {"the answer to another question", CONTROL_PAGE, VERB, -EPROTO},
    {"a length that is not the packet's", CONTROL_PAGE, LENGTH, -EPROTO},
    {"a packet shorter than its head", CONTROL_PAGE, TRUNCATED, -EPROTO},
    {"a packet longer than any reply", CONTROL_PAGE, TOO_LONG, -EPROTO},
    {"a status that is too short", CONTROL_STATUS, SHORT_STATUS, -EPROTO},
    {"a record with too many points", CONTROL_STREAM, BAD_RECORD, -EPROTO},
    {"a record of an odd size", CONTROL_STREAM, ODD_RECORD, -EPROTO},
    {"an event of another schema", CONTROL_STREAM, BAD_EVENT, -EPROTO},
    {"a server that hangs up", CONTROL_PAGE, SILENT, -ECONNRESET},
};

static void do_fault(enum fault fault, enum control_verb verb)
{
    prepare(0, verb, 0, 0);
    switch (fault) {
    case MAGIC:
        prepare(0, verb, 0, sizeof(struct control_status));
        packet[0].magic++;
        break;
    case VERSION:
        prepare(0, verb, 0, sizeof(struct control_status));
        packet[0].version++;
        break;
    case VERB:
        packet[0].verb++;
        break;
    case LENGTH:
        packet[0].length = 8;
        break;
    case TRUNCATED:
        packet_size[0] = 7;
        break;
    case TOO_LONG:
        packet_size[0] = sizeof packet[0] + 64;
        packet[0].length = (uint32_t)(packet_size[0] - offsetof(struct control_reply, body));
        break;
    case SHORT_STATUS:
        prepare(0, verb, 0, sizeof(struct control_status) - 8);
        break;
    case BAD_RECORD:
        prepare(0, verb, 0, sizeof(struct record));
        packet[0].body.record = (struct record){.schema = RECORD_SCHEMA, .n_points = RECORD_POINTS + 1};
        break;
    case ODD_RECORD:
        prepare(0, verb, 0, sizeof(struct record) - 8);
        break;
    case BAD_EVENT:
        prepare(0, verb, 0, sizeof(struct record_event));
        packet[0].body.event = (struct record_event){.schema = RECORD_SCHEMA + 1, .stream = STREAM_EVENT};
        break;
    case SILENT:
        packet_size[0] = 0;
        break;
    }
}

static void wrong_replies_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct control control;
        struct control_reply reply;
        print_message("%s\n", faults[i].name);
        do_fault(faults[i].fault, faults[i].verb);
        assert_int_equal(call(&control, faults[i].verb, &reply), faults[i].expected);
        control_close(&control);
    }
}

static void a_server_that_does_not_answer_costs_only_the_timeout(void **state)
{
    struct control control;
    struct control_reply reply;
    struct control_request request = {.verb = CONTROL_STATUS};
    (void)state;
    assert_int_equal(control_open(&control, directory, TIMEOUT_MS), 0); /* queued, never accepted */
    assert_int_equal(control_call(&control, &request, &reply), -ETIMEDOUT);
    int error = 0;
    for (int i = 0; i < 100000 && error == 0; i++) { /* its buffer fills */
        error = send(control.fd, &request, sizeof request, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
    }
    assert_int_equal(error, EAGAIN);
    assert_int_equal(control_call(&control, &request, &reply), -ETIMEDOUT);
    control_close(&control);
}

static void nobody_there_is_told_apart(void **state)
{
    struct control control;
    char run_dir[200];
    (void)state;
    assert_int_equal(control_open(&control, "/nonexistent", TIMEOUT_MS), -ENOENT);
    assert_int_equal(control_open(&control, directory, 0), -EINVAL);
    memset(run_dir, 'd', sizeof run_dir);
    run_dir[sizeof run_dir - 1] = '\0';
    assert_int_equal(control_open(&control, run_dir, TIMEOUT_MS), -ENAMETOOLONG);
    close(listener); /* vatiod died, its socket's name remains */
    assert_int_equal(control_open(&control, directory, TIMEOUT_MS), -ECONNREFUSED);
    assert_int_equal(control.fd, -1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_server, remove_server)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_status_arrives_whole),
        TEST(a_stream_is_records_events_and_an_end),
        TEST(a_refusal_says_why_and_its_text_ends),
        TEST(wrong_replies_are_refused),
        TEST(a_server_that_does_not_answer_costs_only_the_timeout),
        TEST(nobody_there_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
