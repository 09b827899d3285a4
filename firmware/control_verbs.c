/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/control_verbs.h"

#include "firmware/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum control_privilege { PRIVILEGE_READ, PRIVILEGE_CONTROL };

/* Status of the reply; text beside it, or a body and its length in client->reply. */
typedef int control_handler(struct control_server *server, struct control_client *client,
                            const struct control_request *request, char *text, size_t size);

/* 0, or -ESTALE: the client cannot have records now. One that knows the database before this one is told so once: else it
 * would take new records for old ones. */
static int find_store(struct control_server *server, struct control_client *client, char *text, size_t size)
{
    struct store_reader *reader = server->config.reader;
    const int result = store_reader_refresh(reader);
    const bool known = client->generation == 0 || client->generation == reader->generation;
    client->generation = reader->generation;
    if (result == 0 && known)
        return 0;
    snprintf(text, size, "%s",
             result < 0 ? "the database is being replaced; ask again"
                        : "the database was replaced; ask for the status, then for the stream again");
    return -ESTALE;
}

static int status(struct control_server *server, struct control_client *client,
                  const struct control_request *request, char *text, size_t size)
{
    (void)request;
    if (server->config.reader != NULL)
        (void)find_store(server, client, text, size); /* the status says which one it is */
    text[0] = '\0';
    server->config.ops->status(server->config.context, &client->reply.body.status);
    client->reply.length = sizeof client->reply.body.status;
    return 0;
}

static int stream(struct control_server *server, struct control_client *client,
                  const struct control_request *request, char *text, size_t size)
{
    if (request->stream < STREAM_MINUTE || request->stream >= STREAMS) {
        snprintf(text, size, "no stored stream has the number %lld", (long long)request->stream);
        return -EINVAL;
    }
    if (request->from_seq < 0 || request->max < 1 || request->max > CONTROL_STREAM_MAX) {
        snprintf(text, size, "a stream is asked for from 0 or later, 1 to %d records at a time",
                 CONTROL_STREAM_MAX);
        return -EINVAL;
    }
    if (server->config.reader == NULL) {
        snprintf(text, size, "the store is not open");
        return -ENODEV;
    }
    int result = find_store(server, client, text, size);
    if (result < 0)
        return result;
    client->streaming = true;
    client->stream = (enum record_stream)request->stream;
    client->next_seq = request->from_seq;
    client->left = request->max;
    client->chunk_n = client->chunk_next = 0;
    return 0;
}

static int page(struct control_server *server, struct control_client *client,
                const struct control_request *request, char *text, size_t size)
{
    (void)client;
    if (request->page < -1) {
        snprintf(text, size, "pages count from 0, and -1 is rotation");
        return -EINVAL;
    }
    return server->config.ops->page(server->config.context, request->page, text, size);
}

static int reload(struct control_server *server, struct control_client *client,
                  const struct control_request *request, char *text, size_t size)
{
    (void)client;
    (void)request;
    return server->config.ops->reload(server->config.context, text, size);
}

static int stop(struct control_server *server, struct control_client *client,
                const struct control_request *request, char *text, size_t size)
{
    (void)client;
    (void)request;
    return server->config.ops->stop(server->config.context, text, size);
}

static int backup(struct control_server *server, struct control_client *client,
                  const struct control_request *request, char *text, size_t size)
{
    (void)request;
    if (server->config.ops->backup == NULL)
        return -ENOTSUP;
    const int result =
        server->config.ops->backup(server->config.context, &client->reply.body.backup, text, size);
    if (result == 0)
        client->reply.length = sizeof client->reply.body.backup;
    return result;
}

static const struct control_entry {
    const char *name;
    enum control_privilege privilege;
    control_handler *handler;
    const char *event; /* that tells of it when it was done */
} verbs[CONTROL_VERBS] = {
    [CONTROL_STATUS] = {"status", PRIVILEGE_READ, status, NULL},
    [CONTROL_STREAM] = {"stream", PRIVILEGE_READ, stream, NULL},
    [CONTROL_PAGE] = {"page", PRIVILEGE_CONTROL, page, "control"},
    [CONTROL_RELOAD] = {"reload", PRIVILEGE_CONTROL, reload, "control"},
    [CONTROL_STOP] = {"stop", PRIVILEGE_CONTROL, stop, "control"},
    [CONTROL_BACKUP] = {"backup", PRIVILEGE_CONTROL, backup, "backup"},
};

static void begin_reply(struct control_reply *reply, uint16_t verb)
{
    memset(reply, 0, sizeof *reply);
    reply->magic = CONTROL_MAGIC;
    reply->version = CONTROL_VERSION;
    reply->verb = verb;
}

/* A sentence of the reply, if there is one and no other body. */
static void end_reply(struct control_reply *reply, int result, const char *text)
{
    reply->status = result;
    if (text[0] == '\0' && result < 0)
        text = strerror(-result);
    if (text[0] == '\0')
        return;
    snprintf(reply->body.text, sizeof reply->body.text, "%s", text);
    reply->length = (uint32_t)strlen(reply->body.text) + 1;
}

