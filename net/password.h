/* SPDX-License-Identifier: GPL-3.0-or-later */
/* password.h - a password from a file, read anew for each connection so that it may be changed while running.
 *
 * The first line counts, without its line end; 1..PASSWORD_MAX bytes. A file that others (neither owner nor group) may
 * read is refused.
 */
#ifndef VATIO_NET_PASSWORD_H
#define VATIO_NET_PASSWORD_H

#include <stddef.h>

enum { PASSWORD_MAX = 255 };

/* 0 or -errno: -EPERM when others may read it, -EINVAL when it is empty or too long. The caller clears the buffer. */
int password_read(const char *path, char password[PASSWORD_MAX + 1]);

/* What such an error means, as the end of a sentence about the file. */
const char *password_error(int error);

#endif
