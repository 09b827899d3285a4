/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise_level.h - a channel's noise over some windows: steadier than one window's, and at once at a new level.
 *
 * Why:     one window knows its noise from n bins to a share of 1 / sqrt n (8 % at 8,000 scans/s, 14 % at 4,500); taken out of all
 *          its bins, that error is most of what a channel without current shows.
 * Method:  the mean of the last NOISE_LEVEL_WINDOWS or so, until a window is so many times more or less than noise explains.
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_DSP_NOISE_LEVEL_H
#define VATIO_DSP_NOISE_LEVEL_H

enum { NOISE_LEVEL_WINDOWS = 10 };
#define NOISE_LEVEL_REACH 3.5 /* standard deviations of one window's value */

struct noise_level {
    double variance; /* of a sample */
    int windows;     /* that it is the mean of; 0 = unknown */
};

void noise_level_reset(struct noise_level *level);

/* Takes one window's variance from n_bins bins, negative = unknown; returns the level. */
double noise_level_add(struct noise_level *level, double variance, int n_bins);

#endif
