/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise_watch.h - each channel's noise in LSB, and whether a 10-bit converter reads well with it.
 *
 * Why:     noise is what lets a coarse converter resolve less than a step (dither). Below 0.4 LSB a small current's codes
 *          hardly move and it reads wrong; above 2 LSB something disturbs. A voltage swings over hundreds of steps and
 *          dithers itself.
 * Value:   mean over at least 10 s in squares, of windows without a flag that concerns the measurement, then freed of the
 *          quantiser's own 1/12 LSB^2; absent where these are less than half of the time.
 * State:   begins at the limits above and ends 0.05 LSB above the lower, 0.2 below the upper; stays while the value is absent.
 * Threads: pure.
 */
#ifndef VATIO_FIRMWARE_NOISE_WATCH_H
#define VATIO_FIRMWARE_NOISE_WATCH_H

#include "calibration/model.h"
#include "dsp/reading.h"
#include "firmware/api/detail.h"

#include <stdbool.h>

struct noise_watch {
    int n;
    double gain[DSP_CHANNELS]; /* V/LSB or A/LSB */
    bool is_current[DSP_CHANNELS];
    double elapsed_s; /* since the last value */
    double measured_s[DSP_CHANNELS];
    double square_s[DSP_CHANNELS]; /* sum of duration times square, V^2 s or A^2 s */
    double noise_lsb[DSP_CHANNELS];
    enum detail_noise state[DSP_CHANNELS];
};

void noise_watch_init(struct noise_watch *watch, const struct topology *topology,
                      const struct calibration *calibration);

/* One window. True when values and states are new. */
bool noise_watch_add(struct noise_watch *watch, const struct reading *reading);

#endif
