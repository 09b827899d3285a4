/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The LCD's driver with the C library's open, ioctl, write and close on an emulated /dev/i2c-1. */
#include "hal/display.h"

#include "tests/emulated/fake_lcd.h"
#include "tests/emulated/test_bed.h"

#include <errno.h>
#include <linux/i2c-dev.h>
#include <time.h>

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

static gboolean on_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer user)
{
    (void)handler;
    struct bus *bus = user;
    if (umockdev_ioctl_client_get_request(client) != I2C_SLAVE)
        return test_bed_answer(client, -ENOTTY);
    UMockdevIoctlData *argument = umockdev_ioctl_client_get_arg(client);
    memcpy(&bus->address, argument->data, sizeof bus->address); /* the address itself, not a pointer */
    return test_bed_answer(client, 0);
}

static gboolean on_write(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer user)
{
    (void)handler;
    struct bus *bus = user;
    if (bus->unplugged)
        return test_bed_answer(client, -EREMOTEIO);
    /* The fake's bytes take their time on the bus, which the emulation does not; the driver's waits are real. */
    UMockdevIoctlData *sent = umockdev_ioctl_client_get_arg(client);
    bus->lcd.now_ns += real_ns() - bus->idle_since_ns;
    fake_lcd_bytes(&bus->lcd, sent->data, (size_t)sent->data_len);
    bus->idle_since_ns = real_ns();
    return test_bed_answer(client, sent->data_len);
}

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
    UMockdevTestbed *bed = umockdev_testbed_new();
    UMockdevIoctlBase *handler = test_bed_attach(bed, device, node);
    g_signal_connect(handler, "handle-ioctl", G_CALLBACK(on_ioctl), &bus);
    g_signal_connect(handler, "handle-write", G_CALLBACK(on_write), &bus);
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
    test_bed_detach(bed, handler, node);
    g_object_unref(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_passes_through_the_real_system_calls)};
    return test_bed_run(tests);
}
