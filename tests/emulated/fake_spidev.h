/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_spidev.h - the kernel's spidev driver with an MCP3008 behind it, as far as a user of the device node can tell:
 * the same requests, refusals and bytes. Time is the fake's own.
 *
 * Rules:   one message's transfers are one chip-select frame up to each cs_change; a frame is one conversion. The sum
 *          of the lengths, each rounded up to 128 bytes, may not exceed 4096 (arm64: ARCH_DMA_MINALIGN and bufsiz).
 * Codes:   depend on the input and on the instant of hold, so that a wrong stamp or order shows.
 */
#ifndef VATIO_TESTS_FAKE_SPIDEV_H
#define VATIO_TESTS_FAKE_SPIDEV_H

#include "hal/mcp3008.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FAKE_BUFFER = 4096, FAKE_ALIGN = 128, FAKE_HOLDS = 64 };

struct fake_spidev {
    int64_t now_ns;
    int32_t entry_ns, exit_ns; /* of a message: before the first and after the last clock's transfer */
    int32_t select_ns;         /* from the start of the transfer to the first clock of its first frame */
    int32_t spacing_ns;        /* between the first clocks of two frames */
    uint8_t mode, bits;        /* as set by the user */
    uint32_t speed_hz;
    bool selected;        /* chip select was left low at the end of a message */
    int opened, closed;   /* how often */
    int open_error;       /* injected: errno of open */
    unsigned long refuse; /* injected: this request fails with refuse_error */
    int refuse_error;
    int short_by;                            /* injected: bytes missing from the returned length */
    uint8_t flip[FAKE_HOLDS][MCP3008_FRAME]; /* injected: bits inverted in the answer of each frame */
    bool absent;                             /* injected: no chip, a pull-up holds the line at 1 */
    int frames;                              /* conversions of the last message */
    int64_t hold_ns[FAKE_HOLDS];             /* their true instants */
    int messages;
};

/* What the chip would find on an input at an instant. */
static inline uint16_t fake_spidev_code(unsigned input, int64_t hold_ns)
{
    return (uint16_t)((uint64_t)(hold_ns / 10 + 131 * (int64_t)input) % MCP3008_CODES);
}

static inline int64_t fake_spidev_clocks_ns(int clocks, uint32_t speed_hz)
{
    return clocks * INT64_C(1000000000) / speed_hz;
}

/* One chip-select frame: the chip converts what the first three bytes ask for, then sends zeros. */
static inline void fake_spidev_frame(struct fake_spidev *fake, const uint8_t *tx, uint8_t *rx, size_t size,
                                     int64_t start_ns, uint32_t speed_hz)
{
    int k = fake->frames++ % FAKE_HOLDS;
    int input = size >= MCP3008_FRAME ? mcp3008_requested(tx) : -EBADMSG;
    memset(rx, fake->absent ? 0xff : 0, size);
    fake->hold_ns[k] = start_ns + fake_spidev_clocks_ns(MCP3008_HOLD_CLOCK, speed_hz);
    if (input < 0 || fake->absent)
        return;
    mcp3008_respond(fake_spidev_code((unsigned)input, fake->hold_ns[k]), rx);
    for (int i = 0; i < MCP3008_FRAME; i++)
        rx[i] ^= fake->flip[k][i];
}

static inline int fake_spidev_check(const struct spi_ioc_transfer *transfer, unsigned n)
{
    size_t total = 0;
    for (unsigned i = 0; i < n; i++) {
        total += (transfer[i].len + FAKE_ALIGN - 1u) / FAKE_ALIGN * FAKE_ALIGN;
        if (total > FAKE_BUFFER)
            return -EMSGSIZE;
        if (transfer[i].bits_per_word != 0 && transfer[i].bits_per_word != 8)
            return -EINVAL;
    }
    return 0;
}

/* Joins transfers into frames and hands them to the chip; the length sent, or -errno. */
static inline int fake_spidev_message(struct fake_spidev *fake, const struct spi_ioc_transfer *transfer,
                                      unsigned n)
{
    uint8_t tx[FAKE_BUFFER], rx[FAKE_BUFFER];
    size_t begin = 0, used = 0, first = 0;
    int refused = fake_spidev_check(transfer, n);
    if (refused || n == 0)
        return refused;
    fake->messages++;
    fake->frames = 0;
    int64_t start_ns = fake->now_ns + fake->entry_ns + fake->select_ns;
    for (unsigned i = 0; i < n; i++) {
        uint32_t speed_hz = transfer[i].speed_hz ? transfer[i].speed_hz : fake->speed_hz;
        memcpy(tx + used, (const void *)(uintptr_t)transfer[i].tx_buf, transfer[i].len);
        used += transfer[i].len;
        if (i + 1 < n && !transfer[i].cs_change)
            continue;
        fake_spidev_frame(fake, tx + begin, rx + begin, used - begin, start_ns, speed_hz);
        fake->now_ns = start_ns + fake_spidev_clocks_ns(MCP3008_CLOCKS, speed_hz);
        start_ns += fake->spacing_ns;
        for (size_t from = begin; first <= i; from += transfer[first++].len)
            memcpy((void *)(uintptr_t)transfer[first].rx_buf, rx + from, transfer[first].len);
        begin = used;
    }
    fake->selected = transfer[n - 1].cs_change;
    fake->now_ns += fake->exit_ns;
    return (int)used - fake->short_by;
}

/* A request with its argument in this process's memory; the result, or -errno. */
static inline int fake_spidev_request(struct fake_spidev *fake, unsigned long request, void *argument)
{
    if (request == fake->refuse)
        return -fake->refuse_error;
    if (request == SPI_IOC_WR_MODE) {
        fake->mode = *(const uint8_t *)argument;
        return fake->mode <= SPI_MODE_3 ? 0 : -EINVAL;
    }
    if (request == SPI_IOC_WR_BITS_PER_WORD) {
        fake->bits = *(const uint8_t *)argument;
        return fake->bits == 8 ? 0 : -EINVAL;
    }
    if (request == SPI_IOC_WR_MAX_SPEED_HZ) {
        fake->speed_hz = *(const uint32_t *)argument;
        return fake->speed_hz > 0 ? 0 : -EINVAL;
    }
    if (_IOC_TYPE(request) != SPI_IOC_MAGIC || _IOC_NR(request) != 0 || _IOC_DIR(request) != _IOC_WRITE)
        return -ENOTTY;
    if (_IOC_SIZE(request) % sizeof(struct spi_ioc_transfer) != 0)
        return -EINVAL;
    return fake_spidev_message(fake, argument,
                               (unsigned)(_IOC_SIZE(request) / sizeof(struct spi_ioc_transfer)));
}

#endif
