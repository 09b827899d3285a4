/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/power_loss/world.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UWH_PER_UNIT = 15625 };
static const double unit_w = 56.25; /* for a second: 15625 uWh, in doubles too */

static void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

void world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    disk_init(&world->disk);
    world->meter_id = "m1";
    world->topology = (struct topology){
        .n_channels = 3,
        .n_elements = 2,
        .element = {{.u_channel = 0, .i_channel = 1, .circuit = CIRCUIT_GRID, .leg = 1},
                    {.u_channel = 0, .i_channel = 2, .circuit = CIRCUIT_SOLAR, .leg = 1}},
    };
    topology_init(&world->topology);
    world->utc_ms = INT64_C(1767225600000); /* midnight */
    world->history = must(calloc(WORLD_WINDOWS, sizeof *world->history));
    for (int stream = 0; stream < STREAMS; stream++)
        world->seen[stream] = must(calloc(WORLD_SEEN, sizeof *world->seen[stream]));
}

void world_close(struct world *world)
{
    disk_close(&world->disk);
    free(world->history);
    for (int stream = 0; stream < STREAMS; stream++)
        free(world->seen[stream]);
}

void world_fault(struct world *world, const char *format, ...)
{
    va_list arguments;
    if (world->fault[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(world->fault, sizeof world->fault, format, arguments);
    va_end(arguments);
}

/* In units: strong loads, export, and such small ones that creep suppression makes them wait. */
static int grid_units(int64_t second)
{
    static const int units[] = {40, 44, -9, 60, -45, 1, 1, 2, 50, -1, 1, -60, 38, 3, 70};
    return units[second / 7 % (int64_t)(sizeof units / sizeof units[0])];
}

static int solar_units(int64_t second)
{
    static const int units[] = {0, 0, 1, 25, 52, 52, 3};
    return units[second / 11 % (int64_t)(sizeof units / sizeof units[0])];
}

static void set_point(struct point_reading *point, int units)
{
    point->u_rms_v = point->u_half_min_v = point->u_half_max_v = 120;
    point->p_w = units * unit_w;
    point->s_va = fabs(point->p_w);
    point->i_rms_a = point->s_va / point->u_rms_v;
    point->p1_w = point->p_w;
    point->q1_var = 0;
}

void world_reading(struct world *world, int64_t start_ns, struct reading *reading)
{
    const int units[CIRCUITS] = {grid_units(world->second), solar_units(world->second),
                                 grid_units(world->second) + solar_units(world->second)};
    memset(reading, 0, sizeof *reading);
    reading->start_ns = start_ns;
    reading->end_ns = start_ns + 1000000000;
    reading->duration_s = 1;
    reading->metered = true;
    reading->f_hz = 60;
    reading->h_max = 20;
    reading->n_points = world->topology.n_points;
    for (int p = 0; p < reading->n_points; p++)
        set_point(&reading->point[p], units[world->topology.point[p].circuit]);
    world->second++;
    struct world_state *before = &world->history[world->newest];
    struct world_state *now = &world->history[world->newest + 1];
    now->true_uwh =
        before->true_uwh + (int64_t)UWH_PER_UNIT * (abs(units[CIRCUIT_GRID]) + abs(units[CIRCUIT_SOLAR]));
}

int64_t world_held(const struct registers *registers)
{
    int64_t sum_uwh = registers->dropped_uwh;
    double waiting_uwh = 0;
    for (int p = 0; p < registers->topology.n_points; p++)
        if (registers->topology.point[p].circuit != CIRCUIT_LOAD)
            sum_uwh += registers->energy[p].import_uwh + registers->energy[p].export_uwh;
    for (int c = CIRCUIT_GRID; c <= CIRCUIT_SOLAR; c++)
        waiting_uwh += registers->creep[c].pending[0][0] + registers->creep[c].pending[0][1];
    return sum_uwh + (int64_t)waiting_uwh;
}

void world_note(struct world *world, const struct registers *registers)
{
    const struct world_state *before = &world->history[world->newest++];
    struct world_state *now = &world->history[world->newest];
    memcpy(now->energy, registers->energy, sizeof registers->energy);
    now->held_uwh = world_held(registers);
    const int64_t used_uwh = now->true_uwh - before->true_uwh;
    const int64_t metered_uwh = now->held_uwh - before->held_uwh;
    if (metered_uwh != used_uwh || now->held_uwh > now->true_uwh)
        world_fault(world, "the house used %lld uWh and the meter counts %lld", (long long)used_uwh,
                    (long long)metered_uwh);
}

void world_promise(struct world *world, const int64_t seq[STREAMS])
{
    world->safe = world->newest;
    memcpy(world->seq_safe, seq, sizeof world->seq_safe);
}

static bool see(void *context, const void *stored)
{
    struct world *world = context;
    const struct record *record = stored;
    const int stream = (int)record->stream;
    if (world->seen_n[stream] >= WORLD_SEEN)
        abort();
    union store_item *item = &world->seen[stream][world->seen_n[stream]++];
    memcpy(item, stored, stream == STREAM_EVENT ? sizeof item->event : sizeof item->record);
    return true;
}

void world_look(struct world *world, struct store_reader *reader)
{
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++) {
        const int n = world->seen_n[stream];
        const int64_t from = n > 0 ? world->seen[stream][n - 1].record.seq + 1 : 0;
        const int result =
            store_reader_read(reader, (enum record_stream)stream, from, WORLD_SEEN, see, world);
        if (result < 0 && !world->disk.off)
            world_fault(world, "the reader fails: %s", reader->error);
    }
}
