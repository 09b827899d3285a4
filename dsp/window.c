/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/window.h"

#include <math.h>

/* Whole nanoseconds of at + add; the fraction is left in *rest. */
static int64_t carry(int64_t at_ns, double add_ns, double *rest_ns)
{
    double whole = floor(add_ns);
    *rest_ns = add_ns - whole;
    return at_ns + (int64_t)whole;
}

static void set_end(struct window *window)
{
    window->end_ns =
        carry(window->start_ns, window->start_rest_ns + 1e9 * window->duration_s, &window->end_rest_ns);
}

void window_start(struct window *window, int64_t start_ns, double rest_ns)
{
    window->start_ns = carry(start_ns, rest_ns, &window->start_rest_ns);
}

void window_set(struct window *window, int cycles, double f_hz, double rate_hz_s)
{
    window->cycles = cycles;
    window->f_hz = f_hz;
    window->rate_hz_s = rate_hz_s;
    window->duration_s = cycles / f_hz;
    window->f0_hz = f_hz - rate_hz_s * window->duration_s / 2;
    set_end(window);
}

void window_extend(struct window *window, int64_t to_ns)
{
    double one_s = window->cycles / window->f_hz;
    double needed_s = window_tau_s(window, to_ns, 0);
    window->duration_s = one_s * fmax(1, ceil(needed_s / one_s));
    window->f0_hz = window->f_hz;
    window->rate_hz_s = 0;
    set_end(window);
}

void window_next(struct window *window)
{
    window->start_ns = window->end_ns;
    window->start_rest_ns = window->end_rest_ns;
}
