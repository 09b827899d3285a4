/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where energy goes and that none of it is lost: signs, quadrants, fractions, time, the ends of the scale. */
#include "tests/unit/dsp/registers_bench.h"

struct quadrant_case {
    const char *name;
    double p_w, q1_var;
    int64_t expected[ENERGIES]; /* of one hour */
};

/* 3600 W for one second are one watt-hour: 1 h of p_w is p_w * 1e6 uWh, exactly, since all factors are whole. */
static const struct quadrant_case quadrant_cases[] = {
    {"import with lagging current is quadrant I", 300, 400, {300000000, 0, 400000000, 0, 0, 0, 500000000}},
    {"export with reactive import is quadrant II", -300, 400, {0, 300000000, 0, 400000000, 0, 0, 500000000}},
    {"export with reactive export is quadrant III",
     -300,
     -400,
     {0, 300000000, 0, 0, 400000000, 0, 500000000}},
    {"import with leading current is quadrant IV", 300, -400, {300000000, 0, 0, 0, 0, 400000000, 500000000}},
    {"purely reactive power counts as on the import side", 0, 400, {0, 0, 400000000, 0, 0, 0, 400000000}},
    {"absent reactive power leaves the quadrants alone", 300, (double)NAN, {300000000, 0, 0, 0, 0, 0, 0}},
    {"absent active power leaves no quadrant to choose", (double)NAN, 400, {0, 0, 0, 0, 0, 0, 0}},
    {"an infinite value is no measurement", (double)INFINITY, 0, {0, 0, 0, 0, 0, 0, 0}},
    {"more than 1 GWh in a window is no measurement", 2e13, 0, {0, 0, 0, 0, 0, 0, 0}},
};

static void test_quadrants(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof quadrant_cases / sizeof quadrant_cases[0]; k++) {
        const struct quadrant_case *c = &quadrant_cases[k];
        struct topology topology = single_phase();
        struct registers registers;
        registers_init(&registers, &topology, &no_creep);
        run(&registers, 5 * 3600, c->p_w, c->q1_var);
        int64_t value[ENERGIES];
        fields(&registers.energy[GRID], value);
        for (int i = 0; i < ENERGIES; i++)
            /* 18,000 remainders, each rounded by at most 2^-54: the last unit may still wait in the remainder */
            if (value[i] < c->expected[i] - 1 || value[i] > c->expected[i])
                fail_msg("%s: %s is %lld, expected %lld", c->name, energy_name[i], (long long)value[i],
                         (long long)c->expected[i]);
    }
}

static void test_each_point_counts_its_own_power(void **state)
{
    (void)state;
    struct topology topology = house();
    struct registers registers;
    registers_init(&registers, &topology, &no_creep);
    struct reading reading = window(0, 3600000000000);
    set_point(&reading, GRID_L1, 700, 0);
    set_point(&reading, GRID_L2, -500, 0);
    set_point(&reading, GRID, 200, 0); /* the circuit nets its elements within the window */
    set_point(&reading, SOLAR, 100, 0);
    set_point(&reading, LOAD, 300, 0);
    registers_add(&registers, &reading);
    assert_int_equal(registers.energy[GRID].import_uwh, 200000000);
    assert_int_equal(registers.energy[GRID].export_uwh, 0);
    assert_int_equal(registers.energy[GRID_L1].import_uwh, 700000000);
    assert_int_equal(registers.energy[GRID_L2].export_uwh, 500000000);
    assert_int_equal(registers.energy[SOLAR].import_uwh, 100000000);
    assert_int_equal(registers.energy[LOAD].import_uwh, 300000000);
}

static struct reading wild_window(int64_t index, uint64_t *state, double sign)
{
    struct reading reading = window(index, 199999983);
    for (int i = 0; i < POINTS; i++)
        set_point(&reading, i, sign * 4321.0 * wild(state), sign * 987.0 * wild(state));
    return reading;
}

static void test_small_energy_is_not_lost(void **state)
{
    (void)state;
    struct topology topology = single_phase();
    struct registers registers;
    registers_init(&registers, &topology, &no_creep);
    run(&registers, 5 * 3600 * 24, 1.8e-3, 0); /* 0.1 uWh a window: no window fills a unit by itself */
    /* 43,200 uWh a day; 432,000 additions of fractions rounded by 2^-54 stay far below half a unit */
    assert_in_range(registers.energy[GRID].import_uwh, 43199, 43200);
}

