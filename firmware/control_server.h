/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control_server.h - vatiod's side of firmware/api/control.h: a socket, its clients, and who may do what.
 *
 * Clients: at most CONTROL_CLIENTS. One is answered one request at a time, a stream packet by packet as it
 * reads, so none holds up another. One that does not read its replies for send_timeout_ms is dropped; when
 * all places are taken, so is the one that has been silent longest, if for more than idle_ms. Policy:  the
 * table of verbs in control_verbs.c; what changes something is audited in the log with uid and pid. Errors:
 * -errno from init. Wrong requests are answered, counted and survived. Threads: control_server_run in one
 * thread, which also calls the ops and uses the reader; control_server_stop from any thread or a signal
 * handler; the counters from any.
 */
#ifndef VATIO_CONTROL_SERVER_H
#define VATIO_CONTROL_SERVER_H

#include "firmware/api/control.h"
#include "firmware/store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CONTROL_CLIENTS = 8, CONTROL_STREAM_CHUNK = 16 };

/* What the verbs do. Each returns 0 or -errno and may then write a sentence to text. They must not block. */
struct control_ops {
    void (*status)(void *context, struct control_status *status);
    int (*page)(void *context, int64_t page, char *text, size_t size);
    int (*reload)(void *context, char *text, size_t size);
    int (*stop)(void *context, char *text, size_t size); /* asks for the end; the reply still leaves */
};

struct control_server_config {
    const char *run_dir; /* the socket is <run_dir>/control; no other vatiod may live on it (instance.h) */
    const struct control_ops *ops;
    void *context; /* of ops */
    struct store_reader
        *reader; /* of the server's thread from control_server_run on; NULL = no store, STREAM is refused */
    bool (*may_control)(void *context, uid_t uid); /* NULL: root and our own uid */
    int send_timeout_ms;                           /* 0: 5000 */
    int idle_ms;                                   /* 0: 60000 */
};

/* One connection. Only what is ready to leave is kept here: a reply, or a place in a stream. */
struct control_client {
    int fd; /* -1 = free */
    uid_t uid;
    pid_t pid;
    int64_t active_ms; /* last request, or last packet that left */
    bool sending;      /* reply waits to leave */
    bool streaming;
    enum record_stream stream;
    int64_t next_seq; /* of the stream */
    int64_t left;     /* records at most */
    size_t chunk_n;   /* read ahead and not yet sent */
    size_t chunk_next;
    union store_item chunk[CONTROL_STREAM_CHUNK];
    struct control_reply reply;
};

struct control_server {
    struct control_server_config config;
    char path[108];
    int listener;
    int wake;                      /* eventfd of control_server_stop */
    struct control_client *client; /* CONTROL_CLIENTS */
    _Atomic int64_t clients;       /* now connected */
    _Atomic int64_t dropped;       /* did not read, or were silent when another came */
    _Atomic int64_t refused;       /* requests that were wrong or not allowed, connections over the limit */
};

/* Replaces a socket file left behind. The caller's config strings and ops must live as long as the server. */
int control_server_init(struct control_server *server, const struct control_server_config *config,
                        char *error, size_t error_size);

/* Serves until control_server_stop; 0, or -errno when polling failed. */
int control_server_run(struct control_server *server);
void control_server_stop(struct control_server *server);

/* Closes all and removes the socket file. After control_server_run has returned. */
void control_server_close(struct control_server *server);

#endif