/* The head, which all versions share. */
static bool understood(const struct control_request *request, size_t size)
{
    return size >= offsetof(struct control_request, stream) && request->magic == CONTROL_MAGIC;
}

/* 0, or why this request cannot be done. */
static int check(const struct control_request *request, size_t size, char *text, size_t text_size)
{
    if (!understood(request, size)) {
        snprintf(text, text_size, "this is not a request to vatiod");
        return -EPROTO;
    }
    if (request->version != CONTROL_VERSION) {
        snprintf(text, text_size, "vatiod speaks version %d of the control protocol, not %d", CONTROL_VERSION,
                 request->version);
        return -EPROTO;
    }
    if (size != sizeof *request) {
        snprintf(text, text_size, "a request has %zu bytes, this one %zu", sizeof *request, size);
        return -EPROTO;
    }
    if (request->verb >= CONTROL_VERBS || verbs[request->verb].handler == NULL) {
        snprintf(text, text_size, "there is no verb %d", request->verb);
        return -EINVAL;
    }
    return 0;
}

static int allow(const struct control_client *client, const struct control_entry *verb, char *text,
                 size_t size)
{
    if (verb->privilege == PRIVILEGE_READ || client->may_control)
        return 0;
    snprintf(text, size, "%s is for root and vatiod's own user", verb->name);
    return -EPERM;
}

/* Whoever asks without end fills neither log nor card: what is left out is counted in the next one. */
static void tell(struct control_server *server, const struct control_client *client,
                 const struct control_entry *verb, int result)
{
    char text[128];
    struct allowance *allowance = client->may_control ? &server->owners : &server->strangers;
    if (!allowance_take(allowance, client->active_ms)) {
        server->untold++;
        return;
    }
    int length = snprintf(text, sizeof text, "%s by uid %ld, pid %ld: %s", verb->name, (long)client->uid,
                          (long)client->pid, result == 0 ? "done" : strerror(-result));
    if (server->untold > 0 && length < (int)sizeof text)
        snprintf(text + length, sizeof text - (size_t)length, "; %lld before it not told",
                 (long long)server->untold);
    server->untold = 0;
    log_notice("control: %s", text);
    if (server->config.ops->told != NULL)
        server->config.ops->told(server->config.context, result == 0 ? verb->event : "control", text);
}

void control_verbs_answer(struct control_server *server, struct control_client *client,
                          const struct control_request *request, size_t size)
{
    char text[CONTROL_TEXT] = "";
    int result = check(request, size, text, sizeof text);
    begin_reply(&client->reply, understood(request, size) ? request->verb : 0);
    if (result == 0) {
        const struct control_entry *verb = &verbs[request->verb];
        result = allow(client, verb, text, sizeof text);
        if (result == 0)
            result = verb->handler(server, client, request, text, sizeof text);
        if (verb->privilege == PRIVILEGE_CONTROL)
            tell(server, client, verb, result);
    }
    if (result == -EPROTO || result == -EINVAL || result == -EPERM)
        atomic_fetch_add(&server->refused, 1);
    if (client->streaming)
        control_verbs_stream_next(server, client);
    else
        end_reply(&client->reply, result, text);
}

static bool keep(void *context, const void *record)
{
    struct control_client *client = context;
    size_t size = client->stream == STREAM_EVENT ? sizeof(struct record_event) : sizeof(struct record);
    memcpy(&client->chunk[client->chunk_n++], record, size);
    return client->chunk_n < CONTROL_CHUNK;
}

/* Reads the next records; each call is a short read transaction of its own. */
static int read_ahead(struct control_server *server, struct control_client *client, char *text, size_t size)
{
    client->chunk_n = client->chunk_next = 0;
    int result = find_store(server, client, text, size);
    if (result < 0)
        return result;
    int64_t max = client->left < CONTROL_CHUNK ? client->left : CONTROL_CHUNK;
    result = store_reader_read(server->config.reader, client->stream, client->next_seq, max, keep, client);
    if (result < 0)
        snprintf(text, size, "%.*s", (int)size - 1, server->config.reader->error);
    if (result == -EBADMSG && server->config.ops->damaged != NULL)
        server->config.ops->damaged(server->config.context);
    return result;
}

void control_verbs_stream_next(struct control_server *server, struct control_client *client)
{
    struct control_reply *reply = &client->reply;
    begin_reply(reply, CONTROL_STREAM);
    if (client->chunk_next == client->chunk_n && client->left > 0) {
        char text[CONTROL_TEXT];
        int result = read_ahead(server, client, text, sizeof text);
        if (result < 0) {
            client->streaming = false;
            end_reply(reply, result, text);
            return;
        }
    }
    if (client->chunk_next == client->chunk_n) { /* the end: status 0 and no body */
        client->streaming = false;
        return;
    }
    const union store_item *item = &client->chunk[client->chunk_next++];
    reply->length = client->stream == STREAM_EVENT ? sizeof item->event : sizeof item->record;
    memcpy(&reply->body, item, reply->length);
    client->next_seq = item->record.seq + 1;
    client->left--;
}
