/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The converter's driver with the C library's open, ioctl and close on an emulated /dev/spidev0.0. Durations are not
 * looked at: an emulated call takes as long as it takes. */
#include "hal/adc_spidev.h"

#include "tests/emulated/fake_spidev.h"
#include "tests/emulated/test_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MESSAGE_MAX = 32 };

static const char node[] = "/dev/spidev0.0";
static const char device[] =
    "P: /devices/platform/soc/3f204000.spi/spi_master/spi0/spi0.0/spidev/spidev0.0\n"
    "N: spidev0.0\nE: DEVNAME=/dev/spidev0.0\nE: SUBSYSTEM=spidev\nA: dev=153:0\\n\n";

static const struct adc_plan plan = {
    .n = 2,
    .input = {5, 2},
    .clock_hz = 1350000,
    .conversion_spacing_ns = 31800,
    .hold_offset_ns = 10000,
    .period_ns = 1000000,
};

/* The caller's buffers are fetched, the fake speaks, what was received is sent back. */
static long message(struct fake_spidev *fake, unsigned long request, struct test_bed_memory *argument)
{
    size_t n = _IOC_SIZE(request) / sizeof(struct spi_ioc_transfer);
    struct spi_ioc_transfer transfer[MESSAGE_MAX];
    struct test_bed_memory *tx[MESSAGE_MAX], *rx[MESSAGE_MAX];
    uint8_t received[MESSAGE_MAX][MCP3008_FRAME];
    if (n > MESSAGE_MAX)
        return -EMSGSIZE;
    struct test_bed_memory *array = test_bed_follow(argument, 0, _IOC_SIZE(request));
    memcpy(transfer, test_bed_bytes(array), _IOC_SIZE(request));
    for (size_t i = 0; i < n; i++) {
        size_t at = i * sizeof transfer[0];
        if (transfer[i].len != MCP3008_FRAME)
            abort();
        tx[i] = test_bed_follow(array, at + offsetof(struct spi_ioc_transfer, tx_buf), MCP3008_FRAME);
        rx[i] = test_bed_follow(array, at + offsetof(struct spi_ioc_transfer, rx_buf), MCP3008_FRAME);
        transfer[i].tx_buf = (uintptr_t)test_bed_bytes(tx[i]);
        transfer[i].rx_buf = (uintptr_t)received[i];
    }
    long result = fake_spidev_request(fake, request, transfer);
    for (size_t i = 0; i < n; i++) {
        if (result >= 0)
            test_bed_send(rx[i], received[i], MCP3008_FRAME);
        test_bed_release(tx[i]);
        test_bed_release(rx[i]);
    }
    test_bed_release(array);
    return result;
}

static long on_ioctl(void *fake, unsigned long request, struct test_bed_memory *argument)
{
    _Alignas(uint32_t) uint8_t setting[sizeof(uint32_t)];
    if (_IOC_NR(request) == 0)
        return message(fake, request, argument);
    if (_IOC_SIZE(request) > sizeof setting)
        return -ENOTTY;
    struct test_bed_memory *memory = test_bed_follow(argument, 0, _IOC_SIZE(request));
    memcpy(setting, test_bed_bytes(memory), _IOC_SIZE(request));
    test_bed_release(memory);
    return fake_spidev_request(fake, request, setting);
}

static const struct test_bed_handlers handlers = {.ioctl = on_ioctl};

static void scans_pass_through_the_real_system_calls(void **state)
{
    (void)state;
    static struct fake_spidev fake = {.select_ns = 4815, .spacing_ns = 31800};
    struct test_bed *bed = test_bed_open();
    test_bed_add(bed, device, node, &handlers, &fake);
    struct clock_real real;
    struct adc_spidev spidev;
    struct adc_scan scan;
    char error[256] = "";
    clock_real_init(&real);
    int status =
        adc_spidev_init(&spidev, node, &plan, &real.clock, &spidev_system_calls, error, sizeof error);
    if (status)
        fail_msg("%d %s", status, error);
    assert_int_equal(fake.mode, SPI_MODE_0);
    assert_int_equal(fake.bits, 8);
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
    test_bed_close(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(scans_pass_through_the_real_system_calls)};
    return test_bed_is_there() ? cmocka_run_group_tests(tests, NULL, NULL) : TEST_BED_SKIPPED;
}
