/* SPDX-License-Identifier: GPL-3.0-or-later */
/* adc_spidev.h - the MCP3008 on a Linux SPI device node. One scan is one SPI_IOC_MESSAGE of plan->n frames
 * with cs_change between them. The hold instants are reckoned from the clock readings before and after the
 * ioctl.
 *
 * Errors:  init returns -errno (no such device, no permission, a setting refused) and one sentence in error.
 *          read returns the ioctl's -errno, -EIO when it was short, -EINTR when a signal ended the wait.
 *          To open the device anew: adc_close, then init.
 * Memory:  the struct holds pointers into itself: it stays where init found it.
 * System calls go through a table so that a test can stand in for the kernel with the same bytes. They return
 * and set errno as the C library's do.
 */
#ifndef VATIO_HAL_ADC_SPIDEV_H
#define VATIO_HAL_ADC_SPIDEV_H

#include "hal/adc.h"
#include "hal/clock.h"

#include <linux/spi/spidev.h>
#include <stddef.h>

struct spidev_calls {
    int (*open)(const char *path, int flags);
    int (*ioctl)(int fd, unsigned long request, void *argument);
    int (*close)(int fd);
};
extern const struct spidev_calls spidev_system_calls;

struct adc_spidev {
    struct adc adc;
    const struct spidev_calls *calls;
    struct clock *clock;
    struct adc_plan plan;
    int fd;
    uint8_t tx[ADC_CHANNELS][3];
    uint8_t rx[ADC_CHANNELS][3];
    struct spi_ioc_transfer transfer[ADC_CHANNELS];
};

int adc_spidev_init(struct adc_spidev *spidev, const char *path, const struct adc_plan *plan,
                    struct clock *clock, const struct spidev_calls *calls, char *error, size_t error_size);

#endif
