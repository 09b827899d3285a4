/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/timing.h"

#include "hal/mcp3008.h"

#include <math.h>

static const double ns_per_ms = 1e6;
static const int64_t ns_per_s = 1000000000;

void timing_init(struct timing *timing, const struct adc_plan *plan, const struct sim_config *config,
                 int64_t origin_ns)
{
    *timing = (struct timing){
        .plan = *plan,
        .jitter_ns = config->jitter_ns,
        .stamp_ns = config->stamp_ns,
        .aperture_ns = config->aperture_ns,
        .odd_spacing_ns =
            llround(plan->conversion_spacing_ns * (config->spi_factor > 0 ? config->spi_factor : 1)),
        .lose_share = fmin(config->lose_share, 0.9),
        .true_per_ns = 1e-9 / (1 + config->clock_ppm * 1e-6),
        .origin_ns = origin_ns,
    };
    noise_init(&timing->noise, config->seed ^ UINT64_C(0x74696d696e67)); /* "timing" */
    if (config->gap_ms > 0 && config->gap_every_ms > config->gap_ms) {
        timing->gap_ns = llround(config->gap_ms * ns_per_ms);
        timing->gap_every_ns = llround(config->gap_every_ms * ns_per_ms);
        timing->first_gap_ns =
            origin_ns + llround(noise_uniform(&timing->noise) * config->gap_every_ms * ns_per_ms);
    }
}

/* The beginning of the last gap that began before or at an instant. */
static int64_t last_gap_ns(const struct timing *timing, int64_t ns)
{
    int64_t after_ns = ns - timing->first_gap_ns;
    return after_ns < 0 ? INT64_MIN / 2
                        : timing->first_gap_ns + after_ns / timing->gap_every_ns * timing->gap_every_ns;
}

int64_t timing_due_ns(struct timing *timing, int64_t due_ns, int64_t now_ns)
{
    while (timing->lose_share > 0 && noise_uniform(&timing->noise) < timing->lose_share) {
        due_ns = (due_ns > now_ns ? due_ns : now_ns) + timing->plan.period_ns;
    }
    return due_ns;
}

static int64_t wake_up_ns(const struct timing *timing, struct noise *noise, int64_t now_ns)
{
    if (timing->jitter_ns > 0) {
        now_ns += (int64_t)(timing->jitter_ns * fabs(noise_gaussian(noise)));
    }
    if (timing->gap_ns > 0) {
        int64_t end_ns = last_gap_ns(timing, now_ns) + timing->gap_ns;
        now_ns = end_ns > now_ns ? end_ns : now_ns;
    }
    return now_ns;
}

static int64_t spacing_ns(const struct timing *timing, int64_t start_ns)
{
    if (timing->odd_spacing_ns == timing->plan.conversion_spacing_ns) {
        return timing->odd_spacing_ns; /* spares a scan its divisions */
    }
    bool odd = (start_ns - timing->origin_ns) / ns_per_s % 2 != 0;
    return odd ? timing->odd_spacing_ns : timing->plan.conversion_spacing_ns;
}

/* As adc_spidev reckons it; a plan that states no SPI clock has a spacing all the same. */
static int64_t transfer_ns(const struct adc_plan *plan)
{
    int64_t last_ns = plan->clock_hz > 0 ? (MCP3008_CLOCKS - MCP3008_HOLD_CLOCK) * ns_per_s / plan->clock_hz
                                         : plan->conversion_spacing_ns;
    return plan->hold_offset_ns + (int64_t)(plan->n - 1) * plan->conversion_spacing_ns + last_ns;
}

/* A gap that begins within the transfer. */
static void interrupt(const struct timing *timing, struct timing_scan *scan, int64_t start_ns)
{
    int64_t gap_ns = last_gap_ns(timing, scan->end_ns);
    if (gap_ns < start_ns) {
        return;
    }
    scan->first_shifted = 0;
    while (scan->first_shifted < timing->plan.n &&
           scan->first_ns + scan->first_shifted * scan->spacing_ns < gap_ns) {
        scan->first_shifted++;
    }
    scan->shift_ns = timing->gap_ns;
    scan->belief_ns = timing->gap_ns / 2;
    scan->end_ns += timing->gap_ns;
}

void timing_begin(struct timing *timing, struct noise *noise, int64_t due_ns, int64_t now_ns,
                  struct timing_scan *scan)
{
    const struct adc_plan *plan = &timing->plan;
    int64_t start_ns = wake_up_ns(timing, noise, now_ns);
    /* Field by field: a struct put together and copied costs as much as a conversion. */
    scan->first_ns = start_ns + plan->hold_offset_ns;
    scan->spacing_ns = spacing_ns(timing, start_ns);
    scan->shift_ns = 0;
    scan->first_shifted = plan->n;
    scan->belief_ns = 0;
    scan->late = false;
    /* One spacing after the last hold, which is longer than the last frame's own clocks. */
    scan->end_ns = scan->first_ns + plan->n * scan->spacing_ns;
    if (timing->gap_ns > 0) {
        interrupt(timing, scan, start_ns);
        int64_t nominal_ns = transfer_ns(plan);
        scan->late =
            nominal_ns + scan->shift_ns > nominal_ns * 3 / 2 + 50000 || start_ns - due_ns > plan->period_ns;
    }
}
