/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/power_loss/check.h"

#include "firmware/convert.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The newest window of the past after which the meter stood as it does now; -1 = none. A stored record does not say what waited
 * for the creep decision. */
static int window_of(const struct process *process)
{
    const struct registers *registers = &process->measure.registers;
    const struct world_state *history = process->world->history;
    const bool all_known = process->resume.stored_ahead_uwh == 0;
    int w = process->world->newest;
    while (w >= 0 && (memcmp(history[w].energy, registers->energy, sizeof history[w].energy) != 0 ||
                      (all_known && history[w].held_uwh != world_held(registers))))
        w--;
    return w;
}

static void accept(struct process *process, int w, struct check_loss *loss)
{
    struct world *world = process->world;
    *loss = (struct check_loss){.lost = world->newest - w, .ahead = w - world->safe};
    if (w < world->safe)
        world_fault(world, "registers went back by %d windows behind a write that returned", -loss->ahead);
    if (loss->lost > WORLD_JOURNAL_S)
        world_fault(world, "%d windows are lost, and the interval is %d", loss->lost, WORLD_JOURNAL_S);
    world->newest = world->safe = w;
    world->history[w].held_uwh = world_held(&process->measure.registers);
}

/* The oldest number that retention may not have deleted. */
static int64_t oldest_kept(const struct process *process, int stream)
{
    const int64_t newest = store_newest_seq(&process->store, (enum record_stream)stream);
    return stream == STREAM_MINUTE ? newest - WORLD_FULL_MINUTES : 0;
}

struct stored {
    union store_item *item;
    int n;
};

static bool take(void *context, const void *record)
{
    struct stored *stored = context;
    const int64_t stream = ((const struct record *)record)->stream;
    if (stored->n >= WORLD_SEEN)
        abort();
    memcpy(&stored->item[stored->n++], record,
           stream == STREAM_EVENT ? sizeof(struct record_event) : sizeof(struct record));
    return true;
}

static const union store_item *find(const struct stored *stored, int64_t seq)
{
    for (int i = 0; i < stored->n; i++)
        if (stored->item[i].record.seq == seq)
            return &stored->item[i];
    return NULL;
}

static void check_seen(struct process *process, int stream, const struct stored *stored)
{
    struct world *world = process->world;
    const char *name = record_stream_name[stream];
    const size_t size = stream == STREAM_EVENT ? sizeof(struct record_event) : sizeof(struct record);
    for (int i = 0; i < world->seen_n[stream]; i++) {
        const union store_item *seen = &world->seen[stream][i];
        const union store_item *now = find(stored, seen->record.seq);
        if (now == NULL && seen->record.seq > oldest_kept(process, stream))
            world_fault(world, "%s %lld was shown and is gone", name, (long long)seen->record.seq);
        if (now != NULL && memcmp(now, seen, size) != 0)
            world_fault(world, "%s %lld was shown and is another now", name, (long long)seen->record.seq);
    }
}

void check_store(struct process *process)
{
    struct world *world = process->world;
    struct stored stored = {.item = calloc(WORLD_SEEN, sizeof *stored.item)};
    atomic_bool stop = false;
    if (stored.item == NULL)
        abort();
    if (process->store.replaced > 0 || store_check(&process->store, &stop) != 0 ||
        process->store.replaced > 0)
        world_fault(world, "the database is damaged: %s", process->store.damage);
    if (world->store_id[0] != '\0' && strcmp(world->store_id, process->store.store_id) != 0)
        world_fault(world, "the database is not the one that was begun");
    memcpy(world->store_id, process->store.store_id, sizeof world->store_id);
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++) {
        stored.n = 0;
        const int result =
            store_reader_read(&process->reader, (enum record_stream)stream, 0, WORLD_SEEN, take, &stored);
        if (result < 0)
            world_fault(world, "the reader fails: %s", process->reader.error);
        check_seen(process, stream, &stored);
    }
    free(stored.item);
}

