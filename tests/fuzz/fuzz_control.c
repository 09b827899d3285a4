/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket's both ends, over a socket as in the field. The first byte is a set of CHOICES; packets follow, each
 * behind its length in two bytes. CLIENT: they are replies that a client reads, else requests to the server with a
 * store behind it, whose replies the client reads. HEADED: magic and version (and a reply's length) are put right, so
 * that what lies behind them is reached. ALLOWED: the peer may control; a
 * client asked for another thing than its first reply is about. NO_STORE: the server has none. RECORD, EVENT, STATUS, BACKUP: replies are cut or
 * filled up with zeros to the size of one. */
#include "tests/fuzz/fuzz.h"

#include "firmware/api/record_json.h"
#include "firmware/base/log.h"
#include "firmware/control_client.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CLIENT = 1,
    HEADED = 2,
    ALLOWED = 4,
    RECORD = 8,
    EVENT = 16,
    STATUS = RECORD | EVENT,
    BACKUP = 32,
    NO_STORE = 64
};
enum {
    TIMEOUT_MS = 1000,
    PACKET_MS = 400,
    MINUTES = 40,
    EVENTS = 3,
    REPLY_HEAD = offsetof(struct control_reply, body)
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char folder[64];
static struct store_reader reader;
static struct control_server server;
static int controlled; /* calls of verbs that only some may use */
static int64_t now_ms; /* passes with each packet */

static void on_status(void *context, struct control_status *status)
{
    (void)context;
    snprintf(status->meter_id, sizeof status->meter_id, "fuzz");
}

static int on_page(void *context, int64_t page, char *text, size_t size)
{
    (void)context;
    controlled++;
    fuzz_require(page >= -1);
    if (page > 9)
        return -EIO;
    snprintf(text, size, "page %lld", (long long)page);
    return page > 3 ? -EINVAL : 0;
}

static int on_change(void *context, char *text, size_t size)
{
    (void)context;
    (void)text;
    fuzz_require(size > 0);
    controlled++;
    return 0;
}

static int on_backup(void *context, struct control_backup *backup, char *text, size_t size)
{
    (void)context;
    (void)text;
    fuzz_require(size > 0);
    controlled++;
    backup->kept_size = 1;
    return 0;
}

static void on_told(void *context, const char *kind, const char *text)
{
    (void)context;
    fuzz_require(kind[0] != '\0' && text[0] != '\0');
}

static bool on_may_control(void *context, uid_t uid)
{
    (void)context;
    (void)uid;
    return true;
}

static void fill(const char *path)
{
    static struct store store;
    const struct store_config config = {
        .path = path, .meter_id = "fuzz", .n_points = 1, .batch_records = STORE_BATCH_MAX, .batch_ms = 1000};
    char error[STORE_ERROR];
    fuzz_require(store_open(&store, &config, error, sizeof error) == 0);
    for (int64_t k = 0; k < MINUTES; k++) {
        struct record record = {
            .schema = RECORD_SCHEMA, .stream = STREAM_MINUTE, .utc_end_ms = k, .n_points = 1};
        fuzz_require(store_add(&store, &record, 0) == 0);
    }
    for (int64_t k = 0; k < EVENTS; k++) {
        struct record_event event = {.schema = RECORD_SCHEMA, .stream = STREAM_EVENT, .kind = "start"};
        fuzz_require(store_add_event(&store, &event, 0) == 0);
    }
    fuzz_require(store_close(&store) == 0);
}

static void remove_folder(void)
{
    static const char *const names[] = {"vatio.db", "vatio.db-wal", "vatio.db-shm", CONTROL_FILE};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        char path[96];
        snprintf(path, sizeof path, "%s/%s", folder, names[k]);
        unlink(path);
    }
    rmdir(folder);
}

static void check_refusals(void)
{
    struct control control;
    char path[128];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    fuzz_require(control_open(&control, folder, 0) == -EINVAL);
    fuzz_require(control_open(&control, path, TIMEOUT_MS) == -ENAMETOOLONG);
    fuzz_require(control_open(&control, "/nonexistent", TIMEOUT_MS) == -ENOENT);
}

/* The same server throughout: its socket is opened once, for the client to connect to. */
static void set_up(void)
{
    static const struct control_ops ops = {.status = on_status,
                                           .page = on_page,
                                           .reload = on_change,
                                           .stop = on_change,
                                           .backup = on_backup,
                                           .told = on_told};
    const struct control_server_config config = {
        .run_dir = folder, .ops = &ops, .reader = &reader, .may_control = on_may_control};
    char path[96], error[STORE_ERROR];
    snprintf(folder, sizeof folder, "/dev/shm/vatio-fuzz-control.XXXXXX");
    fuzz_require(mkdtemp(folder) != NULL);
    atexit(remove_folder);
    log_init("fuzz_control", LOG_LEVEL_ERROR);
    snprintf(path, sizeof path, "%s/vatio.db", folder);
    fill(path);
    fuzz_require(store_reader_open(&reader, path, error, sizeof error) == 0);
    fuzz_require(control_server_init(&server, &config, error, sizeof error) == 0);
    check_refusals();
}

static void check_text(const char *text, size_t size)
{
    fuzz_require(memchr(text, '\0', size) != NULL);
}

