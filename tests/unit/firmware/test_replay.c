/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "firmware/board_file.h"
#include "firmware/replay.h"
#include "firmware/replay_survey.h"
#include "firmware/source.h"
#include "tests/unit/replay/memory_recording.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double pi = 3.14159265358979323846;

static const struct {
    const char *name;
    int fed[CHANNEL_ROLES]; /* u_l1 u_l2 grid_l1 grid_l2 solar_l1 solar_l2 */
    int n_points;
    struct element element[4];
} topologies[] = {
    {"one leg", {1, 0, 1, 0, 0, 0}, 1, {{0, 1, CIRCUIT_GRID, 1, 0, 0}}},
    {"two legs", {1, 1, 1, 1, 0, 0}, 3, {{0, 2, CIRCUIT_GRID, 1, 0, 0}, {1, 3, CIRCUIT_GRID, 2, 0, 0}}},
    {"two legs, one voltage: the second leg's is assumed",
     {1, 0, 1, 1, 0, 0},
     3,
     {{0, 1, CIRCUIT_GRID, 1, 0, 0}, {0, 2, CIRCUIT_GRID, 2, 1, 0}}},
    {"two legs, only the second voltage: the first leg's is assumed",
     {0, 1, 1, 1, 0, 0},
     3,
     {{0, 1, CIRCUIT_GRID, 1, 1, 0}, {0, 2, CIRCUIT_GRID, 2, 0, 0}}},
    {"grid, solar and so load, on one leg",
     {1, 0, 1, 0, 1, 0},
     3,
     {{0, 1, CIRCUIT_GRID, 1, 0, 0}, {0, 2, CIRCUIT_SOLAR, 1, 0, 0}}},
    {"everything",
     {1, 1, 1, 1, 1, 1},
     9,
     {{0, 2, CIRCUIT_GRID, 1, 0, 0},
      {1, 3, CIRCUIT_GRID, 2, 0, 0},
      {0, 4, CIRCUIT_SOLAR, 1, 0, 0},
      {1, 5, CIRCUIT_SOLAR, 2, 0, 0}}},
};

static void test_a_map_makes_elements(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof topologies / sizeof topologies[0]; c++) {
        print_message("  %s\n", topologies[c].name);
        struct channel_map map;
        struct topology topology;
        int channels = 0, currents = 0;
        for (int role = 0; role < CHANNEL_ROLES; role++) {
            map.feed[role] = (struct channel_feed){topologies[c].fed[role] ? role : -1, 1};
            channels += topologies[c].fed[role];
            currents += topologies[c].fed[role] && role >= CHANNEL_GRID_L1;
        }
        replay_topology(&map, &topology);
        assert_int_equal(topology.n_channels, channels);
        assert_int_equal(topology.n_elements, currents);
        assert_int_equal(topology.n_points, topologies[c].n_points);
        for (int e = 0; e < currents; e++) {
            const struct element *is = &topology.element[e], *expected = &topologies[c].element[e];
            assert_int_equal(is->u_channel, expected->u_channel);
            assert_int_equal(is->i_channel, expected->i_channel);
            assert_int_equal(is->circuit, expected->circuit);
            assert_int_equal(is->leg, expected->leg);
            assert_int_equal(is->u_assumed, expected->u_assumed);
        }
    }
}

static void make(struct recording *recording, int64_t n, double rate_hz, double f_hz, double rms,
                 double angle)
{
    memory_recording_init(recording, n, rate_hz);
    struct recording_channel *u = memory_recording_add(recording, "u", RECORDING_VOLT);
    for (int64_t k = 0; k < n; k++)
        u->value[k] = sqrt(2) * rms * sin(2 * pi * f_hz * recording->time_s[k] + angle);
}

