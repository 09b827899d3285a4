/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/convert.h"

#include <math.h>
#include <string.h>

_Static_assert((int)DSP_POINTS == (int)RECORD_POINTS, "a record holds every point");
_Static_assert((int)DSP_HARMONICS + 1 == (int)MAILBOX_HARMONICS, "the mailbox holds every harmonic");

enum { LEGS = 3 };

int convert_points(const struct topology *topology, int64_t point_id[RECORD_POINTS])
{
    for (int p = 0; p < topology->n_points; p++)
        point_id[p] = (int64_t)topology->point[p].circuit * LEGS + topology->point[p].leg;
    return topology->n_points;
}

void convert_energy(const struct energy *energy, struct record_energy *record)
{
    *record = (struct record_energy){
        .import_uwh = energy->import_uwh,
        .export_uwh = energy->export_uwh,
        .q1_uvarh = energy->q1_uvarh,
        .q2_uvarh = energy->q2_uvarh,
        .q3_uvarh = energy->q3_uvarh,
        .q4_uvarh = energy->q4_uvarh,
        .apparent_uvah = energy->apparent_uvah,
    };
}

void convert_energy_back(const struct record_energy *record, struct energy *energy)
{
    *energy = (struct energy){
        .import_uwh = record->import_uwh,
        .export_uwh = record->export_uwh,
        .q1_uvarh = record->q1_uvarh,
        .q2_uvarh = record->q2_uvarh,
        .q3_uvarh = record->q3_uvarh,
        .q4_uvarh = record->q4_uvarh,
        .apparent_uvah = record->apparent_uvah,
    };
}

/* Noise taken out of a square may leave less than nothing, which only means can use: people see 0. NaN stays NaN. */
static double shown(double value)
{
    return value <= 0 ? 0 : value;
}

static void convert_point(const struct interval_point *in, struct record_point *out)
{
    *out = (struct record_point){
        .u_rms_v = shown(in->u_rms_v),
        .u_min_v = shown(in->u_min_v),
        .u_max_v = shown(in->u_max_v),
        .i_rms_a = shown(in->i_rms_a),
        .i_max_a = shown(in->i_max_a),
        .p_w = in->p_w,
        .p_min_w = in->p_min_w,
        .p_max_w = in->p_max_w,
        .q1_var = in->q1_var,
        .s_va = shown(in->s_va),
        .n_var = shown(in->n_var),
        .pf = in->pf,
        .dpf = in->dpf,
        .phi_deg = in->phi_deg,
        .thd_u_pct = shown(in->thd_u_pct),
        .thd_i_pct = shown(in->thd_i_pct),
        .u_ll_v = shown(in->u_ll_v),
        .u_unbalance_pct = in->u_unbalance_pct,
        .i_neutral_a = shown(in->i_neutral_a),
    };
    convert_energy(&in->energy, &out->delta);
    convert_energy(&in->total, &out->total);
}

void convert_interval(const struct interval *interval, const struct topology *topology,
                      enum record_stream stream, struct record *record)
{
    memset(record, 0, sizeof *record);
    record->schema = RECORD_SCHEMA;
    record->stream = stream;
    record->utc_start_ms = interval->utc_start_ms;
    record->utc_end_ms = interval->utc_end_ms;
    record->mono_end_us = interval->mono_end_ns / 1000;
    record->duration_us = interval->duration_ns / 1000;
    record->metered_us = interval->metered_ns / 1000;
    record->windows = interval->windows;
    record->flagged = interval->flagged;
    record->quality = interval->quality;
    record->f_hz = interval->f_hz;
    record->f_min_hz = interval->f_min_hz;
    record->f_max_hz = interval->f_max_hz;
    record->h_max = interval->h_max;
    record->n_points = convert_points(topology, record->point_id);
    for (int p = 0; p < interval->n_points; p++)
        convert_point(&interval->point[p], &record->point[p]);
    record_demand(record);
}

void convert_harmonics(const struct reading *reading, struct mailbox_live *live)
{
    for (int p = 0; p < reading->n_points; p++) {
        const struct point_reading *point = &reading->point[p];
        live->u_h_v[p][0] = (float)point->u_dc_v;
        live->i_h_a[p][0] = (float)point->i_dc_a;
        for (int h = 1; h < MAILBOX_HARMONICS; h++) {
            live->u_h_v[p][h] = (float)shown(point->u_h_v[h]);
            live->i_h_a[p][h] = (float)shown(point->i_h_a[h]);
        }
    }
}

void convert_absent(struct mailbox_live *live)
{
    const double absent = (double)NAN;
    live->live.f_hz = live->live.f_min_hz = live->live.f_max_hz = absent;
    live->f_10s_hz = absent;
    live->f_10s_utc_start_ms = RECORD_ABSENT;
    for (int k = 0; k < MAILBOX_CHANNELS; k++)
        live->noise_lsb[k] = absent;
    for (int64_t p = 0; p < live->live.n_points; p++) {
        for (size_t k = 0; k < record_point_fields_n; k++)
            if (record_point_fields[k].type == FIELD_REAL)
                record_set_real(&record_point_fields[k], &live->live.point[p], absent);
        for (int h = 0; h < MAILBOX_HARMONICS; h++)
            live->u_h_v[p][h] = live->i_h_a[p][h] = NAN;
    }
}
