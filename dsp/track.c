/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/track.h"

#include "dsp/absent.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
static const double rate_most_hz_s = 10; /* beyond it is not mains but a fault */
static const double surprise_hz = 0.5;   /* further off than predicted: find the frequency anew */
static const double pull_gain = 0.2;     /* share of the phase error to take back in one window */
enum { CYCLES_MOST = 12 };

void track_init(struct track *track, double f_nominal_hz)
{
    *track = (struct track){
        .f_low_hz = 0.85 * f_nominal_hz, .f_high_hz = 1.15 * f_nominal_hz, .f_hz = f_nominal_hz};
}

/* Fundamental of each cycle, peak. */
static void cycle_phasors(const double *grid, int cycles, int points, struct phasor out[])
{
    const struct phasor step = {cos(2 * pi / points), -sin(2 * pi / points)};
    struct phasor turn = {2.0 / points, 0};
    for (int c = 0; c < cycles; c++) {
        out[c] = (struct phasor){0, 0};
    }
    for (int k = 0; k < points; k++) {
        for (int c = 0; c < cycles; c++) {
            double x = grid[c * points + k];
            out[c].re += x * turn.re;
            out[c].im += x * turn.im;
        }
        turn = phasor_product(turn, step);
    }
}

bool track_measure(const double *grid, int cycles, int points, double live_v, struct track_phase *phase)
{
    struct phasor cycle[CYCLES_MOST];
    cycle_phasors(grid, cycles, points, cycle);
    double n = 0;
    double s_x = 0;
    double s_xx = 0;
    double s_y = 0;
    double s_xy = 0;
    double last = 0;
    struct phasor sum = {0, 0};
    for (int c = 0; c < cycles; c++) {
        sum = phasor_sum(sum, cycle[c]);
        if (phasor_square(cycle[c]) < 2 * live_v * live_v) {
            continue;
        }
        double x = c + 0.5;
        double y = atan2(cycle[c].im, cycle[c].re);
        y = n > 0 ? last + remainder(y - last, 2 * pi) : y;
        last = y;
        n += 1;
        s_x += x;
        s_xx += x * x;
        s_y += y;
        s_xy += x * y;
    }
    if (3 * n < 2 * cycles) {
        return false;
    }
    double slope = (n * s_xy - s_x * s_y) / (n * s_xx - s_x * s_x);
    phase->slope = slope / (2 * pi);
    phase->mean_rad = atan2(sum.im, sum.re);
    return true;
}

/* Cycles from the middle of the last window to the middle of this one. The tracked phase counts a window's cycles, less
 * or more what its bend moves the mean phase; the measured phase adds what the mains ran ahead. */
static double cycles_between(const struct track *track, const struct track_phase *phase,
                             const struct window *window, double bend)
{
    double ahead = remainder(phase->mean_rad - track->last_mean_rad, 2 * pi) / (2 * pi);
    return window->cycles + track->last_bend - bend + ahead;
}

/* The frequency of the mains in the middle of the window, and its rate. */
static double estimate(struct track *track, const struct track_phase *phase, const struct window *window)
{
    const double length_s = window->duration_s;
    const double bend =
        window->rate_hz_s * length_s * length_s / 12; /* half the cycles less the mean phase */
    double f_hz = window->f_hz * (1 + phase->slope);
    if (track->n_known > 0) {
        double between_s = (track->last_s + length_s) / 2;
        double between_hz = cycles_between(track, phase, window, bend) / between_s;
        if (track->n_known > 1) {
            double apart_s = (track->last_between_s + between_s) / 2;
            double rate = (between_hz - track->last_between_hz) / apart_s;
            track->rate_hz_s = fmax(-rate_most_hz_s, fmin(rate_most_hz_s, rate));
        }
        f_hz = between_hz + track->rate_hz_s * between_s / 2;
        track->last_between_hz = between_hz;
        track->last_between_s = between_s;
    }
    track->last_mean_rad = phase->mean_rad;
    track->last_bend = bend;
    track->last_s = length_s;
    track->n_known++;
    return f_hz;
}

/* A zero crossing is where the cosine's phase is an odd multiple of a quarter turn. */
static double pull(double mean_rad, double slope, int cycles)
{
    double end_rad = mean_rad + pi * slope * cycles;
    double ahead = remainder(end_rad - pi / 2, pi) / (2 * pi);
    return fmax(-PULL_MOST, fmin(PULL_MOST, pull_gain * ahead / cycles));
}

double track_add(struct track *track, const struct track_phase *phase, int source,
                 const struct window *window)
{
    if (source != track->source) {
        track->n_known = 0;
        track->source = source;
    }
    double f_hz = estimate(track, phase, window);
    if (fabs(f_hz - track->f_hz) > surprise_hz) {
        track_lose(track);
        return ABSENT;
    }
    double next_hz = f_hz + track->rate_hz_s * window->duration_s;
    track->f_hz = fmax(track->f_low_hz, fmin(track->f_high_hz, next_hz));
    track->pull = pull(phase->mean_rad, f_hz / window->f_hz - 1, window->cycles);
    track->locked = true;
    return f_hz;
}

void track_lock(struct track *track, double f_hz)
{
    track->f_hz = f_hz;
    track_lose(track);
    track->locked = true;
}

void track_lose(struct track *track)
{
    track->rate_hz_s = 0;
    track->pull = 0;
    track->locked = false;
    track->n_known = 0;
}
