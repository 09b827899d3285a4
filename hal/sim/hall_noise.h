/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hall_noise.h - a Hall sensor's own noise as the pin has it: white over the sensor's bandwidth, then through the RC.
 *
 * Size:    at the pin the rms is that of the sensor times sqrt(f_rc / (f_rc + f_sensor)).
 * Memory:  noise of two instants dt apart correlates by exp(-dt / RC), drawn one after the other (first-order
 *          autoregression; the sensor's own pole, 35 times as fast, is left out of it).
 * Threads: one object, one thread.
 */
#ifndef VATIO_HAL_SIM_HALL_NOISE_H
#define VATIO_HAL_SIM_HALL_NOISE_H

#include "hal/sim/noise.h"

struct hall_noise {
    double rms_lsb; /* at the pin; 0 = none */
    double rate_s;  /* 1 / time constant */
    double level_lsb;
    double last_s;
};

/* sensor_lsb: rms at the sensor, as LSB at the pin; low_pass_hz: 0 = no RC. */
void hall_noise_init(struct hall_noise *hall, double sensor_lsb, double low_pass_hz);

/* The noise at t_s. */
double hall_noise_read(struct hall_noise *hall, struct noise *noise, double t_s);

#endif
