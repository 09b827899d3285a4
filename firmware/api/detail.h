/* SPDX-License-Identifier: GPL-3.0-or-later */
/* detail.h - all quantities of the newest window and the newest 150/180-cycle value, for any local process that may read
 * the file: <run_dir>/detail.
 *
 * Layout:  struct detail_file: a header and struct detail as atomic words under a sequence lock (shared_file.h); about
 *          50 KiB. Names are in the tables of fields below, as in record.h.
 * Life:    as the mailbox: made under a new name and renamed into place, never truncated. A reader that sees another
 *          boot_id, or a heartbeat that stands still, opens it again.
 * Absent:  NaN, RECORD_ABSENT in an integer.
 * Errors:  -errno; -EPROTO when magic, schema or size differ or what it holds is not valid; -EAGAIN when the writer was
 *          busy throughout or has not written yet.
 * Threads: one writer; any number of readers, each with its own struct detail_reader.
 */
#ifndef VATIO_API_DETAIL_H
#define VATIO_API_DETAIL_H

#include "firmware/api/record.h"

#include <stdatomic.h>
#include <stdint.h>

enum { DETAIL_SCHEMA = 1, DETAIL_ORDERS = 51, DETAIL_CHANNELS = 8, DETAIL_CHANNEL_NAME = 24 };
#define DETAIL_MAGIC UINT64_C(0x6f697461765f6431) /* "1d_vatio" */
#define DETAIL_FILE  "detail"

/* What a channel's noise means; names in detail_noise_name. */
enum detail_noise {
    DETAIL_NOISE_UNKNOWN, /* not measured (yet), or the source has no LSB */
    DETAIL_NOISE_GOOD,
    DETAIL_NOISE_QUIET, /* a current without dither: small ones read wrong */
    DETAIL_NOISE_NOISY,
    DETAIL_NOISES,
};
extern const char *const detail_noise_name[DETAIL_NOISES]; /* "unknown", "good", "quiet", "noisy" */

/* Signs as in dsp/reading.h. What noise made negative in the squares is 0 here. */
struct detail_point {
    double u_rms_v, i_rms_a, u_dc_v, i_dc_a;
    double p_w, q1_var, s_va, n_var, pf, dpf, phi_deg;
    double u1_v, i1_a, p1_w, ph_w, uh_v, ih_a;
    double s1_va, sn_va, di_var, dv_var, sh_va, dh_var;
    double thd_u_pct, thd_i_pct, thdh_u_pct, thdh_i_pct, thdg_u_pct, thdg_i_pct;
    double i_k_factor, u_crest, i_crest;
    double u_ll_v, u_unbalance_pct, i_neutral_a;
    double u_half_min_v, u_half_max_v;
    /* By order; rms. What lies between h and h + 1 stands at h. */
    float u_h_v[DETAIL_ORDERS], i_h_a[DETAIL_ORDERS];
    float u_sg_v[DETAIL_ORDERS], i_sg_a[DETAIL_ORDERS];
    float u_g_v[DETAIL_ORDERS], i_g_a[DETAIL_ORDERS];
    float u_isg_v[DETAIL_ORDERS], i_isg_a[DETAIL_ORDERS];
    float u_ig_v[DETAIL_ORDERS], i_ig_a[DETAIL_ORDERS];
};

struct detail_values {
    int64_t utc_start_ms; /* ms since 1970-01-01 UTC; absent: there is no value yet */
    int64_t utc_end_ms;
    int64_t duration_us;
    int64_t metered; /* 0: nothing was measured, all values are absent */
    int64_t quality; /* flags, dsp/quality.h */
    int64_t h_max;
    double f_hz;
    struct detail_point point[RECORD_POINTS];
};

struct detail_channel {
    char name[DETAIL_CHANNEL_NAME]; /* "CH1 current grid L1" */
    double noise_lsb;               /* rms over 10 s, without the quantiser's own */
    int64_t noise;                  /* enum detail_noise */
};

struct detail {
    int64_t heartbeat; /* that of the mailbox */
    char boot_id[RECORD_ID];
    char meter_id[RECORD_ID];
    int64_t utc_synced;
    double f_10s_hz;
    int64_t f_10s_utc_start_ms;
    int64_t n_channels;
    struct detail_channel channel[DETAIL_CHANNELS];
    int64_t n_points;
    int64_t point_id[RECORD_POINTS]; /* record_point_name */
    struct detail_values window;     /* 10 or 12 cycles */
    struct detail_values aggregate;  /* 150 or 180 cycles */
};

enum { DETAIL_WORDS = (sizeof(struct detail) + 7) / 8 };

struct detail_file {
    _Atomic uint64_t magic; /* written last */
    uint64_t schema;
    uint64_t size;             /* of struct detail */
    _Atomic uint64_t sequence; /* odd while being written */
    _Atomic uint64_t word[DETAIL_WORDS];
};

/* Of struct detail_values without its points, of the scalars of struct detail_point, of struct detail_channel. */
extern const struct record_field detail_values_fields[];
extern const size_t detail_values_fields_n;
extern const struct record_field detail_point_fields[];
extern const size_t detail_point_fields_n;
extern const struct record_field detail_channel_fields[];
extern const size_t detail_channel_fields_n;

/* The arrays of struct detail_point. */
struct detail_spectrum {
    const char *name;
    size_t offset;
    const char *unit;
    const char *help;
};
extern const struct detail_spectrum detail_spectra[];
extern const size_t detail_spectra_n;
/* DETAIL_ORDERS values. */
const float *detail_orders(const struct detail_spectrum *spectrum, const struct detail_point *point);

/* Makes all values of it absent. */
void detail_absent(struct detail_values *values);

struct detail_reader {
    const struct detail_file *file; /* mapped read-only */
};
int detail_open(struct detail_reader *reader, const char *run_dir);
int detail_read(const struct detail_reader *reader, struct detail *detail);
void detail_close(struct detail_reader *reader);

/* The writer's side. */
struct detail_writer {
    struct detail_file *file;
};
int detail_create(struct detail_writer *writer, const char *run_dir);
void detail_write(struct detail_writer *writer, const struct detail *detail); /* never blocks */
void detail_remove(struct detail_writer *writer, const char *run_dir);

#endif
