/* SPDX-License-Identifier: GPL-3.0-or-later */
/* upset.h - what upsets a supply: dips, swells, interruptions, phase jumps, flicker, and the impedance and direct
 * current of what hangs on it.
 *
 * Time:    s since the start of the simulation. Segments are whole cycles: an event begins and ends with the first
 *          cycle that starts at or after its instant, and so does each change of a rectangular flicker; a sinusoidal one
 *          has a step each cycle, at the height of the cycle's middle.
 * Events:  ratios of events that overlap are multiplied, their jumps added.
 * Threads: pure after upset_init.
 */
#ifndef VATIO_HAL_SIM_UPSET_H
#define VATIO_HAL_SIM_UPSET_H

#include <stdbool.h>
#include <stddef.h>

enum { UPSET_TEXT = 193, UPSET_EVENTS = 16 };
enum upset_flicker { UPSET_RECTANGULAR, UPSET_SINUSOIDAL };

/* All zero: nothing is upset. */
struct upset_config {
    char events[UPSET_TEXT];  /* "at_s:residual_pct:duration_s:jump_deg,..."; the jump may be left out */
    char flicker[UPSET_TEXT]; /* "percent:changes per minute"; peak to peak of the mean voltage */
    int flicker_shape;        /* enum upset_flicker */
    double impedance_mohm;    /* of each leg's conductor, 0..10,000 */
    double i_dc_a;            /* in the grid current of each leg, -100..100 */
};

struct upset_event {
    double start_s, end_s, ratio, jump_rad;
};

struct upset {
    struct upset_config config;
    int n;
    struct upset_event event[UPSET_EVENTS];
    double flicker; /* half of the peak to peak, as a ratio; 0 = none */
    double flicker_hz;
};

struct upset_state {
    double ratio;    /* of the voltage to what it would be */
    double turn_rad; /* by which it leads */
};

/* -EINVAL with one sentence in error. */
int upset_init(struct upset *upset, const struct upset_config *config, char *error, size_t error_size);

/* Whether voltages change at all. */
bool upset_changes(const struct upset *upset);

/* During the cycles that start at start_s, the first of which lasts cycle_s. */
struct upset_state upset_at(const struct upset *upset, double start_s, double cycle_s);

/* How many cycles, 1..most, that state lasts. */
int upset_cycles(const struct upset *upset, double start_s, double f_hz, int most);

#endif
