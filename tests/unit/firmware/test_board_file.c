/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/board_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 16384 };

/* text with its first occurrence of from replaced; from NULL: to is appended. */
static void edit(const char *text, const char *from, const char *to, char edited[TEXT_MAX])
{
    const char *at = from ? strstr(text, from) : text + strlen(text);
    assert_non_null(at);
    int length =
        snprintf(edited, TEXT_MAX, "%.*s%s%s", (int)(at - text), text, to, from ? at + strlen(from) : "");
    assert_in_range(length, 1, TEXT_MAX - 1);
}

static int line_number(const char *text, const char *of)
{
    const char *at = strstr(text, of);
    assert_non_null(at);
    int line = 1;
    for (const char *c = text; c < at; c++)
        line += *c == '\n';
    return line;
}

static void test_reference_board(void **state)
{
    (void)state;
    struct board board;
    memset(&board, 0xa5, sizeof board);
    board_file_default(&board);
    assert_int_equal(board.schema, 1);
    assert_string_equal(board.name, "reference");
    assert_true(board.f_nominal_hz == 60 && board.u_nominal_v == 120);
    assert_true(board.i_nominal_a == 5 && board.i_max_a == 35);
    assert_true(board.converter.reference_v == 3.0);
    assert_string_equal(board.converter.spi_device, "/dev/spidev0.0");
    assert_int_equal(board.converter.spi_clock_hz, 1350000);
    assert_int_equal(board.converter.conversion_spacing_ns, 31800);
    assert_int_equal(board.converter.hold_offset_ns, 10000);
    assert_true(board.converter.scan_rate_hz == 8000);

    const struct board_channel *u = &board.channel[0], *i = &board.channel[1];
    assert_int_equal(u->kind, BOARD_VOLTAGE);
    assert_true(u->voltage.transformer_ratio == 10 && u->voltage.transformer_high_pass_hz == 0.5);
    assert_true(u->voltage.divider_top_ohm == 150000 && u->voltage.divider_bottom_ohm == 10000);
    assert_true(u->voltage.amplifier_gain == 1 && u->voltage.amplifier_offset_v == 1.5);
    assert_true(u->filter_ohm == 1430 && u->filter_f == 33e-9);
    assert_int_equal(i->kind, BOARD_CURRENT);
    assert_true(i->current.sensitivity_v_per_a == 0.040 && i->current.supply_v == 5 &&
                i->current.zero_v == 2.5);
    assert_true(i->current.divider_top_ohm == 1910 && i->current.divider_bottom_ohm == 2870);
    assert_true(i->filter_ohm == 270 && i->filter_f == 33e-9);
    assert_int_equal(i->circuit, BOARD_GRID);
    assert_int_equal(i->element, 1);
    assert_int_equal(i->voltage_channel, 0);
    for (int n = 2; n < BOARD_CHANNELS; n++)
        assert_int_equal(board.channel[n].kind, BOARD_UNUSED);

    assert_string_equal(board.lcd.i2c_device, "/dev/i2c-1");
    assert_int_equal(board.lcd.i2c_address, 0x27);
    assert_int_equal(board.lcd.columns, 16);
    assert_int_equal(board.lcd.rows, 4);
    assert_string_equal(board.pulse.gpio_chip, "pinctrl-bcm2835");
    assert_int_equal(board.pulse.gpio_line, 17);
    assert_int_equal(board.pulse.imp_per_kwh, 1000);
    assert_int_equal(board.pulse.width_ms, 40);
}

#define CURRENT(circuit, element, voltage)                                                                   \
    "kind = current\nsensitivity_v_per_a = -0.04\nsupply_v = 5\nzero_v = 2.5\ndivider_top_ohm = 1910\n"      \
    "divider_bottom_ohm = 2870\ncircuit = " circuit "\nelement = " element "\nvoltage_channel = " voltage    \
    "\n"
#define VOLTAGE                                                                                              \
    "kind = voltage\ntransformer_ratio = 10\ndivider_top_ohm = 150000\ndivider_bottom_ohm = 10000\n"         \
    "amplifier_gain = 1\namplifier_offset_v = 1.5\n"

