/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/scan_tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[64];
static struct board board;
static struct adc_plan plan;
static struct meter_config meter;
static struct calibration_scale scale;

static int setup(void **state)
{
    const char *base = getenv("TMPDIR");
    (void)state;
    snprintf(directory, sizeof directory, "%.40s/tap.XXXXXX", base != NULL ? base : "/tmp");
    /* Split phase: two voltages, grid and solar currents on both legs; a seventh channel that no element uses. */
    board = (struct board){.name = "split", .u_nominal_v = 120, .i_nominal_a = 5};
    plan = (struct adc_plan){
        .n = 7, .input = {0, 1, 2, 3, 4, 5, 7}, .conversion_spacing_ns = 31800, .period_ns = 333333};
    meter = (struct meter_config){.f_nominal_hz = 60, .topology = {.n_channels = 7, .n_elements = 4}};
    meter.topology.element[0] =
        (struct element){.u_channel = 0, .i_channel = 2, .circuit = CIRCUIT_GRID, .leg = 1};
    meter.topology.element[1] =
        (struct element){.u_channel = 1, .i_channel = 3, .circuit = CIRCUIT_GRID, .leg = 2};
    meter.topology.element[2] =
        (struct element){.u_channel = 0, .i_channel = 4, .circuit = CIRCUIT_SOLAR, .leg = 1};
    meter.topology.element[3] =
        (struct element){.u_channel = 1, .i_channel = 5, .circuit = CIRCUIT_SOLAR, .leg = 2};
    for (int k = 0; k < 7; k++) {
        meter.response[k] = (struct channel_response){1e-6 * k, 0.5 * k, 1000.0 * k};
        for (int code = 0; code < CALIBRATION_CODES; code++)
            scale.value[k][code] = code * (k + 1) - 500;
    }
    return mkdtemp(directory) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(directory);
}

static int open_tap(struct scan_tap *tap, const char *run_dir, bool physical)
{
    const struct scan_tap_config config = {.run_dir = run_dir,
                                           .boot_id = "boot",
                                           .meter_id = "meter",
                                           .board = &board,
                                           .plan = &plan,
                                           .meter = &meter,
                                           .scale = &scale,
                                           .physical = physical};
    return scan_tap_open(tap, &config);
}

static const struct {
    const char *name, *circuit;
    enum scan_ring_kind kind;
    int leg, input;
    double nominal;
} expected[] = {
    {"u_l1", "", SCAN_RING_VOLTAGE, 1, 0, 120},          {"u_l2", "", SCAN_RING_VOLTAGE, 2, 1, 120},
    {"i_grid_l1", "grid", SCAN_RING_CURRENT, 1, 2, 5},   {"i_grid_l2", "grid", SCAN_RING_CURRENT, 2, 3, 5},
    {"i_solar_l1", "solar", SCAN_RING_CURRENT, 1, 4, 5}, {"i_solar_l2", "solar", SCAN_RING_CURRENT, 2, 5, 5},
    {"u_in7", "", SCAN_RING_VOLTAGE, 0, 7, 120},
};

static void channels_are_named_by_what_they_are(void **state)
{
    struct scan_tap tap;
    struct scan_ring ring;
    (void)state;
    assert_int_equal(open_tap(&tap, directory, false), 0);
    assert_int_equal(scan_ring_open(&ring, directory), 0);
    const struct scan_ring_plan *in = &ring.file->plan;
    assert_int_equal(in->n_channels, 7);
    assert_string_equal(in->boot_id, "boot");
    assert_string_equal(in->board, "split");
    assert_true(in->scan_rate_hz > 2999 && in->scan_rate_hz < 3001 && in->f_nominal_hz == 60);
    for (int k = 0; k < 7; k++) {
        const struct scan_ring_channel *channel = &in->channel[k];
        assert_string_equal(channel->name, expected[k].name);
        assert_string_equal(channel->circuit, expected[k].circuit);
        assert_int_equal(channel->kind, expected[k].kind);
        assert_int_equal(channel->leg, expected[k].leg);
        assert_int_equal(channel->input, expected[k].input);
        assert_true(channel->nominal == expected[k].nominal);
        assert_true(channel->delay_ns >= 999.9 * k && channel->delay_ns < 1000.1 * k + 1e-9);
        assert_true(channel->high_pass_hz == 0.5 * k && channel->low_pass_hz == 1000.0 * k);
        assert_memory_equal(channel->value, scale.value[k], sizeof channel->value);
    }
    scan_ring_close(&ring);
    scan_tap_close(&tap, directory);
}

/* A single voltage that feeds two currents, a single current that goes out on one leg and comes back on the other: the
 * channels stay what they measure, in whatever order the elements stand. */
