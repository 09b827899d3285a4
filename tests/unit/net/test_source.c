/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The source against a real socket and a real mailbox; the other end is a thread that answers from a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/source_vatiod.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { REPLIES = 8 };

/* What the other end answers to one request, reply by reply. */
struct script {
    struct {
        int status;
        int stream; /* of the record in it; 0 = no body */
        int64_t seq;
        bool cut; /* a byte is missing */
    } reply[REPLIES];
    int n;
    int verb; /* expected */
};

struct server {
    char dir[40], path[64];
    int listener;
    pthread_t thread;
    const struct script *script;
    int requests;
    struct control_request request; /* the last one */
};

static size_t fill(struct control_reply *reply, int stream, int64_t seq)
{
    if (stream == 0)
        return 0;
    if (stream == STREAM_EVENT) {
        reply->body.event = (struct record_event){.schema = RECORD_SCHEMA, .stream = stream, .seq = seq};
        return sizeof reply->body.event;
    }
    reply->body.record =
        (struct record){.schema = RECORD_SCHEMA, .stream = stream, .seq = seq, .n_points = 0};
    return sizeof reply->body.record;
}

static void answer(struct server *server, int fd)
{
    for (int k = 0; k < server->script->n; k++) {
        static struct control_reply reply;
        memset(&reply, 0, sizeof reply);
        reply.magic = CONTROL_MAGIC;
        reply.version = CONTROL_VERSION;
        reply.verb = server->request.verb;
        reply.status = server->script->reply[k].status;
        size_t length = fill(&reply, server->script->reply[k].stream, server->script->reply[k].seq);
        if (server->script->verb == CONTROL_STATUS && reply.status == 0) {
            strcpy(reply.body.status.meter_id, "m1");
            strcpy(reply.body.status.store_id, "s1");
            reply.body.status.newest_seq[STREAM_MINUTE] = 17;
            length = sizeof reply.body.status;
        }
        reply.length = (uint32_t)length;
        length += offsetof(struct control_reply, body);
        send(fd, &reply, length - server->script->reply[k].cut, MSG_NOSIGNAL);
    }
}

/* Serves one client at a time until the listener is shut down. */
static void *serve(void *context)
{
    struct server *server = context;
    for (int fd; (fd = accept(server->listener, NULL, NULL)) >= 0; close(fd))
        while (recv(fd, &server->request, sizeof server->request, 0) == sizeof server->request) {
            server->requests++;
            answer(server, fd);
        }
    return NULL;
}

static void server_start(struct server *server, const struct script *script)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memset(server, 0, sizeof *server);
    strcpy(server->dir, "/tmp/vatio_source_XXXXXX");
    assert_non_null(mkdtemp(server->dir));
    snprintf(server->path, sizeof server->path, "%s/" CONTROL_FILE, server->dir);
    strcpy(address.sun_path, server->path);
    server->script = script;
    server->listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 1), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    unlink(server->path);
    rmdir(server->dir);
}

static void status_says_who_and_how_far(void **state)
{
    static const struct script script = {.n = 1, .verb = CONTROL_STATUS};
    struct server server;
    struct source_vatiod vatiod;
    struct control_status status;

    (void)state;
    server_start(&server, &script);
    source_vatiod_init(&vatiod, server.dir);
    assert_int_equal(source_status(&vatiod.source, &status), 0);
    assert_string_equal(status.meter_id, "m1");
    assert_int_equal(status.newest_seq[STREAM_MINUTE], 17);
    assert_int_equal(source_status(&vatiod.source, &status), 0); /* on the same connection */
    source_vatiod_close(&vatiod);
    server_stop(&server);
    assert_int_equal(server.requests, 2);
    assert_int_equal(source_status(&vatiod.source, &status), -ENOENT); /* vatiod is gone */
}

#define GOOD(stream, seq)                                                                                    \
    {                                                                                                        \
        0, stream, seq, false                                                                                \
    }
#define END                                                                                                  \
    {                                                                                                        \
        0, 0, 0, false                                                                                       \
    }
