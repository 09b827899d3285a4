/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/group.h"
#include "tests/accuracy/rig.h"

static void measure(const struct run *run, const struct rig_config *config, double seconds, const char *name)
{
    static struct rig rig;
    struct sim_truth truth;
    rig_init(&rig, config);
    rig_skip(&rig, seconds);
    rig_truth(&rig, &truth);
    const struct energy *energy = &rig.registers.energy[0];
    const struct {
        const char *name;
        int64_t meter;
        double model;
    } way[] = {{"import", energy->import_uwh, truth.energy[CIRCUIT_GRID][0]},
               {"export", energy->export_uwh, truth.energy[CIRCUIT_GRID][1]}};
    for (int k = 0; k < 2; k++) {
        struct row row = {.quantity = "register",
                          .unit = "%",
                          .kind = ROW_WORST,
                          .n = 1,
                          .error = 100 * ((double)way[k].meter / way[k].model - 1),
                          .limit = 0.5};
        table_row(run->table, &row, "%s, %g s, %s of %.3f Wh", name, seconds, way[k].name,
                  way[k].model * 1e-6);
    }
    rig_close(&rig);
}

static void connect(struct rig_config *config, const struct run *run)
{
    rig_reference(config, 60);
    config->steady.i_a = 0;
    config->steady.battery_w = 50;
    config->steady.seed = run->seed;
    config->with_truth = true;
}

void group_battery(const struct run *run)
{
    struct rig_config config;
    double seconds = run->full ? 3600 : 600;
    connect(&config, run);
    rig_noise(&config, run->seed);
    measure(run, &config, seconds, "reference board");
    connect(&config, run);
    rig_ideal(&config);
    config.pace_seed = run->seed;
    measure(run, &config, seconds, "ideal converter");
}
