/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The LCD's driver with the C library's open, ioctl, write and close on an emulated /dev/i2c-1. */
#include "hal/display.h"

#include "tests/emulated/fake_lcd.h"
#include "tests/emulated/test_bed.h"

#include <errno.h>
#include <linux/i2c-dev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char node[] = "/dev/i2c-1";
static const char device[] = "P: /devices/platform/soc/3f804000.i2c/i2c-1/i2c-dev/i2c-1\n"
                             "N: i2c-1\nE: DEVNAME=/dev/i2c-1\nE: SUBSYSTEM=i2c-dev\nA: dev=89:1\\n\n";

struct bus {
    struct fake_lcd lcd;
    int64_t idle_since_ns;
    unsigned long address;
    bool unplugged;
};

static int64_t real_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static long on_ioctl(void *user, unsigned long request, struct test_bed_memory *argument)
{
    struct bus *bus = user;
    if (request != I2C_SLAVE)
        return -ENOTTY;
    memcpy(&bus->address, test_bed_bytes(argument),
           sizeof bus->address); /* the address itself, not a pointer */
    return 0;
}

static long on_write(void *user, const void *bytes, size_t size)
{
    struct bus *bus = user;
    if (bus->unplugged)
        return -EREMOTEIO;
    /* The fake's bytes take their time on the bus, which the emulation does not; the driver's waits are real. */
    bus->lcd.now_ns += real_ns() - bus->idle_since_ns;
    fake_lcd_bytes(&bus->lcd, bytes, size);
    bus->idle_since_ns = real_ns();
    return (long)size;
}

static const struct test_bed_handlers handlers = {on_ioctl, on_write};

static void assert_glass(const struct bus *bus, const struct display_text *text)
{
    for (int r = 0; r < DISPLAY_ROWS; r++) {
        char seen[DISPLAY_COLUMNS + 1];
        fake_lcd_row(&bus->lcd, r, seen);
        assert_string_equal(seen, text->row[r]);
    }
    assert_int_equal(bus->lcd.too_early + bus->lcd.violations, 0);
}

static void text_passes_through_the_real_system_calls(void **state)
{
    (void)state;
    static struct bus bus;
    fake_lcd_power_up(&bus.lcd);
    bus.idle_since_ns = real_ns();
    struct test_bed *bed = test_bed_open();
    test_bed_add(bed, device, node, &handlers, &bus);
    struct display_hd44780 lcd;
    struct display_text text = {
        {"120.0 V         ", "5.000 A         ", "600 W           ", "0123456789abcdef"}};
    char error[256] = "";
    int status = display_hd44780_init(&lcd, node, 0x27, &hd44780_system_calls, error, sizeof error);
    if (status)
        fail_msg("%d %s", status, error);
    assert_int_equal(bus.address, 0x27);
    for (int unplugged = 0; unplugged < 2; unplugged++) {
        assert_int_equal(display_write(&lcd.display, &text), 0);
        assert_glass(&bus, &text);
        bus.unplugged = true;
        text.row[1][0] = (char)('6' + unplugged);
        assert_int_equal(display_write(&lcd.display, &text), -EREMOTEIO);
        fake_lcd_power_up(&bus.lcd);
        bus.unplugged = false;
    }
    assert_int_equal(display_write(&lcd.display, &text), 0);
    assert_glass(&bus, &text);
    display_close(&lcd.display);
    assert_false(bus.lcd.on);
    test_bed_close(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_passes_through_the_real_system_calls)};
    return test_bed_is_there() ? cmocka_run_group_tests(tests, NULL, NULL) : TEST_BED_SKIPPED;
}
