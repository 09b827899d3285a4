/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pulse line through the real libgpiod, whichever version is linked, on an emulated /dev/gpiochip0 that answers the
 * kernel's first (libgpiod 1) and second (libgpiod 2) GPIO interface. A requested line is a file descriptor of its own
 * in the kernel's answer: the test opens /dev/line0 for it beforehand. */
#include "hal/line.h"

#include "tests/emulated/test_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINES = 54, PULSE_LINE = 17, LINE_IN_USE = 4 };

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
    bool requested, output, level;
    int rises;
    int line_error; /* injected: errno of a change of level */
};

static void set_level(struct gpio_chip *chip, bool level)
{
    chip->rises += level && !chip->level;
    chip->level = level;
}

static long request_line(struct gpio_chip *chip, unsigned offset, bool output, bool level, int *fd)
{
    if (offset >= LINES)
        return -EINVAL;
    if (offset == LINE_IN_USE)
        return -EBUSY;
    chip->offset = offset;
    chip->requested = true;
    chip->output = output;
    chip->level = level;
    *fd = chip->line_fd;
    return 0;
}

static long request_v1(struct gpio_chip *chip, struct gpiohandle_request *request)
{
    int fd = -1;
    long result = request_line(chip, request->lineoffsets[0], request->flags & GPIOHANDLE_REQUEST_OUTPUT,
                               request->default_values[0], &fd);
    request->fd = fd;
    return result;
}

static long request_v2(struct gpio_chip *chip, struct gpio_v2_line_request *request)
{
    bool level = false;
    for (unsigned i = 0; i < request->config.num_attrs; i++) {
        if (request->config.attrs[i].attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES)
            level = request->config.attrs[i].attr.values & 1;
    }
    return request_line(chip, request->offsets[0], request->config.flags & GPIO_V2_LINE_FLAG_OUTPUT, level,
                        &request->fd);
}

static long line_info(const struct gpio_chip *chip, struct gpioline_info *info)
{
    if (info->line_offset >= LINES)
        return -EINVAL;
    bool ours = chip->requested && chip->offset == info->line_offset;
    info->flags = ours ? GPIOLINE_FLAG_KERNEL | GPIOLINE_FLAG_IS_OUT : 0;
    return 0;
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
        return line_info(chip, argument);
    case GPIO_GET_LINEHANDLE_IOCTL:
        return request_v1(chip, argument);
    case GPIO_V2_GET_LINE_IOCTL:
        return request_v2(chip, argument);
    case GPIOHANDLE_SET_LINE_VALUES_IOCTL:
        set_level(chip, ((const struct gpiohandle_data *)argument)->values[0]);
        return -chip->line_error;
    case GPIO_V2_LINE_SET_VALUES_IOCTL:
        set_level(chip, ((const struct gpio_v2_line_values *)argument)->bits & 1);
        return -chip->line_error;
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
    long result = chip_request(chip, request, answer);
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
    fixture = (struct fixture){.bed = test_bed_open()};
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

static void the_line_becomes_an_output_starts_low_and_follows(void **state)
{
    struct fixture *fixture = *state;
    struct line_gpiod gpiod;
    char error[256] = "";
    int status = line_gpiod_init(&gpiod, chip_node, PULSE_LINE, error, sizeof error);
    if (status)
        fail_msg("%d %s", status, error);
    assert_int_equal(fixture->chip.offset, PULSE_LINE);
    assert_true(fixture->chip.output);
    assert_false(fixture->chip.level);
    for (int i = 1; i <= 10; i++) {
        assert_int_equal(line_write(&gpiod.line, true), 0);
        assert_true(fixture->chip.level);
        assert_int_equal(line_write(&gpiod.line, false), 0);
        assert_false(fixture->chip.level);
        assert_int_equal(fixture->chip.rises, i);
    }
    fixture->chip.line_error = EIO;
    assert_int_equal(line_write(&gpiod.line, true), -EIO);
    fixture->chip.line_error = 0;
    line_close(&gpiod.line);
    assert_false(fixture->chip.level);
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
    assert_true(fixture->chip.level);
    line_close(&gpiod.line);
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
