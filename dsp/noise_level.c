/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/noise_level.h"

#include <math.h>

void noise_level_reset(struct noise_level *level)
{
    *level = (struct noise_level){0, 0};
}

double noise_level_add(struct noise_level *level, double variance, int n_bins)
{
    if (variance < 0) {
        noise_level_reset(level);
        return variance;
    }
    /* The logarithm of a mean of n scatters by 1 / sqrt n, and more evenly than the mean itself. */
    const double reach = exp(NOISE_LEVEL_REACH * sqrt((1 + 1.0 / NOISE_LEVEL_WINDOWS) / fmax(n_bins, 1)));
    if (variance > level->variance * reach || variance < level->variance / reach) {
        level->windows = 0;
    }
    level->windows += level->windows < NOISE_LEVEL_WINDOWS;
    level->variance =
        level->windows == 1 ? variance : level->variance + (variance - level->variance) / level->windows;
    return level->variance;
}
