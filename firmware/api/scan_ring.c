/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/scan_ring.h"

#include "firmware/api/shared_file.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { CODE_BITS = 16 };

static bool ends(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool texts_end(const struct scan_ring_plan *plan)
{
    bool ended = ends(plan->boot_id, sizeof plan->boot_id) && ends(plan->meter_id, sizeof plan->meter_id) &&
                 ends(plan->board, sizeof plan->board);
    for (int k = 0; k < SCAN_RING_CHANNELS; k++)
        ended = ended && ends(plan->channel[k].name, SCAN_RING_NAME) &&
                ends(plan->channel[k].circuit, SCAN_RING_NAME);
    return ended;
}

/* A mapping may be shorter than its header says, or its plan another writer's: what is indexed with must hold. */
static bool fits(const struct scan_ring_file *file, size_t size)
{
    const struct scan_ring_plan *plan = &file->plan;
    return atomic_load_explicit(&file->magic, memory_order_acquire) == SCAN_RING_MAGIC &&
           file->schema == SCAN_RING_SCHEMA && file->size == size && plan->n_channels >= 1 &&
           plan->n_channels <= SCAN_RING_CHANNELS && texts_end(plan) &&
           file->slot_words ==
               SCAN_RING_HEAD_WORDS + (uint64_t)plan->n_channels * (plan->physical != 0 ? 2 : 1) &&
           file->slots > 0 && file->slots <= SCAN_RING_SLOTS_MAX &&
           size == sizeof *file + file->slots * file->slot_words * sizeof file->word[0];
}

int scan_ring_open(struct scan_ring *ring, const char *run_dir)
{
    const void *memory;
    ring->file = NULL;
    const int error = shared_file_open(run_dir, SCAN_RING_FILE, sizeof(struct scan_ring_file), SIZE_MAX / 2,
                                       &memory, &ring->size);
    if (error != 0)
        return error;
    ring->file = memory;
    if (fits(ring->file, ring->size))
        return 0;
    scan_ring_close(ring);
    return -EPROTO;
}

void scan_ring_range(const struct scan_ring *ring, uint64_t *first, uint64_t *end)
{
    shared_slots_range(&ring->file->written, ring->file->slots, first, end);
}

static bool copy(const struct scan_ring_file *file, uint64_t number, uint64_t word[SCAN_RING_WORDS_MAX])
{
    return shared_slot_read(file->word + number % file->slots * file->slot_words, number, word,
                            file->slot_words);
}

/* The upper 48 bits as a signed number, by arithmetic that does not depend on the machine. */
static int64_t distance_ns(uint64_t word)
{
    const int64_t distance = (int64_t)(word >> CODE_BITS);
    return distance < INT64_C(1) << 47 ? distance : distance - (INT64_C(1) << 48);
}

static double linear_lsb(const struct scan_ring_channel *channel, uint16_t code)
{
    return channel->value[code] * channel->per_value + channel->offset_lsb;
}

static bool crossed(const struct scan_ring_plan *plan)
{
    bool any = false;
    for (int64_t k = 0; k < plan->n_channels; k++)
        any = any || plan->channel[k].back != 0;
    return any && plan->physical == 0;
}

/* Of the last conversion of the scan before; NaN where it is not there (any more) or was not metered. */
static double last_lsb(const struct scan_ring_file *file, uint64_t number)
{
    uint64_t word[SCAN_RING_WORDS_MAX] = {0};
    const int64_t last = file->plan.n_channels - 1;
    if (number == 0 || !copy(file, number - 1, word) || word[2] != 0)
        return (double)NAN;
    return linear_lsb(&file->plan.channel[last], word[SCAN_RING_HEAD_WORDS + last] & (SCAN_RING_CODES - 1));
}

/* As calibration_scale_read: what the converter kept of its conversion before. */
static void take_off(const struct scan_ring_plan *plan, double before_lsb, struct scan_ring_scan *scan)
{
    for (int64_t k = 0; k < plan->n_channels; k++) {
        const double here_lsb = linear_lsb(&plan->channel[k], scan->code[k]);
        if (!isnan(before_lsb))
            scan->value[k] += plan->channel[k].back * (here_lsb - before_lsb);
        before_lsb = here_lsb;
    }
}

int scan_ring_read(const struct scan_ring *ring, uint64_t number, struct scan_ring_scan *scan)
{
    uint64_t word[SCAN_RING_WORDS_MAX] = {0};
    const struct scan_ring_plan *plan = &ring->file->plan;
    if (!copy(ring->file, number, word))
        return -EAGAIN;
    memset(scan, 0, sizeof *scan);
    scan->faults = (uint8_t)word[2];
    for (int64_t k = 0; k < plan->n_channels; k++) {
        const uint64_t packed = word[SCAN_RING_HEAD_WORDS + k];
        scan->hold_ns[k] = (int64_t)(word[1] + (uint64_t)distance_ns(packed));
        scan->code[k] = packed & (SCAN_RING_CODES - 1);
        if (plan->physical != 0)
            memcpy(&scan->value[k], &word[SCAN_RING_HEAD_WORDS + plan->n_channels + k],
                   sizeof scan->value[k]);
        else
            scan->value[k] = plan->channel[k].value[scan->code[k]];
    }
    if (crossed(plan))
        take_off(plan, last_lsb(ring->file, number), scan);
    return 0;
}

void scan_ring_close(struct scan_ring *ring)
{
    if (ring->file != NULL)
        shared_file_close(ring->file, ring->size);
    ring->file = NULL;
}
