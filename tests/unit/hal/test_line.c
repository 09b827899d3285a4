/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulated line, and the refusals of the real one. Its levels on a kernel's chip are a matter for the emulated
 * machine: this test needs no GPIO hardware and meets none. */
#include "hal/line.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_simulated_line_counts_rising_edges_only(void **state)
{
    (void)state;
    static const struct {
        bool high;
        uint64_t rises;
    } steps[] = {{false, 0}, {true, 1}, {true, 1}, {false, 1}, {false, 1}, {true, 2}, {false, 2}};
    struct line_sim sim;
    line_sim_init(&sim);
    assert_false(sim.high);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_int_equal(line_write(&sim.line, steps[i].high), 0);
        assert_int_equal(sim.high, steps[i].high);
        assert_int_equal(sim.rises, steps[i].rises);
    }
}

static void the_simulated_line_is_left_low(void **state)
{
    (void)state;
    struct line_sim sim;
    line_sim_init(&sim);
    line_write(&sim.line, true);
    line_close(&sim.line);
    assert_false(sim.high);
    assert_int_equal(sim.rises, 1);
}

static const struct {
    const char *name;
    const char *chip;
    int code; /* expected; 0 = any error */
} refusals[] = {
    {"a path that does not exist is refused", "/dev/gpiochip-none", -ENOENT},
    {"a node that is no GPIO chip is refused", "/dev/null", 0},
    {"a label that no chip has is refused", "pinctrl-none", -ENOENT},
    {"a bare number is a label that no chip has", "0", -ENOENT},
    {"an empty label is refused", "", -ENOENT},
};

static void a_chip_that_is_not_there_is_refused_in_one_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct line_gpiod gpiod;
        char error[256] = "";
        int status = line_gpiod_init(&gpiod, refusals[i].chip, 17, error, sizeof error);
        if (status >= 0 || (refusals[i].code && status != refusals[i].code))
            fail_msg("%s: %d %s", refusals[i].name, status, error);
        assert_non_null(strstr(error, "pulse LED on line 17 of GPIO chip "));
        assert_non_null(strstr(error, refusals[i].chip));
        assert_null(strchr(error, '\n'));
        assert_null(gpiod.chip);
    }
}

static void a_short_error_buffer_is_filled_and_ended(void **state)
{
    (void)state;
    struct line_gpiod gpiod;
    char error[8];
    assert_true(line_gpiod_init(&gpiod, "none", 1, error, sizeof error) < 0);
    assert_string_equal(error, "pulse L");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_simulated_line_counts_rising_edges_only),
        cmocka_unit_test(the_simulated_line_is_left_low),
        cmocka_unit_test(a_chip_that_is_not_there_is_refused_in_one_sentence),
        cmocka_unit_test(a_short_error_buffer_is_filled_and_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
