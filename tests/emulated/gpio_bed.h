/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gpio_bed.h - /dev/gpiochip0 on a test bed: a GPIO chip that answers the kernel's first (libgpiod 1) and second
 * (libgpiod 2) GPIO interface; included by the tests of lines.
 *
 * Line:    one at a time. A requested line is a file descriptor of its own in the kernel's answer: set_up opens /dev/line0
 *          for it, and who requests no line closes it.
 * Threads: as test_bed.h.
 */
#ifndef VATIO_TESTS_GPIO_BED_H
#define VATIO_TESTS_GPIO_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/emulated/test_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <string.h>

enum { LINES = 54, LINE_IN_USE = 4 };

static const char chip_node[] = "/dev/gpiochip0";
static const char line_node[] = "/dev/line0";

/* As the request has it. */
struct gpio_line {
    unsigned offset;
    bool output, both_edges, active_low;
    bool active; /* of an output, at first */
};

struct gpio_chip {
    int line_fd; /* to be given to the next request */
    bool requested;
    struct gpio_line line;
    bool high; /* the line's pin */
    int rises;
    int line_error; /* injected: errno of a change of level */
};

static inline bool is_active(const struct gpio_chip *chip)
{
    return chip->high != chip->line.active_low;
}

static inline void set_active(struct gpio_chip *chip, bool active)
{
    const bool high = active != chip->line.active_low;
    chip->rises += high && !chip->high;
    chip->high = high;
}

static inline long request_line(struct gpio_chip *chip, struct gpio_line line, int *fd)
{
    if (line.offset >= LINES)
        return -EINVAL;
    if (line.offset == LINE_IN_USE)
        return -EBUSY;
    chip->requested = true;
    chip->line = line;
    if (line.output)
        set_active(chip, line.active);
    *fd = chip->line_fd;
    return 0;
}

static inline long request_handle_v1(struct gpio_chip *chip, struct gpiohandle_request *request)
{
    const struct gpio_line line = {.offset = request->lineoffsets[0],
                                   .output = request->flags & GPIOHANDLE_REQUEST_OUTPUT,
                                   .active_low = request->flags & GPIOHANDLE_REQUEST_ACTIVE_LOW,
                                   .active = request->default_values[0]};
    return request_line(chip, line, &request->fd);
}

static inline long request_event_v1(struct gpio_chip *chip, struct gpioevent_request *request)
{
    const struct gpio_line line = {.offset = request->lineoffset,
                                   .both_edges = request->eventflags == GPIOEVENT_REQUEST_BOTH_EDGES,
                                   .active_low = request->handleflags & GPIOHANDLE_REQUEST_ACTIVE_LOW};
    return request_line(chip, line, &request->fd);
}

static inline long request_v2(struct gpio_chip *chip, struct gpio_v2_line_request *request)
{
    const uint64_t flags = request->config.flags;
    const uint64_t watched =
        GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
    struct gpio_line line = {.offset = request->offsets[0],
                             .output = flags & GPIO_V2_LINE_FLAG_OUTPUT,
                             .both_edges = (flags & watched) == watched,
                             .active_low = flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW};
    for (unsigned i = 0; i < request->config.num_attrs; i++) {
        if (request->config.attrs[i].attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES)
            line.active = request->config.attrs[i].attr.values & 1;
    }
    return request_line(chip, line, &request->fd);
}

static inline long line_info(const struct gpio_chip *chip, struct gpioline_info *info)
{
    if (info->line_offset >= LINES)
        return -EINVAL;
    info->flags = 0;
    if (chip->requested && chip->line.offset == info->line_offset)
        info->flags = GPIOLINE_FLAG_KERNEL | (chip->line.output ? GPIOLINE_FLAG_IS_OUT : 0);
    return 0;
}

/* argument: the request's own struct, read and written. */
static inline long chip_request(struct gpio_chip *chip, unsigned long request, void *argument)
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
        return request_handle_v1(chip, argument);
    case GPIO_GET_LINEEVENT_IOCTL:
        return request_event_v1(chip, argument);
    case GPIO_V2_GET_LINE_IOCTL:
        return request_v2(chip, argument);
    case GPIOHANDLE_GET_LINE_VALUES_IOCTL:
        ((struct gpiohandle_data *)argument)->values[0] = is_active(chip);
        return 0;
    case GPIO_V2_LINE_GET_VALUES_IOCTL:
        ((struct gpio_v2_line_values *)argument)->bits = is_active(chip);
        return 0;
    case GPIOHANDLE_SET_LINE_VALUES_IOCTL:
        set_active(chip, ((const struct gpiohandle_data *)argument)->values[0]);
        return -chip->line_error;
    case GPIO_V2_LINE_SET_VALUES_IOCTL:
        set_active(chip, ((const struct gpio_v2_line_values *)argument)->bits & 1);
        return -chip->line_error;
    default:
        return -ENOTTY;
    }
}

static inline long on_ioctl(void *chip, unsigned long request, struct test_bed_memory *argument)
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

struct fixture {
    struct gpio_chip chip;
    struct test_bed *bed;
};

/* The pin is high. */
static inline int set_up(void **state)
{
    static const char chip_device[] =
        "P: /devices/platform/soc/3f200000.gpio/gpiochip0\n"
        "N: gpiochip0\nE: DEVNAME=/dev/gpiochip0\nE: SUBSYSTEM=gpio\nA: dev=254:0\\n\n";
    static const char line_device[] = "P: /devices/virtual/line0\n"
                                      "N: line0\nE: DEVNAME=/dev/line0\nE: SUBSYSTEM=misc\nA: dev=254:9\\n\n";
    static const struct test_bed_handlers handlers = {.ioctl = on_ioctl};
    static struct fixture fixture;
    fixture = (struct fixture){.chip = {.high = true}, .bed = test_bed_open()};
    test_bed_add(fixture.bed, chip_device, chip_node, &handlers, &fixture.chip);
    test_bed_add(fixture.bed, line_device, line_node, &handlers, &fixture.chip);
    fixture.chip.line_fd = open(line_node, O_RDWR);
    *state = &fixture;
    return fixture.chip.line_fd < 0;
}

static inline int tear_down(void **state)
{
    struct fixture *fixture = *state;
    test_bed_close(fixture->bed);
    return 0;
}

static const struct {
    const char *name;
    unsigned offset;
    int code;
} refusals[] = {
    {"a line that the chip does not have is refused", LINES, -EINVAL},
    {"a line that another program holds is refused", LINE_IN_USE, -EBUSY},
};

#endif
