/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calibration/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* Inputs 1 and 4 carry voltages, 2, 3 and 6 currents; the others are not wired. */
static struct board split_phase(void)
{
    struct board board = {.schema = 1, .name = "split", .converter = {.reference_v = 3.0}};
    const struct board_voltage_path voltage = {.transformer_ratio = 10,
                                               .transformer_high_pass_hz = 0.5,
                                               .divider_top_ohm = 150e3,
                                               .divider_bottom_ohm = 10e3,
                                               .amplifier_gain = 1,
                                               .amplifier_offset_v = 1.5};
    const struct board_current_path current = {.sensitivity_v_per_a = 0.04,
                                               .supply_v = 5,
                                               .zero_v = 2.5,
                                               .divider_top_ohm = 1910,
                                               .divider_bottom_ohm = 2870};
    board.channel[1] = (struct board_channel){
        .kind = BOARD_VOLTAGE, .voltage = voltage, .filter_ohm = 1430, .filter_f = 33e-9};
    board.channel[4] = (struct board_channel){.kind = BOARD_VOLTAGE, .voltage = voltage};
    board.channel[2] = (struct board_channel){.kind = BOARD_CURRENT,
                                              .current = current,
                                              .filter_ohm = 270,
                                              .filter_f = 33e-9,
                                              .circuit = BOARD_GRID,
                                              .element = 2,
                                              .voltage_channel = 4};
    board.channel[3] = (struct board_channel){
        .kind = BOARD_CURRENT, .current = current, .circuit = BOARD_GRID, .element = 1, .voltage_channel = 1};
    board.channel[6] = (struct board_channel){.kind = BOARD_CURRENT,
                                              .current = current,
                                              .circuit = BOARD_SOLAR,
                                              .element = 1,
                                              .voltage_channel = 1};
    return board;
}

static void test_topology_is_in_scan_order(void **state)
{
    (void)state;
    struct board board = split_phase();
    struct topology topology;
    int input[DSP_CHANNELS];
    assert_int_equal(unit_topology(&board, &topology, input), 5);
    const int expected_input[5] = {1, 2, 3, 4, 6};
    assert_memory_equal(input, expected_input, sizeof expected_input);
    assert_int_equal(topology.n_channels, 5);
    assert_int_equal(topology.n_elements, 3);
    const struct element expected[3] = {
        {3, 1, CIRCUIT_GRID, 2, 0, 0}, /* input 4 is scan position 3, input 2 is position 1 */
        {0, 2, CIRCUIT_GRID, 1, 0, 0},
        {0, 4, CIRCUIT_SOLAR, 1, 0, 0},
    };
    assert_memory_equal(topology.element, expected, sizeof expected);
    assert_true(topology.n_points >= 5); /* topology_init has made the points */
}

struct legs_case {
    const char *name;
    int n_channels; /* from input 0 on: voltages of kind and currents as given */
    struct board_channel channel[BOARD_CHANNELS];
    int n_elements;
    struct element element[DSP_ELEMENTS];
    int n_points;
};

#define VOLT                                                                                                 \
    {                                                                                                        \
        .kind = BOARD_VOLTAGE                                                                                \
    }
#define AMPERE(of, leg, input, assumed, both)                                                                \
    {                                                                                                        \
        .kind = BOARD_CURRENT, .circuit = (of), .element = (leg), .voltage_channel = (input),                \
        .voltage_assumed = (assumed), .both_legs = (both)                                                    \
    }

