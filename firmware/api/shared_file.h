/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shared_file.h - a file in the run directory that one process writes and others map: what mailbox, detail, scan
 * ring and second ring have in common.
 *
 * Life:    made as .<name>.<pid>, filled, renamed to <name>: a reader never sees half a file, and one that has the file
 *          before keeps it. Never truncated. Mode 0640 whatever the umask.
 * Lock:    a sequence, odd while the words are written. Words are stored with release and loaded with acquire, so a reader
 *          that got any word of a new write also sees its odd sequence when it looks again. Fences would say the same,
 *          but thread sanitizers do not understand them; on x86 and AArch64 a release store costs next to nothing.
 * Slots:   a ring's entry number n (from 0) stands in slot n % slots: a generation as lock, 2 n + 1 while it is written and
 *          2 n + 2 when it stands, then its words.
 * Errors:  -errno; -EPROTO for what is no regular file or has a size out of range; -EAGAIN when the writer was busy
 *          throughout or has not written yet.
 * Threads: one writer of a lock, which never waits; any number of readers.
 */
#ifndef VATIO_API_SHARED_FILE_H
#define VATIO_API_SHARED_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Maps it read-only, whole; its size must be in least..most. */
int shared_file_open(const char *run_dir, const char *name, size_t least, size_t most, const void **memory,
                     size_t *size);
void shared_file_close(const void *memory, size_t size);

/* The writer's side: zeros that nobody sees yet; then either shown under its name, or given up with -errno. */
int shared_file_make(const char *run_dir, const char *name, size_t size, void **memory);
int shared_file_show(const char *run_dir, const char *name, size_t size, void *memory);
void shared_file_remove(const char *run_dir, const char *name, size_t size, void *memory);

/* A file that stays from run to run: maps the one that is there for writing. -EPROTO when it has another size or is
 * another user's. shared_file_close ends it, shared_file_discard takes its name away. */
int shared_file_go_on(const char *run_dir, const char *name, size_t size, void **memory);
void shared_file_discard(const char *run_dir, const char *name);

/* size bytes as words behind the lock; the last one is filled up with zeros. */
void shared_write(_Atomic uint64_t *sequence, _Atomic uint64_t word[], const void *from, size_t size);
int shared_read(const _Atomic uint64_t *sequence, const _Atomic uint64_t word[], void *to, size_t size);

/* An entry of a ring; words counts the generation, whose place in word[0] is not used. False: it is not there (any more). */
void shared_slot_write(_Atomic uint64_t slot[], uint64_t number, const uint64_t word[], uint64_t words);
bool shared_slot_read(const _Atomic uint64_t slot[], uint64_t number, uint64_t word[], uint64_t words);
/* The numbers that can be read now: from *first on, *end is the next to be written. */
void shared_slots_range(const _Atomic uint64_t *written, uint64_t slots, uint64_t *first, uint64_t *end);

#endif
