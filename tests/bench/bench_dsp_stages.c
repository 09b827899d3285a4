/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench_dsp.h"

#include "dsp/analysis.h"
#include "dsp/grid.h"
#include "dsp/interval.h"
#include "dsp/points.h"
#include "dsp/registers.h"
#include "dsp/track.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SCANS_A_WINDOW = 8192 };

/* For what takes microseconds: to be read without a system call. */
static double now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Adds the time since *from_ns to the window's stage. */
static void lap(struct bench *bench, enum stage stage, double *from_ns)
{
    double at_ns = now_ns();
    bench->ns[stage][bench->n_windows] += at_ns - *from_ns;
    *from_ns = now_ns();
}

struct parts {
    struct ring ring;
    struct window window;
    struct strip strip;
    struct cycle cycle;
    struct spectrum spectrum;
    struct lines lines;
    struct analysis analysis;
    struct points points;
    struct track track;
    struct registers registers;
    struct interval_builder interval[3];
    struct phasor harmonic[DSP_CHANNELS][DSP_HARMONICS + 1];
    struct phasor bin[CYCLES * GRID_POINTS];
    struct reading reading;
};

/* The parts of the analysis, one channel. */
static void run_channel(struct bench *bench, struct parts *parts, int channel)
{
    const struct abscissa abscissa = {
        .u_first = -4 * GRID_POINTS, .scale = GRID_POINTS, .f_hz = f_hz, .u_end = CYCLES * GRID_POINTS};
    const double period = GRID_POINTS * f_hz / rate_hz;
    const int n_bins = (int)(rate_hz / 2 / (f_hz / CYCLES));
    const int h_max = meter_h_max(rate_hz, f_hz);
    double at_ns = now_ns();
    strip_read(&parts->strip, &parts->ring, channel, 0, &parts->window, &abscissa, HOLE_PERIODS * period);
    lap(bench, STRIP, &at_ns);
    if (channel == 0 || !lines_fit(&parts->lines, &parts->strip, n_bins)) {
        lines_add(&parts->lines, &parts->strip, period, n_bins, h_max);
    }
    lap(bench, LINES, &at_ns);
    for (int pass = 0; pass <= PASSES_WARM; pass++) {
        cycle_write(&parts->cycle, parts->harmonic[channel]);
        lap(bench, TEMPLATE, &at_ns);
        grid_residual(&parts->strip, &parts->cycle);
        lap(bench, RESIDUAL, &at_ns);
        grid_write(&parts->strip, parts->spectrum.grid, CYCLES * GRID_POINTS);
        lap(bench, GRID, &at_ns);
        if (pass < PASSES_WARM) {
            spectrum_add_harmonics(&parts->spectrum, parts->lines.inverse, h_max, parts->harmonic[channel]);
        } else {
            spectrum_read(&parts->spectrum, parts->lines.inverse, n_bins, parts->bin);
        }
        lap(bench, TRANSFORM, &at_ns);
    }
    bench->sum += parts->bin[5].re;
}

/* What follows the bins; the waves are those of the real analysis. Returns how long that took as a whole. */
static void run_whole(struct bench *bench, struct parts *parts)
{
    unsigned quality = 0;
    struct track_phase phase;
    struct interval closed;
    double at_ns = now_ns();
    bool metered = analysis_add(&parts->analysis, &parts->ring, &parts->window, &quality);
    lap(bench, ANALYSIS, &at_ns); /* its parts are taken off when the table is made */
    for (int k = 0; metered && k < parts->analysis.n_channels; k++) {
        wave_measure(&parts->analysis.channel[k].wave);
    }
    lap(bench, QUANTITIES, &at_ns);
    bench->ns[ANALYSIS][bench->n_windows] -= bench->ns[QUANTITIES][bench->n_windows];
    points_read(&parts->points, metered ? &parts->analysis : NULL, &parts->reading);
    lap(bench, QUANTITIES, &at_ns);
    const struct wave *u = &parts->analysis.channel[0].wave;
    if (track_measure(u->grid, u->bin, u->cycles, u->points, 1, &phase)) {
        track_add(&parts->track, &phase, 0, &parts->window);
    }
    lap(bench, FREQUENCY, &at_ns);
    parts->reading.metered = metered;
    parts->reading.f_hz = f_hz;
    parts->reading.duration_s = parts->window.duration_s;
    parts->reading.start_ns = parts->window.start_ns;
    parts->reading.end_ns = parts->window.end_ns;
    at_ns = now_ns();
    registers_add(&parts->registers, &parts->reading);
    for (int k = 0; k < 3; k++) {
        interval_add(&parts->interval[k], &parts->reading, &parts->registers,
                     parts->reading.start_ns / 1000000, parts->reading.end_ns / 1000000, &closed);
    }
    lap(bench, REGISTERS, &at_ns);
}

