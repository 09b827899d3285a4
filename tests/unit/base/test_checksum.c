/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The check value of the CRC catalogue, and the vectors of RFC 3720 (iSCSI), B.4. */
static void matches_the_published_vectors(void **state)
{
    unsigned char bytes[32];
    (void)state;
    assert_int_equal(checksum("123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(checksum(bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(checksum(bytes, sizeof bytes), 0x62a8ab43);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(checksum(bytes, sizeof bytes), 0x46dd794e);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(checksum(bytes, sizeof bytes), 0x113fdb5c);
}

static void of_nothing_is_zero(void **state)
{
    (void)state;
    assert_int_equal(checksum("", 0), 0);
}

/* Independent: the polynomial division bit by bit. */
static uint32_t by_bits(const unsigned char *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size * 8; i++) {
        const uint32_t bit = (crc ^ (uint32_t)(bytes[i / 8] >> (i % 8))) & 1;
        crc = (crc >> 1) ^ (bit != 0 ? UINT32_C(0x82f63b78) : 0);
    }
    return ~crc;
}

static void agrees_with_division_bit_by_bit(void **state)
{
    unsigned char bytes[257];
    uint32_t seed = 1;
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
        bytes[i] = (unsigned char)(seed >> 24);
    }
    for (size_t size = 0; size <= sizeof bytes; size++)
        assert_int_equal(checksum(bytes, size), by_bits(bytes, size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_the_published_vectors),
        cmocka_unit_test(of_nothing_is_zero),
        cmocka_unit_test(agrees_with_division_bit_by_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
