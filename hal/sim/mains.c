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

static void update_supply(const struct mains *mains, double u_ratio, struct supply *supply)
{
    double f_ratio = mains->f_hz / mains->f_nominal_hz;
    double squares = 0;
    supply->f_hz = mains->f_hz;
    supply->u_ratio = u_ratio;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        supply->wave.u_v[n] = mains->rated.u_v[n] * u_ratio;
        supply->wave.slope_v[n] = mains->rated.slope_v[n] * (u_ratio * f_ratio);
        supply->wave.flux_v[n] = mains->rated.flux_v[n] * (u_ratio / f_ratio);
        squares += supply->wave.u_v[n] * supply->wave.u_v[n];
    }
    supply->u_rms_v = sqrt(squares / WAVEFORM_POINTS);
}

static void update_legs(struct mains *mains, double neutral_ratio)
{
    double apart = mains->leg_ratio - fmax(-neutral_limit, fmin(neutral_limit, neutral_ratio));
    update_supply(mains, mains->u_ratio * (1 + apart), &mains->supply[SUPPLY_L1]);
    update_supply(mains, mains->u_ratio * (1 - apart), &mains->supply[SUPPLY_L2]);
    update_supply(mains, mains->u_ratio, &mains->supply[SUPPLY_BOTH]); /* the mean of the two */
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
    mains->f_hz = f_nominal_hz;
    mains_step(mains, 1e6, 0); /* long enough to forget: somewhere within the drift */
}

void mains_step(struct mains *mains, double duration_s, double neutral_ratio)
{
    mains->u_ratio = 1 + drift_step(&u_drift, mains->u_ratio - 1, duration_s, &mains->noise);
    mains->f_hz = mains->f_nominal_hz +
                  drift_step(&f_drift_hz, mains->f_hz - mains->f_nominal_hz, duration_s, &mains->noise);
    if (mains->legs == 1) {
        update_supply(mains, mains->u_ratio, &mains->supply[SUPPLY_L1]);
        return;
    }
    mains->leg_ratio = drift_step(&leg_drift, mains->leg_ratio, duration_s, &mains->leg_noise);
    update_legs(mains, neutral_ratio);
}