static const struct {
    const char *name;
    int64_t n;
    double rate_hz, f_hz, angle;
    double tolerance_hz;
} frequencies[] = {
    /* First and last crossing are seen up to a sample late: f^2 / rate / crossings. */
    {"a second at 50 Hz", 2000, 2000, 50, 0.3, 0.03},
    {"a second at 59.3 Hz", 8000, 8000, 59.3, 2, 0.02},
    {"at 16 samples per cycle", 800, 800, 50, 1, 0.1},
    {"one cycle, from crossing to crossing", 500, 30000, 60, 0, 1e-6},
    {"one cycle, from its middle", 500, 30000, 60, 2, 1e-6},
    {"one cycle, from its negative crest", 500, 30000, 60, -1.6, 1e-6},
    {"two cycles, from just below the crossing", 1000, 30000, 60, -0.05, 1e-6},
};

static void test_frequency_is_found_by_crossings(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof frequencies / sizeof frequencies[0]; c++) {
        print_message("  %s\n", frequencies[c].name);
        struct recording recording;
        make(&recording, frequencies[c].n, frequencies[c].rate_hz, frequencies[c].f_hz, 120,
             frequencies[c].angle);
        double f_hz = survey_f_hz(&recording, 0);
        assert_true(fabs(f_hz - frequencies[c].f_hz) < frequencies[c].tolerance_hz);
        assert_true(fabs(survey_u_v(&recording, 0, frequencies[c].f_hz) - 120) < 0.5);
        memory_recording_close(&recording);
    }
}

static void test_a_dead_channel_has_neither(void **state)
{
    (void)state;
    struct recording recording;
    make(&recording, 100, 1000, 50, 0, 0);
    assert_true(!(survey_f_hz(&recording, 0) > 0));
    assert_true(!(survey_u_v(&recording, 0, 50) > 0));
    memory_recording_close(&recording);
}

static void test_missing_values_do_not_hide_the_mains(void **state)
{
    (void)state;
    struct recording recording;
    make(&recording, 8000, 8000, 60, 120, 0.4);
    for (int n = 1000; n < 3000; n++)
        recording.channel[0].value[n] = (double)NAN;
    for (int n = 0; n < 8000; n += 50)
        recording.channel[0].value[n] = (double)NAN;
    assert_true(fabs(survey_u_v(&recording, 0, 60) - 120) < 1); /* a few of 133 samples less in each cycle */
    assert_true(fabs(survey_f_hz(&recording, 0) - 60) <
                0.5); /* single values missing move a crossing by a sample */
    memory_recording_close(&recording);
}

/* A dip of 40 % of the time: the median of the cycles does not see it, the rms of the whole would be 98 V. */
static void test_a_dip_does_not_lower_the_nominal_voltage(void **state)
{
    (void)state;
    struct recording recording;
    make(&recording, 10000, 5000, 50, 120, 0.1);
    for (int n = 3000; n < 7000; n++)
        recording.channel[0].value[n] *= 0.3;
    assert_true(fabs(survey_u_v(&recording, 0, 50) - 120) < 0.1);
    memory_recording_close(&recording);
}

static const struct {
    const char *name;
    double step_s[3]; /* of the three thirds of 3,000 samples */
    double jitter_s;
    double pause_s; /* after the first third */
    double slowest_hz, fastest_hz;
} rates[] = {
    {"one rate", {0.001, 0.001, 0.001}, 0, 0, 1000, 1000},
    {"one rate, jittery stamps", {0.001, 0.001, 0.001}, 1e-4, 0, 1000, 1000},
    {"a slow stretch", {0.0001, 0.002, 0.0001}, 0, 0, 500, 10000},
    {"a slow end", {0.0005, 0.0005, 0.00125}, 0, 0, 800, 2000},
    {"a pause is no rate", {0.001, 0.001, 0.001}, 0, 5, 1000, 1000},
};

