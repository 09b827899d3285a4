/* SPDX-License-Identifier: GPL-3.0-or-later */
/* track.h - follows the mains frequency from window to window.
 *
 * Method:  the phases of a window's single cycles against the tracked phase lie on a line; its slope is the frequency, from
 *          this window's samples alone and at their Cramer-Rao bound.
 * Predict: the coming window's length follows what the bins beside the fundamental's say, less than half a harmonic away: a
 *          little noisier, but blind to interharmonics, which the line feels. What came before only adds a rate: it is the smaller of the last two changes of frequency where both go the same way, else none, so that a ramp
 *          is followed without lag and neither a step nor noise is taken for one.
 * Count:   the mean phases of successive windows count the mains' cycles between their middles, ten times better than
 *          the frequencies would; see dsp/frequency.h.
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
    double level;    /* the same by the bins beside it */
    double mean_rad; /* phase of its cosine against the tracked phase, mean over the window */
};

struct track {
    double f_low_hz; /* range of the mains */
    double f_high_hz;
    double f_hz;      /* predicted mean over the coming window */
    double rate_hz_s; /* predicted */
    double pull;      /* relative lengthening of the tracked frequency */
    bool locked;      /* the prediction follows a live voltage; else the frequency is to be found anew */
    int n_known;      /* windows in a row that were followed */
    int source;       /* the voltage that was followed */
    double cycles; /* of the mains, up to the middle of the last window; whole at its rising zero crossings */
    double last_mean_rad; /* of the last window */
    double last_bend;
    double last_s;  /* its length */
    double last_hz; /* its frequency */
    double last_change_hz_s;
};

void track_init(struct track *track, double f_nominal_hz);

/* Regresses the phase over the window on the grid of `points` a cycle. False unless two thirds of the cycles are live
 * (rms >= live_v). Where half of all are alike, those are: the edge of a dip within a cycle turns its phase. False too when their
 * phases are not in line: what is left of a dying voltage is no mains. bin: the window's
 * peak phasors up to 1.5 times the mains. */
bool track_measure(const double *grid, const struct phasor bin[], int cycles, int points, double live_v,
                   struct track_phase *phase);

/* Takes a window that was measured on the given voltage; returns the frequency of the mains over it, NaN when it is too
 * far from the prediction to have been tracked: the lock is then lost. Another voltage than the last window's changes
 * neither frequency nor prediction, and the count goes on. */
double track_add(struct track *track, const struct track_phase *phase, int source,
                 const struct window *window);

/* Takes a frequency found from nothing. */
void track_lock(struct track *track, double f_hz);

/* No live voltage: keep the last frequency. */
void track_lose(struct track *track);

#endif
