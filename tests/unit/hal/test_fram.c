/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/fram.h"

#include "tests/emulated/fake_fram_calls.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static struct fram open_fram(void)
{
    struct fram fram;
    char error[256] = "";
    fake_fram_init(&chip, 0x50);
    open_errno = opened = closed = 0;
    assert_int_equal(fram_init(&fram, "/dev/i2c-1", 0x50, &calls, error, sizeof error), 0);
    return fram;
}

static const struct {
    const char *name;
    size_t at, size;
    int result;
} places[] = {
    {"one byte at the first cell", 0, 1, 0},
    {"the last cell", FRAM_BYTES - 1, 1, 0},
    {"across a change of the address's high byte", 0x1fe, 4, 0},
    {"one piece", 64, FRAM_PIECE, 0},
    {"a piece and a byte", 0x4000, FRAM_PIECE + 1, 0},
    {"many pieces", 8192, 6144, 0},
    {"nothing", 100, 0, 0},
    {"nothing at the very end", FRAM_BYTES, 0, 0},
    {"one byte beyond the end", FRAM_BYTES, 1, -EINVAL},
    {"a size that would wrap round", 1, SIZE_MAX, -EINVAL},
};

static void bytes_come_back_from_where_they_were_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct fram fram = open_fram();
        uint8_t sent[6144], back[6144] = {0};
        for (size_t k = 0; k < sizeof sent; k++)
            sent[k] = (uint8_t)(k * 7 + 1);
        print_message("  %s\n", places[i].name);
        assert_int_equal(fram_write(&fram, places[i].at, sent, places[i].size), places[i].result);
        assert_int_equal(fram_read(&fram, places[i].at, back, places[i].size), places[i].result);
        if (places[i].result == 0) {
            assert_memory_equal(back, sent, places[i].size);
            assert_memory_equal(chip.cell + places[i].at, sent, places[i].size);
            assert_int_equal(chip.bytes_written, places[i].size);
        }
        fram_close(&fram);
        assert_int_equal(opened, closed);
    }
}

static void no_call_keeps_the_bus_longer_than_a_piece(void **state)
{
    (void)state;
    struct fram fram = open_fram();
    static const uint8_t zero[6144];
    assert_int_equal(fram_write(&fram, 0, zero, sizeof zero), 0);
    assert_int_equal(chip.longest_us, (1 + 2 + FRAM_PIECE) * FAKE_FRAM_BYTE_US);
    uint8_t back[6144];
    assert_int_equal(fram_read(&fram, 0, back, sizeof back), 0);
    assert_int_equal(chip.longest_us, (1 + 2 + 1 + FRAM_PIECE) * FAKE_FRAM_BYTE_US);
    fram_close(&fram);
}

static void a_chip_that_went_is_an_error_until_it_is_back(void **state)
{
    (void)state;
    struct fram fram = open_fram();
    uint8_t byte = 5;
    chip.unplugged = true;
    assert_int_equal(fram_write(&fram, 9, &byte, 1), -EREMOTEIO);
    assert_int_equal(closed, 1);
    assert_int_equal(fram_read(&fram, 9, &byte, 1), -EREMOTEIO);
    open_errno = ENOENT;
    assert_int_equal(fram_write(&fram, 9, &byte, 1), -ENOENT);
    open_errno = 0;
    chip.unplugged = false;
    assert_int_equal(fram_write(&fram, 9, &byte, 1), 0);
    assert_int_equal(chip.cell[9], 5);
    fram_close(&fram);
    fram_close(&fram);
    assert_int_equal(opened, closed);
}

static void a_write_that_is_cut_leaves_the_bytes_before_it(void **state)
{
    (void)state;
    uint8_t ones[100];
    memset(ones, 1, sizeof ones);
    for (int cut = 0; cut < 100; cut++) {
        struct fram fram = open_fram();
        chip.limited = true;
        chip.bytes_left = cut;
        assert_int_equal(fram_write(&fram, 1000, ones, sizeof ones), -EREMOTEIO);
        for (int k = 0; k < 100; k++)
            assert_int_equal(chip.cell[1000 + k], k < cut);
        fram_close(&fram);
    }
}

static const struct {
    const char *name;
    const char *path;
    int address;
    int open_errno;
    int code;
    const char *says;
} refusals[] = {
    {"no bus", "/dev/i2c-1", 0x50, ENOENT, -ENOENT, "enable I2C"},
    {"no permission", "/dev/i2c-1", 0x50, EACCES, -EACCES, "group i2c"},
    {"nothing at the address", "/dev/i2c-1", 0x51, 0, -EREMOTEIO,
     "FRAM at 0x51 on /dev/i2c-1: nothing answers"},
    {"a path that is too long", "/dev/a-path-that-is-longer-than-any-that-a-device-node-in-this-world-has",
     0x50, 0, -ENAMETOOLONG, "FRAM"},
};

static void what_cannot_be_had_is_told_in_one_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct fram fram;
        char error[256] = "";
        fake_fram_init(&chip, 0x50);
        open_errno = refusals[i].open_errno;
        print_message("  %s\n", refusals[i].name);
        assert_int_equal(fram_init(&fram, refusals[i].path, refusals[i].address, &calls, error, sizeof error),
                         refusals[i].code);
        assert_non_null(strstr(error, refusals[i].says));
        fram_close(&fram);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back_from_where_they_were_written),
        cmocka_unit_test(no_call_keeps_the_bus_longer_than_a_piece),
        cmocka_unit_test(a_chip_that_went_is_an_error_until_it_is_back),
        cmocka_unit_test(a_write_that_is_cut_leaves_the_bytes_before_it),
        cmocka_unit_test(what_cannot_be_had_is_told_in_one_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
