/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure_bench.h - simulated front end, acquire and measure in one thread, with mailbox, detail file and rings; included by
 * the tests of measure. */
#ifndef VATIO_TESTS_MEASURE_BENCH_H
#define VATIO_TESTS_MEASURE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calibration/unit/unit.h"
#include "dsp/quality.h"
#include "firmware/acquire.h"
#include "firmware/board_file.h"
#include "firmware/measure.h"
#include "firmware/source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCANS = 1024, RECORDS = 64, EVENTS = 32 };

struct bench {
    char run_dir[32];
    struct config config;
    struct board board;
    struct calibration calibration;
    struct source source;
    struct health health;
    struct spsc scans, records, events;
    struct adc_scan scan_memory[SCANS];
    struct record record_memory[RECORDS];
    struct record_event event_memory[EVENTS];
    struct mailbox_writer mailbox;
    struct mailbox reader;
    struct detail_writer detail;
    struct detail_reader detail_reader;
    struct acquire acquire;
    struct measure measure;
};

static inline void near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.9g is not %.9g +- %.3g", value, expected, tolerance);
}

static inline void open_bench(struct bench *bench, const char *const settings[], double seconds)
{
    char text[256];
    struct options_error error;
    int input[DSP_CHANNELS];
    memset(bench, 0, sizeof *bench);
    strcpy(bench->run_dir, "/tmp/vatio-measure-XXXXXX");
    assert_non_null(mkdtemp(bench->run_dir));
    options_defaults(config_options, config_options_n, &bench->config);
    bench->config.sim_source = CONFIG_SIM_STEADY;
    strcpy(bench->config.sim_speed, "max");
    strcpy(bench->config.sim_start, "2026-06-21T00:00:00Z");
    for (; *settings != NULL; settings++)
        if (options_set(config_options, config_options_n, &bench->config, *settings, &error) != 0)
            fail_msg("%s", error.text);
    if (bench->config.board_file[0] == '\0')
        board_file_default(&bench->board);
    else if (board_file_read(bench->config.board_file, &bench->board, text, sizeof text) != 0)
        fail_msg("%s", text);
    unit_nominal(&bench->board, &bench->calibration);

    struct measure_config config = {.calibration = &bench->calibration, .simulated = true};
    int n = unit_topology(&bench->board, &config.meter.topology, input);
    config.i_nominal_a = bench->board.i_nominal_a;
    config.export_unexpected = bench->config.export == CONFIG_EXPORT_UNEXPECTED;
    config.meter.f_nominal_hz = bench->board.f_nominal_hz;
    config.meter.u_nominal_v = bench->board.u_nominal_v;
    config.meter.scan_rate_hz =
        bench->config.scan_rate_hz > 0 ? bench->config.scan_rate_hz : bench->board.converter.scan_rate_hz;
    for (int k = 0; k < n; k++)
        config.meter.response[k] = calibration_response(&bench->calibration.channel[k]);
    if (source_init(&bench->source, &bench->config, &bench->board, n, input, text, sizeof text) != 0)
        fail_msg("%s", text);
    assert_int_equal(spsc_init(&bench->scans, bench->scan_memory, sizeof bench->scan_memory[0], SCANS), 0);
    assert_int_equal(
        spsc_init(&bench->records, bench->record_memory, sizeof bench->record_memory[0], RECORDS), 0);
    assert_int_equal(mailbox_create(&bench->mailbox, bench->run_dir), 0);
    assert_int_equal(mailbox_open(&bench->reader, bench->run_dir), 0);
    assert_int_equal(spsc_init(&bench->events, bench->event_memory, sizeof bench->event_memory[0], EVENTS),
                     0);
    assert_int_equal(detail_create(&bench->detail, bench->run_dir), 0);
    assert_int_equal(detail_open(&bench->detail_reader, bench->run_dir), 0);
    config.scans = &bench->scans;
    config.records = &bench->records;
    config.events = &bench->events;
    config.mailbox = &bench->mailbox;
    config.detail = &bench->detail;
    config.health = &bench->health;
    config.clock = bench->source.clock;
    config.ended = &bench->acquire.ended;
    assert_int_equal(measure_init(&bench->measure, &config), 0);

    bench->acquire.source = &bench->source;
    bench->acquire.ring = &bench->scans;
    bench->acquire.health = &bench->health;
    int64_t now_ns = clock_mono_ns(bench->source.clock);
    bench->acquire.end_ns = now_ns + (int64_t)(seconds * 1e9);
    pace_init(&bench->acquire.pace, now_ns, bench->source.plan.period_ns, 1);
}

static inline void close_bench(struct bench *bench)
{
    mailbox_close(&bench->reader);
    mailbox_remove(&bench->mailbox, bench->run_dir);
    detail_close(&bench->detail_reader);
    detail_remove(&bench->detail, bench->run_dir);
    measure_close(&bench->measure);
    source_close(&bench->source);
    rmdir(bench->run_dir);
}

/* Runs to the end; corrupt: every so many scans one is marked corrupt (0 = none). */
static inline void run_bench(struct bench *bench, int corrupt)
{
    struct adc_scan scan;
    for (int64_t n = 1; acquire_step(&bench->acquire); n++) {
        if (corrupt > 0 && n % corrupt == 0) {
            assert_true(spsc_pop(&bench->scans, &scan));
            scan.faults |= ADC_CORRUPT;
            scan.code[0] = 1000;
            assert_true(spsc_push(&bench->scans, &scan));
        }
        measure_step(&bench->measure);
    }
    measure_finish(&bench->measure);
}

#endif
