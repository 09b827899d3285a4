/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/probe.h"

#include <math.h>

static const double rounding_s = 1e-6; /* 50 windows of 0.2 s are 10 s, however their sum is rounded */

void probe_run(struct probe *probe, const struct rig_config *config, double settle_s, double seconds)
{
    static struct rig rig;
    struct reading reading;
    *probe = (struct probe){0};
    rig_init(&rig, config);
    rig_skip(&rig, settle_s);
    struct energy start = rig.registers.energy[0];
    int64_t clipped = rig.clipped;
    while (probe->s < seconds - rounding_s) {
        rig_read(&rig, &reading);
        const struct point_reading *point = &reading.point[0];
        probe->s += reading.duration_s;
        probe->p_w += point->p_w * reading.duration_s;
        probe->q1_var += point->q1_var * reading.duration_s;
        probe->u2_v2 += point->u_rms_v * fabs(point->u_rms_v) * reading.duration_s;
    }
    probe->p_w /= probe->s;
    probe->q1_var /= probe->s;
    probe->u2_v2 /= probe->s;
    probe->energy = energy_difference(&rig.registers.energy[0], &start);
    probe->clipped = rig.clipped - clipped;
    rig_close(&rig);
}
