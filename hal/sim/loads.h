/* SPDX-License-Identifier: GPL-3.0-or-later */
/* loads.h - the household's named loads: what each is, when it runs, and its current now.
 *
 * Plan:    each house day every load draws its sessions from its habits; within a session it runs or, where it has a
 *          thermostat or a program, cycles. The draws depend on seed, day and load only.
 * Legs:    with one leg everything hangs on it, and the last loads are not there. With two, each load is on the leg of
 *          its plate or across both; then half of its current at the rated voltage flows through each leg.
 * Fuse:    a load whose starting current would lift a leg's sum of peak currents over LOADS_PEAK_A waits: the household
 *          does not blow its fuse, and the meter's range holds.
 * Units:   plates are at MAINS_RATED_V. In an installation of another nominal voltage each load has the impedance that
 *          gives it the same power there.
 * Threads: one object, one thread.
 */
#ifndef VATIO_HAL_SIM_LOADS_H
#define VATIO_HAL_SIM_LOADS_H

#include "hal/sim/laws.h"
#include "hal/sim/mains.h"
#include "hal/sim/noise.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LOADS = 15,
    LOADS_ONE_LEG = 12 /* the first ones */,
    LOADS_PEAK_A = 57,
    LOAD_HABITS = 6,
    LOAD_NAME_MAX = 24
};

/* A time of day at which a session may begin, how long it lasts, and how likely it is. */
struct load_habit {
    double from_h, to_h;
    double shortest_h, longest_h;
    double chance;
};

struct load_kind {
    char name[LOAD_NAME_MAX];
    law law;
    struct law_plate plate;
    enum supply_kind supply; /* what it is connected to where there are two legs */
    double peak_a;           /* of the running current, an upper bound at rated voltage + 3 % */
    double start_peak_a;     /* the same of the first second */
    double settle_s;         /* how long the current changes after switching on; 0 = not at all */
    double on_min_s, on_max_s, off_min_s, off_max_s; /* cycles within a session; all 0 = on throughout */
    struct load_habit habit[LOAD_HABITS];
};
extern const struct load_kind load_kinds[LOADS];

struct load_session {
    double start_s, end_s; /* of the house's time */
};

struct load {
    struct noise noise; /* for cycles and settings */
    int sessions;
    struct load_session session[LOAD_HABITS];
    bool on;
    bool solved; /* current_a is up to date with the mains and no longer starting */
    double since_s;
    double change_s; /* when to switch next; on: off, off: on at the earliest */
    struct law_state state;
    double current_a
        [WAVEFORM_POINTS]; /* from its supply's point of view; across both it flows through each leg */
};

struct loads {
    uint64_t seed;
    int legs;
    double u_ratio; /* nominal / rated voltage */
    int64_t day;    /* the sessions are of this day */
    struct load load[LOADS];
    double current_a[WAVEFORM_LEGS][WAVEFORM_POINTS]; /* the sums, of leg 2 in the direction of leg 1 */
};

/* now_s: the house's time, 0 = midnight of day 0. legs: as the mains has. */
void loads_init(struct loads *loads, double u_nominal_v, int legs, double now_s, uint64_t seed);

/* How many of load_kinds stand in the house. */
int loads_count(const struct loads *loads);

/* What a load is connected to. */
enum supply_kind loads_supply(const struct loads *loads, int load);

/* Switches what is due and brings the currents up to date for a segment of duration_s. */
void loads_step(struct loads *loads, const struct mains *mains, bool mains_changed, double now_s,
                double duration_s);

#endif
