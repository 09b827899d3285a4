/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_meter.h - what a client sees of vatiod: a mailbox and a control socket that speak the real structs.
 * Included by the tests of the command line. */
#ifndef VATIO_TESTS_FAKE_METER_H
#define VATIO_TESTS_FAKE_METER_H

#include "firmware/api/control.h"
#include "firmware/api/detail.h"
#include "firmware/api/mailbox.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FAKE_PAGE_LIMIT = 1000, FAKE_PAGES = 4 };

struct fake_meter {
    char run_dir[64];
    int listener;
    pthread_t thread;
    struct mailbox_writer mailbox;
    struct mailbox_live live;
    struct detail_writer detail; /* a test that wants it makes it; closed by fake_stop */
    int64_t newest[STREAMS];     /* records of each stream: seq 1..newest, those that are stored */
    int64_t oldest;              /* retention has removed those before */
    bool deny;                   /* page, reload and stop are refused */
    bool repeat;                 /* fault: streams begin at seq 1 whatever was asked for */
    bool flood;                  /* fault: streams have ten records more than were asked for */
    bool deny_status;            /* status is refused */
    int64_t day_offset_min;
    const char *data_dir; /* of database; NULL = /var/lib/vatio */
    /* A test's own records and events in place of these; NULL = none. */
    void (*make_record)(int64_t stream, int64_t seq, struct record *record);
    void (*make_event)(int64_t seq, struct record_event *event);
    int64_t solar_until;       /* records up to it, and ... */
    int64_t solar_from;        /* ... from it on, if not 0, have a solar point */
    _Atomic int64_t last_page; /* asked for */
    _Atomic int clients;       /* connected */
};

static inline struct record fake_record(const struct fake_meter *meter, int64_t stream, int64_t seq)
{
    const bool has_solar = seq <= meter->solar_until || (meter->solar_from > 0 && seq >= meter->solar_from);
    struct record record = {.schema = RECORD_SCHEMA,
                            .stream = stream,
                            .seq = seq,
                            .utc_start_ms = 1700000000000 + (seq - 1) * 60000,
                            .utc_end_ms = 1700000000000 + seq * 60000,
                            .utc_synced = 1,
                            .duration_us = 60000000,
                            .f_hz = 50.0 + (double)seq / 3,
                            .f_min_hz = (double)NAN,
                            .f_max_hz = 50.5,
                            .h_max = RECORD_ABSENT,
                            .boot_id = "0123456789abcdef0123456789abcdef",
                            .n_points = has_solar ? 2 : 1,
                            .point_id = {0, 3}};
    for (int p = 0; p < 2; p++) {
        record.point[p].u_rms_v = 230.1;
        record.point[p].i_rms_a = (double)NAN;
        record.point[p].p_w = -1234.5678901234;
        record.point[p].pf = -0.99;
        record.point[p].total.import_uwh = INT64_C(9007199254740993) + seq;
        record.point[p].total.export_uwh = 12345999999;
    }
    return record;
}

static inline void fake_packet(int peer, enum control_verb verb, int status, const void *body, size_t length)
{
    struct control_reply reply = {
        .magic = CONTROL_MAGIC, .version = CONTROL_VERSION, .verb = (uint16_t)verb, .status = status};
    reply.length = (uint32_t)length;
    if (length > 0)
        memcpy(&reply.body, body, length);
    send(peer, &reply, offsetof(struct control_reply, body) + length, MSG_NOSIGNAL);
}

static inline void fake_text(int peer, enum control_verb verb, int status, const char *text)
{
    fake_packet(peer, verb, status, text, strlen(text) + 1);
}

/* Details of the events, in turn. */
static const char *const details[] = {"say \"hi\", you", "plain", "\"", "two\nlines"};

static inline void fake_stream(const struct fake_meter *meter, int peer,
                               const struct control_request *request)
{
    if (request->stream < STREAM_MINUTE || request->stream >= STREAMS || request->max < 1 ||
        request->max > CONTROL_STREAM_MAX) {
        fake_text(peer, CONTROL_STREAM, -EINVAL, "no such stream");
        return;
    }
    int64_t seq = request->from_seq > meter->oldest && !meter->repeat ? request->from_seq : meter->oldest;
    const int64_t most = request->max + (meter->flood ? 10 : 0);
    for (int64_t n = 0; n < most && seq <= meter->newest[request->stream]; n++, seq++) {
        if (request->stream == STREAM_EVENT) {
            struct record_event event = {
                .schema = RECORD_SCHEMA, .stream = STREAM_EVENT, .seq = seq, .value = (double)NAN};
            snprintf(event.kind, sizeof event.kind, "note");
            snprintf(event.detail, sizeof event.detail, "%s", details[(seq - 1) % 4]);
            if (meter->make_event != NULL)
                meter->make_event(seq, &event);
            fake_packet(peer, CONTROL_STREAM, 0, &event, sizeof event);
        } else {
            struct record record = fake_record(meter, request->stream, seq);
            if (meter->make_record != NULL)
                meter->make_record(request->stream, seq, &record);
            fake_packet(peer, CONTROL_STREAM, 0, &record, sizeof record);
        }
    }
    fake_packet(peer, CONTROL_STREAM, 0, NULL, 0);
}

