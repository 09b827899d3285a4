/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_dsp.c - nanoseconds of processor time per V/I pair of dsp/meter, undisturbed and disturbed, by stage, beside a plain loop
 * of the sums of u^2, i^2 and u i.
 *
 * usage: bench_dsp [--disturbed] [seconds of samples]
 * Samples lie ready in memory; the lock at the start is not counted. A stage is run by itself over each window, as often as the meter
 * runs it over a warm one; its figure is the median over the windows. "the rest" is the whole less the stages: the ring, the window's
 * ends, what lies between. Disturbed: 2 ms of silence each 137 ms, 20 us rms of jitter, clock 1 % off, spacing x 1.6 each second.
 */
#include "dsp/analysis.h"
#include "dsp/grid.h"
#include "dsp/interval.h"
#include "dsp/meter.h"
#include "dsp/points.h"
#include "dsp/registers.h"
#include "dsp/track.h"
#include "tests/unit/dsp/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CYCLES = 12, WINDOWS_MAX = 3000, ELEMENTS_MOST = 4, ROUNDS = 7, SCANS_A_WINDOW = 8192 };
static const double pi = 3.14159265358979323846;
static const double f_hz = 60.03;
static const double rate_hz = 8000;

enum stage {
    STRIP,
    LINES,
    TEMPLATE,
    RESIDUAL,
    GRID,
    TRANSFORM,
    ANALYSIS,
    QUANTITIES,
    FREQUENCY,
    REGISTERS,
    STAGES
};
static const char *const names[STAGES] = {
    [STRIP] = "strip: samples onto the phase",
    [LINES] = "lines: equaliser, noise floor",
    [TEMPLATE] = "template: two tables",
    [RESIDUAL] = "residual: two passes",
    [GRID] = "grid: two passes",
    [TRANSFORM] = "transform: mean cycle, window",
    [ANALYSIS] = "noise, poles, half cycles, sums",
    [QUANTITIES] = "quantities: waves, powers, points",
    [FREQUENCY] = "frequency",
    [REGISTERS] = "registers and three intervals",
};

struct bench {
    bool disturbed;
    int n_elements;
    struct meter_config config;
    size_t n_scans;
    struct meter_scan *scan;
    uint64_t random;
    size_t n_windows;
    double ns[STAGES][WINDOWS_MAX];
    double sum; /* printed, so that no compiler leaves a loop out */
};

