/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_pipeline.c - nanoseconds of processor time per scan of each stage between converter codes and intervals, on the
 * simulated house, beside the least a meter could do with the same samples: a plain loop of the sums of u^2, i^2 and u i.
 *
 * usage: bench_pipeline [seconds of the house] [rounds]
 * Each stage runs over all scans before the next begins, its input laid ready in memory; figures are the median of the
 * rounds. What an average hides is not shown: the stages' work falls on window ends.
 */
#include "calibration/model.h"
#include "calibration/unit/unit.h"
#include "dsp/aggregate.h"
#include "dsp/frequency.h"
#include "dsp/interval.h"
#include "dsp/meter.h"
#include "dsp/quality.h"
#include "dsp/registers.h"
#include "firmware/board_file.h"
#include "firmware/config.h"
#include "firmware/convert_detail.h"
#include "firmware/noise_watch.h"
#include "firmware/source.h"
#include "hal/pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS_MAX = 99, INTERVALS = 4, WINDOWS_PER_S = 5 };

enum stage { STAGE_SIM, STAGE_SCALE, STAGE_METER, STAGE_REGISTERS, STAGE_DETAIL, STAGE_PLAIN, STAGES };

struct bench {
    struct config config;
    struct board board;
    struct topology topology;
    struct calibration calibration;
    struct calibration_scale scale;
    struct source source;
    struct pace pace;
    size_t n_scans;
    struct adc_scan *scan;
    struct meter_scan *value;
    struct meter *meter;
    size_t n_readings, readings_max;
    struct reading *reading;
    double ns[STAGES][ROUNDS_MAX];
    struct aggregate_builder aggregate;
    struct detail detail;
    struct detail_file file; /* in memory: the real one is a page in memory, too */
    double plain_sum;        /* printed, so that no compiler leaves the loop out */
};

/* Of the processor: this machine may have other users. */
static double cpu_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void fail(const char *text)
{
    fprintf(stderr, "bench_pipeline: %s\n", text);
    exit(EXIT_FAILURE);
}

static void *allocate(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    if (memory == NULL)
        fail("no memory");
    return memory;
}

static void bench_init(struct bench *bench, size_t seconds)
{
    char error[256];
    struct options_error option_error;
    options_defaults(config_options, config_options_n, &bench->config);
    if (options_set(config_options, config_options_n, &bench->config, "sim.speed=max", &option_error) != 0)
        fail(option_error.text);
    board_file_default(&bench->board);
    int input[DSP_CHANNELS];
    int n = unit_topology(&bench->board, &bench->topology, input);
    unit_nominal(&bench->board, &bench->calibration);
    calibration_scale_init(&bench->scale, &bench->calibration);
    if (source_init(&bench->source, &bench->config, &bench->board, n, input, error, sizeof error) != 0)
        fail(error);
    pace_init(&bench->pace, clock_mono_ns(bench->source.clock), bench->source.plan.period_ns, 1);
    bench->n_scans = seconds * (size_t)bench->board.converter.scan_rate_hz;
    bench->readings_max = (seconds + 1) * 2 * WINDOWS_PER_S;
    bench->scan = allocate(bench->n_scans, sizeof *bench->scan);
    bench->value = allocate(bench->n_scans, sizeof *bench->value);
    bench->reading = allocate(bench->readings_max, sizeof *bench->reading);
}

static void run_sim(struct bench *bench)
{
    struct clock *clock = bench->source.clock;
    for (size_t i = 0; i < bench->n_scans; i++)
        if (adc_read(bench->source.adc, pace_next(&bench->pace, clock_mono_ns(clock)), &bench->scan[i]) != 0)
            fail("the simulated converter failed");
}

static void run_scale(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_scans; i++) {
        const struct adc_scan *scan = &bench->scan[i];
        struct meter_scan *value = &bench->value[i];
        for (int k = 0; k < scan->n; k++) {
            value->hold_ns[k] = scan->hold_ns[k];
            value->quality |= calibration_clipped(scan->code[k]) ? QUALITY_CLIPPED : 0u;
        }
        calibration_scale_read(&bench->scale, scan->code, value->value);
    }
}

static void run_meter(struct bench *bench)
{
    bench->n_readings = 0;
    for (size_t i = 0; i < bench->n_scans; i++) {
        meter_add(bench->meter, &bench->value[i]);
        while (bench->n_readings < bench->readings_max &&
               meter_read(bench->meter, &bench->reading[bench->n_readings]))
            bench->n_readings++;
    }
}

static void run_registers(struct bench *bench)
{
    static const int64_t period_ms[INTERVALS] = {1000, 60000, 900000, 86400000};
    struct creep_config creep = {.start_va = bench->config.start_va, .stop_va = bench->config.stop_va};
    struct registers registers;
    struct interval_builder builder[INTERVALS];
    registers_init(&registers, &bench->topology, &creep);
    for (int k = 0; k < INTERVALS; k++)
        interval_init(&builder[k], period_ms[k], 0);
    for (size_t i = 0; i < bench->n_readings; i++) {
        const struct reading *reading = &bench->reading[i];
        struct interval closed;
        registers_add(&registers, reading);
        for (int k = 0; k < INTERVALS; k++)
            interval_add(&builder[k], reading, &registers, reading->start_ns / 1000000,
                         reading->end_ns / 1000000, &closed);
    }
}

