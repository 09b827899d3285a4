/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor_bench.h - the inputs of a meter with which nothing is wrong, for tests that each spoil one thing.
 *
 * One leg, 120 V, 10 A, 1,200 W of import; or two legs of a split phase; ten minutes of records before.
 */
#ifndef VATIO_TESTS_DOCTOR_BENCH_H
#define VATIO_TESTS_DOCTOR_BENCH_H

#include "firmware/api/detail.h"
#include "tools/vatio/doctor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BENCH_GRID, BENCH_GRID_L1, BENCH_GRID_L2, BENCH_SOLAR, BENCH_SOLAR_L1, BENCH_SOLAR_L2, BENCH_LOAD };

static inline struct record_point bench_point(double u_v, double i_a, double pf)
{
    struct record_point point;
    memset(&point, 0, sizeof point);
    point.u_rms_v = u_v;
    point.i_rms_a = i_a;
    point.s_va = u_v * i_a;
    point.p_w = point.s_va * pf;
    point.pf = pf;
    point.u_ll_v = (double)NAN;
    point.total.import_uwh = 1000000000;
    return point;
}

static inline void bench_add(struct record *record, int64_t id, struct record_point point)
{
    record->point_id[record->n_points] = id;
    record->point[record->n_points++] = point;
}

static inline struct record bench_record(int legs)
{
    struct record record;
    memset(&record, 0, sizeof record);
    record.schema = RECORD_SCHEMA;
    record.utc_synced = 1;
    record.f_hz = 60;
    bench_add(&record, BENCH_GRID, bench_point(120, legs * 10, 1));
    if (legs == 2) {
        record.point[0].u_ll_v = 240;
        bench_add(&record, BENCH_GRID_L1, bench_point(120, 10, 1));
        bench_add(&record, BENCH_GRID_L2, bench_point(120, 10, 1));
    }
    return record;
}

static inline void bench_init(struct doctor_inputs *inputs, int legs)
{
    memset(inputs, 0, sizeof *inputs);
    inputs->run_dir = "/run/vatio";
    inputs->mqtt_file = "/run/vatio-mqtt/status.json";
    inputs->watch_ms = 2000;
    inputs->writer_lives = true;
    struct mailbox_live *now = &inputs->now;
    now->heartbeat = 3010;
    now->uptime_ms = 600000;
    now->pid = 42;
    now->calibrated = 1;
    now->f_nominal_hz = 60;
    now->u_nominal_v = 120;
    now->scan_rate_hz = 8000;
    snprintf(now->meter_id, sizeof now->meter_id, "m1");
    snprintf(now->channel[0], sizeof now->channel[0], "CH0 voltage");
    snprintf(now->channel[1], sizeof now->channel[1], "CH1 current grid L1");
    now->noise[0] = now->noise[1] = DETAIL_NOISE_GOOD;
    now->noise_lsb[0] = 0.5;
    now->noise_lsb[1] = 0.6;
    now->live = bench_record(legs);
    now->health = (struct mailbox_health){.scans = 4816000,
                                          .windows = 3010,
                                          .journal_writes = 60,
                                          .fram_writes = 602,
                                          .records_stored = 10,
                                          .disk_free_bytes = INT64_C(8) << 30,
                                          .disk_total_bytes = INT64_C(16) << 30};
    inputs->before = *now;
    inputs->before.heartbeat -= 10;
    inputs->before.health.scans -= 16000;
    inputs->before.health.fram_writes -= 2;
    inputs->minutes = 10;
    for (size_t i = 0; i < inputs->minutes; i++)
        inputs->minute[i] = bench_record(legs);
    snprintf(inputs->status.version, sizeof inputs->status.version, "0.1.0");
    snprintf(inputs->status.database, sizeof inputs->status.database, "/var/lib/vatio/vatio.db");
    inputs->mount = (struct doctor_mount){.type = "ext4", .commit_s = 300};
    inputs->mqtt =
        (struct doctor_mqtt){.connected = true, .connects = 1, .broker = "broker:1883", .meter_id = "m1"};
}

/* A point in every record: turned = its current sensor reads backwards. */
static inline void bench_set(struct doctor_inputs *inputs, int64_t id, struct record_point point)
{
    for (size_t i = 0; i <= inputs->minutes; i++) {
        struct record *record = i < inputs->minutes ? &inputs->minute[i] : &inputs->now.live;
        int64_t p = 0;
        while (p < record->n_points && record->point_id[p] != id)
            p++;
        record->point_id[p] = id;
        record->point[p] = point;
        if (p == record->n_points)
            record->n_points++;
    }
}

#endif
