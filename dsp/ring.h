/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ring.h - the latest scans, channel by channel.
 *
 * Shape:   scans are numbered from 0 on; those from tail to head - 1 are here. When the ring is full the oldest goes.
 * Errors:  ring_init returns false when memory is short.
 * Threads: one object, one thread.
 */
#ifndef VATIO_DSP_RING_H
#define VATIO_DSP_RING_H

#include "dsp/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
    int n_channels;
    uint64_t head;
    uint64_t tail;
    uint64_t mask; /* capacity - 1; the capacity is a power of two */
    int64_t *hold_ns[DSP_CHANNELS];
    double *value[DSP_CHANNELS];
    unsigned *quality;
};

/* Room for at least n_scans. */
bool ring_init(struct ring *ring, int n_channels, size_t n_scans);
void ring_close(struct ring *ring);

void ring_add(struct ring *ring, const int64_t hold_ns[], const double value[], unsigned quality);

static inline int64_t ring_hold_ns(const struct ring *ring, int channel, uint64_t scan)
{
    return ring->hold_ns[channel][scan & ring->mask];
}

static inline double ring_value(const struct ring *ring, int channel, uint64_t scan)
{
    return ring->value[channel][scan & ring->mask];
}

static inline unsigned ring_quality(const struct ring *ring, uint64_t scan)
{
    return ring->quality[scan & ring->mask];
}

static inline size_t ring_capacity(const struct ring *ring)
{
    return (size_t)ring->mask + 1;
}

#endif
