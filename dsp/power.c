/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/power.h"

#include "dsp/absent.h"

#include <math.h>

static const double deg_per_rad = 180 / 3.14159265358979323846;

void power_absent(struct point_reading *point)
{
    *point = (struct point_reading){.u_rms_v = ABSENT,
                                    .i_rms_a = ABSENT,
                                    .u_dc_v = ABSENT,
                                    .i_dc_a = ABSENT,
                                    .p_w = ABSENT,
                                    .q1_var = ABSENT,
                                    .s_va = ABSENT,
                                    .n_var = ABSENT,
                                    .pf = ABSENT,
                                    .dpf = ABSENT,
                                    .phi_deg = ABSENT,
                                    .u1_v = ABSENT,
                                    .i1_a = ABSENT,
                                    .p1_w = ABSENT,
                                    .thd_u_pct = ABSENT,
                                    .thd_i_pct = ABSENT,
                                    .u_crest = ABSENT,
                                    .i_crest = ABSENT,
                                    .u_ll_v = ABSENT,
                                    .u_unbalance_pct = ABSENT,
                                    .i_neutral_a = ABSENT,
                                    .u_half_min_v = ABSENT,
                                    .u_half_max_v = ABSENT};
    for (int h = 0; h <= DSP_HARMONICS; h++) {
        point->u_h_v[h] = ABSENT;
        point->i_h_a[h] = ABSENT;
    }
}

/* Rounding may lift |part| a hair above whole. */
static double ratio(double part, double whole)
{
    return whole > 0 ? fmax(-1, fmin(1, part / whole)) : ABSENT;
}

/* What follows from p_w, q1_var, p1_w and s_va. */
static void derive(struct point_reading *point)
{
    double p = point->p_w;
    double s = point->s_va;
    point->n_var = sqrt(fmax(0, s * s - p * p));
    point->pf = ratio(p, s);
    point->dpf = ratio(point->p1_w, hypot(point->p1_w, point->q1_var));
    double phi = deg_per_rad * atan2(point->q1_var, point->p1_w);
    point->phi_deg = phi <= -180 ? 180 : phi; /* atan2(-0, -1) */
}

static void copy_waves(struct signed_wave voltage, struct signed_wave current, struct point_reading *point)
{
    const struct wave *u = voltage.wave;
    const struct wave *i = current.wave;
    point->u_rms_v = u->rms;
    point->i_rms_a = i->rms;
    point->u_dc_v = voltage.sign * u->dc;
    point->i_dc_a = current.sign * i->dc;
    point->u1_v = u->harmonic[1];
    point->i1_a = i->harmonic[1];
    point->thd_u_pct = u->thd_pct;
    point->thd_i_pct = i->thd_pct;
    point->u_crest = u->crest;
    point->i_crest = i->crest;
    point->u_ll_v = ABSENT;
    point->u_unbalance_pct = ABSENT;
    point->i_neutral_a = ABSENT;
    point->u_half_min_v = u->half_min;
    point->u_half_max_v = u->half_max;
    for (int h = 0; h <= DSP_HARMONICS; h++) {
        point->u_h_v[h] = u->harmonic[h];
        point->i_h_a[h] = i->harmonic[h];
    }
}

void power_element(struct signed_wave voltage, struct signed_wave current, struct point_reading *point)
{
    const struct wave *u = voltage.wave;
    const struct wave *i = current.wave;
    const double half = voltage.sign * current.sign / 2;
    double p = 0;
    for (int k = 1; k < u->n_bins; k++) {
        p += u->bin[k].re * i->bin[k].re + u->bin[k].im * i->bin[k].im;
    }
    struct phasor u1 = u->bin[u->cycles];
    struct phasor i1 = i->bin[i->cycles];
    copy_waves(voltage, current, point);
    point->p_w = half * p;
    point->p1_w = half * (u1.re * i1.re + u1.im * i1.im);
    point->q1_var = half * (u1.im * i1.re - u1.re * i1.im);
    point->s_va = u->rms * i->rms;
    derive(point);
}

void power_sum(const struct point_reading *a, const struct point_reading *b, struct point_reading *sum)
{
    power_absent(sum);
    sum->p_w = a->p_w + b->p_w;
    sum->p1_w = a->p1_w + b->p1_w;
    sum->q1_var = a->q1_var + b->q1_var;
    sum->s_va = a->s_va + b->s_va;
    derive(sum);
}
