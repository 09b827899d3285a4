/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/status_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static json_t *per_stream(const int64_t value[STREAMS])
{
    json_t *object = json_object();
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        json_object_set_new(object, record_stream_name[stream], json_integer(value[stream]));
    return object;
}

char *status_file_text(const struct courier *courier)
{
    const struct courier_health *health = &courier->health;
    json_t *object = json_pack(
        "{s:s, s:b, s:s, s:s, s:o, s:o, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "broker",
        courier->broker, "connected", courier->state == COURIER_ONLINE, "meter_id", courier->meter_id,
        "store_id", courier->store_id, "newest_seq", per_stream(courier->newest_seq), "acked_seq",
        per_stream(courier->outbox.acked_seq), "under_way", courier->outbox.n, "connects",
        (json_int_t)health->connects, "losses", (json_int_t)health->losses, "connects_refused",
        (json_int_t)health->connects_refused, "records_sent", (json_int_t)health->records_sent,
        "records_acked", (json_int_t)health->records_acked, "records_refused",
        (json_int_t)health->records_refused, "live_sent", (json_int_t)health->live_sent, "cursor_errors",
        (json_int_t)health->cursor_errors);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    return text;
}

static int write_all(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        const ssize_t n = write(fd, text, left);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            text += n;
            left -= (size_t)n;
        }
    }
    return 0;
}

int status_file_write(const char *path, const char *text)
{
    char fresh[512];
    if (snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid()) >= (int)sizeof fresh)
        return -ENAMETOOLONG;
    const int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return -errno;
    int error = fchmod(fd, 0644) == 0 ? 0 : -errno; /* whatever the umask */
    if (error == 0)
        error = write_all(fd, text);
    if (close(fd) != 0 && error == 0)
        error = -errno;
    if (error == 0 && rename(fresh, path) != 0)
        error = -errno;
    if (error != 0)
        unlink(fresh);
    return error;
}
