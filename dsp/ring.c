/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/ring.h"

#include <stdlib.h>
#include <string.h>

bool ring_init(struct ring *ring, int n_channels, size_t n_scans)
{
    size_t capacity = 1;
    while (capacity < n_scans) {
        capacity *= 2;
    }
    memset(ring, 0, sizeof(*ring));
    ring->n_channels = n_channels;
    ring->mask = capacity - 1;
    ring->quality = calloc(capacity, sizeof(*ring->quality));
    bool complete = ring->quality != NULL;
    for (int k = 0; k < n_channels; k++) {
        ring->hold_ns[k] = calloc(capacity, sizeof(*ring->hold_ns[k]));
        ring->value[k] = calloc(capacity, sizeof(*ring->value[k]));
        complete = complete && ring->hold_ns[k] != NULL && ring->value[k] != NULL;
    }
    return complete;
}

void ring_close(struct ring *ring)
{
    free(ring->quality);
    for (int k = 0; k < DSP_CHANNELS; k++) {
        free(ring->hold_ns[k]);
        free(ring->value[k]);
    }
}

void ring_add(struct ring *ring, const int64_t hold_ns[], const double value[], unsigned quality)
{
    size_t slot = (size_t)(ring->head & ring->mask);
    for (int k = 0; k < ring->n_channels; k++) {
        ring->hold_ns[k][slot] = hold_ns[k];
        ring->value[k][slot] = value[k];
    }
    ring->quality[slot] = quality;
    ring->head++;
    if (ring->head - ring->tail > ring->mask + 1) {
        ring->tail++;
    }
}
