/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/record.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

const char *const record_stream_name[STREAMS] = {"live", "minute", "quarter", "day", "event"};

#define INTEGER(type, member, unit, help) #member, FIELD_INTEGER, offsetof(type, member), 0, unit, help
#define REAL(type, member, unit, help)    #member, FIELD_REAL, offsetof(type, member), 0, unit, help
#define SIZE(type, member)                sizeof(((type *)0)->member)
#define TEXT(type, member, help)          #member, FIELD_TEXT, offsetof(type, member), SIZE(type, member), "", help

#define RECORD_INTEGER(member, unit, help) INTEGER(struct record, member, unit, help)
#define RECORD_REAL(member, unit, help)    REAL(struct record, member, unit, help)

const struct record_field record_fields[] = {
    {RECORD_INTEGER(seq, "", "number within the stream, from 1")},
    {RECORD_INTEGER(utc_start_ms, "ms", "UTC at the start, since 1970-01-01")},
    {RECORD_INTEGER(utc_end_ms, "ms", "UTC at the end, since 1970-01-01")},
    {RECORD_INTEGER(utc_synced, "", "1 if UTC was synchronised")},
    {RECORD_INTEGER(mono_end_us, "us", "monotonic clock of this boot at the end")},
    {RECORD_INTEGER(duration_us, "us", "length of the interval")},
    {RECORD_INTEGER(metered_us, "us", "of this, time that was measured")},
    {RECORD_INTEGER(windows, "", "windows in the interval")},
    {RECORD_INTEGER(flagged, "", "of these, windows of doubtful quality")},
    {RECORD_INTEGER(quality, "", "union of the quality flags")},
    {RECORD_REAL(f_hz, "Hz", "mean frequency")},
    {RECORD_REAL(f_min_hz, "Hz", "lowest frequency of a window")},
    {RECORD_REAL(f_max_hz, "Hz", "highest frequency of a window")},
    {RECORD_INTEGER(h_max, "", "highest harmonic order measured")},
    {TEXT(struct record, boot_id, "start of the meter that it belongs to")},
};
const size_t record_fields_n = COUNT(record_fields);

#define POINT(member, unit, help) REAL(struct record_point, member, unit, help)
#define OFFSET(member)            offsetof(struct record_point, member)
#define DELTA(name, member, unit, help)                                                                      \
    name, FIELD_INTEGER, OFFSET(delta.member), 0, unit, help " in the interval"
#define TOTAL(member, unit, help) #member, FIELD_INTEGER, OFFSET(total.member), 0, unit, help " register"

const struct record_field record_point_fields[] = {
    {POINT(u_rms_v, "V", "voltage")},
    {POINT(u_min_v, "V", "lowest voltage of a window")},
    {POINT(u_max_v, "V", "highest voltage of a window")},
    {POINT(i_rms_a, "A", "current")},
    {POINT(i_max_a, "A", "highest current of a window")},
    {POINT(p_w, "W", "active power, > 0 import (generation on solar)")},
    {POINT(p_min_w, "W", "lowest active power of a window")},
    {POINT(p_max_w, "W", "highest active power of a window")},
    {POINT(q1_var, "var", "reactive power of the fundamental, > 0 current lags on import")},
    {POINT(s_va, "VA", "apparent power")},
    {POINT(n_var, "var", "non-active power")},
    {POINT(pf, "", "power factor P / S")},
    {POINT(dpf, "", "displacement factor of the fundamental")},
    {POINT(phi_deg, "deg", "phase angle of the fundamental, > 0 current lags")},
    {POINT(thd_u_pct, "%", "total harmonic distortion of the voltage")},
    {POINT(thd_i_pct, "%", "total harmonic distortion of the current")},
    {POINT(u_ll_v, "V", "voltage between the legs")},
    {POINT(u_unbalance_pct, "%", "largest deviation of a leg's voltage from the legs' mean")},
    {POINT(i_neutral_a, "A", "current of the neutral, estimated from the legs'")},
    {POINT(demand_import_w, "W", "demand: mean imported power of the quarter-hour")},
    {POINT(demand_export_w, "W", "demand: mean exported power of the quarter-hour")},
    {DELTA("import_delta_uwh", import_uwh, "uWh", "imported energy")},
    {DELTA("export_delta_uwh", export_uwh, "uWh", "exported energy")},
    {DELTA("q1_delta_uvarh", q1_uvarh, "uvarh", "reactive energy, quadrant I")},
    {DELTA("q2_delta_uvarh", q2_uvarh, "uvarh", "reactive energy, quadrant II")},
    {DELTA("q3_delta_uvarh", q3_uvarh, "uvarh", "reactive energy, quadrant III")},
    {DELTA("q4_delta_uvarh", q4_uvarh, "uvarh", "reactive energy, quadrant IV")},
    {DELTA("apparent_delta_uvah", apparent_uvah, "uVAh", "apparent energy")},
    {TOTAL(import_uwh, "uWh", "imported energy")},
    {TOTAL(export_uwh, "uWh", "exported energy")},
    {TOTAL(q1_uvarh, "uvarh", "reactive energy, quadrant I")},
    {TOTAL(q2_uvarh, "uvarh", "reactive energy, quadrant II")},
    {TOTAL(q3_uvarh, "uvarh", "reactive energy, quadrant III")},
    {TOTAL(q4_uvarh, "uvarh", "reactive energy, quadrant IV")},
    {TOTAL(apparent_uvah, "uVAh", "apparent energy")},
};
const size_t record_point_fields_n = COUNT(record_point_fields);

