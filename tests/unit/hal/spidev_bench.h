/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spidev_bench.h - the driver on a device of the test's own, with the reference board's plan; see tests/emulated/fake_spidev.h.
 */
#ifndef VATIO_TESTS_UNIT_HAL_SPIDEV_BENCH_H
#define VATIO_TESTS_UNIT_HAL_SPIDEV_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hal/adc_spidev.h"
#include "tests/emulated/fake_spidev.h"

#include <stdio.h>

/* The reference board's figures. 7 clocks of 1.35 MHz are 5185 ns, so the first clock comes 4815 ns after the start. */
static const struct adc_plan reference = {
    .n = 2,
    .input = {0, 1},
    .clock_hz = 1350000,
    .conversion_spacing_ns = 31800,
    .hold_offset_ns = 10000,
    .period_ns = 125000,
};

static struct fake_spidev fake; /* the calls of the table carry no context */
static struct clock fake_clock;
static int sleep_status;
static int64_t oversleep_ns;
static char error[256];

static inline int64_t fake_mono_ns(struct clock *clock)
{
    (void)clock;
    return fake.now_ns;
}

static inline int fake_sleep_until(struct clock *clock, int64_t until_ns)
{
    (void)clock;
    if (until_ns > fake.now_ns)
        fake.now_ns = until_ns;
    fake.now_ns += oversleep_ns;
    return sleep_status;
}

static const struct clock_ops fake_clock_ops = {.mono_ns = fake_mono_ns, .sleep_until = fake_sleep_until};

static inline int fake_open(const char *path, int flags)
{
    (void)path;
    assert_int_equal(flags & O_ACCMODE, O_RDWR);
    assert_true(flags & O_CLOEXEC);
    if (fake.open_error) {
        errno = fake.open_error;
        return -1;
    }
    fake.opened++;
    return 7;
}

static inline int fake_ioctl(int fd, unsigned long request, void *argument)
{
    assert_int_equal(fd, 7);
    int status = fake_spidev_request(&fake, request, argument);
    if (status >= 0)
        return status;
    errno = -status;
    return -1;
}

static inline int fake_close(int fd)
{
    assert_int_equal(fd, 7);
    fake.closed++;
    return 0;
}

static const struct spidev_calls fake_calls = {fake_open, fake_ioctl, fake_close};

static inline int start(struct adc_spidev *spidev, const struct adc_plan *plan)
{
    error[0] = '\0';
    return adc_spidev_init(spidev, "/dev/spidev0.0", plan, &fake_clock, &fake_calls, error, sizeof error);
}

static inline int renew(void **state)
{
    (void)state;
    fake = (struct fake_spidev){
        .now_ns = 1000000000, .entry_ns = 3000, .exit_ns = 3000, .select_ns = 4815, .spacing_ns = 31800};
    fake_clock = (struct clock){.ops = &fake_clock_ops};
    sleep_status = 0;
    oversleep_ns = 0;
    return 0;
}

#endif
