/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The power-good line through the real libgpiod, whichever version is linked, on an emulated /dev/gpiochip0. Events are read
 * from the requested line's file descriptor: the test feeds it the kernel's bytes. */
#include "hal/line_in.h"

#include "tests/emulated/gpio_bed.h"

#include <unistd.h>

enum { POWER_LINE = 27 };

/* The pin changes, and the kernel queues what each version of its interface says of it. */
static void set_pin(struct fixture *fixture, bool high)
{
    fixture->chip.high = high;
    const bool rises = is_active(&fixture->chip);
    if (GPIOD_MAJOR >= 2) {
        const struct gpio_v2_line_event event = {.id = rises ? GPIO_V2_LINE_EVENT_RISING_EDGE
                                                             : GPIO_V2_LINE_EVENT_FALLING_EDGE,
                                                 .offset = fixture->chip.line.offset};
        test_bed_feed(fixture->bed, line_node, &event, sizeof event);
    } else {
        const struct gpioevent_data event = {.id = rises ? GPIOEVENT_EVENT_RISING_EDGE
                                                         : GPIOEVENT_EVENT_FALLING_EDGE};
        test_bed_feed(fixture->bed, line_node, &event, sizeof event);
    }
}

static void assert_level(struct line_in *line, bool expected)
{
    bool active = !expected;
    assert_int_equal(line_in_read(line, &active), 0);
    assert_int_equal(active, expected);
}

static void an_edge_ends_the_wait_and_the_level_says_which(void **state)
{
    struct fixture *fixture = *state;
    struct line_in_gpiod gpiod;
    char error[256] = "";
    const int status = line_in_gpiod_init(&gpiod, chip_node, POWER_LINE, false, error, sizeof error);
    if (status)
        fail_msg("%d %s", status, error);
    assert_int_equal(fixture->chip.line.offset, POWER_LINE);
    assert_true(fixture->chip.line.both_edges);
    assert_false(fixture->chip.line.active_low);
    assert_level(&gpiod.line, true);
    assert_int_equal(line_in_wait(&gpiod.line, 1), 0);
    for (int k = 0; k < 3; k++) {
        set_pin(fixture, false);
        assert_int_equal(line_in_wait(&gpiod.line, 30000), 1);
        assert_level(&gpiod.line, false);
        assert_int_equal(line_in_wait(&gpiod.line, 0), 0);
        set_pin(fixture, true); /* a bounce: all of it is one */
        set_pin(fixture, false);
        set_pin(fixture, true);
        assert_int_equal(line_in_wait(&gpiod.line, 30000), 1);
        assert_level(&gpiod.line, true);
        assert_int_equal(line_in_wait(&gpiod.line, 0), 0);
    }
    line_in_close(&gpiod.line);
    assert_int_equal(fcntl(fixture->chip.line_fd, F_GETFD), -1); /* released */
}

static void a_line_that_is_low_while_good_is_turned_round(void **state)
{
    struct fixture *fixture = *state;
    struct line_in_gpiod gpiod;
    char error[256] = "";
    assert_int_equal(line_in_gpiod_init(&gpiod, chip_node, POWER_LINE, true, error, sizeof error), 0);
    assert_true(fixture->chip.line.active_low);
    assert_level(&gpiod.line, false);
    set_pin(fixture, false);
    assert_int_equal(line_in_wait(&gpiod.line, 30000), 1);
    assert_level(&gpiod.line, true);
    line_in_close(&gpiod.line);
}

static void a_line_that_cannot_be_had_is_refused_in_one_sentence(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct line_in_gpiod gpiod;
        char error[256] = "";
        const int status =
            line_in_gpiod_init(&gpiod, chip_node, refusals[i].offset, false, error, sizeof error);
        if (status != refusals[i].code || !strstr(error, "power-good on line") || !strstr(error, chip_node))
            fail_msg("%s: %d '%s'", refusals[i].name, status, error);
        assert_null(gpiod.chip);
    }
    close(fixture->chip.line_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_edge_ends_the_wait_and_the_level_says_which, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_is_low_while_good_is_turned_round, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_cannot_be_had_is_refused_in_one_sentence, set_up,
                                        tear_down),
    };
    return test_bed_is_there() ? cmocka_run_group_tests(tests, NULL, NULL) : TEST_BED_SKIPPED;
}
