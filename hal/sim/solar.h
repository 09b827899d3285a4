/* SPDX-License-Identifier: GPL-3.0-or-later */
/* solar.h - panels under a sky with passing clouds, through an inverter that follows the mains.
 *
 * Power:   peak_w times a bell between 6 and 18 h times what the clouds let through; the edges of clouds take seconds.
 * Current: a sine in phase with the mains' fundamental, with a little 3rd and 5th harmonic; positive is generation.
 * Threads: one object, one thread. Same seed, same sky.
 */
#ifndef VATIO_HAL_SIM_SOLAR_H
#define VATIO_HAL_SIM_SOLAR_H

#include "hal/sim/mains.h"
#include "hal/sim/noise.h"

#include <stdbool.h>

struct solar {
    struct noise noise;
    double u_nominal_v; /* of what the inverter is connected to: twice that of a leg across both */
    double peak_w;
    bool cloudy;
    double sky;                    /* what is let through now, 0..1 */
    double target;                 /* what sky goes to */
    double per_s;                  /* how fast */
    double change_s;               /* when the next edge comes, the house's time */
    double p_w;                    /* of the fundamental, now */
    double shape[WAVEFORM_POINTS]; /* of the current, rms of the fundamental 1 */
    double current_a[WAVEFORM_POINTS];
};

void solar_init(struct solar *solar, double u_nominal_v, double peak_w, double now_s, uint64_t seed);

/* Brings power and current up to date. The sun is looked at when supply_changed, the clouds at each step. */
void solar_step(struct solar *solar, const struct supply *supply, bool supply_changed, double now_s,
                double duration_s);

#endif
