/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/mains.h"

#include <math.h>
#include <string.h>

static const double two_pi = 6.283185307179586;

/* Of the size met in low-voltage networks, with signs that flatten the crest, as rectifiers do: THD 2.6 %. All sines,
 * so the zero crossing stays where it is. */
static const struct {
    int h;
    double percent; /* of the fundamental; negative = opposite phase */
} harmonic[] = {{1, 100}, {3, 1.0}, {5, -2.0}, {7, 1.1}, {9, 0.4}, {11, -0.5}};

/* A random walk that is pulled back: rms is its size, time_s how long it remembers, limit where it stops. */
struct drift {
    double rms, time_s, limit;
};
static const struct drift u_drift = {0.01, 900, 0.03};
static const struct drift f_drift_hz = {0.008, 40, 0.02};
static const struct drift leg_drift = {0.0015, 300, 0.005};
static const double neutral_limit = 0.015;

static double drift_step(const struct drift *drift, double x, double duration_s, struct noise *noise)
{
    double kept = exp(-duration_s / drift->time_s);
    x = kept * x + drift->rms * sqrt(1 - kept * kept) * noise_gaussian(noise);
    return fmax(-drift->limit, fmin(drift->limit, x));
}

static void add_harmonic(struct mains_wave *wave, int h, double peak_v)
{
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double angle_rad = two_pi * ((h * n) % WAVEFORM_POINTS) / WAVEFORM_POINTS;
        wave->u_v[n] += peak_v * sin(angle_rad);
        wave->slope_v[n] += peak_v * h * cos(angle_rad);
        wave->flux_v[n] -= peak_v / h * cos(angle_rad);
    }
}

/* Voltage, derivative and integral of what has dropped. */
static void take_drop(const struct mains_drop *drop, double f_ratio, struct mains_wave *wave)
{
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double angle_rad = two_pi * n / WAVEFORM_POINTS;
        double sine = sin(angle_rad), cosine = cos(angle_rad);
        wave->u_v[n] -= drop->sine_v * sine + drop->cosine_v * cosine;
        wave->slope_v[n] -= (drop->sine_v * cosine - drop->cosine_v * sine) * f_ratio;
        wave->flux_v[n] -= (drop->cosine_v * sine - drop->sine_v * cosine) / f_ratio;
    }
}

static double rms_v(const struct mains_wave *wave)
{
    double squares = 0;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        squares += wave->u_v[n] * wave->u_v[n];
    }
    return sqrt(squares / WAVEFORM_POINTS);
}

static void update_supply(const struct mains *mains, double leg_ratio, const struct mains_drop *drop,
                          struct supply *supply)
{
    double f_ratio = mains->f_hz / mains->f_nominal_hz;
    double u_ratio = leg_ratio * mains->upset_ratio;
    supply->f_hz = mains->f_hz;
    supply->u_ratio = u_ratio;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        supply->wave.u_v[n] = mains->rated.u_v[n] * u_ratio;
        supply->wave.slope_v[n] = mains->rated.slope_v[n] * (u_ratio * f_ratio);
        supply->wave.flux_v[n] = mains->rated.flux_v[n] * (u_ratio / f_ratio);
    }
    if (drop->sine_v != 0 || drop->cosine_v != 0) {
        take_drop(drop, f_ratio, &supply->wave);
    }
    supply->u_rms_v = rms_v(&supply->wave);
}

static void update(struct mains *mains)
{
    const struct mains_drop *l1 = &mains->drop[0], *l2 = &mains->drop[1];
    if (mains->legs == 1) {
        update_supply(mains, mains->u_ratio, l1, &mains->supply[SUPPLY_L1]);
        return;
    }
    /* Between the legs the mean of the two. */
    const struct mains_drop both = {(l1->sine_v + l2->sine_v) / 2, (l1->cosine_v + l2->cosine_v) / 2};
    update_supply(mains, mains->u_ratio * (1 + mains->apart), l1, &mains->supply[SUPPLY_L1]);
    update_supply(mains, mains->u_ratio * (1 - mains->apart), l2, &mains->supply[SUPPLY_L2]);
    update_supply(mains, mains->u_ratio, &both, &mains->supply[SUPPLY_BOTH]);
}

void mains_init(struct mains *mains, double f_nominal_hz, int legs, uint64_t seed)
{
    memset(mains, 0, sizeof *mains);
    noise_init(&mains->noise, seed);
    noise_init(&mains->leg_noise, ~seed);
    mains->f_nominal_hz = f_nominal_hz;
    mains->legs = legs;
    for (size_t i = 0; i < sizeof harmonic / sizeof harmonic[0]; i++) {
        add_harmonic(&mains->rated, harmonic[i].h, sqrt(2) * MAINS_RATED_V * harmonic[i].percent / 100);
    }
    mains->u_ratio = 1;
    mains->upset_ratio = 1;
    mains->f_hz = f_nominal_hz;
    mains_step(mains, 1e6, 0); /* long enough to forget: somewhere within the drift */
}

void mains_step(struct mains *mains, double duration_s, double neutral_ratio)
{
    mains->u_ratio = 1 + drift_step(&u_drift, mains->u_ratio - 1, duration_s, &mains->noise);
    mains->f_hz = mains->f_nominal_hz +
                  drift_step(&f_drift_hz, mains->f_hz - mains->f_nominal_hz, duration_s, &mains->noise);
    if (mains->legs == 2) {
        mains->leg_ratio = drift_step(&leg_drift, mains->leg_ratio, duration_s, &mains->leg_noise);
        mains->apart = mains->leg_ratio - fmax(-neutral_limit, fmin(neutral_limit, neutral_ratio));
    }
    update(mains);
}

void mains_upset(struct mains *mains, double ratio, const struct mains_drop drop[WAVEFORM_LEGS])
{
    mains->upset_ratio = ratio;
    memcpy(mains->drop, drop, sizeof mains->drop);
    update(mains);
}