static void what_is_taken_over_does_not_rename_what_is_measured(void **state)
{
    struct scan_tap tap;
    (void)state;
    meter.topology = (struct topology){.n_channels = 4, .n_elements = 4};
    meter.topology.element[0] =
        (struct element){.u_channel = 0, .i_channel = 1, .circuit = CIRCUIT_GRID, .leg = 2, .u_assumed = 1};
    meter.topology.element[1] =
        (struct element){.u_channel = 0, .i_channel = 2, .circuit = CIRCUIT_GRID, .leg = 1};
    meter.topology.element[2] = (struct element){
        .u_channel = 0, .i_channel = 3, .circuit = CIRCUIT_SOLAR, .leg = 2, .u_assumed = 1, .i_returned = 1};
    meter.topology.element[3] =
        (struct element){.u_channel = 0, .i_channel = 3, .circuit = CIRCUIT_SOLAR, .leg = 1};
    assert_int_equal(open_tap(&tap, directory, false), 0);
    assert_string_equal(tap.ring.file->plan.channel[0].name, "u_l1");
    assert_string_equal(tap.ring.file->plan.channel[1].name, "i_grid_l2");
    assert_string_equal(tap.ring.file->plan.channel[2].name, "i_grid_l1");
    assert_string_equal(tap.ring.file->plan.channel[3].name, "i_solar_l1");
    scan_tap_close(&tap, directory);
}

static void scans_go_through_with_their_faults(void **state)
{
    (void)state;
    for (int physical = 0; physical < 2; physical++) {
        struct scan_tap tap;
        struct scan_ring ring;
        struct scan_ring_scan out;
        struct adc_scan scan = {.n = 7, .physical = physical, .faults = ADC_CORRUPT};
        for (int k = 0; k < 7; k++) {
            scan.hold_ns[k] = 1000000 + 31800 * k;
            scan.code[k] = (uint16_t)(100 * k);
            scan.value[k] = 1.0 / (k + 1);
        }
        assert_int_equal(open_tap(&tap, directory, physical), 0);
        assert_int_equal(scan_ring_open(&ring, directory), 0);
        scan_tap_write(&tap, &scan);
        assert_int_equal(scan_ring_read(&ring, 0, &out), 0);
        assert_int_equal(out.faults, ADC_CORRUPT);
        for (int k = 0; k < 7; k++) {
            assert_int_equal(out.hold_ns[k], scan.hold_ns[k]);
            assert_true(out.value[k] == (physical ? scan.value[k] : scale.value[k][100 * k]));
        }
        scan.physical = !physical; /* codes mean nothing here, or values */
        scan_tap_write(&tap, &scan);
        assert_int_equal(scan_ring_read(&ring, 1, &out), -EAGAIN);
        scan_ring_close(&ring);
        scan_tap_close(&tap, directory);
    }
}

/* What a reader gets is what was metered, to the last digit; behind a fault the first conversion stays as it is. */
static void values_are_those_that_are_metered(void **state)
{
    struct scan_tap tap;
    struct scan_ring ring;
    static struct calibration calibration;
    static struct calibration_scale metered;
    (void)state;
    calibration.n_channels = 7;
    for (int k = 0; k < 7; k++)
        calibration.channel[k] = (struct calibration_channel){
            .gain = k % 2 ? -0.122 : 0.469, .offset_lsb = 511.7 + k, .crosstalk = 6e-4 * (k - 2)};
    calibration.channel[3].linearity_lsb[700] = 0.37;
    calibration_scale_init(&metered, &calibration);
    scale = metered;
    assert_int_equal(open_tap(&tap, directory, false), 0);
    assert_int_equal(scan_ring_open(&ring, directory), 0);
    for (int n = 0; n < 20; n++) {
        struct adc_scan scan = {.n = 7, .faults = n == 10 ? ADC_LATE : 0};
        for (int k = 0; k < 7; k++)
            scan.code[k] = (uint16_t)((700 + 311 * n + 97 * (k - 3) * (n + 1)) & (CALIBRATION_CODES - 1));
        scan_tap_write(&tap, &scan);
    }
    for (int n = 0; n < 20; n++) {
        struct scan_ring_scan out;
        double value[DSP_CHANNELS];
        assert_int_equal(scan_ring_read(&ring, (uint64_t)n, &out), 0);
        if (out.faults != 0) {
            calibration_scale_reset(&metered);
            continue;
        }
        calibration_scale_read(&metered, out.code, value);
        for (int k = 0; k < 7; k++)
            assert_true(out.value[k] == value[k]);
    }
    scan_ring_close(&ring);
    scan_tap_close(&tap, directory);
}

static void without_a_ring_nothing_is_written_and_nothing_breaks(void **state)
{
    struct scan_tap tap;
    char nowhere[96];
    const struct adc_scan scan = {.n = 7};
    (void)state;
    snprintf(nowhere, sizeof nowhere, "%s/none", directory);
    assert_int_equal(open_tap(&tap, nowhere, false), -ENOENT);
    scan_tap_write(&tap, &scan);
    scan_tap_close(&tap, nowhere);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(channels_are_named_by_what_they_are),
        TEST(what_is_taken_over_does_not_rename_what_is_measured),
        TEST(scans_go_through_with_their_faults),
        TEST(values_are_those_that_are_metered),
        TEST(without_a_ring_nothing_is_written_and_nothing_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