static void test_reversal_swaps_registers_to_the_last_digit(void **state)
{
    (void)state;
    struct topology topology = house();
    struct registers forward, reversed;
    registers_init(&forward, &topology, &creep);
    registers_init(&reversed, &topology, &creep);
    uint64_t a = 7, b = 7;
    for (int k = 0; k < 20000; k++) {
        struct reading there = wild_window(k, &a, 1), back = wild_window(k, &b, -1);
        registers_add(&forward, &there);
        registers_add(&reversed, &back);
    }
    static const int mirror[ENERGIES] = {1, 0, 4, 5, 2, 3, 6};
    for (int i = 0; i < POINTS; i++) {
        int64_t x[ENERGIES], y[ENERGIES];
        fields(&forward.energy[i], x);
        fields(&reversed.energy[i], y);
        for (int e = 0; e < ENERGIES; e++) {
            assert_int_equal(x[e], y[mirror[e]]);
            assert_true(x[e] > 0);
            /* the remainders as well: nothing hides below the unit */
            assert_true(forward.remainder[i][e] == reversed.remainder[i][mirror[e]]);
        }
    }
}

static void test_registers_never_fall_and_remainders_stay_below_one(void **state)
{
    (void)state;
    struct topology topology = house();
    struct registers registers;
    registers_init(&registers, &topology, &creep);
    uint64_t seed = 42;
    for (int k = 0; k < 20000; k++) {
        struct reading reading = wild_window(k, &seed, k % 700 < 300 ? 1e-4 : 1); /* idle at times */
        reading.metered = k % 97 != 0;
        struct energy before[DSP_POINTS];
        memcpy(before, registers.energy, sizeof before);
        registers_add(&registers, &reading);
        assert_memory_equal(before, registers.before, sizeof before);
        for (int i = 0; i < POINTS; i++) {
            int64_t rise[ENERGIES];
            struct energy difference = energy_difference(&registers.energy[i], &before[i]);
            fields(&difference, rise);
            for (int e = 0; e < ENERGIES; e++) {
                assert_true(rise[e] >= 0);
                assert_true(registers.remainder[i][e] >= 0 && registers.remainder[i][e] < 1);
            }
        }
    }
}

static void test_split_windows_equal_one_window(void **state)
{
    (void)state;
    struct topology topology = single_phase();
    struct registers whole, halves;
    registers_init(&whole, &topology, &no_creep);
    registers_init(&halves, &topology, &no_creep);
    for (int k = 0; k < 1000; k++) {
        struct reading one = window(k, 200000000), half = window(k, 100000000);
        set_point(&one, GRID, 1234.5, -67.8);
        set_point(&half, GRID, 1234.5, -67.8);
        registers_add(&whole, &one);
        registers_add(&halves, &half);
        registers_add(&halves, &half);
    }
    /* equal but for what the remainders' rounding decides at a unit's edge */
    int64_t apart = whole.energy[GRID].import_uwh - halves.energy[GRID].import_uwh;
    assert_in_range(apart + 1, 0, 2);
}

static void test_unmetered_windows_add_only_time(void **state)
{
    (void)state;
    struct topology topology = single_phase();
    struct registers registers;
    registers_init(&registers, &topology, &no_creep);
    struct reading reading = window(0, 1234567891);
    set_point(&reading, GRID, 1000, 100);
    reading.metered = false;
    registers_add(&registers, &reading);
    assert_int_equal(registers.unmetered_ns, 1234567891);
    assert_int_equal(registers.metered_ns, 0);
    assert_int_equal(registers.energy[GRID].import_uwh, 0);
    run(&registers, 3, 1000, 0);
    assert_int_equal(registers.unmetered_ns, 1234567891);
    assert_int_equal(registers.metered_ns, 600000000);
}

/* The display's five digits end at 100,000 kWh, 1e14 micro-units; ten times that is 1 GWh. Nothing rolls over there. */
static void test_registers_pass_the_displays_end_and_a_gigawatt_hour_unit_by_unit(void **state)
{
    (void)state;
    static const int64_t ends[] = {100000000000000, 1000000000000000, 9000000000000000000};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct topology topology = single_phase();
        struct registers registers;
        struct energy energy[DSP_POINTS] = {{.import_uwh = ends[i] - 1}};
        registers_init(&registers, &topology, &no_creep);
        registers_restore(&registers, energy, 0, 0, 0);
        run(&registers, 5, 3600, 0); /* 1 s: 1 Wh */
        assert_int_equal(registers.energy[GRID].import_uwh, ends[i] - 1 + 1000000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quadrants),
        cmocka_unit_test(test_each_point_counts_its_own_power),
        cmocka_unit_test(test_small_energy_is_not_lost),
        cmocka_unit_test(test_reversal_swaps_registers_to_the_last_digit),
        cmocka_unit_test(test_registers_never_fall_and_remainders_stay_below_one),
        cmocka_unit_test(test_split_windows_equal_one_window),
        cmocka_unit_test(test_unmetered_windows_add_only_time),
        cmocka_unit_test(test_registers_pass_the_displays_end_and_a_gigawatt_hour_unit_by_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
