/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/wave.h"

#include "dsp/absent.h"

#include <math.h>
#include <stdlib.h>

bool wave_init(struct wave *wave, int cycles, int points)
{
    int n = cycles * points;
    *wave = (struct wave){.cycles = cycles, .points = points, .noise_rms = ABSENT};
    wave->bin = calloc((size_t)n / 2, sizeof(*wave->bin));
    wave->noise = calloc((size_t)n / 2, sizeof(*wave->noise));
    wave->grid = calloc((size_t)n, sizeof(*wave->grid));
    return wave->bin != NULL && wave->noise != NULL && wave->grid != NULL;
}

void wave_close(struct wave *wave)
{
    free(wave->bin);
    free(wave->noise);
    free(wave->grid);
}

static double ac_square(const struct wave *wave)
{
    double sum = 0;
    for (int k = 1; k < wave->n_bins; k++) {
        sum += phasor_square(wave->bin[k]) - wave->noise[k];
    }
    return fmax(0, sum / 2);
}

static double subgroup_square(const struct wave *wave, int h)
{
    const int n = h * wave->cycles;
    const struct phasor *bin = &wave->bin[n];
    double noise = 3 * wave->noise[n];
    return (phasor_square(bin[-1]) + phasor_square(bin[0]) + phasor_square(bin[1]) - noise) / 2;
}

static double thd_pct(const struct wave *wave)
{
    double fundamental = phasor_square(wave->bin[wave->cycles]);
    if (wave->h_max < 2 || !(wave->harmonic[1] > 0.1 * wave->rms) ||
        fundamental < NOISE_CLEAR * wave->noise[wave->cycles]) {
        return ABSENT;
    }
    double sum = 0;
    for (int h = 2; h <= wave->h_max; h++) {
        sum += subgroup_square(wave, h);
    }
    return 100 * sqrt(fmax(0, sum) / subgroup_square(wave, 1));
}

/* Peak over rms, both of the grid as it is, so that the front end's gain cancels. */
static double crest(const struct wave *wave)
{
    int n = wave->cycles * wave->points;
    double sum = 0;
    double peak = 0;
    for (int k = 0; k < n; k++) {
        sum += wave->grid[k];
    }
    double mean = sum / n;
    sum = 0;
    for (int k = 0; k < n; k++) {
        double x = wave->grid[k] - mean;
        double size = fabs(x);
        peak = size > peak ? size : peak;
        sum += x * x;
    }
    return sum > 0 ? peak / sqrt(sum / n) : ABSENT;
}

void wave_measure(struct wave *wave)
{
    wave->dc = wave->bin[0].re;
    wave->rms = sqrt(ac_square(wave));
    wave->harmonic[0] = ABSENT;
    for (int h = 1; h <= DSP_HARMONICS; h++) {
        wave->harmonic[h] = h <= wave->h_max ? sqrt(phasor_square(wave->bin[h * wave->cycles]) / 2) : ABSENT;
    }
    wave->thd_pct = thd_pct(wave);
    wave->crest = crest(wave);
}

static double weighted_square(const struct wave *const wave[], const double weight[], int n, int k)
{
    struct phasor bin = {0, 0};
    double noise = 0;
    for (int w = 0; w < n; w++) {
        bin.re += weight[w] * wave[w]->bin[k].re;
        bin.im += weight[w] * wave[w]->bin[k].im;
        noise += weight[w] * weight[w] * wave[w]->noise[k];
    }
    return phasor_square(bin) - noise;
}

double wave_rms_of_sum(const struct wave *const wave[], const double weight[], int n)
{
    double sum = 0;
    for (int k = 1; k < wave[0]->n_bins; k++) {
        sum += weighted_square(wave, weight, n, k);
    }
    return sqrt(fmax(0, sum / 2));
}

void wave_add(struct wave *sum, struct signed_wave first, struct signed_wave second)
{
    const struct wave *a = first.wave;
    const struct wave *b = second.wave;
    sum->cycles = a->cycles;
    sum->n_bins = a->n_bins;
    sum->h_max = a->h_max;
    for (int k = 0; k < a->n_bins; k++) {
        sum->bin[k] = (struct phasor){first.sign * a->bin[k].re + second.sign * b->bin[k].re,
                                      first.sign * a->bin[k].im + second.sign * b->bin[k].im};
        sum->noise[k] = a->noise[k] + b->noise[k];
    }
    for (int k = 0; k < a->cycles * a->points; k++) {
        sum->grid[k] = first.sign * a->grid[k] + second.sign * b->grid[k];
    }
}
