/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/interval.h"

#include "dsp/quality.h"
#include "dsp/signed_root.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Flags that say nothing against the measurement of this window: they are the unit's, in all of its windows. */
static const unsigned unconcerned =
    QUALITY_UNCALIBRATED | QUALITY_UNSYNCED | QUALITY_SIMULATED | QUALITY_ASSUMED;

enum mean_kind { ARITHMETIC, ROOT_MEAN_SQUARE };

struct mean {
    size_t from; /* in struct point_reading */
    size_t to;   /* in struct interval_point */
    enum mean_kind kind;
};

#define MEAN(name, kind)                                                                                     \
    {                                                                                                        \
        offsetof(struct point_reading, name), offsetof(struct interval_point, name), kind                    \
    }
enum { MEANS = 11, MEAN_P1 = MEANS };
static const struct mean means[MEANS] = {
    MEAN(u_rms_v, ROOT_MEAN_SQUARE),
    MEAN(i_rms_a, ROOT_MEAN_SQUARE),
    MEAN(p_w, ARITHMETIC),
    MEAN(q1_var, ARITHMETIC),
    MEAN(s_va, ARITHMETIC),
    MEAN(n_var, ARITHMETIC),
    MEAN(thd_u_pct, ROOT_MEAN_SQUARE),
    MEAN(thd_i_pct, ROOT_MEAN_SQUARE),
    MEAN(u_ll_v, ROOT_MEAN_SQUARE),
    MEAN(u_unbalance_pct, ARITHMETIC),
    MEAN(i_neutral_a, ROOT_MEAN_SQUARE),
};
_Static_assert(MEAN_P1 + 1 == INTERVAL_MEANS, "p1_w is summed beside the means, for dpf and phi_deg");

enum extreme_kind { SMALLEST, LARGEST };

struct extreme {
    size_t from;
    size_t to;
    enum extreme_kind kind;
};

#define EXTREME(value, name, kind)                                                                           \
    {                                                                                                        \
        offsetof(struct point_reading, value), offsetof(struct interval_point, name), kind                   \
    }
static const struct extreme extremes[] = {
    EXTREME(u_rms_v, u_min_v, SMALLEST), EXTREME(u_rms_v, u_max_v, LARGEST),
    EXTREME(i_rms_a, i_max_a, LARGEST),  EXTREME(p_w, p_min_w, SMALLEST),
    EXTREME(p_w, p_max_w, LARGEST),
};
enum { EXTREMES = sizeof extremes / sizeof extremes[0] };

static const double absent = (double)NAN;

static double reading_value(const struct point_reading *point, size_t offset)
{
    return *(const double *)((const char *)point + offset);
}

