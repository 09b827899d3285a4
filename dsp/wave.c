/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/wave.h"

#include "dsp/absent.h"
#include "dsp/signed_root.h"

#include <math.h>
#include <stdlib.h>

/* Sums run in two or four lanes, so that no addition waits for the one before. */
struct lane {
    double square;
    double noise;
};

struct peak {
    double most;
    double square;
};

bool wave_init(struct wave *wave, int cycles, int points)
{
    int n = cycles * points;
    *wave = (struct wave){.cycles = cycles, .points = points, .noise_rms = ABSENT};
    wave->bin = calloc((size_t)n / 2, sizeof(*wave->bin));
    wave->noise = calloc((size_t)n / 2, sizeof(*wave->noise));
    wave->square = calloc((size_t)n / 2, sizeof(*wave->square));
    wave->grid = calloc((size_t)n, sizeof(*wave->grid));
    return wave->bin != NULL && wave->noise != NULL && wave->square != NULL && wave->grid != NULL;
}

void wave_close(struct wave *wave)
{
    free(wave->bin);
    free(wave->noise);
    free(wave->square);
    free(wave->grid);
}

static inline void measure_square(struct wave *wave, int k, struct lane *lane)
{
    const double square = (phasor_square(wave->bin[k]) - wave->noise[k]) / 2;
    wave->square[k] = square;
    lane->square += square;
    lane->noise += wave->noise[k];
}

/* Squares and noise of the AC bins, and their sums; what lies beyond, as far as groups may reach, is absent. */
static double measure_squares(struct wave *wave)
{
    struct lane odd = {0, 0};
    struct lane even = {0, 0};
    wave->square[0] = 0;
    int k = 1;
    for (; k + 1 < wave->n_bins; k += 2) {
        measure_square(wave, k, &odd);
        measure_square(wave, k + 1, &even);
    }
    for (; k < wave->n_bins; k++) {
        measure_square(wave, k, &odd);
    }
    for (; k < (wave->h_max + 1) * wave->cycles; k++) {
        wave->square[k] = ABSENT;
    }
    wave->noise_sum = odd.noise + even.noise;
    return odd.square + even.square;
}

static inline void take_point(double x, struct peak *peak)
{
    const double size = fabs(x);
    peak->most = size > peak->most ? size : peak->most;
    peak->square += x * x;
}

/* Peak over rms, both of the grid as it is, so that the front end's gain cancels. */
static double crest(const struct wave *wave)
{
    const int n = wave->cycles * wave->points; /* a multiple of four */
    const double *x = wave->grid;
    struct peak a = {0, 0};
    struct peak b = {0, 0};
    struct peak c = {0, 0};
    struct peak d = {0, 0};
    for (int k = 0; k < n; k += 4) {
        take_point(x[k] - wave->dc, &a);
        take_point(x[k + 1] - wave->dc, &b);
        take_point(x[k + 2] - wave->dc, &c);
        take_point(x[k + 3] - wave->dc, &d);
    }
    const double square = (a.square + b.square) + (c.square + d.square);
    const double most = fmax(fmax(a.most, b.most), fmax(c.most, d.most));
    return square > 0 ? most / sqrt(square / n) : ABSENT;
}

static bool has_fundamental(const struct wave *wave, double ac_square)
{
    if (wave->h_max < 1) {
        return false;
    }
    const double one = wave->square[wave->cycles];
    return one > 0.01 * ac_square &&
           phasor_square(wave->bin[wave->cycles]) >= NOISE_CLEAR * wave->noise[wave->cycles];
}

void wave_measure(struct wave *wave)
{
    const double ac_square = measure_squares(wave);
    wave->dc = wave->bin[0].re;
    wave->rms = signed_root(ac_square);
    wave->rest = wave->h_max >= 1 ? signed_root(ac_square - wave->square[wave->cycles]) : ABSENT;
    groups_measure(wave->square, wave->cycles, wave->h_max, has_fundamental(wave, ac_square), &wave->groups);
    wave->crest = crest(wave);
}

double wave_rms_of_sum(const struct wave *const wave[], const double weight[], int n)
{
    double sum = 0;
    for (int k = 1; k < wave[0]->n_bins; k++) {
        struct phasor bin = {0, 0};
        for (int w = 0; w < n; w++) {
            bin.re += weight[w] * wave[w]->bin[k].re;
            bin.im += weight[w] * wave[w]->bin[k].im;
        }
        sum += phasor_square(bin);
    }
    for (int w = 0; w < n; w++) {
        sum -= weight[w] * weight[w] * wave[w]->noise_sum;
    }
    return signed_root(sum / 2);
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
