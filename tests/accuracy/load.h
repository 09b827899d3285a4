/* SPDX-License-Identifier: GPL-3.0-or-later */
/* load.h - what is true of a steady load, from its settings alone: IEEE 1459 quantities of sums of sines.
 *
 * Threads: pure.
 */
#ifndef VATIO_ACCURACY_LOAD_H
#define VATIO_ACCURACY_LOAD_H

#include "hal/sim/steady.h"

enum { LOAD_HARMONICS = 255 };

struct load {
    double u_h_v[LOAD_HARMONICS + 1]; /* rms; [0] unused */
    double i_h_a[LOAD_HARMONICS + 1];
    double u_deg[LOAD_HARMONICS + 1];
    double i_deg[LOAD_HARMONICS + 1];
    double u_rms_v, i_rms_a, p_w, p1_w, q1_var, s_va;
};

/* Of leg 1 on grid. */
void load_of(struct load *load, const struct steady_config *steady);

/* Gives the load the harmonics of one of `sets` parts of 2..50, each of so many percent, with angles of all sizes. */
void load_rich(struct steady_config *steady, int set, int sets, double u_pct, double i_pct);

#endif
