/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record.h - what is stored and sent: interval records (live second, minute, quarter, day) and events.
 *
 * Names:   one table each of the fields of a record, of a point and of an event; C, SQL, JSON and CSV all use its
 *          names. A point's fields are prefixed with the point's name: grid_p_w, grid_l1_u_rms_v.
 * Absent:  NaN in a double, RECORD_ABSENT in an integer: NULL in SQL, null or left out in JSON, empty in CSV.
 * Key:     (meter_id, store_id, stream, seq). seq never repeats within a store and only rises.
 * Schema:  RECORD_SCHEMA; it rises with every change of layout or meaning.
 */
#ifndef VATIO_API_RECORD_H
#define VATIO_API_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_SCHEMA = 2, RECORD_POINTS = 9, RECORD_ID = 33 };
#define RECORD_ABSENT INT64_MIN

enum record_stream { STREAM_LIVE, STREAM_MINUTE, STREAM_QUARTER, STREAM_DAY, STREAM_EVENT, STREAMS };
extern const char *const record_stream_name[STREAMS]; /* "live", "minute", ... */

struct record_energy { /* micro-watt-hours, -var-hours, -volt-ampere-hours */
    int64_t import_uwh, export_uwh, q1_uvarh, q2_uvarh, q3_uvarh, q4_uvarh, apparent_uvah;
};

struct record_point {
    double u_rms_v, u_min_v, u_max_v;
    double i_rms_a, i_max_a;
    double p_w, p_min_w, p_max_w; /* > 0 import on grid, generation on solar */
    double q1_var, s_va, n_var;
    double pf, dpf; /* -1..1 */
    double phi_deg; /* (-180, 180], > 0 current lags */
    double thd_u_pct, thd_i_pct;
    double u_ll_v; /* between the legs, rms; of a circuit whose two voltages are measured */
    double
        u_unbalance_pct; /* of the same: largest deviation of a leg's voltage from the legs' mean, of the mean */
    double i_neutral_a; /* of a circuit with two currents, rms: the sum of the legs', an estimate */
    double demand_import_w, demand_export_w; /* quarters only: the interval's energy over its duration */
    struct record_energy delta;              /* of the interval: import_delta_uwh ... */
    struct record_energy total;              /* registers at its end: import_uwh ... */
};

struct record {
    int64_t schema;
    int64_t stream;       /* enum record_stream */
    int64_t seq;          /* 1.. ; 0 on live */
    int64_t utc_start_ms; /* ms since 1970-01-01 UTC */
    int64_t utc_end_ms;
    int64_t utc_synced;  /* 0 or 1 */
    int64_t mono_end_us; /* monotonic clock of this boot */
    int64_t duration_us;
    int64_t metered_us; /* of duration_us; the rest was not measured */
    int64_t windows;
    int64_t flagged; /* windows with a quality flag that concerns the measurement itself */
    int64_t quality; /* union of flags, dsp/quality.h */
    double f_hz, f_min_hz, f_max_hz;
    int64_t h_max;
    char boot_id[RECORD_ID]; /* 32 hexadecimal digits */
    int64_t n_points;
    int64_t point_id[RECORD_POINTS]; /* circuit * 3 + leg: record_point_name */
    struct record_point point[RECORD_POINTS];
};

struct record_event {
    int64_t schema;
    int64_t stream; /* STREAM_EVENT */
    int64_t seq;
    int64_t utc_ms;
    int64_t utc_synced;
    int64_t mono_us;
    char boot_id[RECORD_ID];
    char kind[24]; /* "start", "stop", "restart", ... listed in firmware/README.md */
    char detail[128];
    double value; /* NaN where a kind has none */
};

enum record_field_type { FIELD_INTEGER, FIELD_REAL, FIELD_TEXT };
struct record_field {
    const char *name;
    enum record_field_type type;
    size_t offset;
    size_t size; /* of a text field with its NUL */
    const char *unit;
    const char *help;
};
/* Fields of struct record from seq to boot_id, of struct record_point, of struct record_event; n entries. */
extern const struct record_field record_fields[];
extern const size_t record_fields_n;
extern const struct record_field record_point_fields[];
extern const size_t record_point_fields_n;
extern const struct record_field record_event_fields[];
extern const size_t record_event_fields_n;

/* "grid", "grid_l1", "grid_l2", "solar", ... "load_l2"; NULL for an id out of range. */
const char *record_point_name(int64_t point_id);
/* The id of a name, or -1. */
int record_point_id(const char *name);

/* "minute" -> STREAM_MINUTE; -1 for none. */
int record_stream_id(const char *name);

/* Fills in each point's demand: in a quarter its energy over duration_us, which in one that was cut short (by start, stop
 * or a step of the clock) is less than 15 minutes; absent in other streams, without energy, and without duration. */
void record_demand(struct record *record);

/* What a reader may rely on in a record that came from another process: its stream and points are in range. */
bool record_valid(const struct record *record);

/* Value access through a field: absent integers are RECORD_ABSENT, absent reals NaN. */
bool record_absent(const struct record_field *field, const void *base);
int64_t record_integer(const struct record_field *field, const void *base);
double record_real(const struct record_field *field, const void *base);
const char *record_text(const struct record_field *field, const void *base);
void record_set_integer(const struct record_field *field, void *base, int64_t value);
void record_set_real(const struct record_field *field, void *base, double value);
void record_set_text(const struct record_field *field, void *base, const char *value);

/* micro-units printed as kWh with three decimals ("12.345"), truncated toward zero as meters do; exact from the integer. Absent: empty. */
void record_format_kwh(int64_t micro, char *text, size_t size);

#endif
