/* SPDX-License-Identifier: GPL-3.0-or-later */
/* battery.h - a battery that regulates the grid's power to zero and misses it by a little, either way.
 *
 * Power:   holds a level for 0.5 to 5 s, then goes to another one within +-limit, half of the times at once, else within
 *          0.5 to 4 s. > 0 is import.
 * Threads: one object, one thread. Same seed, same power.
 */
#ifndef VATIO_HAL_SIM_BATTERY_H
#define VATIO_HAL_SIM_BATTERY_H

#include "hal/sim/noise.h"

struct battery {
    struct noise noise;
    double limit_w;
    double from_w, to_w; /* of the present change */
    double start_s, ramp_s, end_s;
};

void battery_init(struct battery *battery, double limit_w, uint64_t seed);

/* The power at an instant; they never fall. */
double battery_step(struct battery *battery, double t_s);

#endif
