/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/aggregate.h"

#include "dsp/absent.h"
#include "dsp/quality.h"

#include <stddef.h>
#include <string.h>

/* Flags that say nothing against the measurement of this window: they are the unit's, in all of its windows. */
static const unsigned unconcerned =
    QUALITY_UNCALIBRATED | QUALITY_UNSYNCED | QUALITY_SIMULATED | QUALITY_ASSUMED;

enum kind { MEAN, ROOT_MEAN_SQUARE, SMALLEST, LARGEST };

/* A value of struct point_reading, or an array of them, which holds nothing but double. */
struct field {
    size_t first; /* in bytes, as size */
    size_t size;
    enum kind kind;
};

#define FIELD(name, kind)                                                                                    \
    {                                                                                                        \
        offsetof(struct point_reading, name), sizeof(((struct point_reading *)0)->name), kind                \
    }
static const struct field fields[] = {
    FIELD(u_rms_v, ROOT_MEAN_SQUARE),
    FIELD(i_rms_a, ROOT_MEAN_SQUARE),
    FIELD(u_dc_v, MEAN),
    FIELD(i_dc_a, MEAN),
    FIELD(p_w, MEAN),
    FIELD(q1_var, MEAN),
    FIELD(s_va, MEAN),
    FIELD(n_var, MEAN),
    FIELD(u1_v, ROOT_MEAN_SQUARE),
    FIELD(i1_a, ROOT_MEAN_SQUARE),
    FIELD(p1_w, MEAN),
    FIELD(ph_w, MEAN),
    FIELD(uh_v, ROOT_MEAN_SQUARE),
    FIELD(ih_a, ROOT_MEAN_SQUARE),
    FIELD(s1_va, MEAN),
    FIELD(sn_va, MEAN),
    FIELD(di_var, MEAN),
    FIELD(dv_var, MEAN),
    FIELD(sh_va, MEAN),
    FIELD(dh_var, MEAN),
    FIELD(thd_u_pct, ROOT_MEAN_SQUARE),
    FIELD(thd_i_pct, ROOT_MEAN_SQUARE),
    FIELD(thdh_u_pct, ROOT_MEAN_SQUARE),
    FIELD(thdh_i_pct, ROOT_MEAN_SQUARE),
    FIELD(thdg_u_pct, ROOT_MEAN_SQUARE),
    FIELD(thdg_i_pct, ROOT_MEAN_SQUARE),
    FIELD(i_k_factor, MEAN),
    FIELD(u_crest, ROOT_MEAN_SQUARE),
    FIELD(i_crest, ROOT_MEAN_SQUARE),
    FIELD(u_ll_v, ROOT_MEAN_SQUARE),
    FIELD(u_unbalance_pct, ROOT_MEAN_SQUARE),
    FIELD(i_neutral_a, ROOT_MEAN_SQUARE),
    FIELD(u_half_min_v, SMALLEST),
    FIELD(u_half_max_v, LARGEST),
    FIELD(u_h_v, ROOT_MEAN_SQUARE),
    FIELD(i_h_a, ROOT_MEAN_SQUARE),
    FIELD(u_sg_v, ROOT_MEAN_SQUARE),
    FIELD(i_sg_a, ROOT_MEAN_SQUARE),
    FIELD(u_g_v, ROOT_MEAN_SQUARE),
    FIELD(i_g_a, ROOT_MEAN_SQUARE),
    FIELD(u_isg_v, ROOT_MEAN_SQUARE),
    FIELD(i_isg_a, ROOT_MEAN_SQUARE),
    FIELD(u_ig_v, ROOT_MEAN_SQUARE),
    FIELD(i_ig_a, ROOT_MEAN_SQUARE),
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };
_Static_assert(sizeof(struct point_reading) % sizeof(double) == 0, "nothing but double");

static double signed_square(double value)
{
    return value * fabs(value);
}

static double signed_root(double square)
{
    return copysign(sqrt(fabs(square)), square);
}

static void sum_add(struct aggregate_sum *sum, enum kind kind, double value, double weight_s)
{
    if (isnan(value)) {
        return;
    }
    if (kind == SMALLEST || kind == LARGEST) {
        bool better = kind == SMALLEST ? value < sum->sum : value > sum->sum;
        sum->sum = better || sum->weight_s <= 0 ? value : sum->sum;
    } else {
        sum->sum += weight_s * (kind == ROOT_MEAN_SQUARE ? signed_square(value) : value);
    }
    sum->weight_s += weight_s;
}

