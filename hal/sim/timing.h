/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timing.h - when the simulated scans really happen, and what the driver believes about it.
 *
 * Clock:   all instants are the meter's. It runs clock_ppm fast: s of the simulation = ns / (1 + clock_ppm) after the start.
 * Gaps:    from each of its beginnings on, gap_every_ms apart (the first by seed), the meter's thread stands still for
 *          gap_ms. A wake-up that falls in is late, and known. A transfer that is hit goes on where it stopped: its later
 *          conversions happen gap_ms later. The stamps are the driver's, which knows only when the transfer began and
 *          ended: all conversions half of gap_ms later. The scan is ADC_LATE by the driver's own rule: a transfer of
 *          more than one and a half its length and 50 us, or begun more than a period after it was due.
 * SPI:     in odd seconds conversions are spi_factor as far apart, and the stamps know.
 * Random:  wake-ups and stamps from the generator that is handed over, gaps, aperture and losses from one of its own.
 * Threads: one object, one thread.
 */
#ifndef VATIO_HAL_SIM_TIMING_H
#define VATIO_HAL_SIM_TIMING_H

#include "hal/adc.h"
#include "hal/sim/noise.h"
#include "hal/sim/sim_config.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct timing {
    struct adc_plan plan;
    double jitter_ns;
    double stamp_ns;
    double aperture_ns;
    int64_t odd_spacing_ns; /* of conversions in odd seconds */
    double lose_share;
    double true_per_ns; /* s of the simulation per ns of the meter's clock */
    int64_t origin_ns;
    int64_t gap_ns; /* 0 = none */
    int64_t gap_every_ns;
    int64_t first_gap_ns;
    struct noise noise;
};

/* One scan's. */
struct timing_scan {
    int64_t first_ns; /* hold instant of the first conversion */
    int64_t spacing_ns;
    int64_t end_ns;    /* of the transfer */
    int64_t shift_ns;  /* how late conversions from first_shifted on are, */
    int first_shifted; /* plan.n = none is */
    int64_t belief_ns; /* and how late the stamps say that all are */
    bool late;
};

void timing_init(struct timing *timing, const struct adc_plan *plan, const struct sim_config *config,
                 int64_t origin_ns);

static inline double timing_s(const struct timing *timing, int64_t ns)
{
    return (double)(ns - timing->origin_ns) * timing->true_per_ns;
}

/* When the scan that read gets is due: those before it that are lost pass by. now_ns: the clock when read is called. */
int64_t timing_due_ns(struct timing *timing, int64_t due_ns, int64_t now_ns);

/* The scan that is due at due_ns, with the clock at now_ns. */
void timing_begin(struct timing *timing, struct noise *noise, int64_t due_ns, int64_t now_ns,
                  struct timing_scan *scan);

/* When conversion k really holds, in s of the simulation. */
static inline double timing_hold_s(struct timing *timing, const struct timing_scan *scan, int k)
{
    int64_t hold_ns = scan->first_ns + k * scan->spacing_ns + (k >= scan->first_shifted ? scan->shift_ns : 0);
    double hold_s = timing_s(timing, hold_ns);
    return timing->aperture_ns > 0 ? hold_s + 1e-9 * timing->aperture_ns * noise_gaussian(&timing->noise)
                                   : hold_s;
}

/* When the driver says that it did. */
static inline int64_t timing_stamp_ns(const struct timing *timing, struct noise *noise,
                                      const struct timing_scan *scan, int k)
{
    int64_t stamp_ns = scan->first_ns + k * scan->spacing_ns + scan->belief_ns;
    return timing->stamp_ns > 0 ? stamp_ns + llround(timing->stamp_ns * noise_gaussian(noise)) : stamp_ns;
}

#endif
