/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_bed.h - device nodes that exist for this program only: what it sends to them with the C library's own calls goes
 * to handlers of the test. umockdev does it; its name ends here and in test_bed.c.
 *
 * Threads: handlers run on a thread of umockdev's own while the caller waits in its system call; one call at a time.
 * Memory:  a handler sees copies of the caller's memory; what it changes goes back with test_bed_send.
 * Errors:  none; what cannot be set up ends the program.
 */
#ifndef VATIO_TESTS_TEST_BED_H
#define VATIO_TESTS_TEST_BED_H

#include <stdbool.h>
#include <stddef.h>

enum { TEST_BED_SKIPPED = 77, TEST_BED_NODES = 4 }; /* 77: CTest's SKIP_RETURN_CODE */

struct test_bed_memory; /* a piece of the caller's memory */

/* Each returns what the system call shall return, or -errno. Either may be NULL. */
struct test_bed_handlers {
    long (*ioctl)(void *user, unsigned long request, struct test_bed_memory *argument);
    long (*write)(void *user, const void *bytes, size_t size);
};

/* False, and the reason on standard output, when umockdev does not stand between this program and the C library. */
bool test_bed_is_there(void);

struct test_bed *test_bed_open(void);
void test_bed_close(struct test_bed *bed); /* the nodes go */

/* description is in the format of umockdev-record; path, handlers and user outlive the bed. */
void test_bed_add(struct test_bed *bed, const char *description, const char *path,
                  const struct test_bed_handlers *handlers, void *user);

/* What a read from a node's file descriptor will find; poll says that there is something. */
void test_bed_feed(struct test_bed *bed, const char *path, const void *bytes, size_t size);

/* The bytes of a piece; of an ioctl's argument: the argument itself. */
const void *test_bed_bytes(const struct test_bed_memory *memory);
/* What the pointer at offset points at. To be released. */
struct test_bed_memory *test_bed_follow(struct test_bed_memory *memory, size_t offset, size_t size);
void test_bed_send(struct test_bed_memory *memory, const void *bytes, size_t size);
void test_bed_release(struct test_bed_memory *memory);

#endif
