/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/power.h"

#include "dsp/absent.h"
#include "dsp/signed_root.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const double deg_per_rad = 180 / 3.14159265358979323846;

_Static_assert(sizeof(struct point_reading) % sizeof(double) == 0, "a point's reading is all doubles");

void power_absent(struct point_reading *point)
{
    static const double absent = ABSENT;
    for (size_t at = 0; at < sizeof *point; at += sizeof absent) {
        memcpy((char *)point + at, &absent, sizeof absent);
    }
}

/* Rounding may lift |part| a hair above whole. */
static double ratio(double part, double whole)
{
    return whole > 0 ? fmax(-1, fmin(1, part / whole)) : ABSENT;
}

/* A square that lacks another, both by the values that stand for them. */
static double without(double whole, double part)
{
    return signed_root(signed_square(whole) - signed_square(part));
}

/* What follows from p_w, p1_w, q1_var, s_va and s1_va. */
static void derive(struct point_reading *point)
{
    const double p1_q1_va = hypot(point->p1_w, point->q1_var);
    point->ph_w = point->p_w - point->p1_w;
    point->sn_va = without(point->s_va, point->s1_va);
    point->n_var = without(point->s_va, fabs(point->p_w));
    point->pf = ratio(point->p_w, point->s_va);
    point->dpf = ratio(point->p1_w, p1_q1_va);
    double phi = deg_per_rad * atan2(point->q1_var, point->p1_w);
    point->phi_deg = !(p1_q1_va > 0) ? ABSENT : phi <= -180 ? 180 : phi; /* atan2(-0, -1) */
}

/* IEEE 1459's parts of the nonfundamental apparent power. */
static void derive_parts(struct point_reading *point)
{
    point->di_var = point->u1_v * point->ih_a;
    point->dv_var = point->uh_v * point->i1_a;
    point->sh_va = point->uh_v * point->ih_a;
    point->dh_var = without(point->sh_va, fabs(point->ph_w));
}

static void copy_voltage(struct signed_wave voltage, struct point_reading *point)
{
    const struct wave *u = voltage.wave;
    const struct groups *groups = &u->groups;
    point->u_rms_v = u->rms;
    point->u_dc_v = voltage.sign * u->dc;
    point->u1_v = groups->harmonic[1];
    point->uh_v = u->rest;
    point->thd_u_pct = groups->thds_pct;
    point->thdh_u_pct = groups->thdh_pct;
    point->thdg_u_pct = groups->thdg_pct;
    point->u_crest = u->crest;
    point->u_half_min_v = u->half_min;
    point->u_half_max_v = u->half_max;
    memcpy(point->u_h_v, groups->harmonic, sizeof point->u_h_v);
    memcpy(point->u_sg_v, groups->subgroup, sizeof point->u_sg_v);
    memcpy(point->u_g_v, groups->group, sizeof point->u_g_v);
    memcpy(point->u_isg_v, groups->centred, sizeof point->u_isg_v);
    memcpy(point->u_ig_v, groups->between, sizeof point->u_ig_v);
}

static void copy_current(struct signed_wave current, struct point_reading *point)
{
    const struct wave *i = current.wave;
    const struct groups *groups = &i->groups;
    point->i_rms_a = i->rms;
    point->i_dc_a = current.sign * i->dc;
    point->i1_a = groups->harmonic[1];
    point->ih_a = i->rest;
    point->thd_i_pct = groups->thds_pct;
    point->thdh_i_pct = groups->thdh_pct;
    point->thdg_i_pct = groups->thdg_pct;
    point->i_k_factor = groups->k_factor;
    point->i_crest = i->crest;
    memcpy(point->i_h_a, groups->harmonic, sizeof point->i_h_a);
    memcpy(point->i_sg_a, groups->subgroup, sizeof point->i_sg_a);
    memcpy(point->i_g_a, groups->group, sizeof point->i_g_a);
    memcpy(point->i_isg_a, groups->centred, sizeof point->i_isg_a);
    memcpy(point->i_ig_a, groups->between, sizeof point->i_ig_a);
}

/* What compares the legs belongs to circuits: see points.c. */
static void clear_legs(struct point_reading *point)
{
    point->u_ll_v = ABSENT;
    point->u_unbalance_pct = ABSENT;
    point->i_neutral_a = ABSENT;
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
    copy_voltage(voltage, point);
    copy_current(current, point);
    clear_legs(point);
    point->p_w = half * p;
    point->p1_w = half * (u1.re * i1.re + u1.im * i1.im);
    point->q1_var = half * (u1.im * i1.re - u1.re * i1.im);
    point->s_va = u->rms * i->rms;
    point->s1_va = point->u1_v * point->i1_a;
    derive(point);
    derive_parts(point);
}

void power_sum(const struct point_reading *a, const struct point_reading *b, struct point_reading *sum)
{
    power_absent(sum);
    sum->p_w = a->p_w + b->p_w;
    sum->p1_w = a->p1_w + b->p1_w;
    sum->q1_var = a->q1_var + b->q1_var;
    sum->s_va = a->s_va + b->s_va;
    sum->s1_va = a->s1_va + b->s1_va;
    derive(sum);
}