static void test_split_phase_with_solar(void **state)
{
    (void)state;
    char slower[TEXT_MAX], text[TEXT_MAX], error[256] = "";
    edit(board_reference_ini, "scan_rate_hz = 8000", "scan_rate_hz = 6000", slower);
    edit(slower, NULL,
         "\n[channel3]\n" VOLTAGE
         "[channel4]\n" CURRENT("grid", "2", "3") "[channel7]\n" CURRENT("solar", "1", "0"),
         text);
    struct board board;
    if (board_file_read_text("split.ini", text, &board, error, sizeof error) != 0)
        fail_msg("%s", error);
    assert_int_equal(board.channel[3].kind, BOARD_VOLTAGE);
    assert_true(board.channel[3].voltage.transformer_high_pass_hz == 0 && board.channel[3].filter_f == 0);
    assert_int_equal(board.channel[4].element, 2);
    assert_int_equal(board.channel[4].voltage_channel, 3);
    assert_true(board.channel[4].current.sensitivity_v_per_a == -0.04);
    assert_int_equal(board.channel[7].circuit, BOARD_SOLAR);
}

/* The reference board with text appended, slow enough for eight conversions; returns what the reader says. */
static int read_with(const char *appended, struct board *board, char *error, size_t error_size)
{
    char slower[TEXT_MAX], text[TEXT_MAX];
    edit(board_reference_ini, "scan_rate_hz = 8000", "scan_rate_hz = 3900", slower);
    edit(slower, NULL, appended, text);
    return board_file_read_text("legs.ini", text, board, error, error_size);
}

struct legs_case {
    const char *name;
    const char *appended; /* the reference board has grid L1 on channel 1 and its voltage on channel 0 */
    const char *expected; /* part of the sentence of refusal; NULL: accepted */
    int channel;          /* and if accepted, of this channel: */
    int assumed, both_legs;
};

