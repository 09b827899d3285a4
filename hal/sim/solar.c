/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/solar.h"

#include <math.h>
#include <string.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

static const double pi = 3.141592653589793;
static const double start_w = 10;       /* below it the inverter sleeps */
static const double trip_ratio = 0.5;   /* of the nominal voltage: below it the inverter lets go */
static const double limit_ratio = 0.88; /* below it the current is no longer raised to keep the power */

static double draw(struct noise *noise, double from, double to)
{
    return from + (to - from) * noise_uniform(noise);
}

void solar_init(struct solar *solar, double u_nominal_v, double peak_w, double now_s, uint64_t seed)
{
    memset(solar, 0, sizeof *solar);
    noise_init(&solar->noise, seed);
    solar->u_nominal_v = u_nominal_v;
    solar->peak_w = peak_w;
    solar->sky = solar->target = 1;
    solar->change_s = now_s + draw(&solar->noise, 0, 300);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double angle_rad = 2 * pi * n / WAVEFORM_POINTS;
        solar->shape[n] = sqrt(2) * (sin(angle_rad) + 0.012 * sin(3 * angle_rad + pi) +
                                     0.008 * sin(5 * angle_rad + pi / 3));
    }
}

/* Clear sky: the sun between 6 and 18 h, lower near the horizon by its longer way through the air. */
static double clear_sky(double now_s)
{
    double hour = fmod(now_s, DAY_S) / HOUR_S;
    if (hour <= 6 || hour >= 18) {
        return 0;
    }
    return pow(sin(pi * (hour - 6) / 12), 1.2);
}

static void step_clouds(struct solar *solar, double now_s, double duration_s)
{
    if (now_s >= solar->change_s) {
        solar->cloudy = !solar->cloudy;
        solar->target = solar->cloudy ? draw(&solar->noise, 0.2, 0.6) : draw(&solar->noise, 0.95, 1);
        solar->per_s = fabs(solar->target - solar->sky) / draw(&solar->noise, 2, 10);
        solar->change_s =
            now_s + (solar->cloudy ? draw(&solar->noise, 30, 400) : draw(&solar->noise, 60, 600));
    }
    double most = solar->per_s * duration_s;
    solar->sky += fmax(-most, fmin(most, solar->target - solar->sky));
}

void solar_step(struct solar *solar, const struct supply *supply, bool supply_changed, double now_s,
                double duration_s)
{
    double sky_before = solar->sky;
    step_clouds(solar, now_s, duration_s);
    bool sky_changed = solar->sky < sky_before || solar->sky > sky_before;
    if (!supply_changed && !sky_changed) {
        return;
    }
    double p_w = solar->peak_w * clear_sky(now_s) * solar->sky;
    double u_ratio = supply->u_ratio;
    solar->p_w = p_w > start_w && u_ratio > trip_ratio ? p_w * fmin(u_ratio / limit_ratio, 1) : 0;
    double rms_a = solar->p_w / (solar->u_nominal_v * fmax(u_ratio, trip_ratio));
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        solar->current_a[n] = rms_a * solar->shape[n];
    }
}
