/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_vatiod - a vatiod without a meter, for tests of what talks to one: it speaks the real mailbox and the real control
 * socket, and does what standard input says, one command per line:
 *
 *   records STREAM N   N more records (minute, quarter, day, event)
 *   store ID           another, empty store
 *   forget STREAM N    retention: records up to seq N are gone
 *   live on|off        whether the mailbox moves
 *   hang on|off        whether requests are answered
 *
 * Each is answered with a line "ok". It ends with standard input.
 */
#include "firmware/api/control.h"
#include "firmware/api/mailbox.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 4, TICK_MS = 200 };

struct fake {
    const char *run_dir;
    char meter_id[RECORD_ID], store_id[RECORD_ID];
    int64_t newest_seq[STREAMS], forgotten_seq[STREAMS];
    bool live, hang;
    int listener;
    int client[CLIENTS];
    struct mailbox_writer writer;
    struct mailbox_live mailbox;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "fake_vatiod: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Every value of a record follows from its seq, so that a reader can check that nothing was mixed up. */
static void fill_record(struct record *record, int stream, int64_t seq)
{
    memset(record, 0, sizeof *record);
    record->schema = RECORD_SCHEMA;
    record->stream = stream;
    record->seq = seq;
    record->utc_start_ms = INT64_C(1750000000000) + seq * 60000;
    record->utc_end_ms = record->utc_start_ms + 60000;
    record->utc_synced = 1;
    record->mono_end_us = seq * 60000000;
    record->duration_us = record->metered_us = 60000000;
    record->windows = 300;
    record->f_hz = 50.0;
    record->f_min_hz = record->f_max_hz = (double)NAN;
    record->h_max = 16;
    memset(record->boot_id, 'b', RECORD_ID - 1);
    record->n_points = 1;
    record->point_id[0] = record_point_id("grid");
    for (size_t k = 0; k < record_point_fields_n; k++) {
        const struct record_field *field = &record_point_fields[k];
        if (field->type == FIELD_REAL)
            record_set_real(field, &record->point[0], (double)seq + 0.25);
        else
            record_set_integer(field, &record->point[0], seq * 1000 + (int64_t)k);
    }
    record->point[0].thd_i_pct = (double)NAN;
}

static void fill_event(struct record_event *event, int64_t seq)
{
    memset(event, 0, sizeof *event);
    event->schema = RECORD_SCHEMA;
    event->stream = STREAM_EVENT;
    event->seq = seq;
    event->utc_ms = INT64_C(1750000000000) + seq;
    memset(event->boot_id, 'b', RECORD_ID - 1);
    snprintf(event->kind, sizeof event->kind, "start");
    event->value = (double)NAN;
}

static void move_mailbox(struct fake *fake)
{
    struct mailbox_live *live = &fake->mailbox;
    live->heartbeat++;
    live->pid = getpid();
    snprintf(live->meter_id, sizeof live->meter_id, "%s", fake->meter_id);
    snprintf(live->store_id, sizeof live->store_id, "%s", fake->store_id);
    snprintf(live->boot_id, sizeof live->boot_id, "%032d", (int)getpid());
    snprintf(live->serial, sizeof live->serial, "serial-1");
    snprintf(live->version, sizeof live->version, "0.0.0-fake");
    snprintf(live->board, sizeof live->board, "fake");
    live->simulated = 1;
    live->f_nominal_hz = 50;
    live->u_nominal_v = 230;
    live->scan_rate_hz = 4000;
    live->imp_per_kwh = 1000;
    live->f_10s_hz = 49.9875;
    live->f_10s_utc_start_ms = INT64_C(1700000000000);
    fill_record(&live->live, STREAM_LIVE, live->heartbeat);
    live->live.seq = 0;
    mailbox_write(&fake->writer, live);
}

static void send_reply(int fd, struct control_reply *reply, const struct control_request *request,
                       size_t length)
{
    reply->magic = CONTROL_MAGIC;
    reply->version = CONTROL_VERSION;
    reply->verb = request->verb;
    reply->length = (uint32_t)length;
    if (send(fd, reply, offsetof(struct control_reply, body) + length, MSG_NOSIGNAL) < 0)
        fprintf(stderr, "fake_vatiod: send: %s\n", strerror(errno));
}

static void answer_status(const struct fake *fake, int fd, const struct control_request *request)
{
    struct control_reply reply = {.status = 0};
    struct control_status *status = &reply.body.status;
    status->pid = getpid();
    memcpy(status->newest_seq, fake->newest_seq, sizeof status->newest_seq);
    memcpy(status->meter_id, fake->meter_id, sizeof status->meter_id);
    memcpy(status->store_id, fake->store_id, sizeof status->store_id);
    send_reply(fd, &reply, request, sizeof *status);
}

static void answer_stream(const struct fake *fake, int fd, const struct control_request *request)
{
    struct control_reply reply = {.status = 0};
    const int stream = (int)request->stream;
    int64_t seq = request->from_seq;
    if (seq <= fake->forgotten_seq[stream])
        seq = fake->forgotten_seq[stream] + 1;
    for (int64_t n = 0; n < request->max && seq <= fake->newest_seq[stream]; n++, seq++) {
        if (stream == STREAM_EVENT) {
            fill_event(&reply.body.event, seq);
            send_reply(fd, &reply, request, sizeof reply.body.event);
            continue;
        }
        fill_record(&reply.body.record, stream, seq);
        send_reply(fd, &reply, request, sizeof reply.body.record);
    }
    send_reply(fd, &reply, request, 0);
}

/* False when the client is gone. */
static bool answer(const struct fake *fake, int fd)
{
    struct control_request request;
    if (recv(fd, &request, sizeof request, 0) != sizeof request)
        return false;
    if (fake->hang)
        return true;
    if (request.verb == CONTROL_STATUS)
        answer_status(fake, fd, &request);
    if (request.verb == CONTROL_STREAM && request.stream > STREAM_LIVE && request.stream < STREAMS)
        answer_stream(fake, fd, &request);
    return true;
}

static void listen_on(struct fake *fake)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/" CONTROL_FILE, fake->run_dir);
    unlink(address.sun_path);
    fake->listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (fake->listener < 0 || bind(fake->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fake->listener, CLIENTS) != 0)
        die(address.sun_path);
}

