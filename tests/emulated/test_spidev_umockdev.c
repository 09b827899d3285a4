/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drivers' real system calls - open, ioctl, write, close of the C library - against device nodes that umockdev
 * emulates: /dev/spidev0.0 and /dev/i2c-1 exist, and what is sent to them arrives at the fakes. umockdev's own thread
 * answers, while the driver waits in the call. Run under umockdev-wrapper; durations are not looked at. */
#include "hal/adc_spidev.h"
#include "hal/display.h"

#include "tests/emulated/fake_lcd.h"
#include "tests/emulated/fake_spidev.h"

#include <linux/i2c-dev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <umockdev.h>

#include <cmocka.h>

enum { SKIPPED = 77, MESSAGE_MAX = 32 };

static UMockdevTestbed *testbed;
static char error[256];

static const char spi_device[] =
    "P: /devices/platform/soc/3f204000.spi/spi_master/spi0/spi0.0/spidev/spidev0.0\n"
    "N: spidev0.0\nE: DEVNAME=/dev/spidev0.0\nE: SUBSYSTEM=spidev\nA: dev=153:0\\n\n";
static const char i2c_device[] = "P: /devices/platform/soc/3f804000.i2c/i2c-1/i2c-dev/i2c-1\n"
                                 "N: i2c-1\nE: DEVNAME=/dev/i2c-1\nE: SUBSYSTEM=i2c-dev\nA: dev=89:1\\n\n";

/* The caller's memory at a pointer that stands at offset in data. */
static UMockdevIoctlData *follow(UMockdevIoctlData *data, size_t offset, size_t size)
{
    UMockdevIoctlData *target = umockdev_ioctl_data_resolve(data, offset, size, NULL);
    if (!target)
        abort();
    return target;
}

/* An SPI message: the caller's buffers are fetched, the fake speaks, what was received is sent back. */
static int spi_message(struct fake_spidev *fake, unsigned long request, UMockdevIoctlData *argument)
{
    size_t n = _IOC_SIZE(request) / sizeof(struct spi_ioc_transfer);
    struct spi_ioc_transfer transfer[MESSAGE_MAX];
    UMockdevIoctlData *tx[MESSAGE_MAX], *rx[MESSAGE_MAX];
    if (n > MESSAGE_MAX)
        return -EMSGSIZE;
    UMockdevIoctlData *array = follow(argument, 0, _IOC_SIZE(request));
    memcpy(transfer, array->data, _IOC_SIZE(request));
    for (size_t i = 0; i < n; i++) {
        size_t at = i * sizeof transfer[0];
        tx[i] = follow(array, at + offsetof(struct spi_ioc_transfer, tx_buf), transfer[i].len);
        rx[i] = follow(array, at + offsetof(struct spi_ioc_transfer, rx_buf), transfer[i].len);
        transfer[i].tx_buf = (uintptr_t)tx[i]->data;
        transfer[i].rx_buf = (uintptr_t)malloc(transfer[i].len);
    }
    int result = fake_spidev_request(fake, request, transfer);
    for (size_t i = 0; i < n; i++) {
        void *received = (void *)(uintptr_t)transfer[i].rx_buf;
        if (result >= 0)
            umockdev_ioctl_data_update(rx[i], 0, received, (int)transfer[i].len);
        free(received);
        umockdev_ioctl_data_unref(tx[i]);
        umockdev_ioctl_data_unref(rx[i]);
    }
    umockdev_ioctl_data_unref(array);
    return result;
}

static gboolean on_spi_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer user)
{
    (void)handler;
    unsigned long request = umockdev_ioctl_client_get_request(client);
    UMockdevIoctlData *argument = umockdev_ioctl_client_get_arg(client);
    int result;
    if (_IOC_NR(request) == 0) {
        result = spi_message(user, request, argument);
    } else {
        UMockdevIoctlData *setting = follow(argument, 0, _IOC_SIZE(request));
        result = fake_spidev_request(user, request, setting->data);
        umockdev_ioctl_data_unref(setting);
    }
    umockdev_ioctl_client_complete(client, result < 0 ? -1 : result, result < 0 ? -result : 0);
    return TRUE;
}

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

static gboolean on_i2c_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer user)
{
    (void)handler;
    struct bus *bus = user;
    UMockdevIoctlData *argument = umockdev_ioctl_client_get_arg(client);
    bool known = umockdev_ioctl_client_get_request(client) == I2C_SLAVE;
    memcpy(&bus->address, argument->data, sizeof bus->address); /* the address itself, not a pointer */
    umockdev_ioctl_client_complete(client, known ? 0 : -1, known ? 0 : ENOTTY);
    return TRUE;
}

static gboolean on_i2c_write(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer user)
{
    (void)handler;
    struct bus *bus = user;
    UMockdevIoctlData *sent = umockdev_ioctl_client_get_arg(client);
    if (bus->unplugged) {
        umockdev_ioctl_client_complete(client, -1, EREMOTEIO);
        return TRUE;
    }
    /* The fake's bytes take their time on the bus, which the emulation does not; the driver's waits are real. */
    bus->lcd.now_ns += real_ns() - bus->idle_since_ns;
    fake_lcd_bytes(&bus->lcd, sent->data, (size_t)sent->data_len);
    bus->idle_since_ns = real_ns();
    umockdev_ioctl_client_complete(client, sent->data_len, 0);
    return TRUE;
}

