/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rig.h - what the tests of the meter stand on: analytic waveforms sampled as the converter does it.
 *
 * A channel is a sum of components, each a multiple of the mains phase; the front end's effect on each component (delay,
 * poles) is computed from its transfer function, not with the code under test. Channels are held one after the other;
 * hold instants may jitter, drop out or stop. Random numbers are seeded.
 */
#ifndef VATIO_TESTS_UNIT_DSP_RIG_H
#define VATIO_TESTS_UNIT_DSP_RIG_H

#include "dsp/meter.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RIG_PI 3.14159265358979323846
enum { RIG_PARTS = 64 };

struct rig_part {
    double h;   /* multiple of the mains frequency */
    double rms; /* V or A */
    double deg; /* of the sine */
};

struct rig_channel {
    double dc;
    int n;
    struct rig_part part[RIG_PARTS];
    double noise;   /* rms, same unit */
    double quantum; /* 0: as it is; else rounded to multiples of it */
    double scale;   /* 0 means 1 */
};

struct rig {
    struct meter_config config;
    struct rig_channel channel[DSP_CHANNELS];
    double f_hz;         /* at t = 0 */
    double rate_hz_s;    /* df/dt */
    double spacing_s;    /* between the channels' hold instants */
    double jitter_s;     /* rms of each scan's instant, one-sided */
    double stop_every_s; /* a hole of stop_s every so often; 0 = never */
    double stop_s;
    bool pauses; /* a random pause of up to one period after each block of 16 scans */
    double paused_s;
    double dead_from_s; /* all channels read 0 within */
    double dead_to_s;
    int64_t base_ns;
    int64_t scan; /* number of the next */
    uint64_t random;
    unsigned quality;
};

static inline double rig_uniform(struct rig *rig)
{
    rig->random = rig->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(rig->random >> 11) + 0.5) / 9007199254740992.0;
}

static inline double rig_gauss(struct rig *rig)
{
    double size = sqrt(-2 * log(rig_uniform(rig)));
    return size * cos(2 * RIG_PI * rig_uniform(rig));
}

/* One element, single phase, at 8,000 scans/s, perfect front end; 230 V and 5 A lagging by phi_deg. */
static inline void rig_init(struct rig *rig, double f_nominal_hz, double f_hz, double phi_deg)
{
    memset(rig, 0, sizeof(*rig));
    rig->config.f_nominal_hz = f_nominal_hz;
    rig->config.scan_rate_hz = 8000;
    rig->config.u_nominal_v = 230;
    rig->config.topology.n_channels = 2;
    rig->config.topology.n_elements = 1;
    rig->config.topology.element[0] = (struct element){0, 1, CIRCUIT_GRID, 1, 0, 0};
    topology_init(&rig->config.topology);
    rig->channel[0].n = 1;
    rig->channel[0].part[0] = (struct rig_part){1, 230, 0};
    rig->channel[1].n = 1;
    rig->channel[1].part[0] = (struct rig_part){1, 5, -phi_deg};
    rig->f_hz = f_hz;
    rig->spacing_s = 31.8e-6;
    rig->base_ns = INT64_C(1000000123);
    rig->random = 1;
}

static inline void rig_part(struct rig *rig, int channel, double h, double rms, double deg)
{
    struct rig_channel *c = &rig->channel[channel];
    c->part[c->n++] = (struct rig_part){h, rms, deg};
}

/* Value of a channel at t, as the converter sees it behind the front end. */
static inline double rig_value(struct rig *rig, int k, double t)
{
    struct rig_channel *c = &rig->channel[k];
    const struct channel_response *response = &rig->config.response[k];
    bool dead = t >= rig->dead_from_s && t < rig->dead_to_s;
    double at = t - response->delay_s;
    double turns = rig->f_hz * at + rig->rate_hz_s * at * at / 2;
    double x = c->dc;
    for (int n = 0; n < c->n; n++) {
        double f = c->part[n].h * (rig->f_hz + rig->rate_hz_s * at);
        double gain = 1;
        double phase = 0;
        if (response->high_pass_hz > 0) {
            gain *= 1 / hypot(1, response->high_pass_hz / f);
            phase += atan(response->high_pass_hz / f);
        }
        if (response->low_pass_hz > 0) {
            gain *= 1 / hypot(1, f / response->low_pass_hz);
            phase -= atan(f / response->low_pass_hz);
        }
        double angle = 2 * RIG_PI * fmod(c->part[n].h * turns, 1) + c->part[n].deg * RIG_PI / 180 + phase;
        x += gain * c->part[n].rms * sqrt(2) * sin(angle);
    }
    x = dead ? 0 : x * (c->scale > 0 || c->scale < 0 ? c->scale : 1);
    x += c->noise > 0 ? c->noise * rig_gauss(rig) : 0;
    return c->quantum > 0 ? c->quantum * round(x / c->quantum) : x;
}

