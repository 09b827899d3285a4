/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Start and creep: what is registered, what waits, what is dropped and counted. */
#include "tests/unit/dsp/registers_bench.h"

struct creep_case {
    const char *name;
    double p_w, q1_var;
    bool runs;
};

/* 100 windows are one block of 20 s. */
static const struct creep_case creep_cases[] = {
    {"power just below the start stays out", 1.199, 0, false},
    {"power just above the start is registered", 1.201, 0, true},
    {"export starts as import does", -1.201, 0, true},
    {"reactive power alone starts as well", 0, -1.201, true},
    {"complex power counts, not its parts", 0.85, 0.85, true},
};

static void test_start(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof creep_cases / sizeof creep_cases[0]; k++) {
        const struct creep_case *c = &creep_cases[k];
        struct topology topology = single_phase();
        struct registers registers;
        registers_init(&registers, &topology, &creep);
        run(&registers, 99, c->p_w, c->q1_var);
        assert_int_equal(registers.energy[GRID].apparent_uvah, 0); /* waits until the block is full */
        run(&registers, 1, c->p_w, c->q1_var);
        double expected = 20.0 * hypot(c->p_w, c->q1_var) / 3600.0 * 1e6;
        double got = (double)registers.energy[GRID].apparent_uvah;
        if (fabs(got - (c->runs ? expected : 0)) > 1.0) /* one unit may be in the remainder */
            fail_msg("%s: %g uVAh, power gives %g", c->name, got, expected);
        double lost = c->runs ? 0 : 20.0 * fabs(c->p_w) / 3600.0 * 1e6;
        if (fabs((double)registers.dropped_uwh - lost) > 1.0)
            fail_msg("%s: dropped %lld uWh, expected %g", c->name, (long long)registers.dropped_uwh, lost);
    }
}

static void test_noise_without_direction_never_starts(void **state)
{
    (void)state;
    struct topology topology = single_phase();
    struct registers registers;
    registers_init(&registers, &topology, &creep);
    uint64_t seed = 3;
    double sum_uwh = 0;
    for (int k = 0; k < 5 * 8580;
         k++) { /* 143 minutes: the no-load test of class 1 at 1000 imp/kWh, 120 V, 35 A */
        struct reading reading = window(k, 200000000);
        set_point(&reading, GRID, 3 * wild(&seed),
                  3 * wild(&seed)); /* mean of 100: 0.25 VA rms, a fifth of the start */
        sum_uwh += fabs(reading.point[GRID].p_w) * 0.2 / 3600 * 1e6;
        registers_add(&registers, &reading);
    }
    int64_t value[ENERGIES];
    fields(&registers.energy[GRID], value);
    for (int e = 0; e < ENERGIES; e++)
        assert_int_equal(value[e], 0);
    assert_true(fabs((double)registers.dropped_uwh - sum_uwh) <=
                1.0); /* every bit of it was counted as dropped */
}

static void test_stop_has_hysteresis(void **state)
{
    (void)state;
    struct topology topology = single_phase();
    struct registers registers;
    registers_init(&registers, &topology, &creep);
    run(&registers, 100, 2, 0);
    assert_true(registers.creep[CIRCUIT_GRID].running);
    run(&registers, 300, 0.7, 0); /* below the start, above the stop */
    assert_true(registers.creep[CIRCUIT_GRID].running);
    run(&registers, 100, 0.5, 0);
    assert_false(registers.creep[CIRCUIT_GRID].running);
    int64_t stood = registers.energy[GRID].import_uwh;
    run(&registers, 300, 0.7, 0); /* between the two it stays stopped */
    assert_int_equal(registers.energy[GRID].import_uwh, stood);
    assert_in_range(registers.dropped_uwh, 11665, 11668); /* 60 s of 0.7 W: 11,666.7 uWh */
}

static void test_a_strong_window_starts_at_once_and_takes_along_what_waited(void **state)
{
    (void)state;
    struct topology topology = single_phase();
    struct registers registers;
    registers_init(&registers, &topology, &creep);
    run(&registers, 80, 0.25, 0); /* 16 s of 0.25 W: 1,111 uWh wait */
    run(&registers, 1, 11.9, 0);
    assert_int_equal(registers.energy[GRID].import_uwh, 0);
    run(&registers, 1, 12.1, 0);
    double expected = (16 * 0.25 + 0.2 * 11.9 + 0.2 * 12.1) / 3600 * 1e6;
    assert_true(fabs((double)registers.energy[GRID].import_uwh - expected) <= 1.0);
    run(&registers, 18, 0.1, 0); /* the block's end: its mean is 0.48 VA, but 0.73 VA since the start */
    assert_true(registers.creep[CIRCUIT_GRID].running);
    assert_int_equal(registers.dropped_uwh, 0);
}