static const struct {
    const char *name;
    int stream;
    int max;
    struct script script;
    int result; /* from seq 5 on */
} cases[] = {
    {"nothing there", STREAM_MINUTE, 4, {{END}, 1, CONTROL_STREAM}, 0},
    {"records in order", STREAM_MINUTE, 4, {{GOOD(1, 5), GOOD(1, 6), END}, 3, CONTROL_STREAM}, 2},
    {"as many as asked for", STREAM_MINUTE, 2, {{GOOD(1, 5), GOOD(1, 6), END}, 3, CONTROL_STREAM}, 2},
    {"with gaps that retention left",
     STREAM_MINUTE,
     4,
     {{GOOD(1, 9), GOOD(1, 12), END}, 3, CONTROL_STREAM},
     2},
    {"events", STREAM_EVENT, 4, {{GOOD(4, 5), GOOD(4, 6), END}, 3, CONTROL_STREAM}, 2},
    {"one more than asked for",
     STREAM_MINUTE,
     1,
     {{GOOD(1, 5), GOOD(1, 6), END}, 3, CONTROL_STREAM},
     -EPROTO},
    {"one before the first asked for", STREAM_MINUTE, 4, {{GOOD(1, 4), END}, 2, CONTROL_STREAM}, -EPROTO},
    {"the same twice", STREAM_MINUTE, 4, {{GOOD(1, 5), GOOD(1, 5), END}, 3, CONTROL_STREAM}, -EPROTO},
    {"falling", STREAM_MINUTE, 4, {{GOOD(1, 7), GOOD(1, 6), END}, 3, CONTROL_STREAM}, -EPROTO},
    {"of another stream", STREAM_MINUTE, 4, {{GOOD(2, 5), END}, 2, CONTROL_STREAM}, -EPROTO},
    {"an event among minutes", STREAM_MINUTE, 4, {{GOOD(4, 5), END}, 2, CONTROL_STREAM}, -EPROTO},
    {"a minute among events", STREAM_EVENT, 4, {{GOOD(1, 5), END}, 2, CONTROL_STREAM}, -EPROTO},
    {"cut short", STREAM_MINUTE, 4, {{{0, 1, 5, true}, END}, 2, CONTROL_STREAM}, -EPROTO},
    {"refused at once", STREAM_MINUTE, 4, {{{-EACCES, 0, 0, false}}, 1, CONTROL_STREAM}, -EACCES},
    {"failed midway", STREAM_MINUTE, 4, {{GOOD(1, 5), {-EIO, 0, 0, false}}, 2, CONTROL_STREAM}, -EIO},
};

static void records_are_fetched_or_the_answer_is_not_believed(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct server server;
        struct source_vatiod vatiod;
        static union source_item items[REPLIES];
        print_message("  %s\n", cases[k].name);
        server_start(&server, &cases[k].script);
        source_vatiod_init(&vatiod, server.dir);
        const int n = source_fetch(&vatiod.source, cases[k].stream, 5, cases[k].max, items);
        assert_int_equal(n, cases[k].result);
        for (int i = 0; i < n; i++)
            assert_int_equal(source_seq(cases[k].stream, &items[i]), cases[k].script.reply[i].seq);
        /* After a doubtful answer the connection is given up: its rest must not be taken for the next one's. */
        assert_int_equal(vatiod.control.fd >= 0, cases[k].result >= 0);
        source_vatiod_close(&vatiod);
        server_stop(&server);
        assert_int_equal(server.request.verb, CONTROL_STREAM);
        assert_int_equal(server.request.stream, cases[k].stream);
        assert_int_equal(server.request.from_seq, 5);
        assert_int_equal(server.request.max, cases[k].max);
    }
}

/* A mailbox in a directory of its own. */
struct box {
    char dir[40];
    struct mailbox_writer writer;
    struct mailbox_live live;
};

static void box_write(struct box *box, int64_t heartbeat, int64_t mono_end_us)
{
    box->live.heartbeat = heartbeat;
    box->live.live.schema = RECORD_SCHEMA;
    box->live.live.mono_end_us = mono_end_us;
    mailbox_write(&box->writer, &box->live);
}

static void box_open(struct box *box, const char *boot_id)
{
    memset(&box->live, 0, sizeof box->live);
    strcpy(box->live.boot_id, boot_id);
    assert_int_equal(mailbox_create(&box->writer, box->dir), 0);
}

static int box_start(void **state)
{
    static struct box box;
    strcpy(box.dir, "/tmp/vatio_source_XXXXXX");
    *state = &box;
    return mkdtemp(box.dir) == NULL;
}

static int box_end(void **state)
{
    struct box *box = *state;
    mailbox_remove(&box->writer, box->dir);
    return rmdir(box->dir);
}

static void each_second_is_handed_out_once(void **state)
{
    struct box *box = *state;
    struct source_vatiod vatiod;
    struct mailbox_live live;

    source_vatiod_init(&vatiod, box->dir);
    assert_int_equal(source_live(&vatiod.source, 0, &live), -ENOENT);
    box_open(box, "b1");
    assert_int_equal(source_live(&vatiod.source, 0, &live), -EAGAIN); /* nothing written yet */
    box_write(box, 1, 1000000);
    assert_int_equal(source_live(&vatiod.source, 50, &live), -EAGAIN); /* may be of a vatiod that died */
    box_write(box, 2, 1000000);
    assert_int_equal(source_live(&vatiod.source, 100, &live), 0);
    assert_int_equal(live.live.mono_end_us, 1000000);
    assert_int_equal(source_live(&vatiod.source, 200, &live), -EAGAIN);
    box_write(box, 3, 1000000); /* a window, but no new second */
    assert_int_equal(source_live(&vatiod.source, 300, &live), -EAGAIN);
    box_write(box, 4, 2000000);
    assert_int_equal(source_live(&vatiod.source, 400, &live), 0);
    source_vatiod_close(&vatiod);
}

