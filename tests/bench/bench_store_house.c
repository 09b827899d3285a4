/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/bench_store_house.h"

#include "tests/unit/splitmix.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEGS = 3 };

static const char boot_id[] = "0123456789abcdef0123456789abcdef";

void bench_house_init(struct bench_house *house, int64_t n_points, int64_t utc_ms)
{
    memset(house, 0, sizeof *house);
    house->random = 1;
    house->n_points = n_points;
    house->now_ms = utc_ms;
    for (int64_t p = 0; p < n_points; p++)
        house->total[p] = (struct record_energy){
            .import_uwh = INT64_C(8000000000000) + p, /* 8 MWh */
            .export_uwh = INT64_C(3000000000000),
            .q1_uvarh = INT64_C(900000000000),
            .q4_uvarh = INT64_C(300000000000),
            .apparent_uvah = INT64_C(12000000000000),
        };
    for (int stream = 0; stream < STREAMS; stream++) {
        house->start_ms[stream] = utc_ms;
        memcpy(house->start[stream], house->total, sizeof house->total);
    }
}

static double scatter(struct bench_house *house, double value)
{
    return value * (0.9 + 0.2 * splitmix_uniform(&house->random));
}

/* By day the sun is stronger than the house, so that both directions flow. */
static bool is_day(const struct bench_house *house)
{
    const int64_t hour = house->now_ms / 3600000 % 24;
    return hour >= 8 && hour < 18;
}

void bench_house_step(struct bench_house *house, int64_t ms)
{
    house->now_ms += ms;
    for (int64_t p = 0; p < house->n_points; p++) {
        struct record_energy *total = &house->total[p];
        const int64_t flow_uwh = (int64_t)scatter(house, 700.0 * 1000 / 3.6 * (double)ms / 1000);
        *(is_day(house) ? &total->export_uwh : &total->import_uwh) += flow_uwh;
        *(is_day(house) ? &total->q1_uvarh : &total->q4_uvarh) += flow_uwh / 7;
        total->apparent_uvah += flow_uwh + flow_uwh / 9;
    }
}

static struct record_energy difference(const struct record_energy *a, const struct record_energy *b)
{
    return (struct record_energy){
        a->import_uwh - b->import_uwh,       a->export_uwh - b->export_uwh, a->q1_uvarh - b->q1_uvarh,
        a->q2_uvarh - b->q2_uvarh,           a->q3_uvarh - b->q3_uvarh,     a->q4_uvarh - b->q4_uvarh,
        a->apparent_uvah - b->apparent_uvah,
    };
}

/* As the meter has it: a circuit of two legs has no voltage and current of its own, a leg and a circuit of one none between
 * legs. */
static void leave_out(const struct bench_house *house, int64_t point_id, struct record_point *point)
{
    const double absent = (double)NAN;
    const bool two_legs = house->n_points > 1 && point_id % LEGS == 0;
    if (!two_legs) {
        point->u_ll_v = point->u_unbalance_pct = point->i_neutral_a = absent;
        return;
    }
    point->u_rms_v = point->u_min_v = point->u_max_v = point->i_rms_a = point->i_max_a = absent;
    point->thd_u_pct = point->thd_i_pct = absent;
}

static void fill_points(struct bench_house *house, enum record_stream stream, struct record *record)
{
    record->n_points = house->n_points;
    for (int64_t p = 0; p < house->n_points; p++) {
        struct record_point *point = &record->point[p];
        record->point_id[p] = p;
        for (size_t f = 0; f < record_point_fields_n; f++)
            if (record_point_fields[f].type == FIELD_REAL)
                record_set_real(&record_point_fields[f], point, scatter(house, 120));
        leave_out(house, p, point);
        point->delta = difference(&house->total[p], &house->start[stream][p]);
        point->total = house->total[p];
    }
}

static void fill(struct bench_house *house, enum record_stream stream, struct record *record)
{
    memset(record, 0, sizeof *record);
    record->schema = RECORD_SCHEMA;
    record->stream = stream;
    record->utc_start_ms = house->start_ms[stream];
    record->utc_end_ms = house->now_ms;
    record->utc_synced = 1;
    record->mono_end_us = house->now_ms % 10000000000 * 1000 + 432;
    record->duration_us = record->metered_us = (record->utc_end_ms - record->utc_start_ms) * 1000 + 17;
    record->windows = record->duration_us / 200000;
    record->quality = 128;
    record->f_hz = scatter(house, 60);
    record->f_min_hz = scatter(house, 60);
    record->f_max_hz = scatter(house, 60);
    record->h_max = 28;
    memcpy(record->boot_id, boot_id, sizeof record->boot_id);
    fill_points(house, stream, record);
    record_demand(record);
}

void bench_house_record(struct bench_house *house, enum record_stream stream, struct record *record)
{
    fill(house, stream, record);
    house->start_ms[stream] = house->now_ms;
    memcpy(house->start[stream], house->total, sizeof house->total);
}

void bench_house_kept(struct bench_house *house, struct kept *kept)
{
    memset(kept, 0, sizeof *kept);
    snprintf(kept->meter_id, sizeof kept->meter_id, "bench");
    memcpy(kept->boot_id, boot_id, sizeof kept->boot_id);
    kept->utc_ms = house->now_ms;
    kept->utc_synced = 1;
    kept->mono_us = house->now_ms % 10000000000 * 1000;
    kept->interval_s = 10;
    kept->n_points = house->n_points;
    for (int64_t p = 0; p < house->n_points; p++) {
        kept->point_id[p] = p;
        kept->energy[p] = house->total[p];
        for (int k = 0; k < ENERGIES; k++)
            kept->rest.remainder[p][k] = splitmix_uniform(&house->random);
    }
    for (int c = 0; c < (house->n_points > 1 ? CIRCUITS : 1); c++) {
        kept->rest.creep[c].running = true;
        for (int leg = 0; leg < LEGS; leg++)
            kept->rest.creep[c].block[leg] = (struct creep_block){7.2, 5000.5, 300.25};
    }
    kept->metered_ns = house->now_ms * 1000000;
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        kept->newest_seq[stream] = 1000000 / stream;
    for (int k = 0; k < KEPT_OPEN; k++)
        fill(house, kept_stream(k), &kept->open[k]);
}

void bench_house_event(struct bench_house *house, struct record_event *event)
{
    memset(event, 0, sizeof *event);
    event->schema = RECORD_SCHEMA;
    event->stream = STREAM_EVENT;
    event->utc_ms = house->now_ms;
    event->utc_synced = 1;
    event->mono_us = house->now_ms % 10000000000 * 1000;
    memcpy(event->boot_id, boot_id, sizeof event->boot_id);
    snprintf(event->kind, sizeof event->kind, "dip");
    snprintf(event->detail, sizeof event->detail, "grid L1: 83.1 V for 0.4 s");
    event->value = scatter(house, 83);
}
