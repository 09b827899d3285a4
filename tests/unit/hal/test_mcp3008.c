/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expected bytes are built bit by bit from the order in which the data sheet's timing diagram sends them, not by the
 * module's own arithmetic. */
#include "hal/mcp3008.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { FRAME_BITS = 8 * MCP3008_FRAME };

/* The 24 clocks of a frame as the chip drives them: idle 0 up to the null bit, B9..B0, then B1, B2, ... again. */
static void clock_out(unsigned code, uint8_t rx[MCP3008_FRAME])
{
    int bit_of_clock[FRAME_BITS];
    for (int clock = 0; clock < FRAME_BITS; clock++) {
        if (clock < 8)
            bit_of_clock[clock] = -1; /* floating, then null */
        else if (clock < 18)
            bit_of_clock[clock] = 17 - clock; /* B9 at 8 ... B0 at 17 */
        else
            bit_of_clock[clock] = clock - 17; /* B1 at 18 ... B6 at 23 */
    }
    memset(rx, 0, MCP3008_FRAME);
    for (int clock = 0; clock < FRAME_BITS; clock++) {
        if (bit_of_clock[clock] >= 0 && (code >> bit_of_clock[clock] & 1u))
            rx[clock / 8] |= (uint8_t)(0x80u >> clock % 8);
    }
}

static void request_of_each_channel_is_start_single_and_three_address_bits(void **state)
{
    (void)state;
    static const uint8_t expected[MCP3008_CHANNELS] = {0x60, 0x64, 0x68, 0x6c, 0x70, 0x74, 0x78, 0x7c};
    for (unsigned channel = 0; channel < MCP3008_CHANNELS; channel++) {
        uint8_t tx[MCP3008_FRAME] = {1, 2, 3};
        mcp3008_request(channel, tx);
        assert_int_equal(tx[0], expected[channel]);
        assert_int_equal(tx[1], 0);
        assert_int_equal(tx[2], 0);
        assert_int_equal(mcp3008_requested(tx), channel);
    }
}

static void only_single_ended_starts_in_place_are_requests(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        uint8_t tx[MCP3008_FRAME] = {(uint8_t)first, 0xff,
                                     0xff}; /* what follows the address is not looked at */
        int is_request = (first & 0x80) == 0 && (first & 0x40) != 0 && (first & 0x20) != 0;
        assert_int_equal(mcp3008_requested(tx), is_request ? (int)(first / 4 % 8) : -EBADMSG);
    }
}

static void every_code_travels_in_the_data_sheets_bit_order_and_comes_back(void **state)
{
    (void)state;
    for (unsigned code = 0; code < MCP3008_CODES; code++) {
        uint8_t rx[MCP3008_FRAME];
        uint8_t expected[MCP3008_FRAME];
        mcp3008_respond(code, rx);
        clock_out(code, expected);
        assert_memory_equal(rx, expected, MCP3008_FRAME);
        assert_int_equal(mcp3008_decode(expected), code);
    }
}

/* What a flip of each received bit does, clock by clock. The repetition covers B1..B6 only. */
static const struct {
    const char *name;
    int first_clock, last_clock;
    enum { HARMLESS, DETECTED, WRONG_CODE } effect;
} bits[] = {
    {"the floating bits before the null bit change nothing", 0, 6, HARMLESS},
    {"a flipped null bit is detected", 7, 7, DETECTED},
    {"B9, B8 and B7 are not repeated: a flip goes unseen", 8, 10, WRONG_CODE},
    {"B6 to B1 are repeated: a flip is detected", 11, 16, DETECTED},
    {"B0 is not repeated: a flip goes unseen", 17, 17, WRONG_CODE},
    {"a flip in the repetition is detected", 18, 23, DETECTED},
};

static void every_single_bit_error_of_every_code_has_its_stated_effect(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        for (int clock = bits[i].first_clock; clock <= bits[i].last_clock; clock++) {
            for (int code = 0; code < MCP3008_CODES; code++) {
                uint8_t rx[MCP3008_FRAME];
                mcp3008_respond((unsigned)code, rx);
                rx[clock / 8] ^= (uint8_t)(0x80u >> clock % 8);
                int decoded = mcp3008_decode(rx);
                int expected = bits[i].effect == DETECTED   ? -EBADMSG
                               : bits[i].effect == HARMLESS ? code
                                                            : code ^ 1 << (17 - clock);
                if (decoded != expected)
                    fail_msg("%s: clock %d, code %d gave %d", bits[i].name, clock, code, decoded);
            }
        }
    }
}

static void a_line_of_ones_is_no_chip_and_a_line_of_zeros_is_code_0(void **state)
{
    (void)state;
    static const uint8_t ones[MCP3008_FRAME] = {0xff, 0xff, 0xff};
    static const uint8_t zeros[MCP3008_FRAME] = {0};
    assert_int_equal(mcp3008_decode(ones), -EBADMSG);
    assert_int_equal(mcp3008_decode(zeros), 0);
}

/* Of all 2^24 answers those with a zero null bit and a true repetition are accepted: 2^7 floating x 2^10 codes. */
static void exactly_the_well_formed_answers_are_accepted(void **state)
{
    (void)state;
    long accepted = 0;
    for (uint32_t word = 0; word < 1u << 24; word++) {
        const uint8_t rx[MCP3008_FRAME] = {(uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word};
        int code = mcp3008_decode(rx);
        assert_true(code == -EBADMSG || (code >= 0 && code < MCP3008_CODES));
        accepted += code >= 0;
    }
    assert_int_equal(accepted, 128 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_of_each_channel_is_start_single_and_three_address_bits),
        cmocka_unit_test(only_single_ended_starts_in_place_are_requests),
        cmocka_unit_test(every_code_travels_in_the_data_sheets_bit_order_and_comes_back),
        cmocka_unit_test(every_single_bit_error_of_every_code_has_its_stated_effect),
        cmocka_unit_test(a_line_of_ones_is_no_chip_and_a_line_of_zeros_is_code_0),
        cmocka_unit_test(exactly_the_well_formed_answers_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