static void a_mailbox_that_stands_still_is_opened_again(void **state)
{
    struct box *box = *state;
    struct source_vatiod vatiod;
    struct mailbox_live live;

    source_vatiod_init(&vatiod, box->dir);
    box_open(box, "b1");
    box_write(box, 4, 1000000);
    assert_int_equal(source_live(&vatiod.source, 0, &live), -EAGAIN);
    box_write(box, 5, 1000000);
    assert_int_equal(source_live(&vatiod.source, 0, &live), 0);
    struct mailbox_writer old = box->writer;
    box_open(box, "b2"); /* another vatiod; the old file is still mapped */
    box_write(box, 5, 7000000);
    assert_int_equal(source_live(&vatiod.source, SOURCE_STILL_MS - 1, &live), -EAGAIN);
    assert_int_equal(source_live(&vatiod.source, SOURCE_STILL_MS, &live), -EAGAIN); /* given up here */
    assert_null(vatiod.mailbox.file);
    assert_int_equal(source_live(&vatiod.source, SOURCE_STILL_MS + 1, &live), -EAGAIN);
    box_write(box, 6, 7000000);
    assert_int_equal(source_live(&vatiod.source, SOURCE_STILL_MS + 2, &live), 0);
    assert_string_equal(live.boot_id, "b2");
    assert_int_equal(live.live.mono_end_us, 7000000);
    source_vatiod_close(&vatiod);
    struct mailbox_writer newer = box->writer;
    box->writer = old;
    mailbox_remove(&box->writer, "/nonexistent"); /* unmaps only */
    box->writer = newer;
}

static void a_mailbox_left_behind_is_never_live(void **state)
{
    struct box *box = *state;
    struct source_vatiod vatiod;
    struct mailbox_live live;
    int handed_out = 0;

    source_vatiod_init(&vatiod, box->dir);
    box_open(box, "b1");
    box_write(box, 5, 1000000);
    for (int64_t now_ms = 0; now_ms < 20 * SOURCE_STILL_MS; now_ms += 500)
        handed_out += source_live(&vatiod.source, now_ms, &live) == 0;
    assert_int_equal(handed_out, 0);
    source_vatiod_close(&vatiod);
}

/* Killed in the middle of a write: the sequence stays odd for ever. */
static void a_mailbox_that_is_never_readable_is_opened_again(void **state)
{
    struct box *box = *state;
    struct source_vatiod vatiod;
    struct mailbox_live live;

    source_vatiod_init(&vatiod, box->dir);
    box_open(box, "b1");
    box_write(box, 5, 1000000);
    assert_int_equal(source_live(&vatiod.source, 0, &live), -EAGAIN);
    assert_non_null(vatiod.mailbox.file);
    atomic_fetch_add(&box->writer.file->sequence, 1);
    assert_int_equal(source_live(&vatiod.source, SOURCE_STILL_MS - 1, &live), -EAGAIN);
    assert_non_null(vatiod.mailbox.file);
    assert_int_equal(source_live(&vatiod.source, SOURCE_STILL_MS, &live), -EAGAIN);
    assert_null(vatiod.mailbox.file);
    source_vatiod_close(&vatiod);
}

static void a_file_that_is_no_mailbox_is_an_error(void **state)
{
    struct box *box = *state;
    struct source_vatiod vatiod;
    struct mailbox_live live;

    source_vatiod_init(&vatiod, box->dir);
    box_open(box, "b1");
    atomic_store(&box->writer.file->magic, 1);
    assert_int_equal(source_live(&vatiod.source, 0, &live), -EPROTO);
    assert_null(vatiod.mailbox.file);
    source_vatiod_close(&vatiod);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_says_who_and_how_far),
        cmocka_unit_test(records_are_fetched_or_the_answer_is_not_believed),
        cmocka_unit_test_setup_teardown(each_second_is_handed_out_once, box_start, box_end),
        cmocka_unit_test_setup_teardown(a_mailbox_that_stands_still_is_opened_again, box_start, box_end),
        cmocka_unit_test_setup_teardown(a_mailbox_left_behind_is_never_live, box_start, box_end),
        cmocka_unit_test_setup_teardown(a_mailbox_that_is_never_readable_is_opened_again, box_start, box_end),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_mailbox_is_an_error, box_start, box_end),
    };
    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
