/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/analysis.h"

#include "dsp/absent.h"
#include "dsp/grid.h"
#include "dsp/quality.h"

#include <math.h>
#include <string.h>

bool analysis_init(struct analysis *analysis, const struct meter_config *config, int cycles, int grid_points,
                   size_t capacity)
{
    memset(analysis, 0, sizeof(*analysis));
    analysis->n_channels = config->topology.n_channels;
    analysis->scan_rate_hz = meter_signal_rate(config);
    bool complete = strip_init(&analysis->strip, capacity);
    complete = cycle_init(&analysis->cycle, grid_points) && complete;
    complete = spectrum_init(&analysis->spectrum, cycles, grid_points) && complete;
    complete = lines_init(&analysis->shared, cycles * grid_points) && complete;
    complete = lines_init(&analysis->own, cycles * grid_points) && complete;
    for (int k = 0; k < analysis->n_channels; k++) {
        analysis->channel[k].response = config->response[k];
        complete = wave_init(&analysis->channel[k].wave, cycles, grid_points) && complete;
    }
    analysis_reset(analysis);
    return complete;
}

void analysis_close(struct analysis *analysis)
{
    strip_close(&analysis->strip);
    cycle_close(&analysis->cycle);
    spectrum_close(&analysis->spectrum);
    lines_close(&analysis->shared);
    lines_close(&analysis->own);
    for (int k = 0; k < analysis->n_channels; k++) {
        wave_close(&analysis->channel[k].wave);
    }
}

void analysis_reset(struct analysis *analysis)
{
    for (int k = 0; k < analysis->n_channels; k++) {
        halfcycle_reset(&analysis->channel[k].half);
        memset(analysis->channel[k].harmonic, 0, sizeof(analysis->channel[k].harmonic));
    }
}

/* |1 / H| of the front end at f_hz. */
static double inverse_gain(const struct channel_response *response, double f_hz)
{
    double low = response->low_pass_hz > 0 ? f_hz / response->low_pass_hz : 0;
    return hypot(1, response->high_pass_hz / f_hz) * hypot(1, low);
}

/* What straight lines do to the strip: the window's first strip's lines, as long as the others are of the same scans. */
static const struct lines *measure_lines(struct analysis *analysis, int n_bins, int h_max, double f_hz,
                                         bool first)
{
    const double period = analysis->spectrum.points * f_hz / analysis->scan_rate_hz;
    struct lines *lines = &analysis->shared;
    if (!first && lines_fit(lines, &analysis->strip, n_bins)) {
        return lines;
    }
    lines = first ? lines : &analysis->own;
    lines_add(lines, &analysis->strip, period, n_bins, h_max);
    return lines;
}

static void refine(struct analysis *analysis, struct analysis_channel *channel, int h_max,
                   const double inverse[])
{
    struct spectrum *spectrum = &analysis->spectrum;
    int passes = channel->half.step ? PASSES_COLD : PASSES_WARM;
    memset(&channel->harmonic[h_max + 1], 0, (size_t)(DSP_HARMONICS - h_max) * sizeof(channel->harmonic[0]));
    for (int pass = 0; pass < passes; pass++) {
        cycle_write(&analysis->cycle, channel->harmonic);
        grid_residual(&analysis->strip, &analysis->cycle);
        grid_write(&analysis->strip, spectrum->grid, spectrum->n_grid);
        spectrum_add_harmonics(spectrum, inverse, h_max, channel->harmonic);
    }
    cycle_write(&analysis->cycle, channel->harmonic);
    grid_residual(&analysis->strip, &analysis->cycle);
    grid_write(&analysis->strip, spectrum->grid, spectrum->n_grid);
}

/* The whole spectrum of template and residual. */
static void resolve(struct analysis *analysis, struct analysis_channel *channel, int h_max,
                    const double inverse[])
{
    struct spectrum *spectrum = &analysis->spectrum;
    struct wave *wave = &channel->wave;
    spectrum_read(spectrum, inverse, wave->n_bins, wave->bin);
    for (int h = 0; h <= h_max; h++) {
        struct phasor *bin = &wave->bin[h * wave->cycles];
        *bin = phasor_sum(*bin, channel->harmonic[h]);
        channel->harmonic[h] = *bin;
    }
    for (int c = 0; c < wave->cycles; c++) {
        for (int k = 0; k < wave->points; k++) {
            int n = c * wave->points + k;
            wave->grid[n] = analysis->cycle.table[1 + k * analysis->cycle.per_point] + spectrum->grid[n];
        }
    }
}

