/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fram.h - a ferroelectric memory of the MB85RC256V class on i2c-dev: bytes that stay without a supply.
 *
 * Chip:    FRAM_BYTES bytes, addressed by 16 bits, most significant byte first; at 0x50 to 0x57 by its pins A2..A0. A byte is
 *          written as it is clocked in: no pages, no waiting, and a transfer that is cut leaves the bytes before it.
 * Bus:     shared with others; at 100 kHz a byte takes 90 us, so a write of FRAM_PIECE bytes 6 ms. Each call is one
 *          I2C_RDWR per piece.
 * Errors:  -errno; the bus is then closed, and the next call opens it. -EINVAL beyond the end of the memory.
 * Threads: one object, one thread. Calls block for the time on the bus.
 * Source:  data sheet of the MB85RC256V; wiring in board/README.md.
 */
#ifndef VATIO_HAL_FRAM_H
#define VATIO_HAL_FRAM_H

#include <stddef.h>
#include <stdint.h>

enum { FRAM_BYTES = 32768, FRAM_PIECE = 64 /* most bytes in one message: what others may wait for */ };

struct i2c_rdwr_ioctl_data;

/* System calls; they return and set errno as the C library's do. */
struct fram_calls {
    int (*open)(const char *path, int flags);
    int (*transfer)(int fd, struct i2c_rdwr_ioctl_data *messages); /* ioctl I2C_RDWR */
    int (*close)(int fd);
};
extern const struct fram_calls fram_system_calls;

struct fram {
    const struct fram_calls *calls;
    char path[64];
    int address;
    int fd; /* -1: to be opened at the next call */
};

/* -errno and one sentence in error when nothing answers; it may be used all the same, each call tries again.
 * -ENAMETOOLONG when the path does not fit. */
int fram_init(struct fram *fram, const char *path, int address, const struct fram_calls *calls, char *error,
              size_t error_size);

int fram_read(struct fram *fram, size_t at, void *bytes, size_t size);

/* In the order of the bytes; what was cut or failed leaves any number of the first ones written. */
int fram_write(struct fram *fram, size_t at, const void *bytes, size_t size);

/* One sentence about an error, with what the user can do. */
void fram_describe(const struct fram *fram, int error, char *text, size_t size);

void fram_close(struct fram *fram);

#endif
