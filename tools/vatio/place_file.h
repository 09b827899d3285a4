/* SPDX-License-Identifier: GPL-3.0-or-later */
/* place_file.h - a small text file put in place so that a power cut leaves the old one or the new one, whole.
 *
 * Errors:  -errno.
 * Threads: one; two processes must not place the same file.
 */
#ifndef VATIO_TOOLS_PLACE_FILE_H
#define VATIO_TOOLS_PLACE_FILE_H

#include <sys/types.h>

struct place_owner {
    uid_t uid;
    gid_t gid;
};

/* Written beside path, synced, renamed onto it, the directory synced. owner matters to root only. */
int place_file(const char *path, const char *content, mode_t mode, const struct place_owner *owner);

/* The directory that path is in. */
int place_sync_directory(const char *path);

/* The directory path and those above it. */
int place_directory(const char *path, mode_t mode);

#endif
