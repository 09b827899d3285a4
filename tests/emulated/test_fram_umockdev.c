/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The FRAM's driver with the C library's open, ioctl and close on an emulated /dev/i2c-1, which it shares with the LCD. */
#include "hal/display.h"
#include "hal/fram.h"

#include "tests/emulated/fake_fram.h"
#include "tests/emulated/fake_lcd.h"
#include "tests/emulated/test_bed.h"

#include <errno.h>
#include <linux/i2c-dev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char node[] = "/dev/i2c-1";
static const char device[] = "P: /devices/platform/soc/3f804000.i2c/i2c-1/i2c-dev/i2c-1\n"
                             "N: i2c-1\nE: DEVNAME=/dev/i2c-1\nE: SUBSYSTEM=i2c-dev\nA: dev=89:1\\n\n";

struct bus {
    struct fake_lcd lcd;
    struct fake_fram fram;
    int64_t idle_since_ns;
};

static int64_t real_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The kernel takes messages as an array of struct i2c_msg, each with a pointer of its own. */
static long transfer(struct bus *bus, struct test_bed_memory *argument)
{
    struct i2c_rdwr_ioctl_data together;
    struct i2c_msg messages[2];
    struct test_bed_memory *block =
        test_bed_follow(argument, 0, sizeof together); /* the argument is a pointer to it */
    struct test_bed_memory *bytes[2] = {NULL, NULL};
    memcpy(&together, test_bed_bytes(block), sizeof together);
    if (together.nmsgs > 2)
        return -EINVAL;
    struct test_bed_memory *array = test_bed_follow(block, offsetof(struct i2c_rdwr_ioctl_data, msgs),
                                                    together.nmsgs * sizeof messages[0]);
    memcpy(messages, test_bed_bytes(array), together.nmsgs * sizeof messages[0]);
    uint8_t copy[2][FRAM_BYTES];
    for (unsigned i = 0; i < together.nmsgs; i++) {
        bytes[i] =
            test_bed_follow(array, i * sizeof messages[0] + offsetof(struct i2c_msg, buf), messages[i].len);
        memcpy(copy[i], test_bed_bytes(bytes[i]), messages[i].len);
        messages[i].buf = copy[i];
    }
    const long result = fake_fram_transfer(&bus->fram, messages, together.nmsgs);
    for (unsigned i = 0; i < together.nmsgs; i++) {
        if (result >= 0 && messages[i].flags & I2C_M_RD)
            test_bed_send(bytes[i], copy[i], messages[i].len);
        test_bed_release(bytes[i]);
    }
    test_bed_release(array);
    test_bed_release(block);
    return result;
}

static long on_ioctl(void *user, unsigned long request, struct test_bed_memory *argument)
{
    if (request == I2C_SLAVE)
        return 0;
    return request == I2C_RDWR ? transfer(user, argument) : -ENOTTY;
}

static long on_write(void *user, const void *bytes, size_t size)
{
    struct bus *bus = user;
    bus->lcd.now_ns += real_ns() - bus->idle_since_ns;
    fake_lcd_bytes(&bus->lcd, bytes, size);
    bus->idle_since_ns = real_ns();
    return (long)size;
}

static const struct test_bed_handlers handlers = {on_ioctl, on_write};

static void bytes_pass_through_the_real_system_calls_beside_the_display(void **state)
{
    (void)state;
    static struct bus bus;
    fake_lcd_power_up(&bus.lcd);
    fake_fram_init(&bus.fram, 0x50);
    bus.idle_since_ns = real_ns();
    struct test_bed *bed = test_bed_open();
    test_bed_add(bed, device, node, &handlers, &bus);
    struct fram fram;
    struct display_hd44780 lcd;
    char error[256] = "";
    int status = fram_init(&fram, node, 0x50, &fram_system_calls, error, sizeof error);
    if (status)
        fail_msg("%d %s", status, error);
    assert_int_equal(display_hd44780_init(&lcd, node, 0x27, &hd44780_system_calls, error, sizeof error), 0);
    struct display_text text = {{"120.0 V         ", "5.000 A         ", "600 W           ", "0"}};
    for (int turn = 0; turn < 5; turn++) {
        uint8_t sent[200], back[200] = {0};
        memset(sent, turn + 1, sizeof sent);
        text.row[3][0] = (char)('0' + turn);
        assert_int_equal(display_write(&lcd.display, &text), 0);
        assert_int_equal(fram_write(&fram, 0x1f80, sent, sizeof sent), 0);
        assert_int_equal(fram_read(&fram, 0x1f80, back, sizeof back), 0);
        assert_memory_equal(back, sent, sizeof sent);
        char seen[DISPLAY_COLUMNS + 1];
        fake_lcd_row(&bus.lcd, 3, seen);
        assert_int_equal(seen[0], '0' + turn);
    }
    assert_int_equal(bus.lcd.too_early + bus.lcd.violations, 0);
    bus.fram.unplugged = true;
    uint8_t byte = 0;
    assert_int_equal(fram_write(&fram, 0, &byte, 1), -EREMOTEIO);
    assert_int_equal(display_write(&lcd.display, &text), 0);
    bus.fram.unplugged = false;
    assert_int_equal(fram_write(&fram, 0, &byte, 1), 0);
    fram_close(&fram);
    display_close(&lcd.display);
    test_bed_close(bed);
}

static void a_chip_that_does_not_answer_is_told(void **state)
{
    (void)state;
    static struct bus bus;
    fake_fram_init(&bus.fram, 0x51);
    struct test_bed *bed = test_bed_open();
    test_bed_add(bed, device, node, &handlers, &bus);
    struct fram fram;
    char error[256] = "";
    assert_int_equal(fram_init(&fram, node, 0x50, &fram_system_calls, error, sizeof error), -EREMOTEIO);
    assert_non_null(strstr(error, "nothing answers"));
    fram_close(&fram);
    test_bed_close(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_pass_through_the_real_system_calls_beside_the_display),
        cmocka_unit_test(a_chip_that_does_not_answer_is_told),
    };
    return test_bed_is_there() ? cmocka_run_group_tests(tests, NULL, NULL) : TEST_BED_SKIPPED;
}