void check_numbers(struct process *process)
{
    struct world *world = process->world;
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++) {
        const int64_t next = store_newest_seq(&process->store, (enum record_stream)stream) + 1;
        if (next <= world->seq_safe[stream])
            world_fault(world, "%s %lld is to be given again; the journal knew of %lld",
                        record_stream_name[stream], (long long)next, (long long)world->seq_safe[stream]);
    }
}

static const struct record_point *point_of(const struct record *record, int64_t point_id)
{
    for (int64_t p = 0; p < record->n_points; p++)
        if (record->point_id[p] == point_id)
            return &record->point[p];
    return NULL;
}

/* One that neither record has is no concern. */
static bool follows(const struct record *before, const struct record *after, int64_t point_id)
{
    const struct record_point *a = point_of(before, point_id);
    const struct record_point *b = point_of(after, point_id);
    if (a == NULL || b == NULL)
        return a == b;
    const int64_t *from = &a->total.import_uwh;
    const int64_t *delta = &b->delta.import_uwh;
    const int64_t *to = &b->total.import_uwh;
    for (int k = 0; k < ENERGIES; k++)
        if (to[k] - delta[k] != from[k] || delta[k] < 0)
            return false;
    return true;
}

_Static_assert(sizeof(struct record_energy) == ENERGIES * sizeof(int64_t), "read as an array");

static void check_pair(struct world *world, const struct record *before, const struct record *after)
{
    int64_t point_id[RECORD_POINTS];
    const int n = convert_points(&world->topology, point_id);
    const char *name = record_stream_name[after->stream];
    if (after->seq <= before->seq)
        world_fault(world, "%s %lld comes after %lld", name, (long long)after->seq, (long long)before->seq);
    if (before->seq <= world->old_seq[after->stream])
        return; /* before this story, without a journal */
    for (int p = 0; p < n; p++)
        if (!follows(before, after, point_id[p]))
            world_fault(world, "%s %lld does not begin where %lld ended, in point %s", name,
                        (long long)after->seq, (long long)before->seq, record_point_name(point_id[p]));
}

/* Of the stream's last record, end is the register, or no more than it. */
static void check_last(struct world *world, const struct record *last, const struct energy energy[DSP_POINTS],
                       bool equal)
{
    int64_t point_id[RECORD_POINTS];
    const int n = convert_points(&world->topology, point_id);
    for (int p = 0; p < n; p++) {
        struct record_energy registers;
        const struct record_point *point = point_of(last, point_id[p]);
        const int64_t *is = &registers.import_uwh;
        convert_energy(&energy[p], &registers);
        for (int k = 0; k < ENERGIES && point != NULL; k++)
            if (equal ? is[k] != (&point->total.import_uwh)[k] : is[k] < (&point->total.import_uwh)[k])
                world_fault(world, "%s %lld ended at another register of %s",
                            record_stream_name[last->stream], (long long)last->seq,
                            record_point_name(point_id[p]));
    }
}

void check_registers(struct process *process, struct check_loss *loss)
{
    struct world *world = process->world;
    const int w = window_of(process);
    *loss = (struct check_loss){0};
    if (w >= 0)
        accept(process, w, loss);
    else
        world_fault(world,
                    "registers that never were: grid imported %lld uWh, at the cut %lld, promised %lld",
                    (long long)process->measure.registers.energy[0].import_uwh,
                    (long long)world->history[world->newest].energy[0].import_uwh,
                    (long long)world->history[world->safe].energy[0].import_uwh);
    for (int stream = STREAM_MINUTE; stream <= STREAM_DAY; stream++)
        if (world->seen_n[stream] > 0)
            check_last(world, &world->seen[stream][world->seen_n[stream] - 1].record,
                       process->measure.registers.energy, false);
}

void check_streams(struct world *world, const struct energy energy[DSP_POINTS])
{
    for (int stream = STREAM_MINUTE; stream <= STREAM_DAY; stream++) {
        const int n = world->seen_n[stream];
        for (int i = 1; i < n; i++)
            check_pair(world, &world->seen[stream][i - 1].record, &world->seen[stream][i].record);
        if (n > 0)
            check_last(world, &world->seen[stream][n - 1].record, energy, true);
        else
            world_fault(world, "stream %s is empty", record_stream_name[stream]);
    }
}
