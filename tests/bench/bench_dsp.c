/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_dsp.c - nanoseconds of processor time per V/I pair of dsp/meter, undisturbed and disturbed, by stage, beside a plain loop
 * of the sums of u^2, i^2 and u i.
 *
 * usage: bench_dsp [--disturbed] [seconds of samples]
 * Samples lie ready in memory; the lock at the start is not counted. A stage is run by itself over each window, as often as the meter
 * runs it over a warm one; its figure is the median over the windows. "the rest" is the whole less the stages: the ring, the window's
 * ends, what lies between. Disturbed: 2 ms of silence each 137 ms, 20 us rms of jitter, clock 1 % off, spacing x 1.6 each second.
 */
#include "bench_dsp.h"

#include "tests/unit/dsp/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ELEMENTS_MOST = 4, ROUNDS = 7 };
static const double pi = 3.14159265358979323846;

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

/* Of the processor: this machine may have other users. */
static double cpu_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
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
                                .hole_every_s = 0.137,
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
    static const char usage[] = "usage: bench_dsp [--disturbed] [seconds 2..300]\n";
    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) < 0;
    const bool disturbed = argc > 1 && strcmp(argv[1], "--disturbed") == 0;
    const int at = disturbed ? 2 : 1;
    struct bench *bench = allocate(1, sizeof *bench);
    const long seconds = argc > at ? strtol(argv[at], NULL, 10) : 20;
    if (seconds < 2 || seconds > 300) {
        fputs(usage, stderr);
        free(bench);
        return 2;
    }
    bench->disturbed = disturbed;
    bench->n_scans = (size_t)seconds * (size_t)rate_hz;
    bench->scan = allocate(bench->n_scans, sizeof *bench->scan);
    for (bench->n_elements = 1; bench->n_elements <= ELEMENTS_MOST; bench->n_elements += ELEMENTS_MOST - 1) {
        configure(bench);
        make_scans(bench);
        double plain = time_plain(bench);
        double whole = time_meter(bench);
        bench_stages(bench);
        print_table(bench, whole, plain);
    }
    printf("(sum: %g)\n", bench->sum);
    free(bench->scan);
    free(bench);
    return EXIT_SUCCESS;
}