static const struct legs_case legs_cases[] = {
    {"one voltage, two currents", "[channel2]\n" CURRENT("grid", "2", "0") "voltage_assumed = yes\n", NULL, 2,
     1, 0},
    {"two voltages, two currents", "[channel3]\n" VOLTAGE "[channel2]\n" CURRENT("grid", "2", "3"), NULL, 2,
     0, 0},
    {"an inverter between the legs",
     "[channel3]\n" VOLTAGE
     "[channel2]\n" CURRENT("grid", "2", "3") "[channel4]\n" CURRENT("solar", "1", "0") "both_legs = yes\n",
     NULL, 4, 0, 1},
    {"the same, its sensor on L2",
     "[channel3]\n" VOLTAGE
     "[channel2]\n" CURRENT("grid", "2", "3") "[channel4]\n" CURRENT("solar", "2", "3") "both_legs = yes\n",
     NULL, 4, 0, 1},
    {"the same on one voltage, its sensor on L2",
     "[channel2]\n" CURRENT("grid", "2", "0") "voltage_assumed = yes\n[channel4]\n" CURRENT(
         "solar", "2", "0") "voltage_assumed = yes\nboth_legs = yes\n",
     NULL, 4, 1, 1},
    {"solar on L2 alone",
     "[channel3]\n" VOLTAGE
     "[channel2]\n" CURRENT("grid", "2", "3") "[channel4]\n" CURRENT("solar", "2", "3"),
     NULL, 4, 0, 0},
    {"solar on the leg whose voltage is assumed",
     "[channel2]\n" CURRENT("grid", "2", "0") "voltage_assumed = yes\n[channel4]\n" CURRENT(
         "solar", "2", "0") "voltage_assumed = yes\n",
     NULL, 4, 1, 0},
    {"two legs that have one and the same voltage", "[channel2]\n" CURRENT("grid", "2", "0"),
     "[channel2] voltage_channel: expected another one than the other leg's, or voltage_assumed = yes", 0, 0,
     0},
    {"a second leg without any voltage", "[channel2]\n" CURRENT("grid", "2", "5"),
     "[channel2] voltage_channel: expected the number of a channel of kind voltage", 0, 0, 0},
    {"an assumed voltage though the leg has its own",
     "[channel3]\n" VOLTAGE "[channel2]\n" CURRENT("grid", "2", "3") "[channel4]\n" CURRENT(
         "solar", "2", "0") "voltage_assumed = yes\n",
     "[channel4] voltage_assumed: expected no, since this leg's voltage is measured", 0, 0, 0},
    {"a voltage assumed from the leg itself",
     "[channel2]\n" CURRENT("solar", "1", "0") "voltage_assumed = yes\n",
     "[channel2] voltage_assumed: expected no, unless a current on the other leg", 0, 0, 0},
    {"a voltage assumed from a channel that is no leg's",
     "[channel3]\n" VOLTAGE "[channel2]\n" CURRENT("grid", "2", "3") "voltage_assumed = yes\n",
     "[channel2] voltage_assumed: expected no, unless a current on the other leg", 0, 0, 0},
    {"a leg of solar that the grid has not",
     "[channel2]\n" CURRENT("solar", "2", "0") "voltage_assumed = yes\n",
     "[channel2] element: expected only legs that the grid has", 0, 0, 0},
    {"an inverter between legs of which the grid has one",
     "[channel2]\n" CURRENT("solar", "1", "0") "both_legs = yes\n",
     "[channel2] both_legs: expected only legs that the grid has", 0, 0, 0},
    {"both legs, and the other one on its own",
     "[channel2]\n" CURRENT("grid", "2", "0") "voltage_assumed = yes\n[channel4]\n" CURRENT(
         "solar", "1", "0") "both_legs = yes\n[channel5]\n" CURRENT("solar", "2",
                                                                    "0") "voltage_assumed = yes\n",
     "[channel5] element: expected an element that no other channel", 0, 0, 0},
    {"the other one first",
     "[channel2]\n" CURRENT("grid", "2", "0") "voltage_assumed = yes\n[channel4]\n" CURRENT(
         "solar", "2", "0") "voltage_assumed = yes\n[channel5]\n" CURRENT("solar", "1",
                                                                          "0") "both_legs = yes\n",
     "[channel5] both_legs: expected no, since the circuit's other leg has its own channel", 0, 0, 0},
    {"both legs of a voltage", "[channel3]\n" VOLTAGE "both_legs = yes\n",
     "[channel3] both_legs: expected no such key", 0, 0, 0},
    {"neither yes nor no", "[channel2]\n" CURRENT("grid", "2", "0") "voltage_assumed = maybe\n", "yes", 0, 0,
     0},
};

static void test_legs(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof legs_cases / sizeof legs_cases[0]; k++) {
        const struct legs_case *c = &legs_cases[k];
        struct board board;
        char error[256] = "";
        int result = read_with(c->appended, &board, error, sizeof error);
        if (c->expected) {
            if (result == 0)
                fail_msg("%s was not refused", c->name);
            if (strncmp(error, "legs.ini:", 9) != 0 || !strstr(error, c->expected))
                fail_msg("%s: \"%s\" should hold \"%s\"", c->name, error, c->expected);
            continue;
        }
        if (result != 0)
            fail_msg("%s: %s", c->name, error);
        assert_int_equal(board.channel[c->channel].voltage_assumed, c->assumed);
        assert_int_equal(board.channel[c->channel].both_legs, c->both_legs);
        assert_int_equal(board.channel[1].voltage_assumed, 0);
        assert_int_equal(board.channel[1].both_legs, 0);
    }
}

struct refused_case {
    const char *name;
    const char *from; /* in the reference file; NULL: to is appended */
    const char *to;
    const char *line_of;  /* text whose line the error must name */
    const char *expected; /* part of the sentence */
};