/* Bins below the scan's Nyquist frequency, as far as the grid carries them. */
static int count_bins(double scan_rate_hz, double bin_hz, int n_grid)
{
    int bins = (int)ceil(scan_rate_hz / 2 / bin_hz);
    return bins < n_grid / 2 ? bins : n_grid / 2;
}

/* The noise of one sample, and from it of each bin, as the front end's inverse leaves it. */
static void set_noise(struct wave *wave, const struct lines *lines, const struct channel_response *response,
                      double bin_hz)
{
    const double high = response->high_pass_hz / bin_hz;
    const double low = response->low_pass_hz > 0 ? bin_hz / response->low_pass_hz : 0;
    const int first = wave->h_max * wave->cycles + wave->cycles / 2;
    const double variance = lines_variance(lines, wave->bin, first, wave->cycles);
    const double known = fmax(variance, 0);
    wave->noise_rms = variance >= 0 ? sqrt(variance) : ABSENT;
    for (int k = 1; k < wave->n_bins; k++) {
        double square = (double)k * k;
        double poles = (1 + high * high / square) * (1 + low * low * square);
        wave->noise[k] = known * lines->noise[k] * poles;
    }
}

static void analysis_one(struct analysis *analysis, struct analysis_channel *channel, double f_hz, bool first)
{
    struct wave *wave = &channel->wave;
    const struct channel_response *response = &channel->response;
    const double bin_hz = f_hz / wave->cycles;
    wave->h_max = meter_h_max(analysis->scan_rate_hz, f_hz);
    wave->n_bins = count_bins(analysis->scan_rate_hz, bin_hz, analysis->spectrum.n_grid);
    const struct lines *lines = measure_lines(analysis, wave->n_bins, wave->h_max, f_hz, first);
    refine(analysis, channel, wave->h_max, lines->inverse);
    resolve(analysis, channel, wave->h_max, lines->inverse);
    halfcycle_add(&channel->half, wave->grid, wave->cycles, wave->points, wave->bin[0].re,
                  inverse_gain(response, f_hz));
    wave->half_min = channel->half.min;
    wave->half_max = channel->half.max;
    set_noise(wave, lines, response, bin_hz);
    spectrum_undo_poles(wave->bin, wave->n_bins, bin_hz, response->high_pass_hz, response->low_pass_hz);
    wave_measure(wave);
}

static double hole_s(double scan_rate_hz, double f_hz)
{
    return fmin(HOLE_PERIODS / scan_rate_hz, HOLE_CYCLES / f_hz);
}

/* The channel that a scan holds first, whatever its number: channels may be exchanged without a digit's change. */
static int first_held(const struct analysis *analysis, const struct ring *ring)
{
    int first = 0;
    for (int k = 1; k < analysis->n_channels; k++) {
        if (ring_hold_ns(ring, k, ring->tail) < ring_hold_ns(ring, first, ring->tail)) {
            first = k;
        }
    }
    return first;
}

bool analysis_add(struct analysis *analysis, const struct ring *ring, const struct window *window,
                  unsigned *quality)
{
    const struct strip *strip = &analysis->strip;
    const double n_grid = analysis->spectrum.n_grid;
    const int points = analysis->spectrum.points;
    const double hole = points * window->f_hz * hole_s(analysis->scan_rate_hz, window->f_hz);
    const struct abscissa abscissa = {.u_first = -4 * points,
                                      .scale = points,
                                      .f_hz = window->f0_hz,
                                      .rate_hz_s = window->rate_hz_s,
                                      .u_end = n_grid};
    const int first = first_held(analysis, ring);
    for (int n = 0; n < analysis->n_channels; n++) {
        int k = (first + n) % analysis->n_channels;
        struct analysis_channel *channel = &analysis->channel[k];
        double delay_ns = 1e9 * channel->response.delay_s;
        strip_read(&analysis->strip, ring, k, delay_ns, window, &abscissa, hole);
        *quality |= strip->missing > 0 ? QUALITY_GAP : 0;
        if (strip->widest > points || strip->missing > n_grid / 2) {
            analysis_reset(analysis);
            return false;
        }
        analysis_one(analysis, channel, window->f_hz, n == 0);
    }
    return true;
}

struct strip *analysis_strip_s(struct analysis *analysis, const struct ring *ring,
                               const struct window *window, int channel)
{
    const struct abscissa seconds = {
        .u_first = 0, .scale = 1, .f_hz = 1, .rate_hz_s = 0, .u_end = window->duration_s};
    double delay_ns = 1e9 * analysis->channel[channel].response.delay_s;
    strip_read(&analysis->strip, ring, channel, delay_ns, window, &seconds,
               hole_s(analysis->scan_rate_hz, window->f_hz));
    return &analysis->strip;
}
