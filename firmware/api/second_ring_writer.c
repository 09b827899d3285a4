/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/second_ring.h"

#include "firmware/api/shared_file.h"

#include <errno.h>
#include <string.h>

static size_t slot_bytes(int64_t n_points)
{
    return sizeof(uint64_t) + offsetof(struct second_slot, point) +
           (size_t)n_points * sizeof(struct second_slot_point);
}
_Static_assert(sizeof(struct second_slot_point) % sizeof(uint64_t) == 0 &&
                   offsetof(struct second_slot, point) % sizeof(uint64_t) == 0,
               "a slot is whole words");

size_t second_ring_size(int64_t n_points, int64_t slots)
{
    return sizeof(struct second_ring_file) + (size_t)slots * slot_bytes(n_points);
}

static bool is_same(const struct second_ring_plan *a, const struct second_ring_plan *b)
{
    return strncmp(a->meter_id, b->meter_id, sizeof a->meter_id) == 0 && a->n_points == b->n_points &&
           memcmp(a->point_id, b->point_id, (size_t)a->n_points * sizeof a->point_id[0]) == 0;
}

/* The file of the run before, if it is what would be made now. A slot that was being written when that one was killed is the
 * next to be written. */
static bool go_on(struct second_ring_writer *writer, const char *run_dir, const struct second_ring_plan *plan)
{
    void *memory;
    if (shared_file_go_on(run_dir, SECOND_RING_FILE, writer->size, &memory) != 0)
        return false;
    writer->file = memory;
    if (second_ring_fits(writer->file, writer->size) && is_same(&writer->file->plan, plan))
        return true;
    second_ring_leave(writer);
    return false;
}

int second_ring_create(struct second_ring_writer *writer, const char *run_dir,
                       const struct second_ring_plan *plan, int64_t slots)
{
    void *memory;
    writer->file = NULL;
    if (plan->n_points < 1 || plan->n_points > RECORD_POINTS || slots < 1 || slots > SECOND_RING_SLOTS_MAX)
        return -EINVAL;
    writer->size = second_ring_size(plan->n_points, slots);
    if (go_on(writer, run_dir, plan))
        return 0;
    int error = shared_file_make(run_dir, SECOND_RING_FILE, writer->size, &memory);
    if (error != 0)
        return error;
    struct second_ring_file *file = memory;
    file->schema = SECOND_RING_SCHEMA;
    file->size = writer->size;
    file->slots = (uint64_t)slots;
    file->slot_words = slot_bytes(plan->n_points) / sizeof(uint64_t);
    file->plan = *plan;
    atomic_store_explicit(&file->magic, SECOND_RING_MAGIC, memory_order_release);
    error = shared_file_show(run_dir, SECOND_RING_FILE, writer->size, memory);
    writer->file = error == 0 ? file : NULL;
    return error;
}

static struct second_slot_point pack_point(const struct record_point *point)
{
    return (struct second_slot_point){
        .u_rms_v = (float)point->u_rms_v,
        .i_rms_a = (float)point->i_rms_a,
        .p_w = (float)point->p_w,
        .q1_var = (float)point->q1_var,
        .s_va = (float)point->s_va,
        .pf = (float)point->pf,
        .thd_u_pct = (float)point->thd_u_pct,
        .thd_i_pct = (float)point->thd_i_pct,
        .import_uwh = point->total.import_uwh,
        .export_uwh = point->total.export_uwh,
    };
}

void second_ring_write(struct second_ring_writer *writer, const struct record *live)
{
    struct second_ring_file *file = writer->file;
    struct second_slot slot = {
        .utc_start_ms = live->utc_start_ms, .quality = (uint32_t)live->quality, .f_hz = (float)live->f_hz};
    for (int64_t p = 0; p < file->plan.n_points && p < live->n_points; p++)
        slot.point[p] = pack_point(&live->point[p]);
    const uint64_t number = atomic_load_explicit(&file->written, memory_order_relaxed);
    uint64_t word[SECOND_RING_WORDS_MAX];
    memcpy(&word[1], &slot, sizeof slot);
    shared_slot_write(file->word + number % file->slots * file->slot_words, number, word, file->slot_words);
    atomic_store_explicit(&file->written, number + 1, memory_order_release);
}

void second_ring_leave(struct second_ring_writer *writer)
{
    if (writer->file != NULL)
        shared_file_close(writer->file, writer->size);
    writer->file = NULL;
}

void second_ring_discard(const char *run_dir)
{
    shared_file_discard(run_dir, SECOND_RING_FILE);
}
