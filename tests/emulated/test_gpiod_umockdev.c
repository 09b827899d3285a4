/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pulse line through the real libgpiod, whichever version is linked, on an emulated /dev/gpiochip0. */
#include "hal/line.h"

#include "tests/emulated/gpio_bed.h"

#include <stdio.h>
#include <unistd.h>

enum { PULSE_LINE = 17 };

static void the_line_becomes_an_output_starts_low_and_follows(void **state)
{
    struct fixture *fixture = *state;
    struct line_gpiod gpiod;
    char error[256] = "";
    int status = line_gpiod_init(&gpiod, chip_node, PULSE_LINE, error, sizeof error);
    if (status)
        fail_msg("%d %s", status, error);
    assert_int_equal(fixture->chip.line.offset, PULSE_LINE);
    assert_true(fixture->chip.line.output);
    assert_false(fixture->chip.high);
    for (int i = 1; i <= 10; i++) {
        assert_int_equal(line_write(&gpiod.line, true), 0);
        assert_true(fixture->chip.high);
        assert_int_equal(line_write(&gpiod.line, false), 0);
        assert_false(fixture->chip.high);
        assert_int_equal(fixture->chip.rises, i);
    }
    fixture->chip.line_error = EIO;
    assert_int_equal(line_write(&gpiod.line, true), -EIO);
    fixture->chip.line_error = 0;
    line_close(&gpiod.line);
    assert_false(fixture->chip.high);
    assert_int_equal(fcntl(fixture->chip.line_fd, F_GETFD), -1); /* released */
}

static void the_chip_is_found_by_its_label(void **state)
{
    struct fixture *fixture = *state;
    if (GPIOD_MAJOR < 2) {
        close(fixture->chip.line_fd);
        puts("skipped: libgpiod 1 lists /dev in a way that umockdev does not stand between");
        skip();
    }
    struct line_gpiod gpiod;
    char error[256] = "";
    assert_int_equal(line_gpiod_init(&gpiod, "pinctrl-bcm2711", PULSE_LINE, error, sizeof error), -ENOENT);
    int status = line_gpiod_init(&gpiod, "pinctrl-bcm2835", PULSE_LINE, error, sizeof error);
    if (status)
        fail_msg("%d %s", status, error);
    assert_int_equal(line_write(&gpiod.line, true), 0);
    assert_true(fixture->chip.high);
    line_close(&gpiod.line);
}

static void a_line_that_cannot_be_had_is_refused_in_one_sentence(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct line_gpiod gpiod;
        char error[256] = "";
        int status = line_gpiod_init(&gpiod, chip_node, refusals[i].offset, error, sizeof error);
        if (status != refusals[i].code || !strstr(error, chip_node))
            fail_msg("%s: %d '%s'", refusals[i].name, status, error);
        assert_null(gpiod.chip);
    }
    close(fixture->chip.line_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_line_becomes_an_output_starts_low_and_follows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_chip_is_found_by_its_label, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_cannot_be_had_is_refused_in_one_sentence, set_up,
                                        tear_down),
    };
    return test_bed_is_there() ? cmocka_run_group_tests(tests, NULL, NULL) : TEST_BED_SKIPPED;
}
