/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hal/sim/ledger.h"

#include <math.h>

static void near(double value, double expected)
{
    /* sums of a few products of doubles */
    if (!(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("%.17g is not %.17g", value, expected);
}

/* Half a second of import and half a second of export of half the power, alternating, netted over whole seconds or over
 * the halves: what is import and what is export depends on the netting interval, their difference does not. */
static const struct {
    const char *name;
    double step_s;
    double import_ws, export_ws;
} cases[] = {
    {"netted over whole alternations", 1.0, 10 * 25.0, 0},
    {"netted over the halves", 0.5, 10 * 50.0, 10 * 25.0},
    {"netted once", 10.0, 10 * 25.0, 0},
};

static void test_the_netting_interval_decides_what_is_import(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct ledger ledger;
        double energy[LEDGER_POINTS][LEDGER_ENERGIES], netted_s;
        ledger_init(&ledger);
        for (int k = 0; k < 20; k++) {
            struct ledger_power power[LEDGER_POINTS] = {{.p_w = k % 2 ? -50.0 : 100.0, .q1_var = 10}};
            power[1] = (struct ledger_power){.u2_v2 = 400, .i2_a2 = 25};
            ledger_add(&ledger, 0.5 * k, power);
        }
        print_message("  %s\n", cases[i].name);
        for (double end_s = cases[i].step_s; end_s <= 10; end_s += cases[i].step_s)
            ledger_net(&ledger, end_s);
        assert_true(ledger_read(&ledger, &netted_s, energy));
        near(netted_s, 10);
        near(energy[0][0] * 3600e-6, cases[i].import_ws);
        near(energy[0][1] * 3600e-6, cases[i].export_ws);
        near((energy[0][2] + energy[0][3]) * 3600e-6, 100);
        near(energy[0][6] * 3600e-6, 1000);
        ledger_close(&ledger);
    }
}

static void test_quadrants_follow_the_signs(void **state)
{
    (void)state;
    static const struct {
        double p_w, q1_var;
        int quadrant;
    } signs[] = {{1, 1, 2}, {-1, 1, 3}, {-1, -1, 4}, {1, -1, 5}};
    for (size_t i = 0; i < 4; i++) {
        static struct ledger ledger;
        double energy[LEDGER_POINTS][LEDGER_ENERGIES], netted_s;
        ledger_init(&ledger);
        struct ledger_power power[LEDGER_POINTS] = {[3] = {.p_w = signs[i].p_w, .q1_var = signs[i].q1_var}};
        ledger_add(&ledger, 0, power);
        ledger_net(&ledger, 3600);
        assert_true(ledger_read(&ledger, &netted_s, energy));
        for (int k = 2; k < 6; k++)
            near(energy[ledger_point(1, 0)][k], k == signs[i].quadrant ? 1e6 : 0);
        ledger_close(&ledger);
    }
}

static void test_legs_are_netted_by_themselves(void **state)
{
    (void)state;
    static struct ledger ledger;
    double energy[LEDGER_POINTS][LEDGER_ENERGIES], netted_s;
    struct ledger_power power[LEDGER_POINTS] = {0};
    power[ledger_point(0, 0)] = (struct ledger_power){.p_w = 300, .q1_var = -100};
    power[ledger_point(0, 1)] = (struct ledger_power){1000, 200, 0, 102.0 * 102, 100};
    power[ledger_point(0, 2)] = (struct ledger_power){-700, -300, 0, 100.0 * 100, 6.8 * 6.8};
    ledger_init(&ledger);
    ledger_add(&ledger, 0, power);
    ledger_net(&ledger, 3600);
    assert_true(ledger_read(&ledger, &netted_s, energy));
    static const double expected[3][LEDGER_ENERGIES] = {{300e6, 0, 0, 0, 0, 100e6, 1700e6},
                                                        {1000e6, 0, 200e6, 0, 0, 0, 1020e6},
                                                        {0, 700e6, 0, 0, 300e6, 0, 680e6}};
    for (int leg = 0; leg < 3; leg++)
        for (int k = 0; k < LEDGER_ENERGIES; k++)
            near(energy[ledger_point(0, leg)][k], expected[leg][k]);
    ledger_close(&ledger);
}

/* A current that flows half of the time: U I sqrt(1/2) over windows with both halves, U I / 2 over windows of a half. */
static void test_apparent_energy_is_of_the_windows_rms_values(void **state)
{
    (void)state;
    for (int halves = 1; halves <= 2; halves++) {
        static struct ledger ledger;
        double energy[LEDGER_POINTS][LEDGER_ENERGIES], netted_s;
        ledger_init(&ledger);
        for (int k = 0; k < 20; k++) {
            struct ledger_power power[LEDGER_POINTS] = {[1] = {.u2_v2 = 10000, .i2_a2 = k % 2 ? 0 : 64}};
            ledger_add(&ledger, 0.5 * k, power);
        }
        for (int k = halves; k <= 20; k += halves)
            ledger_net(&ledger, 0.5 * k);
        assert_true(ledger_read(&ledger, &netted_s, energy));
        near(energy[0][6] * 3600e-6, halves == 1 ? 4000 : 8000 * sqrt(0.5));
        near(energy[1][6], energy[0][6]);
        ledger_close(&ledger);
    }
}

static void test_a_window_that_comes_too_late_is_told(void **state)
{
    (void)state;
    static struct ledger ledger;
    double energy[LEDGER_POINTS][LEDGER_ENERGIES], netted_s;
    struct ledger_power power[LEDGER_POINTS] = {{.p_w = 1, .q1_var = 1}};
    ledger_init(&ledger);
    for (int k = 0; k <= LEDGER_SPANS; k++)
        ledger_add(&ledger, k, power);
    ledger_net(&ledger, 0.5);
    assert_false(ledger_read(&ledger, &netted_s, energy));
    ledger_close(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_netting_interval_decides_what_is_import),
        cmocka_unit_test(test_quadrants_follow_the_signs),
        cmocka_unit_test(test_legs_are_netted_by_themselves),
        cmocka_unit_test(test_apparent_energy_is_of_the_windows_rms_values),
        cmocka_unit_test(test_a_window_that_comes_too_late_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
