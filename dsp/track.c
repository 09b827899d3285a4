/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/track.h"

#include "dsp/cycle.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
static const double beta = 0.8;          /* of the alpha-beta filter */
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
static void cycle_phasors(const double *grid, int cycles, struct phasor out[])
{
    const struct phasor step = {cos(2 * pi / GRID_POINTS), -sin(2 * pi / GRID_POINTS)};
    struct phasor turn = {2.0 / GRID_POINTS, 0};
    for (int c = 0; c < cycles; c++) {
        out[c] = (struct phasor){0, 0};
    }
    for (int k = 0; k < GRID_POINTS; k++) {
        for (int c = 0; c < cycles; c++) {
            double x = grid[c * GRID_POINTS + k];
            out[c].re += x * turn.re;
            out[c].im += x * turn.im;
        }
        turn = phasor_product(turn, step);
    }
}

bool track_measure(const double *grid, int cycles, double live_v, struct track_phase *phase)
{
    struct phasor cycle[CYCLES_MOST];
    cycle_phasors(grid, cycles, cycle);
    double n = 0;
    double s_x = 0;
    double s_xx = 0;
    double s_y = 0;
    double s_xy = 0;
    double last = 0;
    for (int c = 0; c < cycles; c++) {
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
    phase->end_rad = s_y / n + slope * (cycles - s_x / n);
    return true;
}

double track_add(struct track *track, const struct track_phase *phase, double f_tracked_hz, int cycles)
{
    double f_hz = f_tracked_hz * (1 + phase->slope);
    double surprise = f_hz - track->f_hz;
    if (fabs(surprise) > surprise_hz) {
        track_lose(track);
        return NAN;
    }
    double duration_s = cycles / f_tracked_hz;
    double rate = track->rate_hz_s + beta * surprise / duration_s;
    track->rate_hz_s = fmax(-rate_most_hz_s, fmin(rate_most_hz_s, rate));
    track->locked = true;
    double next_hz = f_hz + track->rate_hz_s * duration_s;
    track->f_hz = fmax(track->f_low_hz, fmin(track->f_high_hz, next_hz));
    /* A zero crossing is where the cosine's phase is an odd multiple of a quarter. */
    double ahead = remainder(phase->end_rad - pi / 2, pi) / (2 * pi);
    double pull = pull_gain * ahead / cycles;
    track->pull = fmax(-PULL_MOST, fmin(PULL_MOST, pull));
    return f_hz;
}

void track_lock(struct track *track, double f_hz)
{
    track->f_hz = f_hz;
    track->rate_hz_s = 0;
    track->pull = 0;
    track->locked = true;
}

void track_lose(struct track *track)
{
    track->rate_hz_s = 0;
    track->pull = 0;
    track->locked = false;
}
