/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/pulse_task.h"

#include <errno.h>

static const struct {
    const char *name;
    int64_t energy_uwh, imp_per_kwh, pulses;
} counts[] = {
    {"nothing", 0, 1000, 0},
    {"just below one pulse", 999999, 1000, 0},
    {"one pulse is a watt-hour at 1000 per kWh", 1000000, 1000, 1},
    {"a constant that divides nothing evenly", INT64_C(1000000000), 777, 777},
    {"a register near its end does not overflow", INT64_MAX, 10000, INT64_C(92233720368547)},
};

static void test_pulses_are_whole_multiples_of_the_registers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        print_message("  %s\n", counts[i].name);
        assert_int_equal(pulse_task_count(counts[i].energy_uwh, counts[i].imp_per_kwh), counts[i].pulses);
    }
}

static struct pulse_task make(struct line *line, struct health *health)
{
    return (struct pulse_task){.line = line, .health = health, .imp_per_kwh = 1000, .given = -1};
}

static void test_energy_of_before_the_start_gives_no_pulse(void **state)
{
    (void)state;
    struct line_sim line;
    struct health health = {0};
    line_sim_init(&line);
    struct pulse_task task = make(&line.line, &health);
    pulse_task_turn(&task, &(struct record_energy){.import_uwh = INT64_C(5000000000)});
    assert_int_equal(line.rises, 0);
}

static void test_both_directions_count_and_rests_are_carried(void **state)
{
    (void)state;
    struct line_sim line;
    struct health health = {0};
    line_sim_init(&line);
    struct pulse_task task = make(&line.line, &health);
    struct record_energy energy = {.import_uwh = 400000};
    pulse_task_turn(&task, &energy);
    for (int k = 0; k < 10; k++) {
        energy.import_uwh += 300000;
        energy.export_uwh += 200000;
        pulse_task_turn(&task, &energy);
    }
    assert_int_equal(line.rises, 5); /* 0.4 + 5.0 Wh: five whole ones since the start */
    assert_int_equal(atomic_load(&health.pulses), 5);
    assert_false(line.high);
}

static int fail_write(struct line *line, bool high)
{
    (void)line;
    (void)high;
    return -EIO;
}

static void test_a_dead_line_does_not_stop_the_count(void **state)
{
    (void)state;
    static const struct line_ops ops = {.name = "dead", .write = fail_write};
    struct line line = {&ops};
    struct health health = {0};
    struct pulse_task task = make(&line, &health);
    pulse_task_turn(&task, &(struct record_energy){0});
    pulse_task_turn(&task, &(struct record_energy){.export_uwh = 3000000});
    assert_int_equal(task.given, 3);
    assert_true(task.failing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pulses_are_whole_multiples_of_the_registers),
        cmocka_unit_test(test_energy_of_before_the_start_gives_no_pulse),
        cmocka_unit_test(test_both_directions_count_and_rests_are_carried),
        cmocka_unit_test(test_a_dead_line_does_not_stop_the_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
