/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/second_ring.h"

#include "firmware/api/shared_file.h"

#include <errno.h>
#include <string.h>

#define SECOND(member, type, unit, help) #member, type, offsetof(struct second, member), 0, unit, help
#define POINT(member, type, unit, help)  #member, type, offsetof(struct second_point, member), 0, unit, help

const struct record_field second_fields[] = {
    {SECOND(utc_start_ms, FIELD_INTEGER, "ms", "UTC at the start, since 1970-01-01")},
    {SECOND(quality, FIELD_INTEGER, "", "union of the quality flags")},
    {SECOND(f_hz, FIELD_REAL, "Hz", "mean frequency")},
};
const size_t second_fields_n = sizeof second_fields / sizeof second_fields[0];

const struct record_field second_point_fields[] = {
    {POINT(u_rms_v, FIELD_REAL, "V", "voltage")},
    {POINT(i_rms_a, FIELD_REAL, "A", "current")},
    {POINT(p_w, FIELD_REAL, "W", "active power, > 0 import (generation on solar)")},
    {POINT(q1_var, FIELD_REAL, "var", "reactive power of the fundamental, > 0 current lags on import")},
    {POINT(s_va, FIELD_REAL, "VA", "apparent power")},
    {POINT(pf, FIELD_REAL, "", "power factor P / S")},
    {POINT(thd_u_pct, FIELD_REAL, "%", "total harmonic distortion of the voltage")},
    {POINT(thd_i_pct, FIELD_REAL, "%", "total harmonic distortion of the current")},
    {POINT(import_uwh, FIELD_INTEGER, "uWh", "imported energy register")},
    {POINT(export_uwh, FIELD_INTEGER, "uWh", "exported energy register")},
};
const size_t second_point_fields_n = sizeof second_point_fields / sizeof second_point_fields[0];

static bool is_sound(const struct second_ring_plan *plan)
{
    if (memchr(plan->meter_id, '\0', sizeof plan->meter_id) == NULL || plan->n_points < 1 ||
        plan->n_points > RECORD_POINTS)
        return false;
    for (int64_t p = 0; p < plan->n_points; p++)
        if (record_point_name(plan->point_id[p]) == NULL)
            return false;
    return true;
}

/* A mapping may be shorter than its header says, or its plan another writer's: what is indexed with must hold. */
bool second_ring_fits(const struct second_ring_file *file, size_t size)
{
    return atomic_load_explicit(&file->magic, memory_order_acquire) == SECOND_RING_MAGIC &&
           file->schema == SECOND_RING_SCHEMA && file->size == size && is_sound(&file->plan) &&
           file->slots > 0 && file->slots <= SECOND_RING_SLOTS_MAX &&
           size == second_ring_size(file->plan.n_points, (int64_t)file->slots) &&
           file->slot_words * sizeof file->word[0] == second_ring_size(file->plan.n_points, 1) - sizeof *file;
}

int second_ring_open(struct second_ring *ring, const char *run_dir)
{
    const void *memory;
    ring->file = NULL;
    const int error = shared_file_open(run_dir, SECOND_RING_FILE, sizeof(struct second_ring_file),
                                       SIZE_MAX / 2, &memory, &ring->size);
    if (error != 0)
        return error;
    ring->file = memory;
    if (second_ring_fits(ring->file, ring->size))
        return 0;
    second_ring_close(ring);
    return -EPROTO;
}

void second_ring_range(const struct second_ring *ring, uint64_t *first, uint64_t *end)
{
    shared_slots_range(&ring->file->written, ring->file->slots, first, end);
}

int second_ring_read(const struct second_ring *ring, uint64_t number, struct second *second)
{
    uint64_t word[SECOND_RING_WORDS_MAX] = {0};
    const struct second_ring_file *file = ring->file;
    struct second_slot slot;
    if (!shared_slot_read(file->word + number % file->slots * file->slot_words, number, word,
                          file->slot_words))
        return -EAGAIN;
    memcpy(&slot, &word[1], sizeof slot);
    memset(second, 0, sizeof *second);
    second->utc_start_ms = slot.utc_start_ms;
    second->quality = slot.quality;
    second->f_hz = (double)slot.f_hz;
    for (int64_t p = 0; p < file->plan.n_points; p++) {
        const struct second_slot_point *from = &slot.point[p];
        second->point[p] = (struct second_point){
            .u_rms_v = (double)from->u_rms_v,
            .i_rms_a = (double)from->i_rms_a,
            .p_w = (double)from->p_w,
            .q1_var = (double)from->q1_var,
            .s_va = (double)from->s_va,
            .pf = (double)from->pf,
            .thd_u_pct = (double)from->thd_u_pct,
            .thd_i_pct = (double)from->thd_i_pct,
            .import_uwh = from->import_uwh,
            .export_uwh = from->export_uwh,
        };
    }
    return 0;
}

void second_ring_close(struct second_ring *ring)
{
    if (ring->file != NULL)
        shared_file_close(ring->file, ring->size);
    ring->file = NULL;
}
