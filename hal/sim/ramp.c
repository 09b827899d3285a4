/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/ramp.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

int ramp_check(const struct ramp *ramp, double f_hz, int cycles, char *error, size_t error_size)
{
    double low_hz = ramp->low_hz, high_hz = ramp->high_hz;
    if (f_hz < low_hz || f_hz > high_hz) {
        snprintf(error, error_size, "f_hz: expected f_low_hz..f_high_hz, %g..%g, with a ramp, got %g", low_hz,
                 high_hz, f_hz);
        return -EINVAL;
    }
    /* Room for a segment in each direction. */
    if (high_hz * high_hz - low_hz * low_hz < 4 * cycles * fabs(ramp->rate_hz_s)) {
        snprintf(error, error_size, "f_rate_hz_s: expected a slower ramp or more room than %g..%g Hz, got %g",
                 low_hz, high_hz, ramp->rate_hz_s);
        return -EINVAL;
    }
    return 0;
}

static double end_squared(double f_hz, double rate_hz_s, int cycles)
{
    return f_hz * f_hz + 2 * rate_hz_s * cycles;
}

double ramp_next(struct ramp *ramp, double f_hz, int cycles)
{
    double squared = end_squared(f_hz, ramp->rate_hz_s, cycles);
    bool leaves =
        ramp->rate_hz_s > 0 ? squared > ramp->high_hz * ramp->high_hz : squared < ramp->low_hz * ramp->low_hz;
    ramp->rate_hz_s = leaves ? -ramp->rate_hz_s : ramp->rate_hz_s;
    return ramp->rate_hz_s;
}

double ramp_s(double f_hz, double rate_hz_s, int cycles)
{
    return 2 * cycles / (f_hz + sqrt(end_squared(f_hz, rate_hz_s, cycles)));
}