static void test_the_slowest_and_the_fastest_rate_are_found(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof rates / sizeof rates[0]; c++) {
        print_message("  %s\n", rates[c].name);
        struct recording recording;
        memory_recording_init(&recording, 3000, 1000);
        double t_s = 0;
        for (int n = 0; n < 3000; n++) {
            recording.time_s[n] = t_s + (n % 2 ? rates[c].jitter_s : 0);
            t_s += rates[c].step_s[n / 1000] + (n == 999 ? rates[c].pause_s : 0);
        }
        recording.rate_hz = 2999 / recording.time_s[2999];
        double slowest_hz, fastest_hz;
        survey_rates(&recording, &slowest_hz, &fastest_hz);
        assert_true(fabs(slowest_hz / rates[c].slowest_hz - 1) < 1e-3);
        assert_true(fabs(fastest_hz / rates[c].fastest_hz - 1) < 1e-3);
        memory_recording_close(&recording);
    }
}

/* A CSV of one second, and what replay_init makes of it. */
struct bench {
    char path[64];
    struct config config;
    struct board board;
    struct replay replay;
    char error[1024];
};

static void write_csv(struct bench *bench, double rate_hz, double f_hz, double u_v, const char *start)
{
    strcpy(bench->path, "/tmp/vatio-replay-XXXXXX.csv");
    int fd = mkstemps(bench->path, 4);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fprintf(file, "%st_s,u_l1_v,i_l1_a\n", start);
    for (int n = 0; n < rate_hz; n++) {
        double t_s = n / rate_hz;
        fprintf(file, "%.9f,%.9g,%.9g\n", t_s, sqrt(2) * u_v * sin(2 * pi * f_hz * t_s + 0.5),
                sqrt(2) * 5 * sin(2 * pi * f_hz * t_s));
    }
    fclose(file);
}

static int load(struct bench *bench)
{
    struct options_error error;
    options_defaults(config_options, config_options_n, &bench->config);
    assert_int_equal(
        options_set(config_options, config_options_n, &bench->config, "adc.source=replay", &error), 0);
    strcpy(bench->config.replay_file, bench->path);
    board_file_default(&bench->board);
    return 0;
}

static void test_a_csv_is_read_mapped_and_surveyed(void **state)
{
    (void)state;
    struct bench bench;
    write_csv(&bench, 2000, 50, 229.4, "");
    load(&bench);
    if (replay_init(&bench.replay, &bench.config, &bench.board, bench.error, sizeof bench.error) != 0)
        fail_msg("%s", bench.error);
    assert_true(bench.replay.f_nominal_hz == 50);
    assert_true(bench.replay.u_nominal_v == 230);
    assert_true(fabs(bench.replay.rate_hz - 2000) < 1e-3); /* stamps of ns */
    assert_int_equal(bench.replay.map.feed[CHANNEL_U_L1].channel, 0);
    replay_close(&bench.replay);
    /* What is set counts, even against the recording. */
    bench.config.replay_f_nominal_hz = 60;
    bench.config.replay_u_nominal_v = 127;
    assert_int_equal(replay_init(&bench.replay, &bench.config, &bench.board, bench.error, sizeof bench.error),
                     0);
    assert_true(bench.replay.f_nominal_hz == 60);
    assert_true(bench.replay.u_nominal_v == 127);
    replay_close(&bench.replay);
    unlink(bench.path);
}

static void test_a_dead_recording_has_the_boards_nominal_values(void **state)
{
    (void)state;
    struct bench bench;
    write_csv(&bench, 2000, 50, 0, "");
    load(&bench);
    assert_int_equal(replay_init(&bench.replay, &bench.config, &bench.board, bench.error, sizeof bench.error),
                     0);
    assert_true(bench.replay.f_nominal_hz == 60);
    assert_true(bench.replay.u_nominal_v == 120);
    replay_close(&bench.replay);
    unlink(bench.path);
}

