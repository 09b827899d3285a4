/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int refuse(int fd, const char *path, char *error, size_t error_size)
{
    char text[24] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    long pid = n > 0 ? strtol(text, NULL, 10) : 0;
    if (pid > 0)
        snprintf(error, error_size, "%s: another vatiod, process %ld, already uses this directory", path,
                 pid);
    else
        snprintf(error, error_size, "%s: another vatiod already uses this directory", path);
    return -EALREADY;
}

static int write_pid(int fd)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0)
        return -errno;
    ssize_t n = pwrite(fd, text, (size_t)length, 0);
    return n == length ? 0 : n < 0 ? -errno : -ENOSPC;
}

int instance_lock(struct instance *instance, const char *data_dir, char *error, size_t error_size)
{
    char path[PATH_MAX];
    instance->fd = -1;
    int length = snprintf(path, sizeof path, "%s/%s", data_dir, INSTANCE_FILE);
    int fd = length < (int)sizeof path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640) : -1;
    int result = fd >= 0 ? 0 : length < (int)sizeof path ? -errno : -ENAMETOOLONG;
    if (result == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
        result = errno == EWOULDBLOCK ? refuse(fd, path, error, error_size) : -errno;
    if (result == 0) /* The lock is what counts: a full disk only costs the pid in the sentence. */
        (void)write_pid(fd);
    if (result < 0 && result != -EALREADY)
        snprintf(error, error_size, "%s: cannot lock the data directory: %s", path, strerror(-result));
    if (result < 0 && fd >= 0)
        close(fd);
    else
        instance->fd = fd;
    return result;
}

/* The file stays: removing it would let a process that has just opened it lock a file that no other sees. */
void instance_unlock(struct instance *instance)
{
    if (instance->fd >= 0)
        close(instance->fd);
    instance->fd = -1;
}
