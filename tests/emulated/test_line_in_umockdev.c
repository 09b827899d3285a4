/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The power-good line through the real libgpiod, whichever version is linked, on an emulated /dev/gpiochip0. The kernel gives
 * a file descriptor of the requested line, from which events are read: the test opens /dev/line0 for it beforehand and
 * feeds it the kernel's bytes. */
#include "hal/line_in.h"

#include "tests/emulated/test_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINES = 54, POWER_LINE = 27, LINE_IN_USE = 4 };

static const char chip_node[] = "/dev/gpiochip0";
static const char line_node[] = "/dev/line0";
static const char chip_device[] =
    "P: /devices/platform/soc/3f200000.gpio/gpiochip0\n"
    "N: gpiochip0\nE: DEVNAME=/dev/gpiochip0\nE: SUBSYSTEM=gpio\nA: dev=254:0\\n\n";
static const char line_device[] = "P: /devices/virtual/line0\n"
                                  "N: line0\nE: DEVNAME=/dev/line0\nE: SUBSYSTEM=misc\nA: dev=254:9\\n\n";

struct gpio_chip {
    int line_fd; /* to be given to the next request */
    unsigned offset;
    bool both_edges, active_low, high;
};

static bool is_active(const struct gpio_chip *chip)
{
    return chip->high != chip->active_low;
}

static long request_line(struct gpio_chip *chip, unsigned offset, bool both_edges, bool active_low, int *fd)
{
    if (offset >= LINES)
        return -EINVAL;
    if (offset == LINE_IN_USE)
        return -EBUSY;
    chip->offset = offset;
    chip->both_edges = both_edges;
    chip->active_low = active_low;
    *fd = chip->line_fd;
    return 0;
}

static long request_v1(struct gpio_chip *chip, struct gpioevent_request *request)
{
    int fd = -1;
    const long result =
        request_line(chip, request->lineoffset, request->eventflags == GPIOEVENT_REQUEST_BOTH_EDGES,
                     request->handleflags & GPIOHANDLE_REQUEST_ACTIVE_LOW, &fd);
    request->fd = fd;
    return result;
}

static long request_v2(struct gpio_chip *chip, struct gpio_v2_line_request *request)
{
    const uint64_t both = GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
    return request_line(chip, request->offsets[0],
                        (request->config.flags & both) == both &&
                            (request->config.flags & GPIO_V2_LINE_FLAG_INPUT),
                        request->config.flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW, &request->fd);
}

static long chip_request(struct gpio_chip *chip, unsigned long request, void *argument)
{
    static const struct gpiochip_info info = {
        .name = "gpiochip0", .label = "pinctrl-bcm2835", .lines = LINES};
    switch (request) {
    case GPIO_GET_CHIPINFO_IOCTL:
        memcpy(argument, &info, sizeof info);
        return 0;
    case GPIO_GET_LINEINFO_IOCTL:
        return ((struct gpioline_info *)argument)->line_offset < LINES ? 0 : -EINVAL;
    case GPIO_GET_LINEEVENT_IOCTL:
        return request_v1(chip, argument);
    case GPIO_V2_GET_LINE_IOCTL:
        return request_v2(chip, argument);
    case GPIOHANDLE_GET_LINE_VALUES_IOCTL:
        ((struct gpiohandle_data *)argument)->values[0] = is_active(chip);
        return 0;
    case GPIO_V2_LINE_GET_VALUES_IOCTL:
        ((struct gpio_v2_line_values *)argument)->bits = is_active(chip);
        return 0;
    default:
        return -ENOTTY;
    }
}

static long on_ioctl(void *chip, unsigned long request, struct test_bed_memory *argument)
{
    _Alignas(uint64_t) uint8_t answer[1024];
    if (_IOC_SIZE(request) > sizeof answer)
        return -ENOTTY;
    struct test_bed_memory *memory = test_bed_follow(argument, 0, _IOC_SIZE(request));
    memcpy(answer, test_bed_bytes(memory), _IOC_SIZE(request));
    const long result = chip_request(chip, request, answer);
    if (result >= 0 && _IOC_DIR(request) & _IOC_READ)
        test_bed_send(memory, answer, _IOC_SIZE(request));
    test_bed_release(memory);
    return result;
}

static const struct test_bed_handlers handlers = {.ioctl = on_ioctl};

struct fixture {
    struct gpio_chip chip;
    struct test_bed *bed;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.chip = {.high = true}, .bed = test_bed_open()};
    test_bed_add(fixture.bed, chip_device, chip_node, &handlers, &fixture.chip);
    test_bed_add(fixture.bed, line_device, line_node, &handlers, &fixture.chip);
    fixture.chip.line_fd = open(line_node, O_RDWR);
    *state = &fixture;
    return fixture.chip.line_fd < 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    test_bed_close(fixture->bed);
    return 0;
}

/* The pin changes, and the kernel queues what each version of its interface says of it. */
static void set_pin(struct fixture *fixture, bool high)
{
    fixture->chip.high = high;
    const bool rises = is_active(&fixture->chip);
    if (GPIOD_MAJOR >= 2) {
        const struct gpio_v2_line_event event = {.id = rises ? GPIO_V2_LINE_EVENT_RISING_EDGE
                                                             : GPIO_V2_LINE_EVENT_FALLING_EDGE,
                                                 .offset = fixture->chip.offset};
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
    assert_int_equal(fixture->chip.offset, POWER_LINE);
    assert_true(fixture->chip.both_edges);
    assert_false(fixture->chip.active_low);
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
    assert_true(fixture->chip.active_low);
    assert_level(&gpiod.line, false);
    set_pin(fixture, false);
    assert_int_equal(line_in_wait(&gpiod.line, 30000), 1);
    assert_level(&gpiod.line, true);
    line_in_close(&gpiod.line);
}

static const struct {
    const char *name;
    unsigned offset;
    int code;
} refusals[] = {
    {"a line that the chip does not have is refused", LINES, -EINVAL},
    {"a line that another program holds is refused", LINE_IN_USE, -EBUSY},
};

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