static bool parts_init(const struct bench *bench, struct parts *parts)
{
    static const int64_t period_ms[3] = {1000, 60000, 900000};
    const struct topology *topology = &bench->config.topology;
    const struct creep_config creep = {.start_va = 1.2, .stop_va = 0.6};
    bool complete = ring_init(&parts->ring, topology->n_channels, SCANS_A_WINDOW) &&
                    strip_init(&parts->strip, SCANS_A_WINDOW) && cycle_init(&parts->cycle, GRID_POINTS) &&
                    spectrum_init(&parts->spectrum, CYCLES, GRID_POINTS) &&
                    lines_init(&parts->lines, CYCLES * GRID_POINTS) &&
                    analysis_init(&parts->analysis, &bench->config, CYCLES, GRID_POINTS, SCANS_A_WINDOW) &&
                    points_init(&parts->points, topology, CYCLES, GRID_POINTS);
    track_init(&parts->track, 60);
    track_lock(&parts->track, f_hz);
    registers_init(&parts->registers, topology, &creep);
    for (int k = 0; k < 3; k++) {
        interval_init(&parts->interval[k], period_ms[k], 0);
    }
    window_start(&parts->window, bench->scan[0].hold_ns[0] + 1000000, 0);
    window_set(&parts->window, CYCLES, f_hz, 0);
    return complete;
}

static void run_window(struct bench *bench, struct parts *parts)
{
    for (int k = 0; k < bench->config.topology.n_channels; k++) {
        run_channel(bench, parts, k);
    }
    run_whole(bench, parts);
    if (parts->analysis.channel[0].half.step) {
        memset(parts->harmonic, 0, sizeof(parts->harmonic));
    }
    bench->n_windows++;
    window_next(&parts->window);
    window_set(&parts->window, CYCLES, f_hz, 0);
    while (parts->ring.tail + 8 < parts->ring.head &&
           window_tau_s(&parts->window, ring_hold_ns(&parts->ring, 0, parts->ring.tail + 8), 0) < 0) {
        parts->ring.tail++;
    }
}

void bench_stages(struct bench *bench)
{
    struct parts *parts = calloc(1, sizeof *parts);
    if (parts == NULL || !parts_init(bench, parts)) {
        fprintf(stderr, "bench_dsp: no memory\n");
        exit(EXIT_FAILURE);
    }
    bench->n_windows = 0;
    memset(bench->ns, 0, sizeof bench->ns);
    for (size_t i = 0; i < bench->n_scans && bench->n_windows < WINDOWS_MAX; i++) {
        ring_add(&parts->ring, bench->scan[i].hold_ns, bench->scan[i].value, 0);
        int last = bench->config.topology.n_channels - 1;
        if (window_tau_s(&parts->window, bench->scan[i].hold_ns[0], 0) > parts->window.duration_s &&
            window_tau_s(&parts->window, bench->scan[i].hold_ns[last], 0) > parts->window.duration_s) {
            run_window(bench, parts);
        }
    }
    ring_close(&parts->ring);
    strip_close(&parts->strip);
    cycle_close(&parts->cycle);
    spectrum_close(&parts->spectrum);
    lines_close(&parts->lines);
    analysis_close(&parts->analysis);
    points_close(&parts->points);
    free(parts);
}
