/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status_file.h - how delivery stands, as one JSON object in a file, for people and scripts. Nothing secret in it.
 *
 * The file is written under a temporary name beside it and renamed, so a reader sees all or nothing. Not synced: after a
 * power cut it means nothing anyway.
 */
#ifndef VATIO_NET_STATUS_FILE_H
#define VATIO_NET_STATUS_FILE_H

#include "net/courier.h"

/* The object's text; NULL when memory ran out. The caller frees it. */
char *status_file_text(const struct courier *courier);

/* Writes path, 0644. 0 or -errno. */
int status_file_write(const char *path, const char *text);

#endif
