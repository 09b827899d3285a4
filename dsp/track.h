/* SPDX-License-Identifier: GPL-3.0-or-later */
/* track.h - follows the mains frequency from window to window.
 *
 * Method:  the fundamental's phase, cycle by cycle, regressed over the window, corrects the frequency; an alpha-beta
 *          filter (alpha 1) predicts the next window's mean frequency and its rate, without lag on a steady ramp. A weak
 *          pull moves the windows' edges towards the voltage's zero crossings, either slope, by at most PULL_MOST of a
 *          window's length each, a fifteenth of the synchronisation error that IEC 61000-4-7 allows (0.03 %).
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_DSP_TRACK_H
#define VATIO_DSP_TRACK_H

#include "dsp/phasor.h"

#include <stdbool.h>

#define PULL_MOST 2e-5

struct track {
    double f_low_hz; /* range of the mains */
    double f_high_hz;
    double f_hz;      /* predicted mean over the coming window */
    double rate_hz_s; /* predicted */
    double pull;      /* relative lengthening of the tracked frequency */
    bool locked;      /* the prediction follows a live voltage; else the frequency is to be found anew */
};

/* What one window says about a voltage's fundamental. */
struct track_phase {
    double slope; /* cycles per cycle by which it ran ahead of the tracked phase */
    double
        end_rad; /* phase of its cosine at the end of the window, reduced to what lies beyond a whole cycle */
};

void track_init(struct track *track, double f_nominal_hz);

/* Regresses the phase over the window on the grid. False unless two thirds of the cycles are live (rms >= live_v). */
bool track_measure(const double *grid, int cycles, double live_v, struct track_phase *phase);

/* Takes a measured window of the given tracked mean frequency; returns the frequency of the mains over it, NaN when it
 * is too far from the prediction to have been tracked: the lock is then lost. */
double track_add(struct track *track, const struct track_phase *phase, double f_tracked_hz, int cycles);

/* Takes a frequency found from nothing. */
void track_lock(struct track *track, double f_hz);

/* No live voltage: keep the last frequency. */
void track_lose(struct track *track);

#endif