static void run_legs(struct registers *registers, int n, double l1_w, double l2_w)
{
    for (int k = 0; k < n; k++) {
        struct reading reading = window(k, 200000000);
        set_point(&reading, GRID_L1, l1_w, 0);
        set_point(&reading, GRID_L2, l2_w, 0);
        set_point(&reading, GRID, l1_w + l2_w, 0);
        registers_add(registers, &reading);
    }
}

static void test_elements_follow_their_circuit(void **state)
{
    (void)state;
    struct topology topology = house();
    struct registers registers;
    registers_init(&registers, &topology, &creep);
    run_legs(&registers, 100, 0.8, 0.3); /* neither of the legs nor their sum is enough */
    assert_int_equal(registers.energy[GRID_L1].import_uwh, 0);
    assert_in_range(registers.dropped_uwh, 6110, 6112); /* 20 s of 1.1 W at the circuit: 6,111.1 uWh */
    run_legs(&registers, 100, 0.8, 0.5);                /* their sum is */
    assert_in_range(registers.energy[GRID_L2].import_uwh, 2776, 2778);
    assert_in_range(registers.energy[GRID].import_uwh, 7221, 7223);
}

/* What comes in on one leg and goes out on the other is nothing at the billing point, and much on each leg. */
static void test_what_passes_from_leg_to_leg_is_no_creep(void **state)
{
    (void)state;
    static const double watts[] = {600, 1.3}; /* starts at once; starts at the block's end */
    for (size_t k = 0; k < 2; k++) {
        struct topology topology = house();
        struct registers registers;
        registers_init(&registers, &topology, &creep);
        run_legs(&registers, 300, watts[k], -watts[k]);
        double expected_uwh = 60 * watts[k] / 3600 * 1e6;
        assert_true(registers.creep[CIRCUIT_GRID].running);
        assert_true(fabs((double)registers.energy[GRID_L1].import_uwh - expected_uwh) <= 1.0);
        assert_true(fabs((double)registers.energy[GRID_L2].export_uwh - expected_uwh) <= 1.0);
        assert_int_equal(registers.energy[GRID].import_uwh + registers.energy[GRID].export_uwh, 0);
        assert_int_equal(registers.dropped_uwh, 0);
        run_legs(&registers, 100, 0.5, -0.5);
        assert_false(registers.creep[CIRCUIT_GRID].running);
    }
}

/* load = grid + solar, window by window; either of them makes it run. */
static void run_house(struct registers *registers, int n, double grid_w, double solar_w)
{
    for (int k = 0; k < n; k++) {
        struct reading reading = window(k, 200000000);
        set_point(&reading, GRID, grid_w, 0);
        set_point(&reading, SOLAR, solar_w, 0);
        set_point(&reading, LOAD, grid_w + solar_w, 0);
        registers_add(registers, &reading);
    }
}

static void test_load_runs_while_grid_or_solar_does(void **state)
{
    (void)state;
    struct topology topology = house();
    struct registers registers;
    registers_init(&registers, &topology, &creep);
    run_house(&registers, 100, 1.0, 1.0); /* the load's 2 W alone do not start it */
    assert_false(registers.creep[CIRCUIT_LOAD].running);
    assert_int_equal(registers.energy[LOAD].import_uwh, 0);
    assert_in_range(registers.dropped_uwh, 11110,
                    11112); /* grid's and solar's 5,555.6 each, the load's not again */
    run_house(&registers, 50, 1.0, 0.5);
    run_house(&registers, 1, 1.0, 50);
    assert_false(registers.creep[CIRCUIT_GRID].running);
    assert_true(registers.creep[CIRCUIT_LOAD].running);
    double expected = (10 * 1.5 + 0.2 * 51) / 3600 * 1e6;
    assert_true(fabs((double)registers.energy[LOAD].import_uwh - expected) <= 1.0);
    run_house(&registers, 49, 1.0, 0.1);
    run_house(&registers, 100, 1.0, 0.1);
    assert_false(registers.creep[CIRCUIT_LOAD].running);
}

static void test_absent_power_decides_nothing(void **state)
{
    (void)state;
    struct topology topology = single_phase();
    struct registers registers;
    registers_init(&registers, &topology, &creep);
    run(&registers, 100, 2, 0);
    run(&registers, 300, (double)NAN, (double)NAN);
    assert_true(registers.creep[CIRCUIT_GRID].running);
    run(&registers, 100, 2, (double)NAN); /* without reactive power the active power decides */
    assert_true(registers.creep[CIRCUIT_GRID].running);
    run(&registers, 100, 0.1, (double)NAN);
    assert_false(registers.creep[CIRCUIT_GRID].running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_noise_without_direction_never_starts),
        cmocka_unit_test(test_stop_has_hysteresis),
        cmocka_unit_test(test_a_strong_window_starts_at_once_and_takes_along_what_waited),
        cmocka_unit_test(test_elements_follow_their_circuit),
        cmocka_unit_test(test_what_passes_from_leg_to_leg_is_no_creep),
        cmocka_unit_test(test_load_runs_while_grid_or_solar_does),
        cmocka_unit_test(test_absent_power_decides_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