static UMockdevIoctlBase *attach(const char *description, const char *node)
{
    UMockdevIoctlBase *handler = umockdev_ioctl_base_new();
    assert_true(umockdev_testbed_add_from_string(testbed, description, NULL));
    assert_true(umockdev_testbed_attach_ioctl(testbed, node, handler, NULL));
    return handler;
}

static const struct adc_plan plan = {
    .n = 2,
    .input = {5, 2},
    .clock_hz = 1350000,
    .conversion_spacing_ns = 31800,
    .hold_offset_ns = 10000,
    .period_ns = 1000000,
};

static void scans_pass_through_the_real_system_calls(void **state)
{
    (void)state;
    static struct fake_spidev fake = {.select_ns = 4815, .spacing_ns = 31800};
    UMockdevIoctlBase *handler = attach(spi_device, "/dev/spidev0.0");
    g_signal_connect(handler, "handle-ioctl", G_CALLBACK(on_spi_ioctl), &fake);
    struct clock_real real;
    struct adc_spidev spidev;
    struct adc_scan scan;
    clock_real_init(&real);
    int status = adc_spidev_init(&spidev, "/dev/spidev0.0", &plan, &real.clock, &spidev_system_calls, error,
                                 sizeof error);
    if (status)
        fail_msg("%d %s", status, error);
    assert_int_equal(fake.mode, SPI_MODE_0);
    assert_int_equal(fake.speed_hz, 1350000);
    for (int i = 0; i < 200; i++) {
        int64_t before_ns = clock_mono_ns(&real.clock);
        assert_int_equal(adc_read(&spidev.adc, before_ns, &scan), 0);
        int64_t after_ns = clock_mono_ns(&real.clock);
        assert_int_equal(scan.corrupt, 0);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(scan.code[k], fake_spidev_code(plan.input[k], fake.hold_ns[k]));
            assert_in_range(scan.hold_ns[k], before_ns, after_ns);
        }
    }
    assert_int_equal(fake.messages, 200);
    fake.refuse = SPI_IOC_MESSAGE(2);
    fake.refuse_error = ETIMEDOUT;
    assert_int_equal(adc_read(&spidev.adc, 0, &scan), -ETIMEDOUT);
    fake.refuse = 0;
    fake.absent = true;
    assert_int_equal(adc_read(&spidev.adc, 0, &scan), 0);
    assert_int_equal(scan.corrupt, 3);
    adc_close(&spidev.adc);
    umockdev_testbed_detach_ioctl(testbed, "/dev/spidev0.0", NULL);
    g_object_unref(handler);
}

static void text_passes_through_the_real_system_calls(void **state)
{
    (void)state;
    static struct bus bus;
    fake_lcd_power_up(&bus.lcd);
    bus.idle_since_ns = real_ns();
    UMockdevIoctlBase *handler = attach(i2c_device, "/dev/i2c-1");
    g_signal_connect(handler, "handle-ioctl", G_CALLBACK(on_i2c_ioctl), &bus);
    g_signal_connect(handler, "handle-write", G_CALLBACK(on_i2c_write), &bus);
    struct display_hd44780 lcd;
    struct display_text text = {
        {"120.0 V         ", "5.000 A         ", "600 W           ", "0123456789abcdef"}};
    int status = display_hd44780_init(&lcd, "/dev/i2c-1", 0x27, &hd44780_system_calls, error, sizeof error);
    if (status)
        fail_msg("%d %s", status, error);
    assert_int_equal(bus.address, 0x27);
    for (int plugged = 0; plugged < 2; plugged++) {
        assert_int_equal(display_write(&lcd.display, &text), 0);
        for (int r = 0; r < DISPLAY_ROWS; r++) {
            char seen[DISPLAY_COLUMNS + 1];
            fake_lcd_row(&bus.lcd, r, seen);
            assert_string_equal(seen, text.row[r]);
        }
        assert_int_equal(bus.lcd.too_early + bus.lcd.violations, 0);
        bus.unplugged = true;
        text.row[1][0] = (char)('6' + plugged);
        assert_int_equal(display_write(&lcd.display, &text), -EREMOTEIO);
        fake_lcd_power_up(&bus.lcd);
        bus.unplugged = false;
    }
    display_close(&lcd.display);
    umockdev_testbed_detach_ioctl(testbed, "/dev/i2c-1", NULL);
    g_object_unref(handler);
}

int main(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    if (!preloaded || !strstr(preloaded, "umockdev-preload")) {
        puts("skipped: has to run under umockdev-wrapper");
        return SKIPPED;
    }
    testbed = umockdev_testbed_new();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_pass_through_the_real_system_calls),
        cmocka_unit_test(text_passes_through_the_real_system_calls),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_object_unref(testbed);
    return failed;
}
