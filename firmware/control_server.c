/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/control_server.h"

#include "firmware/base/log.h"
#include "firmware/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    SEND_TIMEOUT_MS = 5000,
    IDLE_MS = 10000,
    PAUSE_MS = 100,
    OWNERS_MOST = 64, /* told of at once, then one in 10 min: 144 a day */
    OWNERS_EVERY_MS = 600000,
    STRANGERS_MOST = 16, /* then 48 a day */
    STRANGERS_EVERY_MS = 1800000,
    SEND_BUFFER_BYTES = 64 << 10, /* what the kernel keeps for a client that has not read yet */
    WAKE = 0,                     /* places in the array that poll gets; the clients follow */
    LISTENER = 1,
    FIRST_CLIENT = 2
};

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* The instance lock says that no live vatiod has this name. */
static int remove_stale(const char *path)
{
    struct stat status;
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(status.st_mode))
        return -ENOTSOCK;
    return unlink(path) < 0 ? -errno : 0;
}

/* The mode is set before listen: nobody connects under another one. */
static int bind_and_listen(struct control_server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(server->path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, server->path, strlen(server->path) + 1);
    int result = remove_stale(server->path);
    if (result < 0)
        return result;
    server->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(server->path, 0660) < 0 || listen(server->listener, CONTROL_CLIENTS) < 0)
        return -errno;
    return 0;
}

static int make_clients(struct control_server *server)
{
    server->client = calloc(CONTROL_CLIENTS, sizeof *server->client);
    if (server->client == NULL)
        return -ENOMEM;
    for (int i = 0; i < CONTROL_CLIENTS; i++)
        server->client[i].fd = -1;
    return 0;
}

int control_server_init(struct control_server *server, const struct control_server_config *config,
                        char *error, size_t error_size)
{
    memset(server, 0, sizeof *server);
    server->config = *config;
    server->listener = server->wake = -1;
    if (server->config.send_timeout_ms == 0)
        server->config.send_timeout_ms = SEND_TIMEOUT_MS;
    if (server->config.idle_ms == 0)
        server->config.idle_ms = IDLE_MS;
    server->owners = (struct allowance){.most = OWNERS_MOST, .every_ms = OWNERS_EVERY_MS};
    server->strangers = (struct allowance){.most = STRANGERS_MOST, .every_ms = STRANGERS_EVERY_MS};
    int length = snprintf(server->path, sizeof server->path, "%s/%s", config->run_dir, CONTROL_FILE);
    int result = length < (int)sizeof server->path ? make_clients(server) : -ENAMETOOLONG;
    if (result == 0) {
        server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        result = server->wake < 0 ? -errno : bind_and_listen(server);
    }
    if (result < 0) {
        snprintf(error, error_size, "%s/%s: cannot listen there: %s", config->run_dir, CONTROL_FILE,
                 strerror(-result));
        server->path[0] = '\0'; /* what has that name may not be ours to remove */
        control_server_close(server);
    }
    return result;
}

static void drop(struct control_server *server, struct control_client *client)
{
    atomic_fetch_sub(&server->clients, 1);
    close(client->fd);
    client->fd = -1;
    client->sending = client->streaming = false;
}

static void drop_counted(struct control_server *server, struct control_client *client, const char *why)
{
    log_info("control: uid %ld, pid %ld dropped: it %s", (long)client->uid, (long)client->pid, why);
    atomic_fetch_add(&server->dropped, 1);
    drop(server, client);
}

static bool may_control(const struct control_server *server, uid_t uid)
{
    if (server->config.may_control != NULL)
        return server->config.may_control(server->config.context, uid);
    return uid == 0 || uid == geteuid();
}

/* A free place, made free if need be; NULL if none. */
static struct control_client *find_place(struct control_server *server, bool privileged, int64_t now_ms)
{
    struct control_client *silent = NULL;
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        struct control_client *client = &server->client[i];
        if (client->fd < 0)
            return client;
        bool idle = !control_client_busy(client) && now_ms - client->active_ms > server->config.idle_ms;
        if ((idle || (privileged && !client->may_control)) &&
            (silent == NULL || client->active_ms < silent->active_ms))
            silent = client;
    }
    if (silent != NULL)
        drop_counted(server, silent, "made room for another");
    return silent;
}

