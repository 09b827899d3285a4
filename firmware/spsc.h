/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spsc.h - a ring of elements of one size between exactly two threads: one pushes, one pops; neither ever waits.
 *
 * Memory:  the caller's, capacity * element_size bytes, for as long as the ring is used. Elements are copied.
 * Errors:  -EINVAL from spsc_init when capacity is not a power of two or element_size is 0. A full ring refuses
 *          the new element (the caller counts it); what is inside is never overwritten.
 * Threads: spsc_push from one thread, spsc_pop from one other, spsc_count from any.
 */
#ifndef VATIO_SPSC_H
#define VATIO_SPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { SPSC_LINE = 64 }; /* bytes of a cache line, on x86 and on the Pi's Cortex-A */

/* Positions only count upwards and wrap with size_t. Each side looks at the other's position only when the
 * value it saw last no longer suffices, so that in the usual case no cache line travels between the two
 * cores. The gaps keep the sides a line apart wherever the struct lies. */
struct spsc {
    unsigned char *element;
    size_t element_size; /* bytes */
    size_t mask;         /* capacity - 1 */
    unsigned char gap_shared[SPSC_LINE];
    atomic_size_t head; /* pushed so far; written by the producer */
    size_t tail_seen;
    unsigned char gap_producer[SPSC_LINE];
    atomic_size_t tail; /* popped so far; written by the consumer */
    size_t head_seen;
    unsigned char gap_consumer[SPSC_LINE];
};

int spsc_init(struct spsc *ring, void *memory, size_t element_size, size_t capacity);

/* False when the ring is full. */
bool spsc_push(struct spsc *ring, const void *element);

/* False when the ring is empty. */
bool spsc_pop(struct spsc *ring, void *element);

/* Elements inside, exact when called by one of the two threads while the other rests; else of a moment ago.
 */
size_t spsc_count(const struct spsc *ring);

#endif
