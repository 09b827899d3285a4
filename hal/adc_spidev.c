/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/adc_spidev.h"

#include "hal/mcp3008.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int system_open(const char *path, int flags)
{
    return open(path, flags);
}

static int system_ioctl(int fd, unsigned long request, void *argument)
{
    return ioctl(fd, request, argument);
}

const struct spidev_calls spidev_system_calls = {system_open, system_ioctl, close};

/* SPI_IOC_MESSAGE(n) of the kernel's header wants a constant n. */
static unsigned long message_request(int n)
{
    return _IOC(_IOC_WRITE, SPI_IOC_MAGIC, 0, (unsigned)n * sizeof(struct spi_ioc_transfer));
}

/* From the start of the transfer to the end of its last frame, nominal. */
static int64_t transfer_ns(const struct adc_plan *plan)
{
    int64_t after_hold_ns = (MCP3008_CLOCKS - MCP3008_HOLD_CLOCK) * INT64_C(1000000000) / plan->clock_hz;
    return plan->hold_offset_ns + (int64_t)(plan->n - 1) * plan->conversion_spacing_ns + after_hold_ns;
}

/* The transfer is taken to lie in the middle between the two readings of the clock. */
static void set_holds(struct adc_scan *scan, const struct adc_plan *plan, int64_t before_ns, int64_t after_ns)
{
    int64_t start_ns = before_ns + (after_ns - before_ns - transfer_ns(plan)) / 2;
    for (int k = 0; k < plan->n; k++)
        scan->hold_ns[k] = start_ns + plan->hold_offset_ns + (int64_t)k * plan->conversion_spacing_ns;
}

static bool is_late(const struct adc_plan *plan, int64_t due_ns, int64_t before_ns, int64_t after_ns)
{
    int64_t longest_ns = transfer_ns(plan) * 3 / 2 + 50000;
    return after_ns - before_ns > longest_ns || before_ns - due_ns > plan->period_ns;
}

static void decode_frames(struct adc_spidev *spidev, struct adc_scan *scan)
{
    for (int k = 0; k < spidev->plan.n; k++) {
        int code = mcp3008_decode(spidev->rx[k]);
        if (code < 0) {
            scan->corrupt |= (uint8_t)(1u << k);
            scan->faults |= ADC_CORRUPT;
        } else {
            scan->code[k] = (uint16_t)code;
        }
    }
}

static int spidev_read(struct adc *adc, int64_t due_ns, struct adc_scan *scan)
{
    struct adc_spidev *spidev = (struct adc_spidev *)adc;
    const struct adc_plan *plan = &spidev->plan;
    int error = clock_sleep_until(spidev->clock, due_ns);
    if (error)
        return error;
    int64_t before_ns = clock_mono_ns(spidev->clock);
    int sent = spidev->calls->ioctl(spidev->fd, message_request(plan->n), spidev->transfer);
    int64_t after_ns = clock_mono_ns(spidev->clock);
    if (sent < 0)
        return -errno;
    if (sent != plan->n * MCP3008_FRAME)
        return -EIO;
    *scan = (struct adc_scan){.n = (uint8_t)plan->n};
    set_holds(scan, plan, before_ns, after_ns);
    if (is_late(plan, due_ns, before_ns, after_ns))
        scan->faults |= ADC_LATE;
    decode_frames(spidev, scan);
    return 0;
}

static void spidev_close(struct adc *adc)
{
    struct adc_spidev *spidev = (struct adc_spidev *)adc;
    if (spidev->fd >= 0)
        spidev->calls->close(spidev->fd);
    spidev->fd = -1;
}

static const struct adc_ops spidev_ops = {.name = "spidev", .read = spidev_read, .close = spidev_close};

/* Speed and word size stand in each transfer too: the device's own settings are shared by every program that
 * has it open. */
static void prepare_transfers(struct adc_spidev *spidev)
{
    const struct adc_plan *plan = &spidev->plan;
    for (int k = 0; k < plan->n; k++) {
        mcp3008_request(plan->input[k], spidev->tx[k]);
        spidev->transfer[k] = (struct spi_ioc_transfer){
            .tx_buf = (uintptr_t)spidev->tx[k],
            .rx_buf = (uintptr_t)spidev->rx[k],
            .len = MCP3008_FRAME,
            .speed_hz = plan->clock_hz,
            .bits_per_word = 8,
            .cs_change = k + 1 < plan->n, /* a conversion starts with the chip's select line falling */
        };
    }
}

static const char *advice(int code)
{
    static const struct {
        int code;
        const char *text;
    } known[] = {
        {ENOENT, "no such device: enable SPI (on a Raspberry Pi dtparam=spi=on in config.txt), then restart"},
        {ENXIO, "the device node has no SPI device behind it: enable SPI, then restart"},
        {ENODEV, "the device node has no SPI device behind it: enable SPI, then restart"},
        {EACCES, "no permission: add the user to group spi"},
        {EPERM, "no permission: add the user to group spi"},
        {EBUSY, "another program holds the device"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].code == code)
            return known[i].text;
    }
    return strerror(code);
}

static bool plan_is_valid(const struct adc_plan *plan)
{
    if (plan->n < 1 || plan->n > ADC_CHANNELS || plan->clock_hz == 0)
        return false;
    for (int k = 0; k < plan->n; k++) {
        if (plan->input[k] >= MCP3008_CHANNELS)
            return false;
    }
    return true;
}

/* 0 or -errno; *refused names the setting that the device did not take. */
static int configure(struct adc_spidev *spidev, const char **refused)
{
    uint8_t mode = SPI_MODE_0;
    uint8_t bits = 8;
    uint32_t speed_hz = spidev->plan.clock_hz;
    const struct {
        unsigned long request;
        void *argument;
        const char *name;
    } settings[] = {
        {SPI_IOC_WR_MODE, &mode, "SPI mode 0"},
        {SPI_IOC_WR_BITS_PER_WORD, &bits, "8 bits per word"},
        {SPI_IOC_WR_MAX_SPEED_HZ, &speed_hz, "the SPI clock"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        *refused = settings[i].name;
        if (spidev->calls->ioctl(spidev->fd, settings[i].request, settings[i].argument) < 0)
            return -errno;
    }
    return 0;
}

int adc_spidev_init(struct adc_spidev *spidev, const char *path, const struct adc_plan *plan,
                    struct clock *clock, const struct spidev_calls *calls, char *error, size_t error_size)
{
    *spidev =
        (struct adc_spidev){.adc = {&spidev_ops}, .calls = calls, .clock = clock, .plan = *plan, .fd = -1};
    if (!plan_is_valid(plan)) {
        snprintf(error, error_size,
                 "scan plan: expected 1 to %d conversions of inputs 0 to %d and a clock above 0 Hz",
                 ADC_CHANNELS, MCP3008_CHANNELS - 1);
        return -EINVAL;
    }
    spidev->fd = calls->open(path, O_RDWR | O_CLOEXEC);
    if (spidev->fd < 0) {
        int code = errno;
        snprintf(error, error_size, "%s: %s", path, advice(code));
        return -code;
    }
    const char *refused = NULL;
    int status = configure(spidev, &refused);
    if (status) {
        snprintf(error, error_size, "%s: the device refused %s: %s", path, refused, strerror(-status));
        spidev_close(&spidev->adc);
        return status;
    }
    prepare_transfers(spidev);
    return 0;
}
