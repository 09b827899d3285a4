/* SPDX-License-Identifier: GPL-3.0-or-later */
/* groups.h - squares of a window's bins in, harmonics, groups, subgroups and distortion factors out.
 *
 * Shape:   a window of c cycles (10 or 12); bin k is at k / c times the mains frequency, harmonic h at bin c h.
 * Signs:   a square may be below zero where noise was subtracted; its root then is too: see signed_root.h.
 * Absent:  everything above h_max, what reaches into a bin that is not there (a NaN), factors without a fundamental.
 * Source:  IEC 61000-4-7; formulas in dsp/README.md.
 * Threads: pure.
 */
#ifndef VATIO_DSP_GROUPS_H
#define VATIO_DSP_GROUPS_H

#include "dsp/reading.h"

#include <stdbool.h>

struct groups {
    double harmonic[DSP_HARMONICS + 1]; /* rms of bin c h; [0] absent here and in the next two */
    double subgroup[DSP_HARMONICS + 1]; /* with its two neighbours */
    double group[DSP_HARMONICS + 1];    /* halfway to the harmonics beside it, the bin there half to each */
    double centred[DSP_HARMONICS + 1];  /* between h and h + 1, without the neighbours of both: bins 2..c-2 */
    double between[DSP_HARMONICS + 1];  /* between h and h + 1: bins 1..c-1 */
    double thdh_pct;                    /* h = 2..h_max of the fundamental: by harmonics, subgroups, groups */
    double thds_pct;
    double thdg_pct;
    double k_factor; /* sum (h X_h)^2 / sum X_h^2 */
};

/* square: of the rms value of each bin up to c (h_max + 1) - 1. fundamental: there is one to speak of. */
void groups_measure(const double square[], int cycles, int h_max, bool fundamental, struct groups *groups);

#endif
