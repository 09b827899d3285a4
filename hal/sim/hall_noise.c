/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/hall_noise.h"

#include <math.h>

static const double two_pi = 6.283185307179586;
static const double sensor_hz = 120e3; /* ACS758, typical */

void hall_noise_init(struct hall_noise *hall, double sensor_lsb, double low_pass_hz)
{
    double share = low_pass_hz > 0 ? low_pass_hz / (low_pass_hz + sensor_hz) : 1;
    *hall = (struct hall_noise){
        .rms_lsb = sensor_lsb * sqrt(share),
        .rate_s = two_pi * (low_pass_hz > 0 ? low_pass_hz : sensor_hz),
        .last_s = -HUGE_VAL,
    };
}

double hall_noise_read(struct hall_noise *hall, struct noise *noise, double t_s)
{
    double kept = exp(-hall->rate_s * fabs(t_s - hall->last_s));
    hall->level_lsb = kept * hall->level_lsb + hall->rms_lsb * sqrt(1 - kept * kept) * noise_gaussian(noise);
    hall->last_s = t_s;
    return hall->level_lsb;
}