static double clock_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Of the processor: for what takes long, on a machine that others use too. */
static double cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* For what takes microseconds: to be read without a system call. */
static double now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static void *allocate(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    if (memory == NULL) {
        fprintf(stderr, "bench_dsp: no memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static void configure(struct bench *bench)
{
    bench->config = (struct meter_config){.f_nominal_hz = 60, .scan_rate_hz = rate_hz, .u_nominal_v = 120};
    struct topology *topology = &bench->config.topology;
    topology->n_elements = bench->n_elements;
    topology->n_channels = bench->n_elements == 1 ? 2 : 6; /* two voltages; grid and solar on two legs */
    for (int k = 0; k < bench->n_elements; k++) {
        bool one = bench->n_elements == 1;
        topology->element[k] = (struct element){
            one ? 0 : k % 2, one ? 1 : 2 + k, k < 2 ? CIRCUIT_GRID : CIRCUIT_SOLAR, k % 2 + 1, 0, 0};
    }
    topology_init(topology);
    for (int k = 0; k < topology->n_channels; k++) {
        bench->config.response[k].low_pass_hz = 3400;
        bench->config.response[k].high_pass_hz = k < 2 ? 0.5 : 0;
    }
}

static double wave_at(struct bench *bench, double t_s, bool voltage)
{
    double w = 2 * pi * f_hz * t_s;
    double lsb =
        voltage ? 400 * sin(w) + 12 * sin(3 * w) + 8 * sin(5 * w) : 200 * sin(w - 1) + 40 * sin(3 * w);
    return (voltage ? 0.43 : 0.12) * round(lsb + 0.5 * splitmix_gauss(&bench->random));
}

static void make_scans(struct bench *bench)
{
    struct schedule schedule = {.period_s = (bench->disturbed ? 1.01 : 1) / rate_hz,
                                .pauses = true,
                                .hole_s = bench->disturbed ? 2e-3 : 0,
                                .next_hole_s = 0.1,
                                .random = 2};
    bench->random = 1;
    for (size_t i = 0; i < bench->n_scans; i++) {
        double due_s = schedule_next_s(&schedule);
        double t_s = due_s + (bench->disturbed ? 20e-6 * fabs(splitmix_gauss(&bench->random)) : 0);
        double spacing_s = bench->disturbed && (int64_t)due_s % 2 == 1 ? 1.6 * 15e-6 : 15e-6;
        for (int k = 0; k < bench->config.topology.n_channels; k++) {
            double at_s = t_s + k * spacing_s;
            bench->scan[i].hold_ns[k] = llround(1e9 * at_s);
            bench->scan[i].value[k] = wave_at(bench, at_s, k == 0 || (bench->n_elements > 1 && k == 1));
        }
    }
}

/* The whole, least of the rounds; the first second, with the lock, is not counted. */
static double time_meter(struct bench *bench)
{
    static struct reading reading;
    double least = (double)INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        struct meter *meter = meter_init(&bench->config);
        double start_ns = 0;
        for (size_t i = 0; i < bench->n_scans; i++) {
            start_ns = i == (size_t)rate_hz ? cpu_ns() : start_ns;
            meter_add(meter, &bench->scan[i]);
            while (meter_read(meter, &reading)) {
                bench->sum += reading.metered ? reading.point[0].p_w : 0;
            }
        }
        least = fmin(least, cpu_ns() - start_ns);
        meter_close(meter);
    }
    return least / ((double)bench->n_scans - rate_hz);
}

static double time_plain(struct bench *bench)
{
    double least = (double)INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        double uu = 0, ii = 0, ui = 0;
        double start_ns = cpu_ns();
        for (size_t i = 0; i < bench->n_scans; i++) {
            for (int e = 0; e < bench->n_elements; e++) {
                const struct element *element = &bench->config.topology.element[e];
                double u = bench->scan[i].value[element->u_channel];
                double a = bench->scan[i].value[element->i_channel];
                uu += u * u;
                ii += a * a;
                ui += u * a;
            }
        }
        least = fmin(least, cpu_ns() - start_ns);
        bench->sum += uu + ii + ui;
    }
    return least / (double)bench->n_scans;
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

static void parts_init(const struct bench *bench, struct parts *parts)
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
    if (!complete) {
        fprintf(stderr, "bench_dsp: no memory\n");
        exit(EXIT_FAILURE);
    }
    track_init(&parts->track, 60);
    track_lock(&parts->track, f_hz);
    registers_init(&parts->registers, topology, &creep);
    for (int k = 0; k < 3; k++) {
        interval_init(&parts->interval[k], period_ms[k], 0);
    }
    window_start(&parts->window, bench->scan[0].hold_ns[0] + 1000000, 0);
    window_set(&parts->window, CYCLES, f_hz, 0);
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

static void run_stages(struct bench *bench)
{
    struct parts *parts = allocate(1, sizeof *parts);
    parts_init(bench, parts);
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

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_table(struct bench *bench, double whole, double plain)
{
    const double pairs =
        rate_hz * CYCLES / f_hz / (bench->disturbed ? 1.01 * 1.015 : 1); /* a window; holes are 1.5 % */
    const int n = bench->n_elements;
    double stage[STAGES], counted = 0;
    for (int k = 0; k < STAGES; k++) {
        qsort(bench->ns[k], bench->n_windows, sizeof(double), compare);
        stage[k] = bench->ns[k][bench->n_windows / 2] / pairs;
    }
    for (int k = STRIP; k <= TRANSFORM; k++) {
        stage[ANALYSIS] -= stage[k];
    }
    printf("%d element%s, %d channels, %s, %zu windows\n\n%-36s %12s %12s\n", n, n > 1 ? "s" : "",
           bench->config.topology.n_channels, bench->disturbed ? "disturbed" : "undisturbed",
           bench->n_windows, "stage", "ns/pair", "% of whole");
    for (int k = 0; k < STAGES; k++) {
        counted += k < REGISTERS ? stage[k] : 0;
        printf("%-36s %12.1f %12.1f\n", names[k], stage[k] / n, 100 * stage[k] / whole);
    }
    printf("%-36s %12.1f %12.1f\n", "the rest: ring, window's ends", (whole - counted) / n,
           100 * (whole - counted) / whole);
    printf("%-36s %12.1f %12.1f x the plain loop\n", "whole: scans to readings", whole / n, whole / plain);
    printf("%-36s %12.2f\n\n", "plain loop of sums", plain / n);
}

int main(int argc, char **argv)
{
    const bool disturbed = argc > 1 && strcmp(argv[1], "--disturbed") == 0;
    const int at = disturbed ? 2 : 1;
    struct bench *bench = allocate(1, sizeof *bench);
    const long seconds = argc > at ? strtol(argv[at], NULL, 10) : 20;
    if (seconds < 2 || seconds > 300) {
        fprintf(stderr, "usage: bench_dsp [--disturbed] [seconds 2..300]\n");
        free(bench);
        return EXIT_FAILURE;
    }
    bench->disturbed = disturbed;
    bench->n_scans = (size_t)seconds * (size_t)rate_hz;
    bench->scan = allocate(bench->n_scans, sizeof *bench->scan);
    for (bench->n_elements = 1; bench->n_elements <= ELEMENTS_MOST; bench->n_elements += ELEMENTS_MOST - 1) {
        configure(bench);
        make_scans(bench);
        double plain = time_plain(bench);
        double whole = time_meter(bench);
        run_stages(bench);
        print_table(bench, whole, plain);
    }
    printf("(sum: %g)\n", bench->sum);
    free(bench->scan);
    free(bench);
    return EXIT_SUCCESS;
}