static const struct refused_case refused_cases[] = {
    {"an unknown key", "columns = 16", "colums = 16", "colums", "columns"},
    {"an unknown section", "[pulse]", "[pulses]", "[pulses]", "[pulse]"},
    {"a ninth channel", "[channel1]", "[channel8]", "[channel8]", "[channel"},
    {"a key given twice", "rows = 4", "rows = 4\nrows = 4", "rows = 4\n\n", "once"},
    {"a number out of range", "f_nominal_hz = 60", "f_nominal_hz = 400", "f_nominal_hz", "50 to 60"},
    {"a frequency between the two", "f_nominal_hz = 60", "f_nominal_hz = 55", "f_nominal_hz", "50 or 60"},
    {"text for a number", "reference_v = 3.000", "reference_v = three", "reference_v", "a number"},
    {"a schema of the future", "schema = 1", "schema = 2", "schema", "1"},
    {"a missing key of the board", "u_nominal_v = 120\n", "", "[board]", "line to neutral"},
    {"a missing key of a channel", "amplifier_gain = 1\n", "", "[channel0]",
     "amplifier_gain: expected this key"},
    {"a voltage's key on a current channel", "zero_v = 2.5", "zero_v = 2.5\namplifier_gain = 1",
     "amplifier_gain = 1\ndivider_top_ohm = 1910", "no such key"},
    {"keys on an unused channel", NULL, "[channel5]\nfilter_ohm = 100\n", "filter_ohm = 100", "no such key"},
    {"no maximum above the nominal current", "i_max_a = 35", "i_max_a = 4", "i_max_a",
     "at least i_nominal_a"},
    {"a sensor that senses nothing", "= 0.040", "= 0", "sensitivity_v_per_a", "1e-6"},
    {"a zero above the supply", "zero_v = 2.5", "zero_v = 5.5", "zero_v", "at most supply_v"},
    {"a sensor's zero above the reference", "reference_v = 3.000", "reference_v = 1.501", "zero_v",
     "reference_v"},
    {"an amplifier's zero above the reference", "amplifier_offset_v = 1.5", "amplifier_offset_v = 3",
     "amplifier_offset_v", "less than reference_v"},
    {"a voltage channel that carries current", "voltage_channel = 0", "voltage_channel = 1",
     "voltage_channel", "kind voltage"},
    {"a voltage channel that is not used", "voltage_channel = 0", "voltage_channel = 6", "voltage_channel",
     "kind voltage"},
    {"a leg of the grid twice", NULL, "[channel2]\n" CURRENT("grid", "1", "0") "filter_ohm = 7\n",
     "element = 1\nvoltage_channel = 0\nfilter_ohm = 7", "no other channel"},
    {"a second leg without a first", "element = 1", "element = 2", "element", "no element 1"},
    {"a solar circuit without a grid", "circuit = grid", "circuit = solar", "name", "circuit = grid"},
    {"more conversions than fit", "scan_rate_hz = 8000", "scan_rate_hz = 16000", "scan_rate_hz",
     "at most 15723"},
    {"an I2C address that is none", "0x27", "0x78", "i2c_address", "0x03 to 0x77"},
    {"an I2C address with a tail", "0x27", "0x27g", "i2c_address", "0x03 to 0x77"},
    {"a FRAM where no such chip can be", "0x50", "0x58", "i2c_address = 0x58", "0x50 to 0x57"},
    {"a power-good line that is the pulse LED's", "gpio_line = -1", "gpio_line = 17 ; power",
     "gpio_line = 17 ; power", "another line"},
    {"a power-good level that is none", "good = high", "good = yes", "good = yes", "high"},
    {"a display of another shape", "columns = 16", "columns = 20", "columns = 20", "16"},
    {"an indented line, which would continue the one above", "rows = 4", " rows = 4", " rows",
     "no indentation"},
    {"nothing at all in the file", NULL, NULL, NULL, "schema"},
};

static void check_refused(const struct refused_case *c)
{
    char text[TEXT_MAX] = "", error[256] = "", place[64];
    if (c->to)
        edit(board_reference_ini, c->from, c->to, text);
    struct board board, before;
    memset(&board, 0x5a, sizeof board);
    before = board;
    int result = board_file_read_text("some.ini", text, &board, error, sizeof error);
    if (result != -EINVAL)
        fail_msg("%s was not refused", c->name);
    assert_memory_equal(&board, &before, sizeof board);
    snprintf(place, sizeof place, "some.ini:%d:", c->line_of ? line_number(text, c->line_of) : 0);
    if (strncmp(error, place, strlen(place)) != 0)
        fail_msg("%s: \"%s\" should begin with %s", c->name, error, place);
    if (!strstr(error, c->expected))
        fail_msg("%s: \"%s\" should hold \"%s\"", c->name, error, c->expected);
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof refused_cases / sizeof refused_cases[0]; k++)
        check_refused(&refused_cases[k]);
}

