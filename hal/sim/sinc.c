/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/sinc.h"

#include <math.h>

static const double pi = 3.141592653589793;
static const double kaiser_beta = 7.86; /* side lobes 80 dB down: 0.1102 (80 - 8.7) */

/* Modified Bessel function of order 0, by its power series. */
static double bessel_i0(double x)
{
    double term = 1;
    double sum = 1;
    for (int k = 1; term > 1e-17 * sum; k++) {
        term *= x / (2 * k) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

static double weight_at(double x)
{
    const double half = SINC_TAPS / 2.0;
    if (fabs(x) >= half)
        return 0;
    double window = bessel_i0(kaiser_beta * sqrt(1 - x * x / (half * half)));
    return fabs(x) > 0 ? window * sin(pi * x) / (pi * x) : window;
}

/* Each phase's weights sum to 1, so that a steady value stays what it is between the samples too. */
void sinc_init(struct sinc *sinc)
{
    for (int phase = 0; phase <= SINC_PHASES; phase++) {
        double *weight = sinc->weight[phase];
        double sum = 0;
        for (int tap = 0; tap < SINC_TAPS; tap++) {
            weight[tap] = weight_at((double)phase / SINC_PHASES + SINC_TAPS / 2 - 1 - tap);
            sum += weight[tap];
        }
        for (int tap = 0; tap < SINC_TAPS; tap++)
            weight[tap] /= sum;
    }
}

double sinc_read(const struct sinc *sinc, const double *x, int64_t n, double position)
{
    double whole = floor(position);
    double phase = (position - whole) * SINC_PHASES;
    int row = (int)phase;
    double next = phase - row;
    const double *a = sinc->weight[row];
    const double *b = sinc->weight[row < SINC_PHASES ? row + 1 : row];
    int64_t at = ((int64_t)whole - (SINC_TAPS / 2 - 1)) % n;
    at = at < 0 ? at + n : at;
    double sum = 0;
    for (int tap = 0; tap < SINC_TAPS; tap++) {
        sum += (a[tap] + next * (b[tap] - a[tap])) * x[at];
        at = at + 1 < n ? at + 1 : 0;
    }
    return sum;
}