static double *interval_value(struct interval_point *point, size_t offset)
{
    return (double *)((char *)point + offset);
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t period_of(const struct interval_builder *builder, int64_t utc_ms)
{
    return floor_divide(utc_ms + builder->offset_ms, builder->period_ms);
}

void interval_init(struct interval_builder *builder, int64_t period_ms, int64_t offset_ms)
{
    memset(builder, 0, sizeof *builder);
    builder->period_ms = period_ms;
    builder->offset_ms = offset_ms;
}

/* Everything absent until a window brings it. */
static void open_interval(struct interval_builder *builder, const struct energy *start, int n_points,
                          int64_t utc_start_ms)
{
    struct interval *now = &builder->now;
    memset(now, 0, sizeof *now);
    memset(builder->sum, 0, sizeof builder->sum);
    memset(&builder->f_sum, 0, sizeof builder->f_sum);
    memcpy(builder->start, start, sizeof builder->start);
    builder->open = true;
    builder->period_index = period_of(builder, utc_start_ms);
    now->utc_start_ms = utc_start_ms;
    now->n_points = n_points;
    now->f_min_hz = now->f_max_hz = absent;
    for (int i = 0; i < n_points; i++)
        for (int k = 0; k < EXTREMES; k++)
            *interval_value(&now->point[i], extremes[k].to) = absent;
}

static void add_weighted(struct interval_sum *sum, double value, double weight_s)
{
    if (isnan(value))
        return;
    sum->sum += value * weight_s;
    sum->weight_s += weight_s;
}

static double mean_of(const struct interval_sum *sum)
{
    return sum->weight_s > 0 ? sum->sum / sum->weight_s : absent;
}

static void add_point(struct interval_sum sum[INTERVAL_MEANS], struct interval_point *to,
                      const struct point_reading *from, double weight_s)
{
    for (int k = 0; k < MEANS; k++) {
        double value = reading_value(from, means[k].from);
        add_weighted(&sum[k], means[k].kind == ROOT_MEAN_SQUARE ? signed_square(value) : value, weight_s);
    }
    add_weighted(&sum[MEAN_P1], from->p1_w, weight_s);
    for (int k = 0; k < EXTREMES; k++) {
        double value = reading_value(from, extremes[k].from);
        double *kept = interval_value(to, extremes[k].to);
        *kept =
            extremes[k].kind == SMALLEST ? fmin(*kept, value) : fmax(*kept, value); /* these pass a NaN by */
    }
}

static void add_window(struct interval_builder *builder, const struct reading *reading, int64_t utc_end_ms)
{
    struct interval *now = &builder->now;
    now->utc_end_ms = utc_end_ms;
    now->mono_end_ns = reading->end_ns;
    now->duration_ns += reading->end_ns - reading->start_ns;
    now->windows++;
    now->quality |= reading->quality;
    now->flagged += (reading->quality & ~unconcerned) != 0;
    if (!reading->metered)
        return;
    now->metered_ns += reading->end_ns - reading->start_ns;
    now->h_max = now->h_max == 0 || reading->h_max < now->h_max ? reading->h_max : now->h_max;
    add_weighted(&builder->f_sum, reading->f_hz, reading->duration_s);
    now->f_min_hz = fmin(now->f_min_hz, reading->f_hz);
    now->f_max_hz = fmax(now->f_max_hz, reading->f_hz);
    for (int i = 0; i < now->n_points; i++)
        add_point(builder->sum[i], &now->point[i], &reading->point[i], reading->duration_s);
}

/* pf, dpf and phi_deg of the interval: of its mean powers, not means of ratios. */
static void set_ratios(struct interval_point *point, double p1_w)
{
    static const double deg_per_rad = 57.295779513082320877;
    /* Where the noise taken out of s is larger than what was there, |p| may come out a hair above s. */
    point->pf = point->s_va > 0 ? fmax(-1, fmin(1, point->p_w / point->s_va)) : absent;
    double s1_va = hypot(p1_w, point->q1_var);
    bool known = s1_va > 0;
    point->dpf = known ? p1_w / s1_va : absent;
    double phi_deg = known ? atan2(point->q1_var, p1_w) * deg_per_rad : absent;
    point->phi_deg = phi_deg <= -180.0 ? 180.0 : phi_deg;
}

/* The interval as it stands, with its means. */
static void finish(const struct interval_builder *builder, const struct energy *end, struct interval *out)
{
    *out = builder->now;
    out->f_hz = mean_of(&builder->f_sum);
    for (int i = 0; i < out->n_points; i++) {
        for (int k = 0; k < MEANS; k++) {
            double mean = mean_of(&builder->sum[i][k]);
            *interval_value(&out->point[i], means[k].to) =
                means[k].kind == ROOT_MEAN_SQUARE ? signed_root(mean) : mean;
        }
        set_ratios(&out->point[i], mean_of(&builder->sum[i][MEAN_P1]));
        out->point[i].energy = energy_difference(&end[i], &builder->start[i]);
        out->point[i].total = end[i];
    }
}

static void close_interval(struct interval_builder *builder, const struct energy *end,
                           struct interval *closed)
{
    finish(builder, end, closed);
    builder->open = false;
}

/* True when the labels go on from the last window, open interval or not. */
static bool label_follows(const struct interval_builder *builder, int64_t utc_start_ms)
{
    int64_t step_ms = utc_start_ms - builder->now.utc_end_ms;
    return builder->now.windows > 0 && step_ms < INTERVAL_STEP_MS && step_ms > -INTERVAL_STEP_MS;
}

bool interval_add(struct interval_builder *builder, const struct reading *reading,
                  const struct registers *registers, int64_t utc_start_ms, int64_t utc_end_ms,
                  struct interval *closed)
{
    bool follows = label_follows(builder, utc_start_ms);
    bool stepped = builder->open && !follows;
    if (stepped) {
        builder->now.quality |= QUALITY_UNSYNCED; /* the clock was wrong before the step or is after it */
        close_interval(builder, registers->before, closed);
    }
    if (!builder->open) {
        /* Where the last one ended, so that a millisecond's rounding of labels at a boundary opens nothing
         * twice. */
        int64_t start_ms = follows ? builder->now.utc_end_ms : utc_start_ms;
        open_interval(builder, registers->before, registers->topology.n_points, start_ms);
    }
    add_window(builder, reading, utc_end_ms);
    if (stepped)
        return true; /* one at a time: if this window ends beyond a boundary, the next one closes */
    if (period_of(builder, utc_end_ms) <= builder->period_index)
        return false;
    close_interval(builder, registers->energy, closed);
    return true;
}

bool interval_peek(const struct interval_builder *builder, const struct registers *registers,
                   struct interval *open)
{
    if (builder->open)
        finish(builder, registers->energy, open);
    return builder->open;
}

bool interval_close(struct interval_builder *builder, const struct registers *registers,
                    struct interval *closed)
{
    if (!builder->open)
        return false;
    close_interval(builder, registers->energy, closed);
    return true;
}
