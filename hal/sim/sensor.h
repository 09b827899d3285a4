/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sensor.h - what transformer and Hall sensor make of one cycle, in the units of what they measure: the part that is no
 * linear path and stands before it.
 *
 * Voltage: u - saturation_v (flux / nominal flux)^5; the flux is the integral of u, without mean.
 * Current: i + cubic_a (x^3 - x) 3 sqrt(3) / 2, x = i / full scale; and on the way down from the cycle's highest point
 *          to its lowest + hysteresis_a (A^2 - (i - m)^2) / full scale^2, on the way up the same with -, A half of
 *          the cycle's span and m its middle (Rayleigh's loop: nothing at the turning points, hysteresis_a at 0 A after a
 *          peak of full scale).
 * Threads: pure.
 */
#ifndef VATIO_HAL_SIM_SENSOR_H
#define VATIO_HAL_SIM_SENSOR_H

#include "board/board.h"
#include "hal/sim/sim_config.h"
#include "hal/sim/waveform.h"

#include <stdbool.h>

struct sensor {
    double saturation_v;    /* 0 = none */
    double nominal_flux_vs; /* peak */
    double full_scale_a;
    double cubic_a;      /* 0 = none */
    double hysteresis_a; /* 0 = none */
};

struct sensor sensor_of(const struct board *board, int input, const struct sim_config *config);

/* out[n] = in[n] when nothing is wrong. */
void sensor_distort(const struct sensor *sensor, double f_hz, const double in[WAVEFORM_POINTS],
                    double out[WAVEFORM_POINTS]);

/* Whether sensor_distort changes anything. */
static inline bool sensor_is_distorting(const struct sensor *sensor)
{
    return sensor->saturation_v > 0 || sensor->cubic_a > 0 || sensor->hysteresis_a > 0;
}

#endif