static const struct legs_case legs_cases[] = {
    {"one voltage, two currents: L2's is assumed",
     3,
     {VOLT, AMPERE(BOARD_GRID, 1, 0, 0, 0), AMPERE(BOARD_GRID, 2, 0, 1, 0)},
     2,
     {{0, 1, CIRCUIT_GRID, 1, 0, 0}, {0, 2, CIRCUIT_GRID, 2, 1, 0}},
     3},
    {"the voltage is L2's: L1's is assumed",
     3,
     {VOLT, AMPERE(BOARD_GRID, 1, 0, 1, 0), AMPERE(BOARD_GRID, 2, 0, 0, 0)},
     2,
     {{0, 1, CIRCUIT_GRID, 1, 1, 0}, {0, 2, CIRCUIT_GRID, 2, 0, 0}},
     3},
    {"an inverter between two measured legs",
     5,
     {VOLT, VOLT, AMPERE(BOARD_GRID, 1, 0, 0, 0), AMPERE(BOARD_GRID, 2, 1, 0, 0),
      AMPERE(BOARD_SOLAR, 1, 0, 0, 1)},
     4,
     {{0, 2, CIRCUIT_GRID, 1, 0, 0},
      {1, 3, CIRCUIT_GRID, 2, 0, 0},
      {0, 4, CIRCUIT_SOLAR, 1, 0, 0},
      {1, 4, CIRCUIT_SOLAR, 2, 0, 1}},
     9},
    {"its sensor on L2, and wired before the grid's",
     5,
     {VOLT, VOLT, AMPERE(BOARD_SOLAR, 2, 1, 0, 1), AMPERE(BOARD_GRID, 1, 0, 0, 0),
      AMPERE(BOARD_GRID, 2, 1, 0, 0)},
     4,
     {{1, 2, CIRCUIT_SOLAR, 2, 0, 0},
      {0, 2, CIRCUIT_SOLAR, 1, 0, 1},
      {0, 3, CIRCUIT_GRID, 1, 0, 0},
      {1, 4, CIRCUIT_GRID, 2, 0, 0}},
     9},
    {"an inverter between the legs on one voltage",
     4,
     {VOLT, AMPERE(BOARD_GRID, 1, 0, 0, 0), AMPERE(BOARD_GRID, 2, 0, 1, 0), AMPERE(BOARD_SOLAR, 1, 0, 0, 1)},
     4,
     {{0, 1, CIRCUIT_GRID, 1, 0, 0},
      {0, 2, CIRCUIT_GRID, 2, 1, 0},
      {0, 3, CIRCUIT_SOLAR, 1, 0, 0},
      {0, 3, CIRCUIT_SOLAR, 2, 1, 1}},
     9},
    {"its sensor on the leg whose voltage is assumed",
     4,
     {VOLT, AMPERE(BOARD_GRID, 1, 0, 0, 0), AMPERE(BOARD_GRID, 2, 0, 1, 0), AMPERE(BOARD_SOLAR, 2, 0, 1, 1)},
     4,
     {{0, 1, CIRCUIT_GRID, 1, 0, 0},
      {0, 2, CIRCUIT_GRID, 2, 1, 0},
      {0, 3, CIRCUIT_SOLAR, 2, 1, 0},
      {0, 3, CIRCUIT_SOLAR, 1, 0, 1}},
     9},
    {"a grid of two wires between the legs, one voltage",
     2,
     {VOLT, AMPERE(BOARD_GRID, 1, 0, 0, 1)},
     2,
     {{0, 1, CIRCUIT_GRID, 1, 0, 0}, {0, 1, CIRCUIT_GRID, 2, 1, 1}},
     3},
    {"solar on L2 alone",
     5,
     {VOLT, VOLT, AMPERE(BOARD_GRID, 1, 0, 0, 0), AMPERE(BOARD_GRID, 2, 1, 0, 0),
      AMPERE(BOARD_SOLAR, 2, 1, 0, 0)},
     3,
     {{0, 2, CIRCUIT_GRID, 1, 0, 0}, {1, 3, CIRCUIT_GRID, 2, 0, 0}, {1, 4, CIRCUIT_SOLAR, 2, 0, 0}},
     7},
};

static void test_legs_become_elements(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof legs_cases / sizeof legs_cases[0]; k++) {
        const struct legs_case *c = &legs_cases[k];
        struct board board = {.schema = 1};
        struct topology topology;
        int input[DSP_CHANNELS];
        memcpy(board.channel, c->channel, sizeof board.channel);
        assert_int_equal(unit_topology(&board, &topology, input), c->n_channels);
        if (topology.n_elements != c->n_elements || topology.n_points != c->n_points)
            fail_msg("%s: %d elements, %d points", c->name, topology.n_elements, topology.n_points);
        for (int n = 0; n < c->n_elements; n++)
            if (memcmp(&topology.element[n], &c->element[n], sizeof c->element[n]) != 0)
                fail_msg("%s: element %d", c->name, n);
    }
}

