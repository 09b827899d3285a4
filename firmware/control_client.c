/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/control_client.h"

#include "firmware/control_verbs.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { PACKETS_PER_TURN = 32 }; /* then the others have theirs */

bool control_client_receive(struct control_server *server, struct control_client *client, int64_t now_ms)
{
    struct control_request request;
    memset(&request, 0, sizeof request);
    /* The socket does not block. MSG_TRUNC: the packet's true size. Descriptors that came along find no room and are
     * closed by the kernel. */
    ssize_t size = recv(client->fd, &request, sizeof request, MSG_TRUNC);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR;
    if (size == 0) /* hung up; an empty packet looks the same and deserves no better */
        return false;
    client->active_ms = now_ms;
    control_verbs_answer(server, client, &request, (size_t)size);
    client->sending = true;
    return control_client_send(server, client, now_ms);
}

bool control_client_send(struct control_server *server, struct control_client *client, int64_t now_ms)
{
    for (int i = 0; i < PACKETS_PER_TURN && control_client_busy(client); i++) {
        if (!client->sending)
            control_verbs_stream_next(server, client);
        client->sending = true;
        size_t size = offsetof(struct control_reply, body) + client->reply.length;
        if (send(client->fd, &client->reply, size, MSG_NOSIGNAL) < 0)
            return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
        client->sending = false;
        client->active_ms = now_ms;
    }
    return true;
}
