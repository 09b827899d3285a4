/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shape.h - currents of the influence tests: half waves, phase-fired waves and bursts cut out of a sine.
 *
 * Size:    peak is that of the sine they are cut from. The corners are those of the Fourier series up to HARMONICS_MAX:
 *          a table of points would fold what lies above into harmonics that the wave has not.
 * Source:  the series in hal/sim/README.md.
 */
#ifndef VATIO_HAL_SIM_SHAPE_H
#define VATIO_HAL_SIM_SHAPE_H

#include "hal/sim/waveform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shape_kind {
    SHAPE_SINE,
    SHAPE_HALF_WAVE,   /* the positive half waves: direct current and even harmonics */
    SHAPE_BURST,       /* some cycles on, some off */
    SHAPE_PHASE_FIRED, /* each half wave from fired_deg to its end: odd harmonics */
};

struct shape_config {
    int kind;           /* enum shape_kind */
    double fired_deg;   /* 0..180, of the phase-fired wave */
    int64_t on_cycles;  /* of the burst, >= 1 */
    int64_t off_cycles; /* >= 1 */
};

/* -EINVAL with one sentence in error. */
int shape_check(const struct shape_config *config, char *error, size_t error_size);

/* table += the shape cut from peak sin(x + angle_rad); a burst is a whole sine here. */
void shape_add(double *table, double peak, double angle_rad, const struct shape_config *config);

/* Whether current flows in a cycle, counted from 0, and for how many cycles, that one included, it stays so: 1..most. */
bool shape_is_on(const struct shape_config *config, int64_t cycle);
int shape_cycles(const struct shape_config *config, int64_t cycle, int most);

#endif
