/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/power_loss/process.h"

#include "firmware/convert.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum {
    BATCH_RECORDS = 32,
    WAL_PAGES = 12,
    RESERVE_BYTES = 64 << 10,
    CREEP_START_VA = 200,
    CREEP_STOP_VA = 120
};

static int64_t now_ms(struct process *process)
{
    return clock_mono_ns(&process->clock.clock) / 1000000;
}

static int open_store(struct process *process)
{
    struct world *world = process->world;
    struct store_config config = {
        .io = &world->disk.io,
        .path = WORLD_DATABASE,
        .meter_id = world->meter_id,
        .batch_records = BATCH_RECORDS,
        .batch_ms = WORLD_COMMIT_MS,
        .keep = {[STREAM_MINUTE] = WORLD_KEEP_MINUTES},
        .keep_minutes = WORLD_FULL_MINUTES,
        .reserve_bytes = RESERVE_BYTES,
    };
    config.n_points = convert_points(&world->topology, config.point_id);
    int result = store_open(&process->store, &config, process->error, sizeof process->error);
    if (result < 0)
        return result;
    process->store_open = true;
    sqlite3_wal_autocheckpoint(process->store.db, WAL_PAGES); /* scaled as everything else */
    result = store_reader_open(&process->reader, WORLD_DATABASE, process->error, sizeof process->error);
    process->reader_open = result == 0;
    return result;
}

static void init_measure(struct process *process)
{
    struct measure *measure = &process->measure;
    const struct creep_config creep = {CREEP_START_VA, CREEP_STOP_VA};
    static const int64_t period_ms[] = {1000, WORLD_MINUTE_MS, WORLD_QUARTER_MS, WORLD_DAY_MS};
    measure->config.meter.topology = process->world->topology;
    measure->config.meter.u_nominal_v = 120;
    measure->config.cell = &process->cell;
    measure->config.clock = &process->clock.clock;
    measure->config.health = &process->health;
    registers_init(&measure->registers, &process->world->topology, &creep);
    for (int k = 0; k < MEASURE_INTERVALS; k++)
        interval_init(&measure->builder[k], period_ms[k], 0);
    snprintf(measure->live.boot_id, sizeof measure->live.boot_id, "boot%lld",
             (long long)process->world->boots);
}

static void init(struct process *process, struct world *world)
{
    memset(process, 0, sizeof *process);
    process->world = world;
    world->boots++;
    clock_sim_init(&process->clock, world->utc_ms, 0);
    init_measure(process);
    struct keeper *keeper = &process->keeper;
    keeper->io = &world->disk.io;
    keeper->cell = &process->cell;
    keeper->interval_s = WORLD_JOURNAL_S;
    keeper->health = &process->health;
    keeper->recorder = &process->recorder;
    keeper->clock = &process->clock.clock;
    keeper->written_ns = clock_mono_ns(&process->clock.clock);
}

/* What the recorder tells the keeper. */
static void publish(struct process *process)
{
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        atomic_store(&process->recorder.newest_seq[stream],
                     store_newest_seq(&process->store, (enum record_stream)stream));
}

static void add_event(struct process *process, const char *kind, double value)
{
    struct record_event event = {
        .schema = RECORD_SCHEMA,
        .stream = STREAM_EVENT,
        .utc_ms = clock_utc_ms(&process->clock.clock),
        .utc_synced = 1,
        .mono_us = now_ms(process) * 1000,
        .value = value,
    };
    memcpy(event.boot_id, process->measure.live.boot_id, sizeof event.boot_id);
    snprintf(event.kind, sizeof event.kind, "%s", kind);
    (void)store_add_event(&process->store, &event, now_ms(process));
}

/* What is committed by now has been shown. */
static void let_look(struct process *process)
{
    publish(process);
    if (process->reader_open)
        world_look(process->world, &process->reader);
}

/* A write that returned is a promise. */
static void promise(struct process *process)
{
    int64_t seq[STREAMS];
    for (int stream = 0; stream < STREAMS; stream++)
        seq[stream] = recorder_newest_seq(&process->recorder, (enum record_stream)stream);
    world_promise(process->world, seq);
}

static void write_registers(struct process *process, const struct kept *kept, bool clean)
{
    if (keeper_write(&process->keeper, kept, clean) == 0)
        promise(process);
}

static bool take_newest(void *context, const void *stored)
{
    memcpy(context, stored, sizeof(struct record));
    return true;
}

