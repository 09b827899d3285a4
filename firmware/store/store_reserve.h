/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_reserve.h - a file beside the database that only takes up space: "<database>-reserve". On a full disk SQLite can
 * not even delete, since that is written to the WAL first; giving up the reserve makes the room for it. */
#ifndef VATIO_STORE_RESERVE_H
#define VATIO_STORE_RESERVE_H

#include "firmware/base/file_io.h"

#include <stdint.h>

/* Makes it, or finds it made, or larger. -ENOSPC when the disk would be left with less than twice as much: a reserve must not be what
 * fills the disk. Other failures are -errno; then there is none. */
int store_reserve_make(const struct file_io *io, const char *database, int64_t bytes);

/* Gives it up; no harm if there is none. */
void store_reserve_give_up(const struct file_io *io, const char *database);

#endif
