/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/place_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *content)
{
    for (size_t left = strlen(content); left > 0;) {
        const ssize_t n = write(fd, content, left);
        if (n < 0 && errno != EINTR)
            return -errno;
        content += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int fill(int fd, const char *content, mode_t mode, const struct place_owner *owner)
{
    const int result = write_all(fd, content);
    if (result < 0)
        return result;
    if (geteuid() == 0 && fchown(fd, owner->uid, owner->gid) != 0)
        return -errno;
    return fchmod(fd, mode) != 0 || fsync(fd) != 0 ? -errno : 0;
}

int place_file(const char *path, const char *content, mode_t mode, const struct place_owner *owner)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return -ENAMETOOLONG;
    if (unlink(part) != 0 && errno != ENOENT)
        return -errno;
    const int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int result = fill(fd, content, mode, owner);
    close(fd);
    if (result == 0 && rename(part, path) != 0)
        result = -errno;
    if (result < 0)
        unlink(part);
    return result < 0 ? result : place_sync_directory(path);
}

int place_sync_directory(const char *path)
{
    char copy[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return -ENAMETOOLONG;
    const int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    const int result = fsync(fd) != 0 ? -errno : 0;
    close(fd);
    return result;
}

int place_directory(const char *path, mode_t mode)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return -ENAMETOOLONG;
    for (char *slash = part; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = '\0';
        mkdir(part, 0755); /* what went wrong shows at the last one */
    }
    return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -errno;
}
