/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dsp/registers.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double absent = (double)NAN;
static const struct creep_config no_creep = {0, 0};
static const struct creep_config creep = {1.2, 0.6}; /* VA */

enum { GRID, GRID_L1, GRID_L2, SOLAR, LOAD, POINTS };

/* Points made by hand: two elements on the grid, one on the solar circuit, and the load. */
static struct topology house(void)
{
    struct topology topology = {.n_points = POINTS};
    topology.point[GRID] = (struct point){CIRCUIT_GRID, 0};
    topology.point[GRID_L1] = (struct point){CIRCUIT_GRID, 1};
    topology.point[GRID_L2] = (struct point){CIRCUIT_GRID, 2};
    topology.point[SOLAR] = (struct point){CIRCUIT_SOLAR, 0};
    topology.point[LOAD] = (struct point){CIRCUIT_LOAD, 0};
    return topology;
}

static struct topology single_phase(void)
{
    struct topology topology = {.n_points = 1};
    topology.point[GRID] = (struct point){CIRCUIT_GRID, 0};
    return topology;
}

static struct reading window(int64_t index, int64_t window_ns)
{
    struct reading reading = {.seq = (uint64_t)index, .metered = true, .n_points = POINTS};
    reading.start_ns = index * window_ns;
    reading.end_ns = reading.start_ns + window_ns;
    reading.duration_s = (double)window_ns * 1e-9;
    return reading;
}

static void set_point(struct reading *reading, int i, double p_w, double q1_var)
{
    reading->point[i].p_w = p_w;
    reading->point[i].q1_var = q1_var;
    reading->point[i].s_va = hypot(p_w, q1_var);
}

/* n windows of 0.2 s with this power on the first point. */
static void run(struct registers *registers, int n, double p_w, double q1_var)
{
    for (int k = 0; k < n; k++) {
        struct reading reading = window(k, 200000000);
        set_point(&reading, GRID, p_w, q1_var);
        registers_add(registers, &reading);
    }
}

static void fields(const struct energy *energy, int64_t value[ENERGIES])
{
    const int64_t copy[ENERGIES] = {energy->import_uwh,   energy->export_uwh, energy->q1_uvarh,
                                    energy->q2_uvarh,     energy->q3_uvarh,   energy->q4_uvarh,
                                    energy->apparent_uvah};
    memcpy(value, copy, sizeof copy);
}

/* --- where energy goes ------------------------------------------------------------------------------------------- */

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

/* --- exactness --------------------------------------------------------------------------------------------------- */

