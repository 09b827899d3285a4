/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_io.h - the calls to the file system on which it depends what a power cut leaves, as a table: tests put a disk
 * beneath journal and store that loses power at any one of them.
 *
 * Files:   private regular files by number; whoever opened one closes it.
 * Errors:  -errno. read and write may be short and may return -EINTR, as pread and pwrite.
 * Threads: as the system's calls: any.
 */
#ifndef VATIO_BASE_FILE_IO_H
#define VATIO_BASE_FILE_IO_H

#include <stddef.h>
#include <stdint.h>

struct file_io {
    void *context; /* every call's first argument */

    /* For reading and writing, made 0600 when missing; others' permissions are taken away. flags: 0 or O_NOFOLLOW.
     * The file's number, or -EMEDIUMTYPE when it is no regular file. */
    int (*open)(void *context, const char *path, int flags);
    void (*close)(void *context, int file);
    int64_t (*size)(void *context, int file); /* in bytes */

    int64_t (*read)(void *context, int file, void *bytes, size_t size, int64_t offset);
    /* Past the page cache where bytes, size, offset and the file system allow it. */
    int64_t (*write)(void *context, int file, const void *bytes, size_t size, int64_t offset);
    int (*allocate)(void *context, int file, int64_t bytes); /* the whole file of this size has its space */
    int (*sync)(void *context, int file);                    /* fdatasync: content and size */
    int (*sync_directory)(void *context, const char *path);  /* the one that path is in */
    int (*remove)(void *context, const char *path);
    int64_t (*free_bytes)(void *context, int file); /* of the file's file system, for this user */
};

/* The system's. */
extern const struct file_io file_io_system;

#endif
