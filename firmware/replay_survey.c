/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/replay_survey.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { RUN = 16 };
static const double longest_spacing_s = 0.02; /* beyond a cycle of 50 Hz it is a gap, not a rate */
static const double jitter_share = 0.02;
static const double threshold_share = 0.1; /* of the rms value: below it is noise around zero */

/* Whether the run that ends at sample n has a gap; gap_at is the last sample after one. */
static bool run_has_gap(const double *time_s, int64_t n, int64_t *gap_at)
{
    if (time_s[n] - time_s[n - 1] > longest_spacing_s)
        *gap_at = n;
    return n - *gap_at < RUN;
}

void survey_rates(const struct recording *recording, double *slowest_hz, double *fastest_hz)
{
    const double *time_s = recording->time_s;
    const double mean_hz = recording->rate_hz;
    double slowest = HUGE_VAL;
    double fastest = 0;
    int64_t gap_at = -RUN;
    for (int64_t n = 1; n < recording->n_samples; n++) {
        if (run_has_gap(time_s, n, &gap_at) || n < RUN || !(time_s[n] > time_s[n - RUN]))
            continue;
        double rate_hz = RUN / (time_s[n] - time_s[n - RUN]);
        slowest = fmin(slowest, rate_hz);
        fastest = fmax(fastest, rate_hz);
    }
    bool as_mean = fabs(slowest / mean_hz - 1) < jitter_share && fabs(fastest / mean_hz - 1) < jitter_share;
    bool known = isfinite(slowest) && !as_mean;
    *slowest_hz = known ? slowest : mean_hz;
    *fastest_hz = known ? fastest : mean_hz;
}

/* Mean, and rms about it, of the values that are not missing; 0 without any. */
static void moments(const double *x, int64_t n, double *mean, double *rms)
{
    double sum = 0;
    double squares = 0;
    double there = 0;
    for (int64_t k = 0; k < n; k++) {
        sum += isnan(x[k]) ? 0 : x[k];
        there += isnan(x[k]) ? 0 : 1;
    }
    *mean = there > 0 ? sum / there : 0;
    for (int64_t k = 0; k < n; k++)
        squares += isnan(x[k]) ? 0 : (x[k] - *mean) * (x[k] - *mean);
    *rms = there > 0 ? sqrt(squares / there) : 0;
}

enum { CROSSINGS_MOST = 1024 };
struct crossings {
    int n; /* the first CROSSINGS_MOST of a recording */
    double at_s[CROSSINGS_MOST];
};

/* Rising crossings of the mean; each needs a value below -threshold before and one above it after. armed is the state at
 * the first sample. */
static void find_crossings(struct crossings *crossings, const struct recording *recording, const double *x,
                           double mean, double threshold, bool armed)
{
    crossings->n = 0;
    for (int64_t k = 0; k < recording->n_samples && crossings->n < CROSSINGS_MOST; k++) {
        double y = x[k] - mean;
        if (y < -threshold)
            armed = true;
        if (!armed || !(y > threshold))
            continue;
        armed = false;
        crossings->at_s[crossings->n++] = recording->time_s[k];
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mean of the periods that are within a fifth of their median: an interruption or a hole makes one long one. */
static double mean_period_s(const struct crossings *crossings)
{
    double period_s[CROSSINGS_MOST];
    const int n = crossings->n - 1;
    for (int k = 0; k < n; k++)
        period_s[k] = crossings->at_s[k + 1] - crossings->at_s[k];
    qsort(period_s, (size_t)n, sizeof period_s[0], compare);
    const double median_s = period_s[n / 2];
    double sum_s = 0;
    int taken = 0;
    for (int k = 0; k < n; k++)
        if (fabs(period_s[k] - median_s) <= 0.2 * median_s) {
            sum_s += period_s[k];
            taken++;
        }
    return sum_s / taken;
}

/* Whether the values end below the mean. */
static bool ends_low(const double *x, int64_t n, double mean, double threshold)
{
    bool low = false;
    for (int64_t k = 0; k < n; k++)
        low = fabs(x[k] - mean) > threshold ? x[k] < mean : low;
    return low;
}

double survey_f_hz(const struct recording *recording, int channel)
{
    const double *x = recording->channel[channel].value;
    double mean;
    double rms;
    struct crossings crossings;
    moments(x, recording->n_samples, &mean, &rms);
    const double threshold = threshold_share * rms;
    if (!(rms > 0))
        return 0;
    find_crossings(&crossings, recording, x, mean, threshold, false);
    if (crossings.n > 2) {
        const double period_s = mean_period_s(&crossings);
        return period_s > 0 ? 1 / period_s : 0;
    }
    find_crossings(&crossings, recording, x, mean, threshold,
                   ends_low(x, recording->n_samples, mean, threshold));
    return crossings.n * recording->rate_hz / (double)recording->n_samples;
}

double survey_u_v(const struct recording *recording, int channel, double f_hz)
{
    const double *x = recording->channel[channel].value;
    int64_t length = llround(recording->rate_hz / f_hz);
    length = length < recording->n_samples ? length : recording->n_samples;
    int64_t cycles = length > 0 ? recording->n_samples / length : 0;
    double *rms = cycles > 0 ? malloc((size_t)cycles * sizeof rms[0]) : NULL;
    if (rms == NULL)
        return 0;
    for (int64_t c = 0; c < cycles; c++) {
        double mean;
        moments(x + c * length, length, &mean, &rms[c]);
    }
    qsort(rms, (size_t)cycles, sizeof rms[0], compare);
    double median = rms[cycles / 2];
    free(rms);
    return median;
}
