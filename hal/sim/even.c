/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/even.h"

#include <math.h>
#include <string.h>

enum { NODES = 6 };
static const double jitter_share = 0.02;
static const double hole_s = 0.005;

static bool is_even(const struct recording *recording)
{
    for (int64_t n = 0; n < recording->n_samples; n++)
        if (fabs(recording->time_s[n] * recording->rate_hz - (double)n) > jitter_share)
            return false;
    return true;
}

struct even even_grid(const struct recording *recording, double rate_hz)
{
    if (is_even(recording))
        return (struct even){recording->rate_hz, recording->n_samples, true};
    double length_s = recording->time_s[recording->n_samples - 1];
    return (struct even){rate_hz, (int64_t)floor(length_s * rate_hz) + 1, false};
}

/* The polynomial through NODES samples; of two at the same instant only the first counts. */
static double lagrange(const double *t, const double *x, double at_s)
{
    double sum = 0;
    for (int k = 0; k < NODES; k++) {
        double term = x[k];
        for (int j = 0; j < NODES; j++)
            if (j != k && (t[k] < t[j] || t[k] > t[j]))
                term *= (at_s - t[j]) / (t[k] - t[j]);
            else if (j < k)
                term = 0;
        sum += term;
    }
    return sum;
}

static double line(const double *t, const double *x, double at_s)
{
    double width_s = t[1] - t[0];
    return width_s > 0 ? x[0] + (x[1] - x[0]) * (at_s - t[0]) / width_s : x[0];
}

static bool has_hole(const double *t)
{
    for (int k = 1; k < NODES; k++)
        if (t[k] - t[k - 1] > hole_s)
            return true;
    return false;
}

static void resample(const struct even *even, const struct recording *recording, const double *x,
                     double *value)
{
    const double *t = recording->time_s;
    const int64_t last = recording->n_samples - 1;
    int64_t before = 0; /* the sample at or before the instant */
    for (int64_t n = 0; n < even->n; n++) {
        double at_s = (double)n / even->rate_hz;
        while (before < last - 1 && t[before + 1] <= at_s)
            before++;
        int64_t first = before - (NODES / 2 - 1);
        first = first > last - (NODES - 1) ? last - (NODES - 1) : first;
        first = first < 0 ? 0 : first;
        if (last < NODES - 1 || has_hole(t + first))
            value[n] = line(t + before, x + before, at_s);
        else
            value[n] = lagrange(t + first, x + first, at_s);
    }
}

/* The points from..to-1 are missing. */
static void bridge(double *value, int64_t n, int64_t from, int64_t to)
{
    double left = from > 0 ? value[from - 1] : to < n ? value[to] : 0;
    double right = to < n ? value[to] : left;
    for (int64_t k = from; k < to; k++)
        value[k] = left + (right - left) * (double)(k - from + 1) / (double)(to - from + 1);
}

int64_t even_read(const struct even *even, const struct recording *recording, int channel, double *value)
{
    const double *x = recording->channel[channel].value;
    int64_t missing = 0;
    if (even->as_recorded)
        memcpy(value, x, (size_t)even->n * sizeof value[0]);
    else
        resample(even, recording, x, value);
    for (int64_t from = 0; from < even->n; from++) {
        int64_t to = from;
        while (to < even->n && isnan(value[to]))
            to++;
        if (to > from)
            bridge(value, even->n, from, to);
        missing += to - from;
        from = to;
    }
    return missing;
}
