/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/track.h"

#include "dsp/absent.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
static const double rate_most_hz_s = 10; /* beyond it is not mains but a fault */
static const double surprise_hz = 0.5;   /* further off than predicted: find the frequency anew */
static const double step_share =
    1e-3;                            /* slope and level further apart than this: the bins tell of an upset */
static const double noise_reach = 7; /* median deviations: 4.7 standard ones */
static const double scatter_most_rad = 0.2; /* of the cycles' phases, rms: beyond it is no steady tone */
static const double pull_gain = 0.2;        /* share of the phase error to take back in one window */
static const double range_slack =
    0.012; /* for a clock 1 % off and noise, where the mains stands at the range's end */
enum { CYCLES_MOST = 12, IMAGES = 2 };

void track_init(struct track *track, double f_nominal_hz)
{
    *track = (struct track){.f_low_hz = 0.85 * (1 - range_slack) * f_nominal_hz,
                            .f_high_hz = 1.15 * (1 + range_slack) * f_nominal_hz,
                            .f_hz = f_nominal_hz};
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

/* A straight line through (x, y). */
struct line {
    double n;
    double x;
    double y;
    double xx;
    double xy;
    double yy;
};

static void line_add(struct line *line, double x, double y)
{
    line->n += 1;
    line->x += x;
    line->y += y;
    line->xx += x * x;
    line->xy += x * y;
    line->yy += y * y;
}

static double line_slope(const struct line *line)
{
    return (line->n * line->xy - line->x * line->y) / (line->n * line->xx - line->x * line->x);
}

/* rms of what it leaves over. */
static double line_scatter(const struct line *line)
{
    const double slope = line_slope(line);
    const double across = line->yy - line->y * line->y / line->n;
    const double along = slope * (line->xy - line->x * line->y / line->n);
    return sqrt(fmax(0, across - along) / line->n);
}

static double median(const double value[], int n)
{
    double sorted[CYCLES_MOST];
    for (int k = 0; k < n; k++) {
        int place = k;
        for (; place > 0 && sorted[place - 1] > value[k]; place--) {
            sorted[place] = sorted[place - 1];
        }
        sorted[place] = value[k];
    }
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/* How far a cycle's square may lie from the median: 10 %, or what noise does, by the median of the deviations. */
static double likeness(const double square[], int cycles, double middle)
{
    double off[CYCLES_MOST];
    for (int c = 0; c < cycles; c++) {
        off[c] = fabs(square[c] - middle);
    }
    return fmax(0.1 * middle, noise_reach * median(off, cycles));
}

/* Which cycles the line goes through: live ones; and where half of all are left, only those that are alike in amplitude and
 * have no neighbour that is not: the edge of a dip turns the phase of its cycle. False when too few are live. */
static bool choose(const struct phasor cycle[], int cycles, double live_v, bool chosen[])
{
    double square[CYCLES_MOST] = {0};
    bool alike[CYCLES_MOST + 2];
    int n_live = 0;
    int n_alike = 0;
    for (int c = 0; c < cycles; c++) {
        square[c] = phasor_square(cycle[c]);
        chosen[c] = square[c] >= 2 * live_v * live_v;
        n_live += chosen[c];
    }
    const double middle = median(square, cycles);
    const double reach = likeness(square, cycles, middle);
    alike[0] = alike[cycles + 1] = true;
    for (int c = 0; c < cycles; c++) {
        alike[c + 1] = chosen[c] && fabs(square[c] - middle) <= reach;
    }
    for (int c = 0; c < cycles; c++) {
        n_alike += alike[c] && alike[c + 1] && alike[c + 2];
    }
    for (int c = 0; c < cycles && 2 * n_alike >= cycles; c++) {
        chosen[c] = alike[c] && alike[c + 1] && alike[c + 2];
    }
    return 3 * n_live >= 2 * cycles;
}

/* The phase's line through the chosen cycles. A tone that runs ahead by s cycles per cycle leaves z + z* s / (2 + s) of
 * itself in one cycle's transform: with the slope known the image at the negative frequency is taken off again. */
static struct line phase_line(const struct phasor cycle[], int cycles, const bool chosen[], double slope,
                              double half_point)
{
    struct line line = {0, 0, 0, 0, 0, 0};
    const double image = slope / (2 + slope);
    double last = 0;
    for (int c = 0; c < cycles; c++) {
        if (!chosen[c]) {
            continue;
        }
        double y = atan2((1 + image) * cycle[c].im, (1 - image) * cycle[c].re);
        y = line.n > 0 ? last + remainder(y - last, 2 * pi) : y;
        last = y;
        line_add(&line, c + 0.5 - half_point, y); /* the middle of its points */
    }
    return line;
}

/* A tone that runs ahead by d bins leaves -d / m of itself in the bin m beside its own, and its negative frequency d / (2 n + m)
 * of its conjugate, n being its own bin; a change of amplitude is in quadrature to both. */
static double bins_slope(const struct phasor bin[], int cycles)
{
    const struct phasor own = bin[cycles];
    const double square = phasor_square(own);
    if (!(square > 0)) {
        return 0;
    }
    const double cosine = (own.re * own.re - own.im * own.im) / square; /* of twice its phase */
    double sum = 0;
    double squares = 0;
    for (int m = 1 - cycles / 2; m < cycles / 2; m++) {
        if (m == 0) {
            continue;
        }
        const struct phasor beside = bin[cycles + m];
        const double weight = 1.0 / m - cosine / (2 * cycles + m);
        sum -= weight * (beside.re * own.re + beside.im * own.im) / square;
        squares += weight * weight;
    }
    return sum / squares / cycles;
}

bool track_measure(const double *grid, const struct phasor bin[], int cycles, int points, double live_v,
                   struct track_phase *phase)
{
    struct phasor cycle[CYCLES_MOST];
    bool chosen[CYCLES_MOST];
    cycle_phasors(grid, cycles, points, cycle);
    *phase = (struct track_phase){0, 0, 0};
    if (!choose(cycle, cycles, live_v, chosen)) {
        return false;
    }
    double scatter_rad = 0;
    for (int k = 0; k <= IMAGES; k++) {
        struct line line = phase_line(cycle, cycles, chosen, phase->slope, 0.5 / points);
        double slope = line_slope(&line);
        scatter_rad = line_scatter(&line);
        phase->slope = slope / (2 * pi);
        phase->mean_rad = remainder(line.y / line.n + slope * (0.5 * cycles - line.x / line.n), 2 * pi);
    }
    phase->level = bins_slope(bin, cycles);
    if (fmax(fabs(phase->slope), fabs(phase->level - phase->slope)) > step_share) {
        phase->level = phase->slope;
    }
    return scatter_rad < scatter_most_rad;
}

/* Cycles from the middle of the last window to the middle of this one. The tracked phase counts a window's cycles, less
 * or more what its bend moves the mean phase; the measured phase adds what the mains ran ahead. Two voltages have
 * phases of their own: between them the frequencies count. */
static double cycles_between(const struct track *track, const struct track_phase *phase, int source,
                             const struct window *window, double bend, double f_hz)
{
    if (source != track->source) {
        return (track->last_hz * track->last_s + f_hz * window->duration_s) / 2;
    }
    double ahead = remainder(phase->mean_rad - track->last_mean_rad, 2 * pi) / (2 * pi);
    return window->cycles + track->last_bend - bend + ahead;
}

static void count(struct track *track, const struct track_phase *phase, int source,
                  const struct window *window, double f_hz)
{
    const double length_s = window->duration_s;
    const double bend =
        window->rate_hz_s * length_s * length_s / 12; /* half the cycles less the mean phase */
    if (track->n_known > 0) {
        track->cycles += cycles_between(track, phase, source, window, bend, f_hz);
    } else {
        track->cycles = window->cycles / 2.0 - bend + phase->mean_rad / (2 * pi) + 0.25;
    }
    track->source = source;
    track->last_mean_rad = phase->mean_rad;
    track->last_bend = bend;
}

static double smaller_of_like_sign(double a, double b)
{
    if (a * b <= 0) {
        return 0;
    }
    return fabs(a) < fabs(b) ? a : b;
}

/* The rate to expect: see the header. */
static double rate(struct track *track, const struct window *window, double f_hz)
{
    double expected = 0;
    if (track->n_known > 0) {
        double change = (f_hz - track->last_hz) / ((track->last_s + window->duration_s) / 2);
        expected = track->n_known > 1 ? smaller_of_like_sign(change, track->last_change_hz_s) : 0;
        track->last_change_hz_s = change;
    }
    track->last_hz = f_hz;
    track->last_s = window->duration_s;
    return fmax(-rate_most_hz_s, fmin(rate_most_hz_s, expected));
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
    double f_hz = window->f_hz * (1 + phase->slope);
    if (fabs(f_hz - track->f_hz) > surprise_hz) {
        track_lose(track);
        return ABSENT;
    }
    const double level_hz = window->f_hz * (1 + phase->level);
    count(track, phase, source, window, level_hz);
    track->rate_hz_s = rate(track, window, level_hz);
    track->n_known++;
    double next_s = window->cycles / (level_hz + track->rate_hz_s * window->duration_s);
    double next_hz =
        level_hz + track->rate_hz_s * (window->duration_s + next_s) / 2; /* from middle to middle */
    track->f_hz = fmax(track->f_low_hz, fmin(track->f_high_hz, next_hz));
    track->pull = pull(phase->mean_rad, phase->level, window->cycles);
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
