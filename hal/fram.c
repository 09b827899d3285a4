/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/fram.h"

#include "hal/i2c_advice.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ADDRESS_BYTES = 2 };

static int system_open(const char *path, int flags)
{
    return open(path, flags);
}

static int system_transfer(int fd, struct i2c_rdwr_ioctl_data *messages)
{
    return ioctl(fd, I2C_RDWR, messages);
}

const struct fram_calls fram_system_calls = {system_open, system_transfer, close};

void fram_close(struct fram *fram)
{
    if (fram->fd >= 0)
        fram->calls->close(fram->fd);
    fram->fd = -1;
}

static int transfer(struct fram *fram, struct i2c_msg *messages, unsigned n)
{
    struct i2c_rdwr_ioctl_data together = {.msgs = messages, .nmsgs = n};
    if (fram->fd < 0)
        fram->fd = fram->calls->open(fram->path, O_RDWR | O_CLOEXEC);
    if (fram->fd < 0)
        return -errno;
    const int sent = fram->calls->transfer(fram->fd, &together);
    const int error = sent < 0 ? -errno : sent == (int)n ? 0 : -EIO;
    if (error != 0)
        fram_close(fram);
    return error;
}

static void put_address(uint8_t *out, size_t at)
{
    out[0] = (uint8_t)(at >> 8);
    out[1] = (uint8_t)at;
}

static int read_piece(struct fram *fram, size_t at, uint8_t *bytes, size_t size)
{
    uint8_t from[ADDRESS_BYTES];
    struct i2c_msg messages[] = {
        {.addr = (uint16_t)fram->address, .len = sizeof from, .buf = from},
        {.addr = (uint16_t)fram->address, .flags = I2C_M_RD, .len = (uint16_t)size, .buf = bytes},
    };
    put_address(from, at);
    return transfer(fram, messages, 2);
}

static int write_piece(struct fram *fram, size_t at, const uint8_t *bytes, size_t size)
{
    uint8_t sent[ADDRESS_BYTES + FRAM_PIECE];
    struct i2c_msg message = {
        .addr = (uint16_t)fram->address, .len = (uint16_t)(ADDRESS_BYTES + size), .buf = sent};
    put_address(sent, at);
    memcpy(sent + ADDRESS_BYTES, bytes, size);
    return transfer(fram, &message, 1);
}

static size_t piece_of(size_t left)
{
    return left < FRAM_PIECE ? left : FRAM_PIECE;
}

static bool is_inside(size_t at, size_t size)
{
    return at <= FRAM_BYTES && size <= FRAM_BYTES - at;
}

int fram_read(struct fram *fram, size_t at, void *bytes, size_t size)
{
    int error = is_inside(at, size) ? 0 : -EINVAL;
    for (size_t done = 0; done < size && error == 0; done += FRAM_PIECE)
        error = read_piece(fram, at + done, (uint8_t *)bytes + done, piece_of(size - done));
    return error;
}

int fram_write(struct fram *fram, size_t at, const void *bytes, size_t size)
{
    int error = is_inside(at, size) ? 0 : -EINVAL;
    for (size_t done = 0; done < size && error == 0; done += FRAM_PIECE)
        error = write_piece(fram, at + done, (const uint8_t *)bytes + done, piece_of(size - done));
    return error;
}

void fram_describe(const struct fram *fram, int error, char *text, size_t size)
{
    snprintf(text, size, "FRAM at 0x%02x on %s: %s", (unsigned)fram->address, fram->path, i2c_advice(-error));
}

int fram_init(struct fram *fram, const char *path, int address, const struct fram_calls *calls, char *error,
              size_t error_size)
{
    uint8_t first;
    *fram = (struct fram){.calls = calls, .address = address, .fd = -1};
    const bool fits = strlen(path) < sizeof fram->path;
    if (fits)
        strcpy(fram->path, path);
    const int status = fits ? fram_read(fram, 0, &first, sizeof first) : -ENAMETOOLONG;
    if (status != 0)
        fram_describe(fram, status, error, error_size);
    return status;
}