static double sum_read(const struct aggregate_sum *sum, enum kind kind)
{
    if (sum->weight_s <= 0) {
        return ABSENT;
    }
    if (kind == SMALLEST || kind == LARGEST) {
        return sum->sum;
    }
    double mean = sum->sum / sum->weight_s;
    return kind == ROOT_MEAN_SQUARE ? signed_root(mean) : mean;
}

static void point_add(struct aggregate_sum value[], const struct point_reading *point, double weight_s)
{
    const double *from = (const double *)point;
    for (int k = 0; k < FIELDS; k++) {
        const size_t first = fields[k].first / sizeof(double);
        for (size_t n = first; n < first + fields[k].size / sizeof(double); n++) {
            sum_add(&value[n], fields[k].kind, from[n], weight_s);
        }
    }
}

/* pf, dpf and phi_deg of mean powers, not means of ratios. */
static void set_ratios(struct point_reading *point)
{
    static const double deg_per_rad = 57.295779513082320877;
    point->pf = point->s_va > 0 ? fmax(-1, fmin(1, point->p_w / point->s_va)) : ABSENT;
    double s1_va = hypot(point->p1_w, point->q1_var);
    point->dpf = s1_va > 0 ? point->p1_w / s1_va : ABSENT;
    double phi_deg = s1_va > 0 ? atan2(point->q1_var, point->p1_w) * deg_per_rad : ABSENT;
    point->phi_deg = phi_deg <= -180 ? 180 : phi_deg;
}

static void point_read(struct point_reading *point, const struct aggregate_sum value[])
{
    double *to = (double *)point;
    for (int n = 0; n < AGGREGATE_VALUES; n++) {
        to[n] = ABSENT;
    }
    for (int k = 0; k < FIELDS; k++) {
        const size_t first = fields[k].first / sizeof(double);
        for (size_t n = first; n < first + fields[k].size / sizeof(double); n++) {
            to[n] = sum_read(&value[n], fields[k].kind);
        }
    }
    set_ratios(point);
}

static void begin(struct aggregate_builder *builder)
{
    memset(&builder->now, 0, sizeof(builder->now));
    memset(&builder->f, 0, sizeof(builder->f));
    memset(builder->noise, 0, sizeof(builder->noise));
    memset(builder->value, 0, sizeof(builder->value));
}

void aggregate_init(struct aggregate_builder *builder, uint32_t n_windows)
{
    builder->n_windows = n_windows;
    builder->seq = 0;
    begin(builder);
}

static void add_window(struct aggregate_builder *builder, const struct reading *reading)
{
    struct aggregate *now = &builder->now;
    struct reading *sum = &now->reading;
    sum->start_ns = now->windows == 0 ? reading->start_ns : sum->start_ns;
    sum->end_ns = reading->end_ns;
    sum->duration_s += reading->duration_s;
    sum->quality |= reading->quality;
    sum->n_points = reading->n_points;
    now->windows++;
    now->flagged += (reading->quality & ~unconcerned) != 0;
    if (!reading->metered) {
        return;
    }
    sum->h_max = now->metered == 0 || reading->h_max < sum->h_max ? reading->h_max : sum->h_max;
    sum->metered = true;
    now->metered++;
    sum_add(&builder->f, MEAN, reading->f_hz, reading->duration_s);
    for (int k = 0; k < DSP_CHANNELS; k++) {
        sum_add(&builder->noise[k], ROOT_MEAN_SQUARE, reading->noise[k], reading->duration_s);
    }
    for (int k = 0; k < reading->n_points; k++) {
        point_add(builder->value[k], &reading->point[k], reading->duration_s);
    }
}

bool aggregate_add(struct aggregate_builder *builder, const struct reading *reading, struct aggregate *closed)
{
    struct reading *sum = &builder->now.reading;
    add_window(builder, reading);
    if (builder->now.windows < builder->n_windows && reading->duration_s < AGGREGATE_WINDOW_MOST_S) {
        return false;
    }
    sum->seq = builder->seq++;
    sum->f_hz = sum_read(&builder->f, MEAN);
    sum->mains_cycles = ABSENT;
    for (int k = 0; k < DSP_CHANNELS; k++) {
        sum->noise[k] = sum_read(&builder->noise[k], ROOT_MEAN_SQUARE);
    }
    for (int k = 0; k < sum->n_points; k++) {
        point_read(&sum->point[k], builder->value[k]);
    }
    *closed = builder->now;
    begin(builder);
    return true;
}