/* Drives the ideal chain at a value and asks the nominal scale for it. */
static void assert_reads_back(const struct calibration *calibration, int k, double pin_v_per_unit,
                              double zero_v, double value)
{
    static struct calibration_scale scale;
    calibration_scale_init(&scale, calibration);
    int code = (int)floor((zero_v + pin_v_per_unit * value) / 3.0 * 1024.0);
    assert_in_range(code, 1, 1022);
    double step = 3.0 / 1024.0 / fabs(pin_v_per_unit);
    /* the best estimate is in the middle of the step: never off by more than half of it */
    if (!(fabs(scale.value[k][code] - value) <= 0.5 * step * (1 + 1e-9)))
        fail_msg("channel %d at %g reads %g", k, value, scale.value[k][code]);
}

static void test_nominal_scale_inverts_the_signal_path(void **state)
{
    (void)state;
    struct board board = split_phase();
    board.channel[6].current.sensitivity_v_per_a = -0.04;
    static struct calibration calibration;
    unit_nominal(&board, &calibration);
    for (double u_v = -230; u_v <= 230; u_v += 0.1)
        assert_reads_back(&calibration, 0, 1.0 / 160, 1.5, u_v);
    for (double i_a = -60; i_a <= 60; i_a += 0.05) {
        assert_reads_back(&calibration, 1, 0.04 * 2870 / 4780, 2.5 * 2870 / 4780, i_a);
        assert_reads_back(&calibration, 4, -0.04 * 2870 / 4780, 2.5 * 2870 / 4780, i_a);
    }
}

static void test_nominal_values_leave_no_mean_error(void **state)
{
    (void)state;
    struct board board = split_phase();
    static struct calibration calibration;
    static struct calibration_scale scale;
    unit_nominal(&board, &calibration);
    calibration_scale_init(&scale, &calibration);
    double sum_v = 0;
    const int n = 10240; /* ten whole steps each side of zero, a thousandth of a step at a time */
    for (int k = 0; k < n; k++) {
        double u_v = ((k + 0.5) / n - 0.5) * 20 * 0.46875;
        sum_v += scale.value[0][(int)floor((1.5 + u_v / 160) / 3.0 * 1024.0)] - u_v;
    }
    /* with the half step left out this would be -0.234 V */
    assert_true(fabs(sum_v / n) < 1e-3);
}

static void test_nominal_poles(void **state)
{
    (void)state;
    struct board board = split_phase();
    static struct calibration calibration;
    unit_nominal(&board, &calibration);
    const struct calibration_channel *channel = calibration.channel;
    const double tau_u_s = 1430 * 33e-9, tau_i_s = (270 + 1910.0 * 2870 / 4780) * 33e-9;
    assert_true(fabs(channel[0].low_pass_hz * 2 * pi * tau_u_s - 1) < 1e-12);
    assert_true(fabs(channel[1].low_pass_hz * 2 * pi * tau_i_s - 1) < 1e-12);
    assert_true(channel[0].high_pass_hz == 0.5 && channel[1].high_pass_hz == 0);
    assert_true(channel[3].low_pass_hz == 0 && channel[2].low_pass_hz == 0); /* no capacitor, no pole */
    assert_true(channel[0].delay_ns == 0 && channel[1].crosstalk == 0);
}

static void test_nominal_is_not_calibrated(void **state)
{
    (void)state;
    struct board board = split_phase();
    static struct calibration calibration;
    memset(&calibration, 0x5a, sizeof calibration);
    unit_nominal(&board, &calibration);
    assert_false(calibration.calibrated);
    assert_string_equal(calibration.board, "split");
    assert_string_equal(calibration.serial, "");
    assert_int_equal(calibration.schema, 1);
    assert_int_equal(calibration.n_channels, 5);
    const int input[5] = {1, 2, 3, 4, 6};
    assert_memory_equal(calibration.input, input, sizeof input);
    assert_true(calibration.channel[4].linearity_lsb[1023] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topology_is_in_scan_order),
        cmocka_unit_test(test_legs_become_elements),
        cmocka_unit_test(test_nominal_scale_inverts_the_signal_path),
        cmocka_unit_test(test_nominal_values_leave_no_mean_error),
        cmocka_unit_test(test_nominal_poles),
        cmocka_unit_test(test_nominal_is_not_calibrated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
