/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/power_loss/scenario.h"

#include "tests/power_loss/disk_vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLD_METER    "v696bddb20047"
#define OLD_DATABASE "tests/unit/store/seeds/schema_1.sql"

/* A day of WORLD_DAY_MS ends in it, retention deletes, the WAL is folded back, and it starts where it ended in order. */
static const struct scenario_action new_meter[] = {
    {SCENARIO_START, 0}, {SCENARIO_METER, 70}, {SCENARIO_STOP, 0},
    {SCENARIO_START, 0}, {SCENARIO_METER, 64}, {SCENARIO_STOP, 0},
};
/* The database has another schema and the disk fills: the reserve and old minutes give way, until there is room. */
static const struct scenario_action old_meter[] = {
    {SCENARIO_START, 0}, {SCENARIO_METER, 20}, {SCENARIO_FULL, 8 << 10}, {SCENARIO_METER, 60},
    {SCENARIO_ROOM, 0},  {SCENARIO_METER, 25}, {SCENARIO_STOP, 0},
};

#define ACTIONS(table) (table), (int)(sizeof(table) / sizeof(table)[0])
const struct scenario scenarios[] = {
    {"new", false, ACTIONS(new_meter)},
    {"old", true, ACTIONS(old_meter)},
};
const int scenarios_n = sizeof scenarios / sizeof scenarios[0];

static void load_old_database(struct world *world)
{
    FILE *file = fopen(OLD_DATABASE, "r");
    char *sql = NULL;
    size_t size = 0;
    struct sqlite3 *db = NULL;
    if (file == NULL || getdelim(&sql, &size, '\0', file) <= 0 ||
        sqlite3_open(WORLD_DATABASE, &db) != SQLITE_OK ||
        sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: cannot be loaded: %s\n", OLD_DATABASE, db != NULL ? sqlite3_errmsg(db) : "");
        exit(EXIT_FAILURE);
    }
    sqlite3_close(db);
    free(sql);
    fclose(file);
    disk_sync_directory(&world->disk);
    world->meter_id = OLD_METER;
}

/* From which registers the meter will go on is known only after it did: on a disk of its own. */
static void rehearse(struct world *world)
{
    static struct world rehearsal;
    static struct process process;
    world_init(&rehearsal);
    disk_vfs_register(&rehearsal.disk);
    load_old_database(&rehearsal);
    if (process_open(&process, &rehearsal) != 0)
        world_fault(world, "the old database does not open: %s", process.error);
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        world->old_seq[stream] = store_newest_seq(&process.store, (enum record_stream)stream);
    memcpy(world->history[0].energy, process.measure.registers.energy, sizeof world->history[0].energy);
    world->history[0].held_uwh = world->history[0].true_uwh = world_held(&process.measure.registers);
    process_die(&process);
    world_close(&rehearsal);
}

void scenario_prepare(const struct scenario *scenario, struct world *world)
{
    world_init(world);
    if (scenario->old)
        rehearse(world);
    disk_vfs_register(&world->disk);
    if (scenario->old)
        load_old_database(world);
    world->disk.step = 0;
}

static void start(struct world *world, struct process *process)
{
    struct check_loss loss;
    const int result = process_open(process, world);
    if (world->disk.off)
        return;
    if (result < 0) {
        world_fault(world, "it does not start: %s", process->error);
        return;
    }
    check_registers(process, &loss);
    if (loss.lost != 0)
        world_fault(world, "%d windows are lost after an orderly end", loss.lost);
    check_store(process);
    check_numbers(process);
    process_begin(process);
}

static void meter(struct world *world, struct process *process, int seconds)
{
    for (int i = 0; i < seconds && !world->disk.off; i++)
        process_window(process);
}

static void stop(struct world *world, struct process *process)
{
    const int result = process_end(process);
    if (result < 0 && !world->disk.off)
        world_fault(world, "it does not end in order: %d", result);
    if (!world->disk.off)
        check_streams(world, process->measure.registers.energy);
}

static void act(const struct scenario_action *action, struct world *world, struct process *process)
{
    switch (action->verb) {
    case SCENARIO_START:
        start(world, process);
        break;
    case SCENARIO_METER:
        meter(world, process, action->n);
        break;
    case SCENARIO_FULL:
        world->disk.capacity_bytes = world->disk.used_bytes + action->n;
        break;
    case SCENARIO_ROOM:
        world->disk.capacity_bytes = 0;
        break;
    case SCENARIO_STOP:
        stop(world, process);
        break;
    }
}

void scenario_tell(const struct scenario *scenario, struct world *world, struct process *process)
{
    for (int i = 0; i < scenario->n && !world->disk.off && world->fault[0] == '\0'; i++)
        act(&scenario->actions[i], world, process);
}

static void note(const struct process *process, const struct check_loss *loss,
                 struct scenario_recovery *recovery)
{
    const struct resume *found = &process->resume;
    recovery->starts++;
    recovery->from_nothing += !found->found;
    recovery->store_ahead += found->stored_ahead_uwh > 0;
    recovery->after_end += found->found && found->kept.clean == 1;
    recovery->torn_slot += process->keeper.journal.damaged > 0;
    recovery->endings += found->n_ending;
    if (loss->lost > recovery->worst.lost)
        recovery->worst.lost = loss->lost;
    if (loss->ahead > recovery->worst.ahead)
        recovery->worst.ahead = loss->ahead;
}

/* The first start after a cut. */
static void restart(struct world *world, struct process *process, struct scenario_recovery *recovery)
{
    struct check_loss loss;
    const int result = process_open(process, world);
    if (world->disk.off)
        return;
    if (result < 0) {
        world_fault(world, "it does not start after the cut: %s", process->error);
        return;
    }
    check_registers(process, &loss);
    check_store(process);
    check_numbers(process);
    note(process, &loss, recovery);
    process_begin(process);
}

enum { METER_ON_S = 17, DOWN_MS = 3000 };

static void power_up(struct world *world, struct process *process, uint64_t seed)
{
    process_die(process);
    disk_mount(&world->disk, seed);
    world->disk.capacity_bytes = 0;
    world->utc_ms += DOWN_MS;
}

void scenario_recover(struct world *world, struct process *process, uint64_t seed, int64_t second_cut,
                      struct scenario_recovery *recovery)
{
    power_up(world, process, seed);
    world->disk.cut_at = second_cut;
    restart(world, process, recovery);
    meter(world, process, world->fault[0] == '\0' ? METER_ON_S : 0);
    if (world->disk.off) {
        power_up(world, process, ~seed);
        restart(world, process, recovery);
        meter(world, process, world->fault[0] == '\0' ? METER_ON_S : 0);
    }
    world->disk.cut_at = 0;
    if (world->fault[0] == '\0')
        stop(world, process);
    if (world->fault[0] == '\0')
        start(world, process);
    if (world->fault[0] == '\0')
        stop(world, process);
}
