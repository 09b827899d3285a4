/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/file_io.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int failed_or(int result)
{
    return result < 0 ? -errno : result;
}

static int make_private(int file)
{
    struct stat status;
    if (fstat(file, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EMEDIUMTYPE;
    return (status.st_mode & 077) != 0 ? failed_or(fchmod(file, 0600)) : 0;
}

/* O_NONBLOCK: a pipe must not hold us up before it is refused. */
static int system_open(void *context, const char *path, int flags)
{
    (void)context;
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | flags, 0600);
    if (file < 0)
        return -errno;
    const int error = make_private(file);
    if (error != 0)
        close(file);
    return error != 0 ? error : file;
}

static void system_close(void *context, int file)
{
    (void)context;
    close(file);
}

static int64_t system_size(void *context, int file)
{
    (void)context;
    struct stat status;
    return fstat(file, &status) < 0 ? -errno : status.st_size;
}

static int64_t system_read(void *context, int file, void *bytes, size_t size, int64_t offset)
{
    (void)context;
    const ssize_t n = pread(file, bytes, size, offset);
    return n < 0 ? -errno : n;
}

static int set_direct(int file, bool direct)
{
    const int flags = fcntl(file, F_GETFL);
    return fcntl(file, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}

/* EINVAL: this file system cannot, or its sectors are larger. */
static int64_t system_write(void *context, int file, const void *bytes, size_t size, int64_t offset)
{
    (void)context;
    ssize_t n = -1;
    errno = EINVAL;
    if (set_direct(file, true) == 0) {
        n = pwrite(file, bytes, size, offset);
        const int error = errno;
        set_direct(file, false);
        errno = error;
    }
    if (n < 0 && errno == EINVAL)
        n = pwrite(file, bytes, size, offset);
    return n < 0 ? -errno : n;
}

static int system_allocate(void *context, int file, int64_t bytes)
{
    (void)context;
    return -posix_fallocate(file, 0, bytes);
}

static int system_sync(void *context, int file)
{
    (void)context;
    return failed_or(fdatasync(file));
}

static int system_sync_directory(void *context, const char *path)
{
    (void)context;
    char copy[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return -ENAMETOOLONG;
    const int directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -errno;
    const int error = failed_or(fsync(directory));
    close(directory);
    return error;
}

static int system_remove(void *context, const char *path)
{
    (void)context;
    return failed_or(unlink(path));
}

static int64_t system_free_bytes(void *context, int file)
{
    (void)context;
    struct statvfs disk;
    return fstatvfs(file, &disk) < 0 ? -errno : (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
}

const struct file_io file_io_system = {
    .open = system_open,
    .close = system_close,
    .size = system_size,
    .read = system_read,
    .write = system_write,
    .allocate = system_allocate,
    .sync = system_sync,
    .sync_directory = system_sync_directory,
    .remove = system_remove,
    .free_bytes = system_free_bytes,
};
