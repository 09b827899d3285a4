/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control_client.h - one connection of the control server. Only what is about to leave is kept: a reply, and the place
 * in a stream with a few records read ahead. No further request is taken until it has left.
 */
#ifndef VATIO_CONTROL_CLIENT_H
#define VATIO_CONTROL_CLIENT_H

#include "firmware/control_server.h"

enum { CONTROL_CHUNK = 16 };

struct control_client {
    int fd; /* -1 = a free place */
    uid_t uid;
    pid_t pid;
    bool may_control;
    int64_t active_ms; /* last request that came or packet that left */
    bool sending;      /* reply waits to leave */
    bool streaming;    /* more replies follow it */
    enum record_stream stream;
    int64_t generation; /* of the database whose names and numbers it knows; 0 = none yet */
    int64_t next_seq;
    int64_t left; /* records at most */
    size_t chunk_n;
    size_t chunk_next;
    union store_item chunk[CONTROL_CHUNK];
    struct control_reply reply;
};

/* Takes one request and answers as far as the client reads. False: the client has gone. */
bool control_client_receive(struct control_server *server, struct control_client *client, int64_t now_ms);

/* Sends what it can without waiting, a bounded number of packets. False: the client has gone. */
bool control_client_send(struct control_server *server, struct control_client *client, int64_t now_ms);

static inline bool control_client_busy(const struct control_client *client)
{
    return client->sending || client->streaming;
}

#endif