static void take_client(struct fake *fake)
{
    const int fd = accept(fake->listener, NULL, NULL);
    for (int k = 0; k < CLIENTS && fd >= 0; k++)
        if (fake->client[k] < 0) {
            fake->client[k] = fd;
            return;
        }
    if (fd >= 0)
        close(fd);
}

static void obey(struct fake *fake, const char *line)
{
    char word[16], text[RECORD_ID];
    long long n;
    if (sscanf(line, "records %15s %lld", word, &n) == 2 && record_stream_id(word) > STREAM_LIVE)
        fake->newest_seq[record_stream_id(word)] += n;
    else if (sscanf(line, "forget %15s %lld", word, &n) == 2 && record_stream_id(word) > STREAM_LIVE)
        fake->forgotten_seq[record_stream_id(word)] = n;
    else if (sscanf(line, "store %32s", text) == 1) {
        memcpy(fake->store_id, text, sizeof text);
        memset(fake->newest_seq, 0, sizeof fake->newest_seq);
        memset(fake->forgotten_seq, 0, sizeof fake->forgotten_seq);
    } else if (sscanf(line, "live %15s", word) == 1)
        fake->live = strcmp(word, "on") == 0;
    else if (sscanf(line, "hang %15s", word) == 1)
        fake->hang = strcmp(word, "on") == 0;
    else {
        printf("what?\n");
        return;
    }
    printf("ok\n");
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False at the end of standard input. */
static bool turn(struct fake *fake, int wait_ms)
{
    char line[128];
    struct pollfd ready[2 + CLIENTS] = {{.fd = 0, .events = POLLIN},
                                        {.fd = fake->listener, .events = POLLIN}};
    for (int k = 0; k < CLIENTS; k++)
        ready[2 + k] = (struct pollfd){.fd = fake->client[k], .events = POLLIN};
    if (poll(ready, 2 + CLIENTS, wait_ms) <= 0)
        return true;
    for (int k = 0; k < CLIENTS; k++)
        if (ready[2 + k].revents != 0 && !answer(fake, fake->client[k])) {
            close(fake->client[k]);
            fake->client[k] = -1;
        }
    if (ready[1].revents != 0)
        take_client(fake);
    if (ready[0].revents == 0)
        return true;
    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    obey(fake, line);
    return true;
}

int main(int argc, char **argv)
{
    static struct fake fake;
    int64_t tick_ms = now_ms();
    if (argc != 4) {
        fprintf(stderr, "usage: fake_vatiod RUN_DIR METER_ID STORE_ID\n");
        return 2;
    }
    setvbuf(stdin, NULL, _IONBF, 0); /* poll must see every line */
    setvbuf(stdout, NULL, _IOLBF, 0);
    fake.run_dir = argv[1];
    snprintf(fake.meter_id, sizeof fake.meter_id, "%s", argv[2]);
    snprintf(fake.store_id, sizeof fake.store_id, "%s", argv[3]);
    fake.live = true;
    for (int k = 0; k < CLIENTS; k++)
        fake.client[k] = -1;
    if (mailbox_create(&fake.writer, fake.run_dir) != 0)
        die(fake.run_dir);
    listen_on(&fake);
    printf("ready\n");
    do {
        if (fake.live && now_ms() >= tick_ms) {
            move_mailbox(&fake);
            tick_ms = now_ms() + TICK_MS;
        }
    } while (turn(&fake, TICK_MS));
    return 0;
}
