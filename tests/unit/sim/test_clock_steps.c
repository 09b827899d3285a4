/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/clock_steps.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct clock_sim sim;
static char error[160];

static void steps_count_from_the_simulations_start(void **state)
{
    static const struct clock_step expected[] = {
        {INT64_C(11000000000), 3600000}, {INT64_C(21500000000), -7200000}, {INT64_C(31000000000), -7}};
    (void)state;
    clock_sim_init(&sim, 1000000, 0);
    assert_int_equal(clock_steps_read(&sim, "10:3600,20.5:-7200,30:-0.007", error, sizeof error), 0);
    assert_int_equal(sim.steps, 3);
    assert_memory_equal(sim.step, expected, sizeof expected);
    assert_int_equal(clock_steps_read(&sim, "", error, sizeof error), 0);
    assert_int_equal(sim.steps, 0);
}

static void what_is_no_list_of_steps_is_refused_with_a_sentence(void **state)
{
    static const char *const wrong[] = {"10", "x:1", "-1:5", "10:3600,", "10:3600:2", "1:5e9"};
    (void)state;
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        error[0] = '\0';
        assert_int_equal(clock_steps_read(&sim, wrong[k], error, sizeof error), -EINVAL);
        assert_non_null(strstr(error, "sim.clock_steps: expected at_s"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_count_from_the_simulations_start),
        cmocka_unit_test(what_is_no_list_of_steps_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
