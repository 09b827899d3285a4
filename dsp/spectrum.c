/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/spectrum.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

bool spectrum_init(struct spectrum *spectrum, int cycles, int points)
{
    int n = cycles * points;
    memset(spectrum, 0, sizeof(*spectrum));
    spectrum->cycles = cycles;
    spectrum->points = points;
    spectrum->n_grid = n;
    spectrum->grid = fftw_alloc_real((size_t)n);
    spectrum->grid_bin = fftw_alloc_complex((size_t)n / 2 + 1);
    spectrum->mean = fftw_alloc_real((size_t)points);
    spectrum->mean_bin = fftw_alloc_complex((size_t)points / 2 + 1);
    if (spectrum->grid == NULL || spectrum->grid_bin == NULL || spectrum->mean == NULL ||
        spectrum->mean_bin == NULL) {
        return false;
    }
    spectrum->grid_plan = fftw_plan_dft_r2c_1d(n, spectrum->grid, spectrum->grid_bin, FFTW_ESTIMATE);
    spectrum->mean_plan = fftw_plan_dft_r2c_1d(points, spectrum->mean, spectrum->mean_bin, FFTW_ESTIMATE);
    return spectrum->grid_plan != NULL && spectrum->mean_plan != NULL;
}

void spectrum_close(struct spectrum *spectrum)
{
    if (spectrum->grid_plan != NULL) {
        fftw_destroy_plan(spectrum->grid_plan);
    }
    if (spectrum->mean_plan != NULL) {
        fftw_destroy_plan(spectrum->mean_plan);
    }
    fftw_free(spectrum->grid);
    fftw_free(spectrum->grid_bin);
    fftw_free(spectrum->mean);
    fftw_free(spectrum->mean_bin);
}

/* Transform to peak phasors, equalised. turn is pi times the samples' spacing over the transform's length, so that
 * sinc(f d) of bin k is sin(k turn) / (k turn); the sine comes from turning a unit phasor. */
static void equalise(fftw_complex *from, int length, double spacing, int n_bins, struct phasor to[])
{
    const double turn = fmax(pi * spacing / length, 1e-12);
    const struct phasor step = {cos(turn), sin(turn)};
    struct phasor angle = {1, 0};
    to[0] = (struct phasor){from[0][0] / length, 0};
    for (int k = 1; k < n_bins; k++) {
        angle = phasor_product(angle, step);
        double sinc = angle.im / (k * turn);
        double gain = 2.0 / length / fmax(sinc * sinc, 1 / EQUALISER_MOST);
        to[k] = (struct phasor){gain * from[k][0], gain * from[k][1]};
    }
}

void spectrum_add_harmonics(struct spectrum *spectrum, double spacing, int h_max, struct phasor harmonic[])
{
    struct phasor correction[DSP_HARMONICS + 1];
    for (int k = 0; k < spectrum->points; k++) {
        double sum = 0;
        for (int c = 0; c < spectrum->cycles; c++) {
            sum += spectrum->grid[c * spectrum->points + k];
        }
        spectrum->mean[k] = sum / spectrum->cycles;
    }
    fftw_execute(spectrum->mean_plan);
    equalise(spectrum->mean_bin, spectrum->points, spacing, h_max + 1, correction);
    for (int h = 0; h <= h_max; h++) {
        harmonic[h] = phasor_sum(harmonic[h], correction[h]);
    }
}

void spectrum_read(struct spectrum *spectrum, double spacing, int n_bins, struct phasor bin[])
{
    fftw_execute(spectrum->grid_plan);
    equalise(spectrum->grid_bin, spectrum->n_grid, spacing, n_bins, bin);
}

double spectrum_noise(const struct phasor bin[], int first, int n_bins, int cycles)
{
    double sum = 0;
    int n = 0;
    for (int k = first; k < n_bins; k++) {
        int apart = k % cycles;
        if (apart > 1 && apart < cycles - 1) {
            sum += phasor_square(bin[k]);
            n++;
        }
    }
    return n >= NOISE_BINS_LEAST ? sum / n : 0;
}

void spectrum_undo_poles(struct phasor bin[], int n_bins, double bin_hz, double high_pass_hz,
                         double low_pass_hz)
{
    const double high = high_pass_hz / bin_hz;
    const double low = low_pass_hz > 0 ? bin_hz / low_pass_hz : 0;
    for (int k = 1; k < n_bins; k++) {
        struct phasor inverse = {1 + high * low, k * low - high / k};
        bin[k] = phasor_product(bin[k], inverse);
    }
}
