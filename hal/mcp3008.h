/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mcp3008.h - the converter's wire format, written once: the driver and the simulator both use it.
 *
 * Frame:   3 bytes, mode 0,0. Sent: {0x60 | channel << 2, 0, 0} (start, single-ended, D2..D0). Received: the null bit
 *          is bit 0 of byte 0, B9..B2 are byte 1, B1 B0 bits 7..6 of byte 2; bits 5..0 of byte 2 are the free
 *          repetition B1 B2 B3 B4 B5 B6 (least significant first), which makes a corrupt frame visible.
 * Hold:    falling edge of clock 7 of the 24.
 * Errors:  mcp3008_decode returns -EBADMSG when the null bit is set (no chip: a pulled-up line reads ones) or the
 *          repetition differs.
 * Source:  Microchip DS21295, sections 5 and 6.
 */
#ifndef VATIO_HAL_MCP3008_H
#define VATIO_HAL_MCP3008_H

#include <stdint.h>

enum {
    MCP3008_FRAME = 3,
    MCP3008_CHANNELS = 8,
    MCP3008_CODES = 1024,
    MCP3008_HOLD_CLOCK = 7,
    MCP3008_CLOCKS = 24
};

/* What the host sends to convert channel (0..7). */
void mcp3008_request(unsigned channel, uint8_t tx[MCP3008_FRAME]);

/* What the host makes of the answer: the code 0..1023, or -EBADMSG. */
int mcp3008_decode(const uint8_t rx[MCP3008_FRAME]);

/* The chip's side, for simulators: which channel a request asks for (-EBADMSG if it is none), and the answer to it.
 * Bits before the null bit, which the chip leaves floating, are 0. */
int mcp3008_requested(const uint8_t tx[MCP3008_FRAME]);
void mcp3008_respond(unsigned code, uint8_t rx[MCP3008_FRAME]);

#endif
