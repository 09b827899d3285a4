/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/measure.h"

#include "dsp/grid.h"
#include "dsp/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool measure_wave_init(struct wave *wave, int cycles)
{
    int n = cycles * GRID_POINTS;
    *wave = (struct wave){.cycles = cycles};
    wave->bin = calloc((size_t)n / 2, sizeof(*wave->bin));
    wave->grid = calloc((size_t)n, sizeof(*wave->grid));
    return wave->bin != NULL && wave->grid != NULL;
}

void measure_wave_close(struct wave *wave)
{
    free(wave->bin);
    free(wave->grid);
}

bool measure_init(struct measure *measure, const struct meter_config *config, int cycles, size_t capacity)
{
    memset(measure, 0, sizeof(*measure));
    measure->n_channels = config->topology.n_channels;
    measure->scan_rate_hz = config->scan_rate_hz;
    bool complete = strip_init(&measure->strip, capacity);
    complete = cycle_init(&measure->cycle) && complete;
    complete = spectrum_init(&measure->spectrum, cycles) && complete;
    for (int k = 0; k < measure->n_channels; k++) {
        measure->channel[k].response = config->response[k];
        complete = measure_wave_init(&measure->channel[k].wave, cycles) && complete;
    }
    measure_reset(measure);
    return complete;
}

void measure_close(struct measure *measure)
{
    strip_close(&measure->strip);
    cycle_close(&measure->cycle);
    spectrum_close(&measure->spectrum);
    for (int k = 0; k < measure->n_channels; k++) {
        measure_wave_close(&measure->channel[k].wave);
    }
}

void measure_reset(struct measure *measure)
{
    for (int k = 0; k < measure->n_channels; k++) {
        halfcycle_reset(&measure->channel[k].half);
        memset(measure->channel[k].harmonic, 0, sizeof(measure->channel[k].harmonic));
    }
}

/* |1 / H| of the front end at f_hz. */
static double inverse_gain(const struct channel_response *response, double f_hz)
{
    double low = response->low_pass_hz > 0 ? f_hz / response->low_pass_hz : 0;
    return hypot(1, response->high_pass_hz / f_hz) * hypot(1, low);
}

static void refine(struct measure *measure, struct measure_channel *channel, int h_max)
{
    struct spectrum *spectrum = &measure->spectrum;
    int passes = channel->half.step ? PASSES_COLD : PASSES_WARM;
    memset(&channel->harmonic[h_max + 1], 0, (size_t)(DSP_HARMONICS - h_max) * sizeof(channel->harmonic[0]));
    for (int pass = 0; pass < passes; pass++) {
        cycle_write(&measure->cycle, channel->harmonic);
        grid_residual(&measure->strip, &measure->cycle);
        grid_write(&measure->strip, spectrum->grid, spectrum->n_grid);
        spectrum_add_harmonics(spectrum, measure->strip.spacing, h_max, channel->harmonic);
    }
    cycle_write(&measure->cycle, channel->harmonic);
    grid_residual(&measure->strip, &measure->cycle);
    grid_write(&measure->strip, spectrum->grid, spectrum->n_grid);
}

/* The whole spectrum of template and residual. */
static void resolve(struct measure *measure, struct measure_channel *channel, int h_max)
{
    struct spectrum *spectrum = &measure->spectrum;
    struct wave *wave = &channel->wave;
    spectrum_read(spectrum, measure->strip.spacing, wave->n_bins, wave->bin);
    for (int h = 0; h <= h_max; h++) {
        struct phasor *bin = &wave->bin[h * wave->cycles];
        *bin = phasor_sum(*bin, channel->harmonic[h]);
        channel->harmonic[h] = *bin;
    }
    for (int c = 0; c < wave->cycles; c++) {
        for (int k = 0; k < GRID_POINTS; k++) {
            int n = c * GRID_POINTS + k;
            wave->grid[n] = measure->cycle.table[1 + k * (TABLE_POINTS / GRID_POINTS)] + spectrum->grid[n];
        }
    }
}

/* Bins below the scan's Nyquist frequency, as far as the grid carries them. */
static int count_bins(double scan_rate_hz, double bin_hz, int n_grid)
{
    int bins = (int)ceil(scan_rate_hz / 2 / bin_hz);
    return bins < n_grid / 2 ? bins : n_grid / 2;
}

static void measure_one(struct measure *measure, struct measure_channel *channel, double f_hz)
{
    struct wave *wave = &channel->wave;
    const struct channel_response *response = &channel->response;
    const double bin_hz = f_hz / wave->cycles;
    wave->h_max = meter_h_max(measure->scan_rate_hz, f_hz);
    wave->n_bins = count_bins(measure->scan_rate_hz, bin_hz, measure->spectrum.n_grid);
    refine(measure, channel, wave->h_max);
    resolve(measure, channel, wave->h_max);
    halfcycle_add(&channel->half, wave->grid, wave->cycles, wave->bin[0].re, inverse_gain(response, f_hz));
    wave->half_min = channel->half.min;
    wave->half_max = channel->half.max;
    spectrum_undo_poles(wave->bin, wave->n_bins, bin_hz, response->high_pass_hz, response->low_pass_hz);
    wave_measure(wave);
}

bool measure_add(struct measure *measure, const struct ring *ring, const struct window *window,
                 unsigned *quality)
{
    const struct strip *strip = &measure->strip;
    const double n_grid = measure->spectrum.n_grid;
    const double hole = HOLE_PERIODS * GRID_POINTS * window->f_hz / measure->scan_rate_hz;
    const struct abscissa abscissa = {.u_first = -4 * GRID_POINTS,
                                      .scale = GRID_POINTS,
                                      .f_hz = window->f0_hz,
                                      .rate_hz_s = window->rate_hz_s,
                                      .u_end = n_grid};
    for (int k = 0; k < measure->n_channels; k++) {
        struct measure_channel *channel = &measure->channel[k];
        double delay_ns = 1e9 * channel->response.delay_s;
        strip_read(&measure->strip, ring, k, delay_ns, window, &abscissa, hole);
        *quality |= strip->missing > 0 ? QUALITY_GAP : 0;
        if (strip->widest > GRID_POINTS || strip->missing > n_grid / 2) {
            measure_reset(measure);
            return false;
        }
        measure_one(measure, channel, window->f_hz);
    }
    return true;
}

struct strip *measure_strip_s(struct measure *measure, const struct ring *ring, const struct window *window,
                              int channel)
{
    const struct abscissa seconds = {
        .u_first = 0, .scale = 1, .f_hz = 1, .rate_hz_s = 0, .u_end = window->duration_s};
    double delay_ns = 1e9 * measure->channel[channel].response.delay_s;
    strip_read(&measure->strip, ring, channel, delay_ns, window, &seconds,
               HOLE_PERIODS / measure->scan_rate_hz);
    return &measure->strip;
}