static void test_what_cannot_be_replayed_gets_a_sentence(void **state)
{
    (void)state;
    struct bench bench;
    write_csv(&bench, 200, 50, 230, "");
    load(&bench);
    assert_int_equal(replay_init(&bench.replay, &bench.config, &bench.board, bench.error, sizeof bench.error),
                     -EINVAL);
    assert_non_null(strstr(bench.error, "200 to 200 samples per second; 400 to 200000 can be metered"));
    strcpy(bench.config.replay_map, "u_l1=nobody");
    assert_int_equal(replay_init(&bench.replay, &bench.config, &bench.board, bench.error, sizeof bench.error),
                     -EINVAL);
    assert_non_null(strstr(bench.error, "no such channel; there are #1 u_l1 (V), #2 i_l1 (A)"));
    unlink(bench.path);
    assert_int_equal(replay_init(&bench.replay, &bench.config, &bench.board, bench.error, sizeof bench.error),
                     -ENOENT);
    assert_non_null(strstr(bench.error, bench.path));
}

static int open_source(struct bench *bench, struct source *source)
{
    static const int input[] = {0, 1};
    return source_init_replay(source, &bench->config, &bench->board, &bench->replay, 2, input, bench->error,
                              sizeof bench->error);
}

static void test_a_source_is_opened_on_the_recording(void **state)
{
    (void)state;
    struct bench bench;
    static struct source source;
    struct adc_scan scan;
    write_csv(&bench, 2000, 50, 100, "");
    load(&bench);
    assert_int_equal(replay_init(&bench.replay, &bench.config, &bench.board, bench.error, sizeof bench.error),
                     0);

    assert_int_equal(open_source(&bench, &source), 0);
    assert_int_equal(source.plan.n, 2);
    assert_true(source.plan.period_ns > 499900 && source.plan.period_ns < 500100);
    assert_int_equal(adc_read(source.adc, 0, &scan), 0);
    assert_true(scan.physical);
    assert_int_equal(source_reopen(&source, bench.error, sizeof bench.error), 0);
    source_close(&source);

    bench.config.replay_through_adc = true;
    assert_int_equal(open_source(&bench, &source), 0);
    assert_true(source.plan.period_ns == 125000); /* the board's */
    assert_int_equal(adc_read(source.adc, clock_mono_ns(source.clock), &scan), 0);
    assert_false(scan.physical);
    source_close(&source);

    bench.config.scan_rate_hz = 20000;
    assert_int_equal(open_source(&bench, &source), -EINVAL);
    assert_non_null(strstr(bench.error, "too high"));
    bench.config.scan_rate_hz = 0;
    bench.replay.map.feed[CHANNEL_SOLAR_L1].channel = 1;
    assert_int_equal(open_source(&bench, &source), -EINVAL);
    assert_non_null(strstr(bench.error, "solar_l1"));
    source_close(&source);

    bench.config.replay_through_adc = false;
    strcpy(bench.config.sim_start, "recording");
    assert_int_equal(open_source(&bench, &source), -EINVAL);
    assert_non_null(strstr(bench.error, "does not say when it was made"));
    bench.replay.recording.utc_start_ms = INT64_C(1466000000123);
    assert_int_equal(open_source(&bench, &source), 0);
    assert_int_equal(clock_utc_ms(source.clock), INT64_C(1466000000123));
    source_close(&source);
    replay_close(&bench.replay);
    unlink(bench.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_map_makes_elements),
        cmocka_unit_test(test_frequency_is_found_by_crossings),
        cmocka_unit_test(test_a_dead_channel_has_neither),
        cmocka_unit_test(test_missing_values_do_not_hide_the_mains),
        cmocka_unit_test(test_a_dip_does_not_lower_the_nominal_voltage),
        cmocka_unit_test(test_the_slowest_and_the_fastest_rate_are_found),
        cmocka_unit_test(test_a_csv_is_read_mapped_and_surveyed),
        cmocka_unit_test(test_a_dead_recording_has_the_boards_nominal_values),
        cmocka_unit_test(test_what_cannot_be_replayed_gets_a_sentence),
        cmocka_unit_test(test_a_source_is_opened_on_the_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
