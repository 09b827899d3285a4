/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control_server.h - vatiod's side of firmware/api/control.h: a socket, its clients, and who may do what.
 *
 * Clients: at most CONTROL_CLIENTS. Each is answered one request at a time and a stream packet by packet as it reads,
 *          so none holds up another. One that does not read its replies for send_timeout_ms is dropped. When all
 *          places are taken a new connection gets the place of the client that was silent longest, if for more than idle_ms or
 *          if only the newcomer may control; else it is closed.
 * Policy:  the table in control_verbs.c; verbs that change something are told of with uid and pid, in the log and as an
 *          event, also when refused; so many of those who may and of those who may not that neither fills a card.
 * Errors:  -errno from init and run. Wrong requests are answered with a sentence, counted and survived.
 * Threads: control_server_run in one thread, which also calls the ops and uses the reader; control_server_stop from
 *          any thread or signal handler; the counters are read from any.
 */
#ifndef VATIO_CONTROL_SERVER_H
#define VATIO_CONTROL_SERVER_H

#include "firmware/allowance.h"
#include "firmware/api/control.h"
#include "firmware/store/store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CONTROL_CLIENTS = 8 };

/* What the verbs do. 0 or -errno; a sentence may be written to text and goes to the client. Must not block. */
struct control_ops {
    void (*status)(void *context, struct control_status *status); /* into zeroed memory */
    int (*page)(void *context, int64_t page, char *text, size_t size);
    int (*reload)(void *context, char *text, size_t size);
    int (*stop)(void *context, char *text, size_t size); /* asks for the end; the reply is still sent */
    void (*damaged)(void *context); /* the reader met a damaged database; NULL = nobody asks */
    int (*backup)(void *context, struct control_backup *backup, char *text, size_t size); /* into zeroes */
    /* What was asked for that changes something, by whom, with what result; NULL = nobody asks. */
    void (*told)(void *context, const char *kind, const char *detail);
};

/* Strings, ops and reader must live as long as the server. */
struct control_server_config {
    const char *run_dir; /* the socket is <run_dir>/control; no live vatiod may be on it (instance.h) */
    const struct control_ops *ops;
    void *context;               /* of ops and may_control */
    struct store_reader *reader; /* the server's alone while it runs; NULL = no store, STREAM is refused */
    bool (*may_control)(void *context, uid_t uid); /* NULL = root and our own user */
    int send_timeout_ms;                           /* 0 = 5000 */
    int idle_ms;                                   /* 0 = 10000 */
};

struct control_client;

struct control_server {
    struct control_server_config config;
    char path[CONTROL_PATH];
    int listener;
    int wake;                           /* eventfd of control_server_stop */
    int64_t pause_until_ms;             /* no accept before, after one that failed for want of resources */
    struct control_client *client;      /* CONTROL_CLIENTS */
    struct allowance owners, strangers; /* how often is told of those who may control, and of the others */
    int64_t untold;
    _Atomic int64_t clients; /* now connected */
    _Atomic int64_t dropped; /* clients that did not read, or were silent when another came */
    _Atomic int64_t refused; /* requests that were wrong or not allowed, connections for want of a place */
};

/* Replaces a socket file that a killed vatiod left behind; any other file is refused. */
int control_server_init(struct control_server *server, const struct control_server_config *config,
                        char *error, size_t error_size);

/* Serves until control_server_stop. */
int control_server_run(struct control_server *server);
void control_server_stop(struct control_server *server);

/* After control_server_run has returned: closes all, removes the socket file. */
void control_server_close(struct control_server *server);

#endif
