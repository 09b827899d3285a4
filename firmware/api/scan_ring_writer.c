/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/scan_ring.h"

#include "firmware/api/shared_file.h"

#include <errno.h>
#include <string.h>

enum { CODE_BITS = 16 };

/* A tenth more than the seconds promised: what a reader begins with must not be overwritten before it gets there. */
static uint64_t slots_of(const struct scan_ring_plan *plan)
{
    const double wanted = plan->scan_rate_hz * SCAN_RING_SECONDS * 1.1;
    if (!(wanted < (double)SCAN_RING_SLOTS_MAX))
        return SCAN_RING_SLOTS_MAX;
    return wanted > 1 ? (uint64_t)wanted + 1 : 1;
}

static uint64_t slot_words_of(const struct scan_ring_plan *plan)
{
    return SCAN_RING_HEAD_WORDS + (uint64_t)plan->n_channels * (plan->physical != 0 ? 2 : 1);
}

size_t scan_ring_size(const struct scan_ring_plan *plan)
{
    return sizeof(struct scan_ring_file) +
           (size_t)(slots_of(plan) * slot_words_of(plan)) * sizeof(_Atomic uint64_t);
}

int scan_ring_create(struct scan_ring_writer *writer, const char *run_dir, const struct scan_ring_plan *plan)
{
    void *memory;
    writer->file = NULL;
    if (plan->n_channels < 1 || plan->n_channels > SCAN_RING_CHANNELS)
        return -EINVAL;
    const size_t size = scan_ring_size(plan);
    int error = shared_file_make(run_dir, SCAN_RING_FILE, size, &memory);
    if (error != 0)
        return error;
    struct scan_ring_file *file = memory;
    file->schema = SCAN_RING_SCHEMA;
    file->size = size;
    file->slots = slots_of(plan);
    file->slot_words = slot_words_of(plan);
    file->plan = *plan;
    atomic_store_explicit(&file->magic, SCAN_RING_MAGIC, memory_order_release);
    error = shared_file_show(run_dir, SCAN_RING_FILE, size, memory);
    writer->file = error == 0 ? file : NULL;
    writer->size = size;
    return error;
}

void scan_ring_write(struct scan_ring_writer *writer, const struct scan_ring_scan *scan)
{
    struct scan_ring_file *file = writer->file;
    const int64_t n = file->plan.n_channels;
    const uint64_t number = atomic_load_explicit(&file->written, memory_order_relaxed);
    uint64_t word[SCAN_RING_WORDS_MAX];
    word[1] = (uint64_t)scan->hold_ns[0];
    word[2] = scan->faults;
    for (int64_t k = 0; k < n; k++) {
        const uint64_t distance_ns = (uint64_t)scan->hold_ns[k] - (uint64_t)scan->hold_ns[0];
        word[SCAN_RING_HEAD_WORDS + k] = distance_ns << CODE_BITS | scan->code[k];
        if (file->plan.physical != 0)
            memcpy(&word[SCAN_RING_HEAD_WORDS + n + k], &scan->value[k], sizeof scan->value[k]);
    }
    shared_slot_write(file->word + number % file->slots * file->slot_words, number, word, file->slot_words);
    atomic_store_explicit(&file->written, number + 1, memory_order_release);
}

void scan_ring_remove(struct scan_ring_writer *writer, const char *run_dir)
{
    if (writer->file != NULL)
        shared_file_remove(run_dir, SCAN_RING_FILE, writer->size, writer->file);
    writer->file = NULL;
}
