/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define REPLY_HEAD offsetof(struct control_reply, body)

static int set_timeouts(int fd, int timeout_ms)
{
    const struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) != 0)
        return -errno;
    return 0;
}

int control_open(struct control *control, const char *run_dir, int timeout_ms)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    control->fd = -1;
    if (timeout_ms <= 0)
        return -EINVAL; /* 0 would mean for ever to the kernel */
    if (snprintf(address.sun_path, sizeof address.sun_path, "%s/" CONTROL_FILE, run_dir) >=
        (int)sizeof address.sun_path)
        return -ENAMETOOLONG;
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int error = set_timeouts(fd, timeout_ms);
    if (error == 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        error = errno == EAGAIN ? -ETIMEDOUT : -errno; /* its queue stayed full */
    if (error != 0) {
        close(fd);
        return error;
    }
    control->fd = fd;
    return 0;
}

static int check_backup(struct control_reply *reply)
{
    struct control_backup *backup = &reply->body.backup;
    char *const names[] = {backup->meter_id, backup->store_id, backup->version};
    char *const paths[] = {backup->data_dir, backup->config, backup->board_file, backup->calibration_file};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        names[k][RECORD_ID - 1] = '\0';
    for (size_t k = 0; k < sizeof paths / sizeof paths[0]; k++)
        paths[k][CONTROL_PATH - 1] = '\0';
    backup->audit_head[DIGEST_TEXT - 1] = '\0';
    const bool sound = reply->length == sizeof *backup && backup->n_points >= 0 &&
                       backup->n_points <= RECORD_POINTS && backup->kept_size > 0 &&
                       backup->kept_size <= KEPT_BYTES_MAX;
    return sound ? 0 : -EPROTO;
}

/* Of a body that came over the wire: long enough for what it claims to be, texts ended. */
static int check_body(struct control_reply *reply)
{
    if (reply->status == 0 && reply->verb == CONTROL_BACKUP)
        return check_backup(reply);
    if (reply->status != 0 || (reply->verb != CONTROL_STATUS && reply->verb != CONTROL_STREAM)) {
        reply->body.text[reply->length < CONTROL_TEXT ? reply->length : CONTROL_TEXT - 1] = '\0';
        return 0;
    }
    if (reply->verb == CONTROL_STATUS) {
        struct control_status *status = &reply->body.status;
        status->meter_id[RECORD_ID - 1] = status->store_id[RECORD_ID - 1] = '\0';
        status->boot_id[RECORD_ID - 1] = status->version[RECORD_ID - 1] = '\0';
        status->database[CONTROL_PATH - 1] = status->journal[CONTROL_PATH - 1] = '\0';
        status->config[CONTROL_PATH - 1] = '\0';
        return reply->length == sizeof *status ? 0 : -EPROTO;
    }
    if (reply->length == 0)
        return 0; /* the end of a stream */
    if (reply->length == sizeof reply->body.record) {
        reply->body.record.boot_id[RECORD_ID - 1] = '\0';
        return record_valid(&reply->body.record) ? 0 : -EPROTO;
    }
    struct record_event *event = &reply->body.event;
    event->boot_id[RECORD_ID - 1] = event->kind[sizeof event->kind - 1] = '\0';
    event->detail[sizeof event->detail - 1] = '\0';
    return reply->length == sizeof *event && event->schema == RECORD_SCHEMA && event->stream == STREAM_EVENT
               ? 0
               : -EPROTO;
}

int control_next(struct control *control, struct control_reply *reply)
{
    memset(reply, 0, sizeof *reply);
    ssize_t received;
    do
        received = recv(control->fd, reply, sizeof *reply, MSG_TRUNC);
    while (received < 0 && errno == EINTR);
    if (received < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    if (received == 0)
        return -ECONNRESET; /* vatiod hung up */
    if ((size_t)received < REPLY_HEAD || (size_t)received > sizeof *reply || reply->magic != CONTROL_MAGIC ||
        reply->version != CONTROL_VERSION || reply->length != (size_t)received - REPLY_HEAD)
        return -EPROTO;
    return check_body(reply);
}

int control_call(struct control *control, struct control_request *request, struct control_reply *reply)
{
    request->magic = CONTROL_MAGIC;
    request->version = CONTROL_VERSION;
    ssize_t sent;
    do
        sent = send(control->fd, request, sizeof *request, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    const int error = control_next(control, reply);
    if (error == 0 && reply->verb != request->verb)
        return -EPROTO;
    return error;
}

void control_close(struct control *control)
{
    if (control->fd >= 0)
        close(control->fd);
    control->fd = -1;
}
