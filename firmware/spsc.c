/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/spsc.h"

#include <errno.h>
#include <string.h>

int spsc_init(struct spsc *ring, void *memory, size_t element_size, size_t capacity)
{
    if (element_size == 0 || capacity == 0 || (capacity & (capacity - 1)) != 0)
        return -EINVAL;
    memset(ring, 0, sizeof *ring);
    ring->element = memory;
    ring->element_size = element_size;
    ring->mask = capacity - 1;
    atomic_init(&ring->head, 0);
    atomic_init(&ring->tail, 0);
    return 0;
}

bool spsc_push(struct spsc *ring, const void *element)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head - ring->tail_seen > ring->mask) {
        /* Acquire: the consumer has copied the element out before its place is filled again. */
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head - ring->tail_seen > ring->mask)
            return false;
    }
    memcpy(ring->element + (head & ring->mask) * ring->element_size, element, ring->element_size);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}

bool spsc_pop(struct spsc *ring, void *element)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail == ring->head_seen) {
        /* Acquire: the element is whole before it is copied. */
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail == ring->head_seen)
            return false;
    }
    memcpy(element, ring->element + (tail & ring->mask) * ring->element_size, ring->element_size);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

size_t spsc_count(const struct spsc *ring)
{
    /* Tail first: both only rise, so head is never behind the tail that was read before it. */
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    size_t count = head - tail;
    return count > ring->mask ? ring->mask + 1 : count;
}