/* What every user of a reply relies on. */
static void check_reply(const struct control_reply *reply)
{
    json_t *json = NULL;
    fuzz_require(reply->length <= sizeof reply->body);
    if (reply->status != 0 ||
        (reply->verb != CONTROL_STATUS && reply->verb != CONTROL_STREAM && reply->verb != CONTROL_BACKUP))
        check_text(reply->body.text, sizeof reply->body.text);
    else if (reply->verb == CONTROL_STATUS)
        check_text(reply->body.status.config, sizeof reply->body.status.config);
    else if (reply->verb == CONTROL_BACKUP)
        fuzz_require(reply->body.backup.kept_size > 0 && reply->body.backup.kept_size <= KEPT_BYTES_MAX);
    else if (reply->length == sizeof reply->body.record)
        json = record_json(&reply->body.record);
    else if (!control_stream_end(reply))
        json = record_event_json(&reply->body.event);
    if (json != NULL)
        free(json_dumps(json, JSON_REAL_PRECISION(RECORD_JSON_DIGITS)));
    json_decref(json);
}

/* One answer to each request, or a stream that rises and ends. False: the server hung up. */
static bool check_answer(struct control *control, struct control_client *client)
{
    struct control_reply reply;
    int64_t seq = 0;
    for (bool here = true; here;) {
        if (control_next(control, &reply) != 0)
            return false;
        check_reply(&reply);
        if (reply.verb != CONTROL_STREAM || reply.status != 0 || control_stream_end(&reply))
            break;
        fuzz_require(reply.body.record.seq > seq);
        seq = reply.body.record.seq;
        here = control_client_send(&server, client, now_ms);
    }
    fuzz_require(!control_client_busy(client));
    return true;
}

static void serve(struct control *control, int fd, const uint8_t *packet, size_t size, bool allowed)
{
    static struct control_client client;
    const int before = controlled;
    now_ms += PACKET_MS;
    client = (struct control_client){.fd = fd, .may_control = allowed};
    fuzz_require(send(control->fd, packet, size, 0) == (ssize_t)size);
    if (control_client_receive(&server, &client, now_ms))
        fuzz_require(check_answer(control, &client));
    fuzz_require(allowed || controlled == before);
}

/* A reply's packet, of size bytes, as large as the choices ask for. */
static size_t resize(uint8_t *packet, size_t size, unsigned choices)
{
    static const size_t body[] = {
        [RECORD] = sizeof(struct record),
        [EVENT] = sizeof(struct record_event),
        [STATUS] = sizeof(struct control_status),
        [BACKUP] = sizeof(struct control_backup),
    };
    const unsigned choice = choices & BACKUP ? BACKUP : choices & STATUS;
    if (choice == 0 || (choices & CLIENT) == 0)
        return size;
    const size_t wanted = REPLY_HEAD + body[choice];
    if (size < wanted)
        memset(packet + size, 0, wanted - size);
    return wanted;
}

static void put_head_right(uint8_t *packet, size_t size, bool is_reply)
{
    static const struct control_request head = {.magic = CONTROL_MAGIC, .version = CONTROL_VERSION};
    const uint32_t length = (uint32_t)(size - REPLY_HEAD);
    if (size < REPLY_HEAD)
        return;
    memcpy(packet, &head, offsetof(struct control_request, verb));
    if (is_reply)
        memcpy(packet + offsetof(struct control_reply, length), &length, sizeof length);
}

/* Replies one after the other; the first answers a call, of the verb that it names if matching. */
static void read_replies(struct control *control, int fd, const uint8_t *packet, size_t size, bool first,
                         bool matching)
{
    struct control_request request = {0};
    struct control_reply reply;
    fuzz_require(send(fd, packet, size, 0) == (ssize_t)size);
    if (size >= REPLY_HEAD && matching)
        memcpy(&request.verb, packet + offsetof(struct control_request, verb), sizeof request.verb);
    const int result = first ? control_call(control, &request, &reply) : control_next(control, &reply);
    fuzz_require(result == 0 || result == -EPROTO || result == -ECONNRESET);
    if (result == 0)
        check_reply(&reply);
}

static void take_packets(struct control *control, int fd, unsigned choices, const uint8_t *bytes, size_t size)
{
    static uint8_t packet[2 * sizeof(struct control_reply)];
    for (bool first = true; size >= 2; first = false) {
        size_t length = bytes[0] | (size_t)bytes[1] << 8;
        bytes += 2;
        size -= 2;
        length = length < size ? length : size;
        length = length < sizeof packet ? length : sizeof packet;
        if (length == 0)
            continue;
        memcpy(packet, bytes, length);
        const size_t sent = resize(packet, length, choices);
        if (choices & HEADED)
            put_head_right(packet, sent, (choices & CLIENT) != 0);
        if (choices & CLIENT)
            read_replies(control, fd, packet, sent, first, (choices & ALLOWED) == 0);
        else
            serve(control, fd, packet, sent, (choices & ALLOWED) != 0);
        bytes += length;
        size -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct control control;
    if (size == 0) /* bytes may then be NULL */
        return 0;
    if (server.listener == 0)
        set_up();
    fuzz_require(control_open(&control, folder, TIMEOUT_MS) == 0);
    const int fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    fuzz_require(fd >= 0);
    server.config.reader = bytes[0] & NO_STORE ? NULL : &reader;
    take_packets(&control, fd, bytes[0], bytes + 1, size - 1);
    close(fd);
    struct control_reply reply;
    fuzz_require(control_next(&control, &reply) != 0); /* hung up */
    control_close(&control);
    return 0;
}
