/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/noise_watch.h"

#include "dsp/quality.h"

#include <math.h>

static const double period_s = 10;
static const double quiet_begin_lsb = 0.4, quiet_end_lsb = 0.45;
static const double noisy_begin_lsb = 2, noisy_end_lsb = 1.8;
static const unsigned doubtful =
    QUALITY_CLIPPED | QUALITY_GAP | QUALITY_UNLOCKED | QUALITY_EVENT | QUALITY_SENSOR_FAULT;

static void begin(struct noise_watch *watch)
{
    watch->elapsed_s = 0;
    for (int k = 0; k < watch->n; k++)
        watch->measured_s[k] = watch->square_s[k] = 0;
}

void noise_watch_init(struct noise_watch *watch, const struct topology *topology,
                      const struct calibration *calibration)
{
    *watch = (struct noise_watch){.n = topology->n_channels};
    for (int k = 0; k < watch->n; k++) {
        watch->gain[k] = calibration->channel[k].gain;
        watch->noise_lsb[k] = (double)NAN;
    }
    for (int e = 0; e < topology->n_elements; e++)
        watch->is_current[topology->element[e].i_channel] = true;
}

static enum detail_noise judge(double noise_lsb, bool is_current, enum detail_noise before)
{
    if (noise_lsb > (before == DETAIL_NOISE_NOISY ? noisy_end_lsb : noisy_begin_lsb))
        return DETAIL_NOISE_NOISY;
    if (is_current && noise_lsb < (before == DETAIL_NOISE_QUIET ? quiet_end_lsb : quiet_begin_lsb))
        return DETAIL_NOISE_QUIET;
    return DETAIL_NOISE_GOOD;
}

static void finish(struct noise_watch *watch, int k)
{
    if (watch->measured_s[k] < watch->elapsed_s / 2) {
        watch->noise_lsb[k] = (double)NAN;
        return;
    }
    const double noise = sqrt(watch->square_s[k] / watch->measured_s[k]);
    watch->noise_lsb[k] = calibration_noise_lsb(noise, watch->gain[k]);
    watch->state[k] = judge(watch->noise_lsb[k], watch->is_current[k], watch->state[k]);
}

bool noise_watch_add(struct noise_watch *watch, const struct reading *reading)
{
    const double duration_s = reading->duration_s;
    watch->elapsed_s += duration_s;
    for (int k = 0; k < watch->n; k++) {
        if (!reading->metered || (reading->quality & doubtful) != 0 || isnan(reading->noise[k]))
            continue;
        watch->measured_s[k] += duration_s;
        watch->square_s[k] += duration_s * reading->noise[k] * reading->noise[k];
    }
    if (watch->elapsed_s < period_s)
        return false;
    for (int k = 0; k < watch->n; k++)
        finish(watch, k);
    begin(watch);
    return true;
}
