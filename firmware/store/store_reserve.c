/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/store/store_reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

enum { SPARE = 3 }; /* times the reserve that must be free before it is made */

static void path_of(char path[PATH_MAX], const char *database)
{
    snprintf(path, PATH_MAX, "%s-reserve", database);
}

static int allocate(const struct file_io *io, int file, int64_t bytes)
{
    const int64_t size = io->size(io->context, file);
    const int64_t free_bytes = size >= 0 && size < bytes ? io->free_bytes(io->context, file) : 0;
    if (size < 0 || free_bytes < 0)
        return (int)(size < 0 ? size : free_bytes);
    if (size < bytes && free_bytes < SPARE * bytes)
        return -ENOSPC;
    return io->allocate(io->context, file,
                        bytes); /* of one that has its size, too: it may be a sparse copy */
}

int store_reserve_make(const struct file_io *io, const char *database, int64_t bytes)
{
    char path[PATH_MAX];
    path_of(path, database);
    const int file = io->open(io->context, path, O_NOFOLLOW);
    if (file < 0)
        return file;
    const int result = allocate(io, file, bytes);
    io->close(io->context, file);
    if (result < 0)
        io->remove(io->context, path);
    return result;
}

void store_reserve_give_up(const struct file_io *io, const char *database)
{
    char path[PATH_MAX];
    path_of(path, database);
    io->remove(io->context, path);
}
