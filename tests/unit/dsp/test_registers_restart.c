/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registers go on through a restart: kept values, fractions, what waits in the creep block. */
#include "tests/unit/dsp/registers_bench.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restore_continues_from_kept_values),
        cmocka_unit_test(test_a_restart_at_any_window_changes_nothing),
        cmocka_unit_test(test_a_rest_that_cannot_be_is_taken_as_nothing),
        cmocka_unit_test(test_what_waited_is_counted_when_suppression_was_switched_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