static inline void fake_answer(struct fake_meter *meter, int peer, const struct control_request *request)
{
    struct control_status status = {.pid = 42, .uptime_ms = 5000, .pages = FAKE_PAGES, .page = 1};
    switch (request->verb) {
    case CONTROL_STATUS:
        if (meter->deny_status) {
            fake_text(peer, CONTROL_STATUS, -EAGAIN, "not yet");
            break;
        }
        memcpy(status.newest_seq, meter->newest, sizeof status.newest_seq);
        status.day_offset_min = meter->day_offset_min;
        memcpy(status.meter_id, meter->live.meter_id, sizeof status.meter_id);
        snprintf(status.database, sizeof status.database, "%s/vatio.db",
                 meter->data_dir == NULL ? "/var/lib/vatio" : meter->data_dir);
        snprintf(status.journal, sizeof status.journal, "/var/lib/vatio/registers");
        snprintf(status.version, sizeof status.version, "0.1.0");
        fake_packet(peer, CONTROL_STATUS, 0, &status, sizeof status);
        break;
    case CONTROL_STREAM:
        fake_stream(meter, peer, request);
        break;
    case CONTROL_PAGE:
        meter->last_page = request->page;
        if (request->page >= FAKE_PAGES)
            fake_text(peer, CONTROL_PAGE, -EINVAL, "there are 4 pages");
        else
            fake_packet(peer, CONTROL_PAGE, 0, NULL, 0);
        break;
    default:
        if (meter->deny)
            fake_text(peer, request->verb, -EPERM, "this is for root and vatiod's own user");
        else if (request->verb == CONTROL_RELOAD)
            fake_text(peer, request->verb, 0, "read again; the store's path needs a restart");
        else
            fake_packet(peer, request->verb, 0, NULL, 0);
    }
}

/* One client at a time, until the listener is shut down. */
static inline void *fake_serve(void *argument)
{
    struct fake_meter *meter = argument;
    int peer;
    while ((peer = accept(meter->listener, NULL, NULL)) >= 0) {
        struct control_request request;
        meter->clients++;
        while (recv(peer, &request, sizeof request, 0) == (ssize_t)sizeof request)
            fake_answer(meter, peer, &request);
        close(peer);
        meter->clients--;
    }
    return NULL;
}

static inline void fake_live(struct mailbox_live *live, const struct fake_meter *meter)
{
    memset(live, 0, sizeof *live);
    live->heartbeat = 5;
    live->uptime_ms = 93784000; /* 1 d 02:03:04 */
    live->pid = 42;
    snprintf(live->meter_id, sizeof live->meter_id, "meter-1");
    snprintf(live->store_id, sizeof live->store_id, "store-1");
    snprintf(live->boot_id, sizeof live->boot_id, "boot-1");
    snprintf(live->version, sizeof live->version, "0.1.0");
    snprintf(live->board, sizeof live->board, "reference");
    live->simulated = 1;
    live->f_nominal_hz = 50;
    live->u_nominal_v = 230;
    live->scan_rate_hz = 4000;
    live->imp_per_kwh = 1000;
    live->live = fake_record(meter, STREAM_LIVE, 0);
    live->live.n_points = 2;
    live->live.quality = 1 << 7 | 1 << 3;
    live->live.mono_end_us = 1000000;
    for (int p = 0; p < RECORD_POINTS; p++)
        for (int h = 0; h < MAILBOX_HARMONICS; h++)
            live->u_h_v[p][h] = h < 3 ? 0.5F * (float)h : NAN;
    for (int p = 0; p < RECORD_POINTS; p++)
        for (int h = 0; h < MAILBOX_HARMONICS; h++)
            live->i_h_a[p][h] = NAN;
    live->f_10s_hz = (double)NAN;
    live->f_10s_utc_start_ms = RECORD_ABSENT;
    live->health.scans = 123;
}

static inline int fake_start(struct fake_meter *meter)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *base = getenv("TMPDIR");
    memset(meter, 0, sizeof *meter);
    meter->oldest = 1;
    meter->solar_until = INT64_MAX;
    snprintf(meter->run_dir, sizeof meter->run_dir, "%.40s/vatio.XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(meter->run_dir) == NULL)
        return -1;
    fake_live(&meter->live, meter);
    if (mailbox_create(&meter->mailbox, meter->run_dir) != 0)
        return -1;
    mailbox_write(&meter->mailbox, &meter->live);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/control", meter->run_dir);
    meter->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (bind(meter->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(meter->listener, 4) != 0)
        return -1;
    return pthread_create(&meter->thread, NULL, fake_serve, meter);
}

static inline void fake_stop_control(struct fake_meter *meter)
{
    char path[96];
    if (meter->listener < 0)
        return;
    shutdown(meter->listener, SHUT_RDWR); /* ends accept */
    pthread_join(meter->thread, NULL);
    close(meter->listener);
    meter->listener = -1;
    snprintf(path, sizeof path, "%s/control", meter->run_dir);
    unlink(path);
}

static inline void fake_stop(struct fake_meter *meter)
{
    fake_stop_control(meter);
    mailbox_remove(&meter->mailbox, meter->run_dir);
    detail_remove(&meter->detail, meter->run_dir);
    rmdir(meter->run_dir);
}

#endif
