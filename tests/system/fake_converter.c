/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_converter - preloaded into vatiod: an MCP3008 behind an ordinary file that the board names as its SPI device, so that
 * the real driver runs on the real clocks. It converts 120 V and 10 A at 60 Hz, and does what the file named by
 * FAKE_CONVERTER says, a letter:
 *
 *   o  all is well
 *   l  one scan in twenty lasts 10 ms longer
 *   g  the device is gone
 *   a  no chip answers: a pull-up holds the line at 1
 *   u  the kernel says that UTC is not synchronised
 */
#include "hal/mcp3008.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum { LATE_ONE_IN = 20, LATE_NS = 10000000, SPACING_NS = 31800, VOLTAGE_INPUT = 0 };

static char fault(void)
{
    char letter = 'o';
    const char *path = getenv("FAKE_CONVERTER");
    const int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && read(fd, &letter, 1) != 1)
        letter = 'o';
    if (fd >= 0)
        close(fd);
    return letter;
}

/* Codes of the reference board: 362 for 169.7 V, 116 for 14.14 A, around the middle. */
static uint16_t code_at(int input, int64_t ns)
{
    static const double w = 2 * 3.14159265358979323846 * 60;
    const double amplitude = input == VOLTAGE_INPUT ? 362 : 116;
    return (uint16_t)lrint(512 + amplitude * sin(w * (double)ns * 1e-9));
}

static int convert(const struct spi_ioc_transfer *transfer, size_t n, bool absent)
{
    struct timespec now;
    int length = 0;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    int64_t ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
    for (size_t k = 0; k < n; k++, ns += SPACING_NS) {
        uint8_t *rx = (uint8_t *)(uintptr_t)transfer[k].rx_buf;
        const int input = mcp3008_requested((const uint8_t *)(uintptr_t)transfer[k].tx_buf);
        memset(rx, absent ? 0xff : 0, transfer[k].len);
        if (!absent && input >= 0)
            mcp3008_respond(code_at(input, ns), rx);
        length += (int)transfer[k].len;
    }
    return length;
}

static int message(const struct spi_ioc_transfer *transfer, size_t n)
{
    static int messages;
    const char letter = fault();
    if (letter == 'g') {
        errno = ENODEV;
        return -1;
    }
    const int length = convert(transfer, n, letter == 'a');
    if (letter == 'l' && messages++ % LATE_ONE_IN == 0)
        nanosleep(&(struct timespec){.tv_nsec = LATE_NS}, NULL);
    return length;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (_IOC_TYPE(request) != SPI_IOC_MAGIC)
        return (int)syscall(SYS_ioctl, fd, request, argument);
    if (_IOC_NR(request) == 0)
        return message(argument, _IOC_SIZE(request) / sizeof(struct spi_ioc_transfer));
    if (fault() == 'g') {
        errno = ENODEV;
        return -1;
    }
    return 0; /* mode, bits and speed are taken */
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the C library's name is reserved */
int adjtimex(struct timex *state)
{
    memset(state, 0, sizeof *state);
    state->status = fault() == 'u' ? STA_UNSYNC : 0;
    return state->status != 0 ? TIME_ERROR : TIME_OK;
}