static void take(struct control_server *server, int fd, int64_t now_ms)
{
    int buffer = SEND_BUFFER_BYTES;
    struct ucred peer;
    socklen_t size = sizeof peer;
    struct control_client *client = NULL;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
        client = find_place(server, may_control(server, peer.uid), now_ms);
    if (client == NULL) {
        atomic_fetch_add(&server->refused, 1);
        close(fd);
        return;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer,
                     sizeof buffer); /* else the system's default bounds it */
    client->fd = fd;
    client->uid = peer.uid;
    client->pid = peer.pid;
    client->may_control = may_control(server, peer.uid);
    client->generation = 0;
    client->active_ms = now_ms;
    atomic_fetch_add(&server->clients, 1);
}

static void accept_one(struct control_server *server, int64_t now_ms)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        take(server, fd, now_ms);
    else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        server->pause_until_ms = now_ms + PAUSE_MS; /* out of descriptors or memory: do not spin */
}

/* Fills in what to wait for; returns for how long, -1 for ever. */
static int prepare_poll(struct control_server *server, struct pollfd *fds, int64_t now_ms)
{
    int64_t until_ms = INT64_MAX;
    bool paused = now_ms < server->pause_until_ms;
    if (paused)
        until_ms = server->pause_until_ms;
    fds[WAKE] = (struct pollfd){.fd = server->wake, .events = POLLIN};
    fds[LISTENER] = (struct pollfd){.fd = paused ? -1 : server->listener, .events = POLLIN};
    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        const struct control_client *client = &server->client[i];
        bool busy = control_client_busy(client);
        fds[FIRST_CLIENT + i] = (struct pollfd){.fd = client->fd, .events = busy ? POLLOUT : POLLIN};
        int64_t end_ms = client->active_ms + server->config.send_timeout_ms;
        if (busy && end_ms < until_ms)
            until_ms = end_ms;
    }
    if (until_ms == INT64_MAX)
        return -1;
    return until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

static void serve_client(struct control_server *server, struct control_client *client, int revents,
                         int64_t now_ms)
{
    bool here = true;
    if (revents & POLLOUT)
        here = control_client_send(server, client, now_ms);
    else if (revents & POLLIN) /* also what it sent before it hung up */
        here = control_client_receive(server, client, now_ms);
    else if (revents != 0)
        here = false;
    if (!here)
        drop(server, client);
    else if (control_client_busy(client) && now_ms - client->active_ms >= server->config.send_timeout_ms)
        drop_counted(server, client, "did not read");
}

int control_server_run(struct control_server *server)
{
    struct pollfd fds[FIRST_CLIENT + CONTROL_CLIENTS];
    for (;;) {
        int timeout_ms = prepare_poll(server, fds, now());
        if (poll(fds, FIRST_CLIENT + CONTROL_CLIENTS, timeout_ms) < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        if (fds[WAKE].revents != 0)
            return 0;
        int64_t now_ms = now();
        for (int i = 0; i < CONTROL_CLIENTS; i++)
            if (fds[FIRST_CLIENT + i].fd >= 0)
                serve_client(server, &server->client[i], fds[FIRST_CLIENT + i].revents, now_ms);
        if (fds[LISTENER].revents != 0)
            accept_one(server, now_ms);
    }
}

void control_server_stop(struct control_server *server)
{
    uint64_t one = 1;
    ssize_t written = write(server->wake, &one, sizeof one); /* fails only when it is set already */
    (void)written;
}

void control_server_close(struct control_server *server)
{
    for (int i = 0; server->client != NULL && i < CONTROL_CLIENTS; i++)
        if (server->client[i].fd >= 0)
            drop(server, &server->client[i]);
    free(server->client);
    server->client = NULL;
    if (server->path[0] != '\0')
        (void)unlink(server->path);
    if (server->listener >= 0)
        close(server->listener);
    if (server->wake >= 0)
        close(server->wake);
    server->listener = server->wake = -1;
}