const struct record_field record_event_fields[] = {
    {INTEGER(struct record_event, seq, "", "number within the stream, from 1")},
    {INTEGER(struct record_event, utc_ms, "ms", "UTC, since 1970-01-01")},
    {INTEGER(struct record_event, utc_synced, "", "1 if UTC was synchronised")},
    {INTEGER(struct record_event, mono_us, "us", "monotonic clock of this boot")},
    {TEXT(struct record_event, boot_id, "start of the meter that it belongs to")},
    {TEXT(struct record_event, kind, "what happened")},
    {TEXT(struct record_event, detail, "to what, as text")},
    {REAL(struct record_event, value, "", "its size, where the kind has one")},
};
const size_t record_event_fields_n = COUNT(record_event_fields);

/* circuit * 3 + leg, as in dsp/topology.h. */
static const char *const point_names[RECORD_POINTS] = {
    "grid", "grid_l1", "grid_l2", "solar", "solar_l1", "solar_l2", "load", "load_l1", "load_l2",
};

static int find(const char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *record_point_name(int64_t point_id)
{
    return point_id >= 0 && point_id < RECORD_POINTS ? point_names[point_id] : NULL;
}

int record_point_id(const char *name)
{
    return find(point_names, RECORD_POINTS, name);
}

int record_stream_id(const char *name)
{
    return find(record_stream_name, STREAMS, name);
}

/* As the store's step to schema 2 has it in SQL. */
static double demand_w(const struct record *record, int64_t delta_uwh)
{
    if (record->stream != STREAM_QUARTER || delta_uwh == RECORD_ABSENT || record->duration_us <= 0)
        return (double)NAN;
    return (double)delta_uwh * 3600.0 / (double)record->duration_us;
}

void record_demand(struct record *record)
{
    for (int64_t p = 0; p < record->n_points; p++) {
        struct record_point *point = &record->point[p];
        point->demand_import_w = demand_w(record, point->delta.import_uwh);
        point->demand_export_w = demand_w(record, point->delta.export_uwh);
    }
}

bool record_valid(const struct record *record)
{
    if (record->schema != RECORD_SCHEMA || record->stream < 0 || record->stream >= STREAMS ||
        record->n_points < 0 || record->n_points > RECORD_POINTS)
        return false;
    for (int64_t i = 0; i < record->n_points; i++)
        if (record_point_name(record->point_id[i]) == NULL)
            return false;
    return true;
}

bool record_absent(const struct record_field *field, const void *base)
{
    if (field->type == FIELD_INTEGER)
        return record_integer(field, base) == RECORD_ABSENT;
    return field->type == FIELD_REAL && !isfinite(record_real(field, base));
}

int64_t record_integer(const struct record_field *field, const void *base)
{
    int64_t value;
    memcpy(&value, (const char *)base + field->offset, sizeof value);
    return value;
}

double record_real(const struct record_field *field, const void *base)
{
    double value;
    memcpy(&value, (const char *)base + field->offset, sizeof value);
    return value;
}

const char *record_text(const struct record_field *field, const void *base)
{
    return (const char *)base + field->offset;
}

void record_set_integer(const struct record_field *field, void *base, int64_t value)
{
    memcpy((char *)base + field->offset, &value, sizeof value);
}

void record_set_real(const struct record_field *field, void *base, double value)
{
    memcpy((char *)base + field->offset, &value, sizeof value);
}

void record_set_text(const struct record_field *field, void *base, const char *value)
{
    char *text = (char *)base + field->offset;
    const size_t length = value == NULL ? 0 : strnlen(value, field->size - 1);
    memset(text, 0, field->size);
    if (length > 0)
        memcpy(text, value, length);
}

void record_format_kwh(int64_t micro, char *text, size_t size)
{
    if (micro == RECORD_ABSENT) {
        snprintf(text, size, "%s", "");
        return;
    }
    const int64_t watt_hours = micro / 1000000; /* C truncates toward zero */
    const int64_t positive = watt_hours < 0 ? -watt_hours : watt_hours;
    snprintf(text, size, "%s%" PRId64 ".%03" PRId64, watt_hours < 0 ? "-" : "", positive / 1000,
             positive % 1000);
}
