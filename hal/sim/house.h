/* SPDX-License-Identifier: GPL-3.0-or-later */
/* house.h - a simulated household on a seeded day: mains with harmonics and slow drift, named loads each with its own
 * V-I law, solar inverters under passing clouds. A model of electricity, not of the meter.
 *
 * Time:    start_hour is the local hour of the house's day at simulation start; days repeat with new random
 *          choices.
 * Legs:    with two (120/240 V split phase) the second leg's voltage is the first's turned round, with its own drift;
 *          some loads hang on leg 1, some on leg 2, some across both, and so does the inverter: its current enters at
 *          leg 1 and leaves at leg 2, generation on both. A micro-inverter feeds one leg.
 * Upsets:  hal/sim/upset.h; the loads are solved anew for the voltage that is left. A phase jump turns the installation
 *          as a whole, by whole points of the tables (0.7 degrees).
 * Balance: grid = load - solar at each table point of each leg, so grid + solar = load to rounding. Same seed and
 *          settings: the same bytes.
 */
#ifndef VATIO_HAL_SIM_HOUSE_H
#define VATIO_HAL_SIM_HOUSE_H

#include "hal/sim/upset.h"
#include "hal/sim/waveform.h"

#include <stdbool.h>
#include <stdint.h>

enum { HOUSE_LOADS = 12, HOUSE_LOADS_TWO_LEGS = 15 };

struct house_config {
    double f_nominal_hz; /* 45..65 */
    double u_nominal_v;  /* > 0 */
    double start_hour;   /* 0..24 */
    double solar_peak_w; /* 0 = no solar */
    uint64_t seed;
    int legs;            /* 0 and 1: one, 2: two */
    int micro_leg;       /* 1 or 2: where the micro-inverter feeds; 0 = leg 1 */
    double micro_peak_w; /* 0 = no micro-inverter */
    struct upset_config upset;
};

/* Opaque; from house_init (allocates once), freed by house_close. NULL when the configuration is out of range or
 * memory is short. */
struct house;
struct house *house_init(const struct house_config *config);
void house_close(struct house *house);
struct waveform_source *house_source(struct house *house);

/* For demonstrations and tests: the loads by index 0..house_loads()-1, three more where there are two legs. */
int house_loads(const struct house *house);
const char *house_load_name(const struct house *house, int load);
bool house_load_on(const struct house *house, int load);
/* What it hangs on: leg 1 or 2, or 0 for across both. */
int house_load_leg(const struct house *house, int load);
/* The present current table (A) of one load alone, WAVEFORM_POINTS long, counted from its own voltage's zero crossing. */
const double *house_load_current(const struct house *house, int load);

#endif
