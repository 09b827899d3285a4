/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/source_vatiod.h"

#include <errno.h>
#include <string.h>

static struct source_vatiod *from(struct source *source)
{
    return (struct source_vatiod *)source; /* its first member */
}

/* One request and its first reply, on a fresh connection if there is none. */
static int ask(struct source_vatiod *vatiod, struct control_request *request, struct control_reply *reply)
{
    int error =
        vatiod->control.fd < 0 ? control_open(&vatiod->control, vatiod->run_dir, SOURCE_TIMEOUT_MS) : 0;
    if (error == 0)
        error = control_call(&vatiod->control, request, reply);
    if (error == 0)
        error = reply->status;
    if (error != 0)
        control_close(&vatiod->control);
    return error;
}

static int status(struct source *source, struct control_status *status)
{
    struct control_request request = {.verb = CONTROL_STATUS};
    struct control_reply reply;
    const int error = ask(from(source), &request, &reply);
    if (error == 0)
        *status = reply.body.status;
    return error;
}

int64_t source_seq(int stream, const union source_item *item)
{
    return stream == STREAM_EVENT ? item->event.seq : item->record.seq;
}

/* Takes over the body of a reply if it is a record of this stream with a seq of at least from_seq. */
static int take(const struct control_reply *reply, int stream, int64_t from_seq, union source_item *item)
{
    const size_t expected = stream == STREAM_EVENT ? sizeof item->event : sizeof item->record;

    if (reply->length != expected)
        return -EPROTO;
    memcpy(item, &reply->body, expected);
    if (stream != STREAM_EVENT && item->record.stream != stream)
        return -EPROTO;
    return source_seq(stream, item) >= from_seq ? 0 : -EPROTO;
}

static int fetch(struct source *source, int stream, int64_t from_seq, int max, union source_item *items)
{
    struct source_vatiod *vatiod = from(source);
    struct control_request request = {
        .verb = CONTROL_STREAM, .stream = stream, .from_seq = from_seq, .max = max};
    struct control_reply reply;
    int n = 0;

    int error = ask(vatiod, &request, &reply);
    while (error == 0 && !control_stream_end(&reply)) {
        error = n < max ? take(&reply, stream, from_seq, &items[n]) : -EPROTO;
        if (error == 0) {
            from_seq = source_seq(stream, &items[n++]) + 1;
            error = control_next(&vatiod->control, &reply);
        }
        if (error == 0)
            error = reply.status;
    }
    if (error != 0)
        control_close(&vatiod->control); /* the rest of the answer must not be taken for the next one's */
    return error != 0 ? error : n;
}

static void close_mailbox(struct source_vatiod *vatiod)
{
    mailbox_close(&vatiod->mailbox);
    vatiod->known = vatiod->alive = false;
}

static int read_mailbox(struct source_vatiod *vatiod, int64_t now_ms, struct mailbox_live *live)
{
    if (vatiod->mailbox.file == NULL) {
        const int error = mailbox_open(&vatiod->mailbox, vatiod->run_dir);
        if (error != 0)
            return error;
        vatiod->moved_ms = now_ms;
    }
    return mailbox_read(&vatiod->mailbox, live);
}

static void watch_heartbeat(struct source_vatiod *vatiod, int64_t now_ms, int64_t heartbeat)
{
    if (vatiod->known && heartbeat == vatiod->heartbeat)
        return;
    vatiod->alive = vatiod->known;
    vatiod->known = true;
    vatiod->heartbeat = heartbeat;
    vatiod->moved_ms = now_ms;
}

static int live(struct source *source, int64_t now_ms, struct mailbox_live *live)
{
    struct source_vatiod *vatiod = from(source);
    int error = read_mailbox(vatiod, now_ms, live);
    if (error == 0)
        watch_heartbeat(vatiod, now_ms, live->heartbeat);
    /* -EAGAIN too may stand still: a vatiod that was killed while it wrote leaves the mailbox so. */
    if ((error != 0 && error != -EAGAIN) || now_ms - vatiod->moved_ms >= SOURCE_STILL_MS) {
        close_mailbox(vatiod);
        return error != 0 ? error : -EAGAIN;
    }
    if (error != 0 || !vatiod->alive || live->live.mono_end_us == vatiod->mono_end_us)
        return -EAGAIN;
    vatiod->mono_end_us = live->live.mono_end_us;
    return 0;
}

static const struct source_ops ops = {.status = status, .fetch = fetch, .live = live};

void source_vatiod_init(struct source_vatiod *vatiod, const char *run_dir)
{
    *vatiod =
        (struct source_vatiod){.source.ops = &ops, .run_dir = run_dir, .control.fd = -1, .mono_end_us = -1};
}

void source_vatiod_close(struct source_vatiod *vatiod)
{
    control_close(&vatiod->control);
    mailbox_close(&vatiod->mailbox);
}