/* A repeatable wild signal; splitmix64. */
static double wild(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)(int64_t)((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1.0; /* -1..1 */
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

/* --- time -------------------------------------------------------------------------------------------------------- */

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

static void test_restore_continues_from_kept_values(void **state)
{
    (void)state;
    struct topology topology = single_phase();
    struct registers registers;
    struct energy kept[DSP_POINTS];
    memset(kept, 0, sizeof kept);
    kept[GRID] = (struct energy){1000, -5, 30, 40, 50, 60, 70};
    registers_init(&registers, &topology, &no_creep);
    registers_restore(&registers, kept, 11, 22, -33);
    assert_int_equal(registers.energy[GRID].export_uwh, 0); /* a negative value cannot be a register */
    assert_int_equal(registers.dropped_uwh, 11);
    assert_int_equal(registers.metered_ns, 22);
    assert_int_equal(registers.unmetered_ns, 0);
    assert_int_equal(registers.before[GRID].import_uwh, 1000);
    run(&registers, 1, 1800, 0); /* 360 Ws = 0.1 Wh */
    assert_int_equal(registers.energy[GRID].import_uwh, 101000);
    assert_int_equal(registers.energy[GRID].q4_uvarh, 60);
}

/* --- creep ------------------------------------------------------------------------------------------------------- */

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
    run(&registers, 300, absent, absent);
    assert_true(registers.creep[CIRCUIT_GRID].running);
    run(&registers, 100, 2, absent); /* without reactive power the active power decides */
    assert_true(registers.creep[CIRCUIT_GRID].running);
    run(&registers, 100, 0.1, absent);
    assert_false(registers.creep[CIRCUIT_GRID].running);
}

/* --- through a restart ------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    double before_w, after_w;
} restarts[] = {
    {"what waits is released after a restart within its block", 2, 2},
    {"what waits is dropped after a restart within its block", 1, 1},
    {"running goes on through a restart", 50, 50},
    {"a stop is decided over the whole block", 50, 0.1},
};

static void restart(const struct registers *from, struct registers *to)
{
    struct registers_rest rest;
    registers_rest(from, &rest);
    registers_init(to, &from->topology, &from->config);
    registers_restore(to, from->energy, from->dropped_uwh, from->metered_ns, from->unmetered_ns);
    registers_resume(to, &rest);
}

static void test_a_restart_at_any_window_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof restarts / sizeof restarts[0]; i++) {
        print_message("  %s\n", restarts[i].name);
        for (int cut = 1; cut < 250; cut += 13) {
            struct topology topology = single_phase();
            struct registers whole, first, second;
            registers_init(&whole, &topology, &creep);
            run(&whole, cut, restarts[i].before_w, 0.1);
            first = whole;
            restart(&first, &second);
            run(&whole, 250, restarts[i].after_w, 0.1);
            run(&second, 250, restarts[i].after_w, 0.1);
            assert_memory_equal(second.energy, whole.energy, sizeof whole.energy);
            assert_memory_equal(second.remainder, whole.remainder, sizeof whole.remainder);
            assert_int_equal(second.dropped_uwh, whole.dropped_uwh);
            assert_int_equal(second.metered_ns, whole.metered_ns);
        }
    }
}

static void test_a_rest_that_cannot_be_is_taken_as_nothing(void **state)
{
    (void)state;
    static const double wrong[] = {-1, 1e16, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct topology topology = single_phase();
        struct registers registers;
        struct registers_rest rest;
        registers_init(&registers, &topology, &creep);
        registers_rest(&registers, &rest);
        rest.remainder[GRID][0] = rest.dropped_rest = rest.block_s = wrong[i];
        rest.creep[CIRCUIT_GRID].pending[0][0] = rest.creep[CIRCUIT_GRID].block[0].s = wrong[i];
        registers_resume(&registers, &rest);
        run(&registers, 100, 3, 0);
        assert_in_range(registers.energy[GRID].import_uwh, 16666, 16667); /* 20 s of 3 W */
    }
}

static void test_what_waited_is_counted_when_suppression_was_switched_off(void **state)
{
    (void)state;
    struct topology topology = single_phase();
    struct registers before, after;
    struct registers_rest rest;
    registers_init(&before, &topology, &creep);
    run(&before, 50, 0.9, 0);
    registers_rest(&before, &rest);
    registers_init(&after, &topology, &no_creep);
    registers_resume(&after, &rest);
    assert_in_range(after.energy[GRID].import_uwh, 2499, 2500); /* 10 s of 0.9 W */
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
        cmocka_unit_test(test_restore_continues_from_kept_values),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_noise_without_direction_never_starts),
        cmocka_unit_test(test_stop_has_hysteresis),
        cmocka_unit_test(test_a_strong_window_starts_at_once_and_takes_along_what_waited),
        cmocka_unit_test(test_elements_follow_their_circuit),
        cmocka_unit_test(test_what_passes_from_leg_to_leg_is_no_creep),
        cmocka_unit_test(test_load_runs_while_grid_or_solar_does),
        cmocka_unit_test(test_absent_power_decides_nothing),
        cmocka_unit_test(test_a_restart_at_any_window_changes_nothing),
        cmocka_unit_test(test_a_rest_that_cannot_be_is_taken_as_nothing),
        cmocka_unit_test(test_what_waited_is_counted_when_suppression_was_switched_off),
        cmocka_unit_test(test_registers_pass_the_displays_end_and_a_gigawatt_hour_unit_by_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