static void run_detail(struct bench *bench)
{
    static struct aggregate aggregated;
    struct detail_writer writer = {&bench->file};
    struct frequency_builder frequency;
    struct frequency closed;
    struct noise_watch noise;
    aggregate_init(&bench->aggregate, AGGREGATE_WINDOWS);
    frequency_init(&frequency, FREQUENCY_PERIOD_MS);
    noise_watch_init(&noise, &bench->topology, &bench->calibration);
    for (size_t i = 0; i < bench->n_readings; i++) {
        const struct reading *reading = &bench->reading[i];
        const int64_t start_ms = reading->start_ns / 1000000, end_ms = reading->end_ns / 1000000;
        convert_detail(reading, start_ms, end_ms, &bench->detail.window);
        if (aggregate_add(&bench->aggregate, reading, &aggregated))
            convert_detail(&aggregated.reading, start_ms, end_ms, &bench->detail.aggregate);
        frequency_add(&frequency, reading, start_ms, end_ms, &closed);
        noise_watch_add(&noise, reading);
        detail_write(&writer, &bench->detail);
    }
}

static void run_plain(struct bench *bench)
{
    double uu = 0, ii = 0, ui = 0;
    for (size_t i = 0; i < bench->n_scans; i++) {
        for (int e = 0; e < bench->topology.n_elements; e++) {
            const struct element *element = &bench->topology.element[e];
            double u = bench->value[i].value[element->u_channel];
            double a = bench->value[i].value[element->i_channel];
            uu += u * u;
            ii += a * a;
            ui += u * a;
        }
    }
    bench->plain_sum += uu + ii + ui;
}

static struct meter *new_meter(const struct bench *bench)
{
    struct meter_config config = {
        .f_nominal_hz = bench->board.f_nominal_hz,
        .scan_rate_hz = bench->board.converter.scan_rate_hz,
        .u_nominal_v = bench->board.u_nominal_v,
        .topology = bench->topology,
    };
    for (int k = 0; k < bench->topology.n_channels; k++)
        config.response[k] = calibration_response(&bench->calibration.channel[k]);
    struct meter *meter = meter_init(&config);
    if (meter == NULL)
        fail("the meter could not be made");
    return meter;
}

static const struct {
    const char *name;
    void (*run)(struct bench *bench);
} stages[STAGES] = {
    [STAGE_SIM] = {"simulated house and converter", run_sim},
    [STAGE_SCALE] = {"codes to volts and amperes", run_scale},
    [STAGE_METER] = {"scans to readings", run_meter},
    [STAGE_REGISTERS] = {"readings to registers, intervals", run_registers},
    [STAGE_DETAIL] = {"readings to aggregates, detail file", run_detail},
    [STAGE_PLAIN] = {"plain loop of sums", run_plain},
};

static void run_round(struct bench *bench, int round)
{
    bench->meter = new_meter(bench);
    for (int stage = 0; stage < STAGES; stage++) {
        double start_ns = cpu_ns();
        stages[stage].run(bench);
        bench->ns[stage][round] = (cpu_ns() - start_ns) / (double)bench->n_scans;
    }
    meter_close(bench->meter);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_row(const char *name, double ns, double plain_ns, double rate_hz)
{
    printf("%-34s %10.1f %10.1f %12.2f\n", name, ns, ns / plain_ns, ns * rate_hz / 1e7);
}

static void print_table(struct bench *bench, int rounds)
{
    double median[STAGES], rate_hz = bench->board.converter.scan_rate_hz;
    for (int stage = 0; stage < STAGES; stage++) {
        qsort(bench->ns[stage], (size_t)rounds, sizeof(double), compare);
        median[stage] = bench->ns[stage][rounds / 2];
    }
    printf("%zu scans of %d channels, %zu windows, median of %d rounds, at %.0f scans/s\n\n", bench->n_scans,
           bench->topology.n_channels, bench->n_readings, rounds, rate_hz);
    printf("%-34s %10s %10s %12s\n", "stage", "ns/scan", "x plain", "% of a core");
    for (int stage = 0; stage < STAGES; stage++)
        print_row(stages[stage].name, median[stage], median[STAGE_PLAIN], rate_hz);
    double metering =
        median[STAGE_SCALE] + median[STAGE_METER] + median[STAGE_REGISTERS] + median[STAGE_DETAIL];
    print_row("metering: codes to intervals", metering, median[STAGE_PLAIN], rate_hz);
    printf("\n(sum of the plain loop: %g)\n", bench->plain_sum);
}

static void usage(FILE *file, int status)
{
    fprintf(file, "usage: bench_pipeline [seconds 1..600] [rounds 1..%d]\n", ROUNDS_MAX);
    exit(status);
}

static long read_number(const char *text, long most)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || number < 1 || number > most)
        usage(stderr, 2);
    return number;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        usage(stdout, EXIT_SUCCESS);
    struct bench *bench = allocate(1, sizeof *bench);
    long seconds = argc > 1 ? read_number(argv[1], 600) : 20;
    int rounds = (int)(argc > 2 ? read_number(argv[2], ROUNDS_MAX) : 5);
    bench_init(bench, (size_t)seconds);
    for (int round = 0; round < rounds; round++)
        run_round(bench, round);
    print_table(bench, rounds);
    source_close(&bench->source);
    free(bench->scan);
    free(bench->value);
    free(bench->reading);
    free(bench);
    return EXIT_SUCCESS;
}