static void resume(struct process *process)
{
    static struct record newest[KEPT_OPEN];
    struct resume_sources sources = {.journal = process->journal_found ? &process->found : NULL};
    for (int k = 0; k < KEPT_OPEN; k++) {
        const int64_t seq = store_newest_seq(&process->store, kept_stream(k));
        if (seq > 0 &&
            store_reader_read(&process->reader, kept_stream(k), seq, 1, take_newest, &newest[k]) == 1)
            sources.stored[k] = &newest[k];
    }
    resume_init(&process->resume, &sources);
    resume_registers(&process->resume.kept, &process->measure.registers);
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        store_seq_floor(&process->store, (enum record_stream)stream, process->resume.seq_floor[stream]);
}

int process_open(struct process *process, struct world *world)
{
    init(process, world);
    int result = open_store(process);
    if (result == 0) {
        recorder_init(&process->recorder, &process->store, NULL, &process->health, &process->clock.clock,
                      process->measure.live.boot_id);
        result = keeper_open(&process->keeper, "data", world->meter_id, &process->found,
                             &process->journal_found, process->error, sizeof process->error);
        process->keeper_open = result == 0;
    }
    if (result == 0)
        resume(process);
    return result;
}

static void add_record(struct process *process, struct record *record)
{
    (void)store_add(&process->store, record, now_ms(process)); /* a batch that cannot be written waits */
}

void process_begin(struct process *process)
{
    struct resume *found = &process->resume;
    publish(process);
    add_event(process, "start", (double)NAN);
    for (int k = 0; k < found->n_ending; k++)
        add_record(process, &found->ending[k]);
    if (found->found)
        add_event(process, "restart", 0);
    measure_keep(&process->measure, NULL);
    write_registers(process, &process->measure.kept, false);
    let_look(process);
}

static void store_interval(struct process *process, int k, const struct interval *closed)
{
    struct record record;
    convert_interval(closed, &process->world->topology, kept_stream(k), &record);
    record.utc_synced = 1;
    memcpy(record.boot_id, process->measure.live.boot_id, sizeof record.boot_id);
    add_record(process, &record);
}

static void turn_keeper(struct process *process)
{
    const int64_t writes = atomic_load(&process->health.journal_writes);
    keeper_turn(&process->keeper);
    if (atomic_load(&process->health.journal_writes) > writes)
        promise(process);
}

static void turn_store(struct process *process, const struct interval closed[KEPT_OPEN],
                       const bool is_closed[KEPT_OPEN])
{
    for (int k = 0; k < KEPT_OPEN; k++)
        if (is_closed[k])
            store_interval(process, k, &closed[k]);
    (void)store_tick(&process->store, now_ms(process));
    let_look(process);
}

void process_window(struct process *process)
{
    static struct reading reading;
    static struct interval closed[KEPT_OPEN];
    bool is_closed[KEPT_OPEN];
    struct world *world = process->world;
    struct measure *measure = &process->measure;
    const int64_t start_ns = clock_mono_ns(&process->clock.clock);
    const int64_t utc_ms = clock_utc_ms(&process->clock.clock);
    world_reading(world, start_ns, &reading);
    registers_add(&measure->registers, &reading);
    for (int k = 0; k < KEPT_OPEN; k++)
        is_closed[k] = interval_add(&measure->builder[k + 1], &reading, &measure->registers, utc_ms,
                                    utc_ms + 1000, &closed[k]);
    world_note(world, &measure->registers);
    atomic_store(&process->clock.now_ns, reading.end_ns);
    world->utc_ms = clock_utc_ms(&process->clock.clock);
    measure_keep(measure, &reading);
    const bool keeper_first = world->second % 2 == 0; /* threads of their own: either may be */
    if (keeper_first)
        turn_keeper(process);
    turn_store(process, closed, is_closed);
    if (!keeper_first)
        turn_keeper(process);
}

static void close_parts(struct process *process)
{
    if (process->keeper_open)
        keeper_close(&process->keeper);
    if (process->reader_open)
        store_reader_close(&process->reader);
    if (process->store_open)
        store_close(&process->store);
    process->keeper_open = process->reader_open = process->store_open = false;
}

int process_end(struct process *process)
{
    struct interval closed;
    for (int k = 0; k < KEPT_OPEN; k++)
        if (interval_close(&process->measure.builder[k + 1], &process->measure.registers, &closed))
            store_interval(process, k, &closed);
    measure_keep(&process->measure, NULL);
    add_event(process, "stop", (double)NAN);
    const int result = store_commit(&process->store);
    let_look(process);
    write_registers(process, &process->measure.kept, true);
    close_parts(process);
    return result;
}

void process_die(struct process *process)
{
    close_parts(process);
}
