/* SPDX-License-Identifier: GPL-3.0-or-later */
/* track.h - follows the mains frequency from window to window.
 *
 * Method:  the tracked phase never jumps, so the fundamental's phase against it, window by window, counts the cycles
 *          between the windows; three of them give frequency and rate, without lag on a steady ramp and
 *          untouched by what lies in other bins (interharmonics). The first window after a lock takes the phase's slope
 *          from cycle to cycle instead.
 * Pull:    moves the windows' edges towards the voltage's zero crossings, either slope, by at most PULL_MOST of a
 *          window's length each; that is what it may cost in P (5e-6), and far below the synchronisation error that
 *          IEC 61000-4-7 allows (0.03 %).
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_DSP_TRACK_H
#define VATIO_DSP_TRACK_H

#include "dsp/phasor.h"
#include "dsp/window.h"

#include <stdbool.h>

#define PULL_MOST 5e-6

/* What one window says about a voltage's fundamental. */
struct track_phase {
    double slope;    /* cycles per cycle by which it ran ahead of the tracked phase */
    double mean_rad; /* phase of its cosine against the tracked phase, mean over the window */
};

struct track {
    double f_low_hz; /* range of the mains */
    double f_high_hz;
    double f_hz;          /* predicted mean over the coming window */
    double rate_hz_s;     /* predicted */
    double pull;          /* relative lengthening of the tracked frequency */
    bool locked;          /* the prediction follows a live voltage; else the frequency is to be found anew */
    int n_known;          /* windows in a row that were followed */
    int source;           /* the voltage that was followed */
    double last_mean_rad; /* of the last window */
    double last_bend;
    double last_s;          /* its length */
    double last_between_hz; /* mean frequency between the middles of the last two windows */
    double last_between_s;  /* and the time between them */
};

void track_init(struct track *track, double f_nominal_hz);

/* Regresses the phase over the window on the grid of `points` a cycle. False unless two thirds of the cycles are live (rms >= live_v). */
bool track_measure(const double *grid, int cycles, int points, double live_v, struct track_phase *phase);

/* Takes a window that was measured on the given voltage; returns the frequency of the mains over it, NaN when it is too
 * far from the prediction to have been tracked: the lock is then lost. */
double track_add(struct track *track, const struct track_phase *phase, int source,
                 const struct window *window);

/* Takes a frequency found from nothing. */
void track_lock(struct track *track, double f_hz);

/* No live voltage: keep the last frequency. */
void track_lose(struct track *track);

#endif