/* The next scan. */
static inline void rig_scan(struct rig *rig, struct meter_scan *scan)
{
    memset(scan, 0, sizeof(*scan));
    double t = (double)rig->scan++ / rig->config.scan_rate_hz;
    if (rig->stop_every_s > 0 && fmod(t, rig->stop_every_s) > rig->stop_every_s - rig->stop_s) {
        double into = fmod(t, rig->stop_every_s) - (rig->stop_every_s - rig->stop_s);
        rig->scan += (int64_t)ceil((rig->stop_s - into) * rig->config.scan_rate_hz);
        t = (double)rig->scan++ / rig->config.scan_rate_hz;
    }
    rig->paused_s += rig->pauses && rig->scan % 16 == 0 ? rig_uniform(rig) / rig->config.scan_rate_hz : 0;
    t += rig->paused_s;
    t += rig->jitter_s > 0 ? fmin(fabs(rig->jitter_s * rig_gauss(rig)), 0.9 / rig->config.scan_rate_hz) : 0;
    scan->quality = rig->quality;
    for (int k = 0; k < rig->config.topology.n_channels; k++) {
        int64_t ns = (int64_t)llround(1e9 * (t + k * rig->spacing_s));
        scan->hold_ns[k] = rig->base_ns + ns;
        scan->value[k] = rig_value(rig, k, 1e-9 * (double)ns);
    }
}

/* What the waveforms of a voltage and a current channel amount to, from their components. */
struct rig_truth {
    double u_v;
    double i_a;
    double p_w;
    double q1_var;
    double s_va;
};

static inline struct rig_truth rig_truth(const struct rig *rig, int u_channel, int i_channel)
{
    const struct rig_channel *u = &rig->channel[u_channel];
    const struct rig_channel *i = &rig->channel[i_channel];
    struct rig_truth truth = {0, 0, 0, 0, 0};
    for (int a = 0; a < u->n; a++) {
        truth.u_v += u->part[a].rms * u->part[a].rms;
        for (int b = 0; b < i->n; b++) {
            double s = u->part[a].rms * i->part[b].rms;
            double angle = (u->part[a].deg - i->part[b].deg) * RIG_PI / 180;
            bool same = !(u->part[a].h < i->part[b].h) && !(u->part[a].h > i->part[b].h);
            truth.p_w += same ? s * cos(angle) : 0;
            truth.q1_var += a == 0 && b == 0 ? s * sin(angle) : 0;
        }
    }
    for (int b = 0; b < i->n; b++) {
        truth.i_a += i->part[b].rms * i->part[b].rms;
    }
    truth.u_v = sqrt(truth.u_v);
    truth.i_a = sqrt(truth.i_a);
    truth.s_va = truth.u_v * truth.i_a;
    return truth;
}

/* Largest relative error of U, I, P and Q1 (of S), from the truth. */
static inline double rig_error(const struct point_reading *point, const struct rig_truth *truth)
{
    double worst = fabs(point->u_rms_v / truth->u_v - 1);
    worst = fmax(worst, fabs(point->i_rms_a / truth->i_a - 1));
    worst = fmax(worst, fabs(point->p_w - truth->p_w) / truth->s_va);
    worst = fmax(worst, fabs(point->q1_var - truth->q1_var) / truth->s_va);
    return isnan(point->u_rms_v + point->i_rms_a + point->p_w + point->q1_var) ? (double)INFINITY : worst;
}

/* Feeds scans until the meter has a reading. */
static inline void rig_read(struct rig *rig, struct meter *meter, struct reading *reading)
{
    struct meter_scan scan;
    while (!meter_read(meter, reading)) {
        rig_scan(rig, &scan);
        meter_add(meter, &scan);
    }
}

/* The reading of a new meter after so many windows. */
static inline void rig_settle(struct rig *rig, int n_windows, struct reading *reading)
{
    struct meter *meter = meter_init(&rig->config);
    for (int k = 0; k < n_windows; k++) {
        rig_read(rig, meter, reading);
    }
    meter_close(meter);
}

#endif
