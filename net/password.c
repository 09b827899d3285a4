/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/password.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_line(int fd, char password[PASSWORD_MAX + 1])
{
    char text[PASSWORD_MAX + 2]; /* the longest with its line end */
    struct stat status;

    if (fstat(fd, &status) != 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    if ((status.st_mode & S_IRWXO) != 0)
        return -EPERM;
    const ssize_t n = read(fd, text, sizeof text);
    if (n < 0)
        return -errno;
    size_t length = 0;
    while (length < (size_t)n && text[length] != '\n' && text[length] != '\r' && text[length] != '\0')
        length++;
    if (length > 0 && length <= PASSWORD_MAX) {
        memcpy(password, text, length);
        password[length] = '\0';
    }
    explicit_bzero(text, sizeof text);
    return length > 0 && length <= PASSWORD_MAX ? 0 : -EINVAL;
}

int password_read(const char *path, char password[PASSWORD_MAX + 1])
{
    password[0] = '\0';
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold the start up */
    if (fd < 0)
        return -errno;
    const int error = read_line(fd, password);
    close(fd);
    return error;
}

const char *password_error(int error)
{
    if (error == -EPERM)
        return "other users may read it; use chmod 600";
    if (error == -EINVAL)
        return "expected a file whose first line is the password, 1 to 255 characters";
    return strerror(-error);
}
