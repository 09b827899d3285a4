/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/mcp3008.h"

#include <errno.h>

enum {
    START_SINGLE = 0x60, /* one leading zero, start bit, SGL */
    START_MASK = 0xe0,   /* what follows D0 is not looked at by the chip */
    NULL_BIT = 0x01,     /* of byte 0 */
    REPEATED_MASK = 0x3f /* of byte 2 */
};

/* B1..B6 as they follow B0, least significant first: B1 lands in bit 5, B6 in bit 0. */
static unsigned repetition(unsigned code)
{
    unsigned bits = code >> 1 & REPEATED_MASK;
    bits = (bits & 0x07) << 3 | bits >> 3;                          /* swap the halves of three */
    return (bits & 0x09) << 2 | (bits & 0x12) | (bits & 0x24) >> 2; /* and the ends of each */
}

void mcp3008_request(unsigned channel, uint8_t tx[MCP3008_FRAME])
{
    tx[0] = (uint8_t)(START_SINGLE | (channel & (MCP3008_CHANNELS - 1)) << 2);
    tx[1] = 0;
    tx[2] = 0;
}

int mcp3008_decode(const uint8_t rx[MCP3008_FRAME])
{
    unsigned code = (unsigned)rx[1] << 2 | (unsigned)rx[2] >> 6;
    if ((rx[0] & NULL_BIT) || (rx[2] & REPEATED_MASK) != repetition(code))
        return -EBADMSG;
    return (int)code;
}

int mcp3008_requested(const uint8_t tx[MCP3008_FRAME])
{
    if ((tx[0] & START_MASK) != START_SINGLE)
        return -EBADMSG;
    return tx[0] >> 2 & (MCP3008_CHANNELS - 1);
}

void mcp3008_respond(unsigned code, uint8_t rx[MCP3008_FRAME])
{
    code &= MCP3008_CODES - 1;
    rx[0] = 0;
    rx[1] = (uint8_t)(code >> 2);
    rx[2] = (uint8_t)((code & 3u) << 6 | repetition(code));
}
