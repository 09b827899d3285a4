/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_fram.h - an MB85RC256V as its I2C bus sees it: messages in, bytes kept.
 *
 * Messages: a write's first two bytes are the address, most significant first, of which 15 bits count; the others are
 *           written as they come, and behind the last cell follows the first. A read goes on from the address.
 * Absent:   nothing acknowledges another address, nor a chip that is unplugged: EREMOTEIO.
 * Cut:      the supply fails after bytes_left more bytes were written: the rest of that message and all after it are lost.
 */
#ifndef VATIO_TESTS_FAKE_FRAM_H
#define VATIO_TESTS_FAKE_FRAM_H

#include <errno.h>
#include <linux/i2c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FAKE_FRAM_CELLS = 32768, FAKE_FRAM_BYTE_US = 90 /* 9 clocks at 100 kHz */ };

struct fake_fram {
    uint8_t cell[FAKE_FRAM_CELLS];
    uint16_t address; /* on the bus */
    uint16_t at;      /* the latch */
    bool unplugged;
    bool limited; /* bytes_left counts */
    int64_t bytes_left;
    int64_t bytes_written;
    int64_t longest_us; /* the longest that one call kept the bus */
};

static inline void fake_fram_init(struct fake_fram *fram, uint16_t address)
{
    memset(fram, 0, sizeof *fram);
    fram->address = address;
}

static inline void fake_fram_put(struct fake_fram *fram, uint8_t byte)
{
    if (fram->limited && fram->bytes_left-- <= 0)
        return;
    fram->cell[fram->at] = byte;
    fram->at = (uint16_t)((fram->at + 1) % FAKE_FRAM_CELLS);
    fram->bytes_written++;
}

static inline int fake_fram_message(struct fake_fram *fram, const struct i2c_msg *message)
{
    if (fram->unplugged || message->addr != fram->address || (fram->limited && fram->bytes_left <= 0))
        return -EREMOTEIO;
    if (message->flags & I2C_M_RD) {
        for (unsigned i = 0; i < message->len; i++) {
            message->buf[i] = fram->cell[fram->at];
            fram->at = (uint16_t)((fram->at + 1) % FAKE_FRAM_CELLS);
        }
        return 0;
    }
    for (unsigned i = 0; i < message->len; i++) {
        if (i == 0)
            fram->at = (uint16_t)((message->buf[0] & 0x7f) << 8 | (fram->at & 0xff));
        else if (i == 1)
            fram->at = (uint16_t)((fram->at & 0x7f00) | message->buf[1]);
        else
            fake_fram_put(fram, message->buf[i]);
    }
    return fram->limited && fram->bytes_left < 0 ? -EREMOTEIO : 0;
}

/* The number of messages, or -errno, as I2C_RDWR has it. */
static inline int fake_fram_transfer(struct fake_fram *fram, const struct i2c_msg *messages, unsigned n)
{
    int64_t us = 0;
    for (unsigned i = 0; i < n; i++) {
        const int error = fake_fram_message(fram, &messages[i]);
        us += (1 + messages[i].len) * FAKE_FRAM_BYTE_US;
        if (error != 0)
            return error;
    }
    if (us > fram->longest_us)
        fram->longest_us = us;
    return (int)n;
}

#endif
