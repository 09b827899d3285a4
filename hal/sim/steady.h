/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steady.h - a load of stated voltage, current, phase and harmonics that never changes: what tests compare
 * with.
 *
 * Harmonics are written "h:percent:degrees,..." (percent of the fundamental, phase of a sine: x = sin(h w t +
 * deg)). A current's fundamental lags its own leg's voltage by phi_deg; |phi_deg| > 90 is export on grid, consumption on
 * solar. load = grid + solar.
 * Legs:    the second leg's voltage is the first's turned round, harmonics included; its currents are stated against it,
 *          so that a load across both legs has the same figures on each.
 */
#ifndef VATIO_HAL_SIM_STEADY_H
#define VATIO_HAL_SIM_STEADY_H

#include "hal/sim/battery.h"
#include "hal/sim/ramp.h"
#include "hal/sim/shape.h"
#include "hal/sim/upset.h"
#include "hal/sim/waveform.h"

#include <stdbool.h>
#include <stddef.h>

enum { STEADY_HARMONICS = 256 };

struct steady_current {
    double i_a;     /* rms of the fundamental */
    double phi_deg; /* -180..180 */
    char harmonics[STEADY_HARMONICS];
};

struct steady_config {
    double f_hz;                        /* 42.5..69 */
    double u_v;                         /* rms of the fundamental */
    double i_a;                         /* grid, leg 1; rms of the fundamental */
    double phi_deg;                     /* -180..180 */
    char u_harmonics[STEADY_HARMONICS]; /* "" = none */
    char i_harmonics[STEADY_HARMONICS];
    struct steady_current solar; /* leg 1 */
    int legs;                    /* 0 and 1: one, 2: two; what follows is of leg 2 */
    double l2_u_v;               /* < 0: as leg 1 */
    struct steady_current l2_grid;
    struct steady_current l2_solar;
    /* Each of these is 0 or "" = off. */
    double f_rate_hz_s;           /* -10..10: the frequency ramps, turning at the limits: a triangle */
    double f_low_hz, f_high_hz;   /* the limits; 0 = 42.5 and 69 */
    char tones[STEADY_HARMONICS]; /* hal/sim/tones.h: percent of u_v and of i_a, on both legs */
    struct shape_config shape;    /* of the grid currents */
    double battery_w;             /* hal/sim/battery.h: on top of the grid currents, shared by the legs */
    uint64_t seed;                /* of the battery */
    double
        l2_angle_deg; /* 0 and 180: leg 2 is leg 1 turned round; it leads by so much, as 240 in 120/208 V */
    struct upset_config upset;
};

struct steady {
    struct waveform_source source;
    struct steady_config config;
    struct ramp ramp;
    struct upset upset;
    struct battery battery;
    bool changes;                   /* something but the ramp */
    double turn_rad;                /* of the stated waves now */
    struct waveform_segment stated; /* the tables as stated */
    struct waveform_segment segment;
    int64_t cycles; /* so far */
};

/* -EINVAL with one sentence in error when a value is out of range or a harmonics text is wrong (h 2..255,
 * each once). */
int steady_init(struct steady *steady, const struct steady_config *config, char *error, size_t error_size);

#endif
