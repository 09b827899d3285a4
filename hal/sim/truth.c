/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/truth.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { CIRCUITS = 3 };
enum { IMPORT, EXPORT, Q1, Q2, Q3, Q4, APPARENT };

/* Micro-watt-hours in a watt-second. */
static const double micro_per_ws = 1e6 / 3600;

struct wave {
    double mean;
    double squares; /* mean square without the mean's */
    double in_sine; /* peak of the fundamental's parts */
    double in_cosine;
};

void truth_init(struct truth *truth)
{
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double angle_rad = 6.283185307179586 * n / WAVEFORM_POINTS;
        truth->cosine[n] = cos(angle_rad);
        truth->sine[n] = sin(angle_rad);
    }
}

static struct wave wave_of(const struct truth *truth, const double *x)
{
    double sum = 0, squares = 0, in_sine = 0, in_cosine = 0;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        sum += x[n];
        squares += x[n] * x[n];
        in_sine += x[n] * truth->sine[n];
        in_cosine += x[n] * truth->cosine[n];
    }
    double mean = sum / WAVEFORM_POINTS;
    return (struct wave){
        .mean = mean,
        .squares = fmax(squares / WAVEFORM_POINTS - mean * mean, 0),
        .in_sine = 2 * in_sine / WAVEFORM_POINTS,
        .in_cosine = 2 * in_cosine / WAVEFORM_POINTS,
    };
}

/* Squares of what tones add to a voltage and to a current, and the power of the two. */
struct beside {
    double u2_v2, i2_a2, p_w;
};

static struct beside beside_of(const struct waveform_segment *segment, bool solar)
{
    struct beside beside = {0};
    for (int n = 0; n < segment->n_tones; n++) {
        const struct waveform_tone *tone = &segment->tone[n];
        double i_a = solar ? 0 : tone->grid_a;
        beside.u2_v2 += tone->u_v * tone->u_v / 2;
        beside.i2_a2 += i_a * i_a / 2;
        beside.p_w += tone->u_v * i_a / 2 * cos(tone->u_rad - tone->grid_rad);
    }
    return beside;
}

static struct ledger_power leg_power(const struct truth *truth, const struct wave *u, const double *u_v,
                                     const double *i_a, const struct beside *tones)
{
    struct wave i = wave_of(truth, i_a);
    double product = 0;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        product += u_v[n] * i_a[n];
    }
    double u2_v2 = u->squares + tones->u2_v2, i2_a2 = i.squares + tones->i2_a2;
    return (struct ledger_power){
        .p_w = product / WAVEFORM_POINTS - u->mean * i.mean + tones->p_w,
        /* Im(U conj(I)) of the phasors in_cosine - j in_sine; i = sin(x - phi) against u = sin(x) gives
         * sin(phi) / 2. */
        .q1_var = (u->in_cosine * i.in_sine - u->in_sine * i.in_cosine) / 2,
        .s_va = sqrt(u2_v2 * i2_a2),
        .u2_v2 = u2_v2,
        .i2_a2 = i2_a2,
    };
}

static void add(struct ledger_power *sum, const struct ledger_power *power)
{
    sum->p_w += power->p_w;
    sum->q1_var += power->q1_var;
    sum->s_va += power->s_va;
}

static void set_rate(const struct ledger_power *power, double rate[7])
{
    static const int quadrant[2][2] = {{Q1, Q4}, {Q2, Q3}}; /* [exporting][leading] */
    memset(rate, 0, 7 * sizeof rate[0]);
    rate[power->p_w < 0 ? EXPORT : IMPORT] = fabs(power->p_w) * micro_per_ws;
    rate[quadrant[power->p_w < 0][power->q1_var < 0]] = fabs(power->q1_var) * micro_per_ws;
    rate[APPARENT] = power->s_va * micro_per_ws;
}

void truth_power(const struct truth *truth, const struct waveform_segment *segment,
                 struct ledger_power power[LEDGER_POINTS])
{
    const struct beside tones[] = {beside_of(segment, false), beside_of(segment, true),
                                   beside_of(segment, false)};
    memset(power, 0, LEDGER_POINTS * sizeof power[0]);
    for (int leg = 0; leg < segment->legs; leg++) {
        const double *u_v = segment->u_v[leg];
        const double *const i_a[] = {segment->grid_a[leg], segment->solar_a[leg], segment->load_a[leg]};
        const struct wave u = wave_of(truth, u_v);
        for (int circuit = 0; circuit < CIRCUITS; circuit++) {
            struct ledger_power *point = &power[ledger_point(circuit, 0)];
            point[leg + 1] = leg_power(truth, &u, u_v, i_a[circuit], &tones[circuit]);
            add(&point[0], &point[leg + 1]);
        }
    }
}

void truth_rate(const struct truth *truth, const struct waveform_segment *segment, double rate[3][7])
{
    struct ledger_power power[LEDGER_POINTS];
    truth_power(truth, segment, power);
    for (int circuit = 0; circuit < CIRCUITS; circuit++) {
        set_rate(&power[ledger_point(circuit, 0)], rate[circuit]);
    }
}
