/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_aside.h - a damaged database gets out of the way: it, its -wal and its -shm are renamed together to
 * "<path>.corrupt-<UTC>" (20261121T064000Z; with -2, -3 .. behind it if that is taken), where analysis finds them.
 *
 * Open:    nobody may have the database open for writing, and whoever closed it must not have folded its WAL back.
 * Readers: one that has it open keeps reading what it was. The database is renamed before its WAL: who finds the path still
 *          leading to the file that it opened has also opened that file's WAL.
 * Space:   at most STORE_ASIDE_SETS stay; of those that were there the larger, which has more history. The label is not
 *          asked, since the clock may have been wrong.
 * Errors:  -errno. After a cut between the renames SQLite drops the WAL that was left behind.
 */
#ifndef VATIO_STORE_ASIDE_H
#define VATIO_STORE_ASIDE_H

#include <stddef.h>
#include <stdint.h>

enum { STORE_ASIDE_SETS = 2, STORE_ASIDE_NAME = 96 };

/* name: the new file's name without its directory. -EEXIST when no name is free, -ENAMETOOLONG when it has no room. */
int store_aside(const char *path, int64_t utc_s, char *name, size_t size);

#endif
