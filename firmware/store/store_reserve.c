/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { BLOCK_BYTES = 512, SPARE = 3 }; /* times the reserve that must be free before it is made */

static void path_of(char path[PATH_MAX], const char *database)
{
    snprintf(path, PATH_MAX, "%s-reserve", database);
}

static int allocate(int fd, const char *path, int64_t bytes)
{
    struct stat status;
    struct statvfs disk;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size == bytes && (int64_t)status.st_blocks * BLOCK_BYTES >= bytes)
        return 0;
    if (statvfs(path, &disk) < 0)
        return -errno;
    if ((int64_t)disk.f_bavail * (int64_t)disk.f_frsize < SPARE * bytes)
        return -ENOSPC;
    return ftruncate(fd, 0) < 0 ? -errno : -posix_fallocate(fd, 0, bytes);
}

int store_reserve_make(const char *database, int64_t bytes)
{
    char path[PATH_MAX];
    path_of(path, database);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int result = allocate(fd, path, bytes);
    close(fd);
    if (result < 0)
        unlink(path);
    return result;
}

void store_reserve_give_up(const char *database)
{
    char path[PATH_MAX];
    path_of(path, database);
    unlink(path);
}
