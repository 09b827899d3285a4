/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe.h - one rig run for a while, and what it read on average.
 *
 * Threads: as the rig's; a rig is made and closed by each call.
 */
#ifndef VATIO_ACCURACY_PROBE_H
#define VATIO_ACCURACY_PROBE_H

#include "tests/accuracy/rig.h"

struct probe {
    double s;
    double p_w, q1_var;   /* time-weighted means of the first point */
    double u2_v2;         /* mean square of u_rms_v */
    struct energy energy; /* that the registers took up */
    int64_t clipped;
};

/* After settle_s, whole windows for at least seconds. */
void probe_run(struct probe *probe, const struct rig_config *config, double settle_s, double seconds);

#endif