/* Any damage is either harmless (in a comment, a last digit) or refused with a sentence; never half taken. */
static void test_damaged_files(void **state)
{
    (void)state;
    const size_t length = strlen(board_reference_ini);
    uint32_t random = 20261121;
    for (int k = 0; k < 3000; k++) {
        char text[TEXT_MAX], error[256] = "";
        memcpy(text, board_reference_ini, length + 1);
        for (int n = 0; n <= k % 3; n++) {
            random = random * 1664525u + 1013904223u;
            text[(random >> 8) % length] = (char)(random & 0xff ? random & 0xff : 1);
        }
        if (k % 4 == 0)
            text[(random >> 4) % length] = '\0'; /* cut short */
        struct board board, before;
        memset(&board, 0x5a, sizeof board);
        before = board;
        int result = board_file_read_text("damaged.ini", text, &board, error, sizeof error);
        if (result == 0)
            continue;
        assert_int_equal(result, -EINVAL);
        assert_int_equal(strncmp(error, "damaged.ini:", 12), 0);
        assert_memory_equal(&board, &before, sizeof board);
    }
}

static void test_i2c_address_may_be_decimal(void **state)
{
    (void)state;
    char text[TEXT_MAX], error[256] = "";
    edit(board_reference_ini, "0x27", "63", text);
    struct board board;
    assert_int_equal(board_file_read_text("some.ini", text, &board, error, sizeof error), 0);
    assert_int_equal(board.lcd.i2c_address, 63);
}

static void test_fram_and_power(void **state)
{
    (void)state;
    char with[TEXT_MAX], text[TEXT_MAX], error[256] = "";
    struct board board;
    board_file_default(&board);
    assert_string_equal(board.fram.i2c_device, "");
    assert_int_equal(board.power.gpio_line, -1);
    edit(board_reference_ini, "[fram]\n", "[fram]\ni2c_device = /dev/i2c-1\n;", with);
    edit(with, "i2c_device =\n", "", text);
    edit(text, "gpio_line = -1\ngood = high", "gpio_line = 27\ngood = low", with);
    if (board_file_read_text("some.ini", with, &board, error, sizeof error) != 0)
        fail_msg("%s", error);
    assert_string_equal(board.fram.i2c_device, "/dev/i2c-1");
    assert_int_equal(board.fram.i2c_address, 0x50);
    assert_int_equal(board.power.gpio_line, 27);
    assert_true(board.power.good_low);
    edit(with, "0x27", "0x50", text); /* the LCD at the FRAM's address */
    assert_int_equal(board_file_read_text("some.ini", text, &board, error, sizeof error), -EINVAL);
    assert_non_null(strstr(error, "another address than the LCD's"));
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void test_files(void **state)
{
    (void)state;
    const char *root = getenv("TMPDIR");
    char folder[256], path[300], error[512] = "";
    snprintf(folder, sizeof folder, "%s/vatio-board-XXXXXX", root ? root : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/board.ini", folder);
    struct board board, reference;
    assert_int_equal(board_file_read(path, &board, error, sizeof error), -ENOENT);
    assert_non_null(strstr(error, path));
    write_text(path, board_reference_ini);
    assert_int_equal(board_file_read(path, &board, error, sizeof error), 0);
    board_file_default(&reference);
    assert_string_equal(board.name, reference.name);
    assert_true(board.channel[1].filter_ohm == reference.channel[1].filter_ohm);
    write_text(path, "[board]\nschema = 9\n");
    assert_int_equal(board_file_read(path, &board, error, sizeof error), -EINVAL);
    assert_non_null(strstr(error, "board.ini:2:"));
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_board),
        cmocka_unit_test(test_split_phase_with_solar),
        cmocka_unit_test(test_legs),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_damaged_files),
        cmocka_unit_test(test_i2c_address_may_be_decimal),
        cmocka_unit_test(test_fram_and_power),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
