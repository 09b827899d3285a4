/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/lock.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
static const double step_hz = 2.5;
enum { REFINEMENTS = 6 };

/* Samples without their mean, weighted with half the distance between their neighbours: sums become integrals. Returns
 * the mean square. */
static double weigh(struct strip *strip)
{
    double area = 0;
    double length = 0;
    for (int k = 1; k < strip->n - 1; k++) {
        double width = (strip->u[k + 1] - strip->u[k - 1]) / 2;
        area += width * strip->x[k];
        length += width;
    }
    double mean = length > 0 ? area / length : 0;
    double squares = 0;
    for (int k = 0; k < strip->n; k++) {
        bool inside = k > 0 && k < strip->n - 1;
        double width = inside ? (strip->u[k + 1] - strip->u[k - 1]) / 2 : 0;
        double x = strip->x[k] - mean;
        strip->r[k] = width * x;
        squares += width * x * x;
    }
    return length > 0 ? squares / length : 0;
}

/* Peak amplitude and phase (at u = 0) of the component at f_hz within from_s..to_s. */
static struct phasor component(const struct strip *strip, double f_hz, double from_s, double to_s)
{
    struct phasor sum = {0, 0};
    const double w = 2 * pi * f_hz;
    const double hann = 2 * pi / (to_s - from_s);
    for (int k = 0; k < strip->n; k++) {
        double t = strip->u[k];
        if (t > from_s && t < to_s) {
            double weighted = strip->r[k] * (1 - cos(hann * (t - from_s)));
            sum.re += weighted * cos(w * t);
            sum.im -= weighted * sin(w * t);
        }
    }
    const double scale = 2 / (to_s - from_s);
    return (struct phasor){scale * sum.re, scale * sum.im};
}

static double coarse_hz(const struct strip *strip, double span_s, double f_low_hz, double f_high_hz)
{
    double best_hz = f_low_hz;
    double best = -1;
    for (double f_hz = f_low_hz; f_hz <= f_high_hz; f_hz += step_hz) {
        double square = phasor_square(component(strip, f_hz, 0, span_s));
        if (square > best) {
            best = square;
            best_hz = f_hz;
        }
    }
    return best_hz;
}

bool lock_find(struct strip *strip, double span_s, double f_low_hz, double f_high_hz, double live_v,
               struct tone *tone)
{
    const double half_s = span_s / 2;
    const double least = 2 * live_v * live_v;
    struct phasor first = {0, 0};
    struct phasor second = {0, 0};
    if (weigh(strip) < live_v * live_v) {
        return false; /* dead: spare the search */
    }
    double f_hz = coarse_hz(strip, span_s, f_low_hz, f_high_hz);
    for (int k = 0; k < REFINEMENTS; k++) {
        first = component(strip, f_hz, 0, half_s);
        second = component(strip, f_hz, half_s, span_s);
        double cross = second.im * first.re - second.re * first.im;
        double dot = second.re * first.re + second.im * first.im;
        f_hz += atan2(cross, dot) / (2 * pi * half_s);
    }
    tone->f_hz = f_hz;
    tone->phasor = component(strip, f_hz, 0, span_s);
    double a = phasor_square(first);
    double b = phasor_square(second);
    bool live = a >= least && b >= least;
    bool steady = fmin(a, b) >= 0.25 * fmax(a, b);
    return live && steady && f_hz >= f_low_hz && f_hz <= f_high_hz;
}
