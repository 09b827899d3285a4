/* SPDX-License-Identifier: GPL-3.0-or-later */
/* window.h - one measuring window: where it starts, how its phase runs, where it ends.
 *
 * Shape:   exactly `cycles` cycles of the tracked phase u(tau) = f0 tau + rate tau^2 / 2, tau = t - start. With the mean
 *          frequency f over the window, u(T) = f T, so that T = cycles / f whatever the rate.
 * Units:   instants are whole nanoseconds plus a fraction 0..1, so that windows follow one another without a rest.
 * Threads: pure.
 */
#ifndef VATIO_DSP_WINDOW_H
#define VATIO_DSP_WINDOW_H

#include <stdint.h>

struct window {
    int64_t start_ns;
    double start_rest_ns; /* 0..1 */
    int64_t end_ns;
    double end_rest_ns;
    double duration_s;
    int cycles;
    double f_hz;      /* tracked, mean over the window */
    double f0_hz;     /* tracked, at its start */
    double rate_hz_s; /* df/dt */
};

/* Starts the first window at start_ns + rest_ns (any finite rest). */
void window_start(struct window *window, int64_t start_ns, double rest_ns);

/* Gives the window its length. The start stays. */
void window_set(struct window *window, int cycles, double f_hz, double rate_hz_s);

/* Makes it as many times its length as it takes to reach to_ns, at a steady frequency. */
void window_extend(struct window *window, int64_t to_ns);

/* The start of the next is the end of this. */
void window_next(struct window *window);

/* Seconds from the start of the window to the instant t_ns - delay_ns. */
static inline double window_tau_s(const struct window *window, int64_t t_ns, double delay_ns)
{
    return 1e-9 * ((double)(t_ns - window->start_ns) - (window->start_rest_ns + delay_ns));
}

#endif
