/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/spectrum.h"

#include "dsp/grid.h"

#include <string.h>

bool spectrum_init(struct spectrum *spectrum, int cycles, int points)
{
    int n = cycles * points;
    memset(spectrum, 0, sizeof(*spectrum));
    spectrum->cycles = cycles;
    spectrum->points = points;
    spectrum->n_grid = n;
    spectrum->grid = fftw_alloc_real((size_t)n + GRID_SPARE);
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

void spectrum_add_harmonics(struct spectrum *spectrum, const double inverse[], int h_max,
                            struct phasor harmonic[])
{
    for (int k = 0; k < spectrum->points; k++) {
        double sum = 0;
        for (int c = 0; c < spectrum->cycles; c++) {
            sum += spectrum->grid[c * spectrum->points + k];
        }
        spectrum->mean[k] = sum / spectrum->cycles;
    }
    fftw_execute(spectrum->mean_plan);
    harmonic[0].re += spectrum->mean_bin[0][0] / spectrum->points;
    for (int h = 1; h <= h_max; h++) {
        double gain = 2.0 / spectrum->points * inverse[h * spectrum->cycles];
        harmonic[h].re += gain * spectrum->mean_bin[h][0];
        harmonic[h].im += gain * spectrum->mean_bin[h][1];
    }
}

void spectrum_read(struct spectrum *spectrum, const double inverse[], int n_bins, struct phasor bin[])
{
    fftw_execute(spectrum->grid_plan);
    bin[0] = (struct phasor){spectrum->grid_bin[0][0] / spectrum->n_grid, 0};
    for (int k = 1; k < n_bins; k++) {
        double gain = 2.0 / spectrum->n_grid * inverse[k];
        bin[k] = (struct phasor){gain * spectrum->grid_bin[k][0], gain * spectrum->grid_bin[k][1]};
    }
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
