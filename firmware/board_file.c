/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/board_file.h"

#include "firmware/base/text_file.h"
#include "firmware/board_options.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which kind of channel a key is for. */
enum {
    FOR_VOLTAGE = 1 << BOARD_VOLTAGE,
    FOR_CURRENT = 1 << BOARD_CURRENT,
    FOR_BOTH = FOR_VOLTAGE | FOR_CURRENT
};
static const unsigned key_kinds[BOARD_KEYS] = {
    [KEY_KIND] = 1 << BOARD_UNUSED | FOR_BOTH,
    [KEY_TRANSFORMER_RATIO] = FOR_VOLTAGE,
    [KEY_TRANSFORMER_HIGH_PASS] = FOR_VOLTAGE,
    [KEY_AMPLIFIER_GAIN] = FOR_VOLTAGE,
    [KEY_AMPLIFIER_OFFSET] = FOR_VOLTAGE,
    [KEY_SENSITIVITY] = FOR_CURRENT,
    [KEY_SUPPLY] = FOR_CURRENT,
    [KEY_ZERO] = FOR_CURRENT,
    [KEY_CIRCUIT] = FOR_CURRENT,
    [KEY_ELEMENT] = FOR_CURRENT,
    [KEY_VOLTAGE_CHANNEL] = FOR_CURRENT,
    [KEY_VOLTAGE_ASSUMED] = FOR_CURRENT,
    [KEY_BOTH_LEGS] = FOR_CURRENT,
    [KEY_DIVIDER_TOP] = FOR_BOTH,
    [KEY_DIVIDER_BOTTOM] = FOR_BOTH,
    [KEY_FILTER_OHM] = FOR_BOTH,
    [KEY_FILTER_F] = FOR_BOTH,
};

struct parse {
    const char *name;
    const char *text;
    char *error;
    size_t error_size;
    struct board_values values;
    unsigned char given[BOARD_OPTIONS];
};

__attribute__((format(printf, 4, 5))) static int refuse(const struct parse *parse, const char *section,
                                                        const char *key, const char *format, ...)
{
    char expected[192];
    va_list args;
    va_start(args, format);
    vsnprintf(expected, sizeof expected, format, args);
    va_end(args);
    snprintf(parse->error, parse->error_size, "%s:%d: [%s] %s: expected %s", parse->name,
             text_file_line(parse->text, section, key), section, key, expected);
    return -EINVAL;
}

static int refuse_key(const struct parse *parse, int channel, enum board_key key, const char *expected)
{
    const struct option *option = &board_options[board_option(channel, key)];
    return refuse(parse, option->section, option->name, "%s", expected);
}

static int check_given(const struct parse *parse)
{
    for (size_t i = 0; i < BOARD_HEADS; i++)
        if (!board_options[i].fallback && !parse->given[i])
            return refuse(parse, board_options[i].section, board_options[i].name, "this key: %s",
                          board_options[i].help);
    return 0;
}

/* The keys of its kind, all of them and no others. */
static int check_keys(const struct parse *parse, int channel)
{
    const unsigned kind = 1U << parse->values.channel[channel].kind;
    for (enum board_key key = KEY_KIND; key < BOARD_KEYS; key++) {
        const size_t i = board_option(channel, key);
        const bool belongs = (key_kinds[key] & kind) != 0;
        if (parse->given[i] && !belongs)
            return refuse(parse, board_options[i].section, board_options[i].name,
                          "no such key on a channel of this kind");
        if (!parse->given[i] && belongs && !board_options[i].fallback)
            return refuse(parse, board_options[i].section, board_options[i].name, "this key: %s",
                          board_options[i].help);
    }
    return 0;
}

static int check_current(const struct parse *parse, int n)
{
    const struct board_channel_values *channel = &parse->values.channel[n];
    if (fabs(channel->sensitivity_v_per_a) < 1e-6)
        return refuse_key(parse, n, KEY_SENSITIVITY, "a sensitivity of at least 1e-6 V/A in size");
    if (channel->zero_v > channel->supply_v)
        return refuse_key(parse, n, KEY_ZERO, "at most supply_v");
    double pin_v = channel->zero_v * channel->divider_bottom_ohm /
                   (channel->divider_top_ohm + channel->divider_bottom_ohm);
    if (pin_v >= parse->values.board.converter.reference_v)
        return refuse_key(parse, n, KEY_ZERO, "less than reference_v behind the divider");
    if (parse->values.channel[channel->voltage_channel].kind != BOARD_VOLTAGE)
        return refuse_key(parse, n, KEY_VOLTAGE_CHANNEL, "the number of a channel of kind voltage");
    return 0;
}

static int check_channel(const struct parse *parse, int n)
{
    const struct board_channel_values *channel = &parse->values.channel[n];
    int result = check_keys(parse, n);
    if (result != 0 || channel->kind == BOARD_UNUSED)
        return result;
    if (channel->kind == BOARD_CURRENT)
        return check_current(parse, n);
    if (channel->amplifier_offset_v >= parse->values.board.converter.reference_v)
        return refuse_key(parse, n, KEY_AMPLIFIER_OFFSET, "less than reference_v");
    return 0;
}

/* Which current channel measures each leg of each circuit; -1 = none. */
struct legs {
    int owner[BOARD_CIRCUITS][3]; /* [circuit][leg] */
};

/* Each leg of a circuit once. A current on both legs takes both. */
static int find_legs(const struct parse *parse, struct legs *legs)
{
    memset(legs, -1, sizeof *legs);
    for (int n = 0; n < BOARD_CHANNELS; n++) {
        const struct board_channel_values *channel = &parse->values.channel[n];
        if (channel->kind != BOARD_CURRENT)
            continue;
        int *owner = legs->owner[channel->circuit];
        int64_t other = 3 - channel->element;
        if (owner[channel->element] >= 0)
            return refuse_key(parse, n, KEY_ELEMENT, "an element that no other channel of the circuit has");
        if (channel->both_legs && owner[other] >= 0)
            return refuse_key(parse, n, KEY_BOTH_LEGS,
                              "no, since the circuit's other leg has its own channel");
        owner[channel->element] = n;
        owner[other] = channel->both_legs ? n : owner[other];
    }
    return 0;
}

/* The grid is what a meter is for: L1 before L2, and solar feeds into what it has. */
static int check_circuits(const struct parse *parse)
{
    struct legs legs;
    int result = find_legs(parse, &legs);
    if (result != 0)
        return result;
    const int *grid = legs.owner[BOARD_GRID];
    const int *solar = legs.owner[BOARD_SOLAR];
    if (grid[1] < 0 && grid[2] < 0)
        return refuse(parse, "board", "name", "a current channel with circuit = grid further down");
    if (grid[1] < 0)
        return refuse_key(parse, grid[2], KEY_ELEMENT, "1, since the circuit has no element 1");
    if (solar[2] >= 0 && grid[2] < 0)
        return refuse_key(parse, solar[2], solar[1] == solar[2] ? KEY_BOTH_LEGS : KEY_ELEMENT,
                          "only legs that the grid has: it has no element 2");
    return 0;
}

/* The leg whose voltage an input carries, by the currents that say so; 0 when none does. */
static int64_t leg_of_voltage(const struct parse *parse, int64_t input)
{
    for (int n = 0; n < BOARD_CHANNELS; n++) {
        const struct board_channel_values *channel = &parse->values.channel[n];
        if (channel->kind == BOARD_CURRENT && channel->voltage_channel == input && !channel->voltage_assumed)
            return channel->element;
    }
    return 0;
}

static bool leg_has_voltage(const struct parse *parse, int64_t leg)
{
    for (int input = 0; input < BOARD_CHANNELS; input++)
        if (leg_of_voltage(parse, input) == leg)
            return true;
    return false;
}

/* The legs' voltages are opposite: an input carries that of one, and the other's is assumed only where nothing
 * measures it. */
static int check_voltages(const struct parse *parse)
{
    for (int n = 0; n < BOARD_CHANNELS; n++) {
        const struct board_channel_values *channel = &parse->values.channel[n];
        if (channel->kind != BOARD_CURRENT)
            continue;
        const int64_t leg = leg_of_voltage(parse, channel->voltage_channel);
        if (!channel->voltage_assumed && leg != channel->element)
            return refuse_key(parse, n, KEY_VOLTAGE_CHANNEL,
                              "another one than the other leg's, or voltage_assumed = yes");
        if (channel->voltage_assumed && leg != 3 - channel->element)
            return refuse_key(parse, n, KEY_VOLTAGE_ASSUMED,
                              "no, unless a current on the other leg has this voltage_channel as its own");
        if (channel->voltage_assumed && leg_has_voltage(parse, channel->element))
            return refuse_key(parse, n, KEY_VOLTAGE_ASSUMED, "no, since this leg's voltage is measured");
    }
    return 0;
}

static int check_converter(const struct parse *parse)
{
    int64_t conversions = 0;
    for (int n = 0; n < BOARD_CHANNELS; n++)
        conversions += parse->values.channel[n].kind != BOARD_UNUSED;
    const int64_t busy_ns = conversions * parse->values.conversion_spacing_ns;
    const double period_ns = 1e9 / parse->values.board.converter.scan_rate_hz;
    if ((double)busy_ns > period_ns)
        return refuse(parse, "converter", "scan_rate_hz", "at most %.0f scans/s for %d conversions of %d ns",
                      floor(1e9 / (double)busy_ns), (int)conversions,
                      (int)parse->values.conversion_spacing_ns);
    return 0;
}

/* 0x27 or 39, the addresses that I2C leaves to devices; -1 for anything else. */
static int i2c_address(const char *text)
{
    const bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end;
    long address = strtol(text, &end, hexadecimal ? 16 : 10);
    return *end == '\0' && address >= 0x03 && address <= 0x77 ? (int)address : -1;
}

/* A chip answers at 0x50 to 0x57 by its pins, and a line has one use. */
static int check_fram_and_power(const struct parse *parse)
{
    const struct board_values *values = &parse->values;
    const int address = i2c_address(values->fram_address);
    if (address < 0x50 || address > 0x57)
        return refuse(parse, "fram", "i2c_address", "an address from 0x50 to 0x57");
    if (values->board.fram.i2c_device[0] != '\0' && address == i2c_address(values->i2c_address) &&
        strcmp(values->board.fram.i2c_device, values->board.lcd.i2c_device) == 0)
        return refuse(parse, "fram", "i2c_address", "another address than the LCD's on the same bus");
    if (values->power_line >= 0 && values->power_line == values->gpio_line &&
        strcmp(values->board.power.gpio_chip, values->board.pulse.gpio_chip) == 0)
        return refuse(parse, "power", "gpio_line", "another line than the pulse LED's");
    return 0;
}

static int check_board(const struct parse *parse)
{
    const struct board *board = &parse->values.board;
    if (board->f_nominal_hz != 50 && board->f_nominal_hz != 60)
        return refuse(parse, "board", "f_nominal_hz", "50 or 60 Hz");
    if (board->i_max_a < board->i_nominal_a)
        return refuse(parse, "board", "i_max_a", "at least i_nominal_a");
    if (i2c_address(parse->values.i2c_address) < 0)
        return refuse(parse, "lcd", "i2c_address", "an address from 0x03 to 0x77");
    return check_fram_and_power(parse);
}

static int check(const struct parse *parse)
{
    int result = check_given(parse);
    if (result == 0)
        result = check_board(parse);
    for (int n = 0; result == 0 && n < BOARD_CHANNELS; n++)
        result = check_channel(parse, n);
    if (result == 0)
        result = check_circuits(parse);
    if (result == 0)
        result = check_voltages(parse);
    return result == 0 ? check_converter(parse) : result;
}

static struct board_channel take_channel(const struct board_channel_values *values)
{
    struct board_channel channel = {
        .kind = (enum board_channel_kind)values->kind,
        .filter_ohm = values->filter_ohm,
        .filter_f = values->filter_f,
    };
    if (values->kind == BOARD_VOLTAGE)
        channel.voltage = (struct board_voltage_path){
            .transformer_ratio = values->transformer_ratio,
            .transformer_high_pass_hz = values->transformer_high_pass_hz,
            .divider_top_ohm = values->divider_top_ohm,
            .divider_bottom_ohm = values->divider_bottom_ohm,
            .amplifier_gain = values->amplifier_gain,
            .amplifier_offset_v = values->amplifier_offset_v,
        };
    if (values->kind != BOARD_CURRENT)
        return channel;
    channel.current = (struct board_current_path){
        .sensitivity_v_per_a = values->sensitivity_v_per_a,
        .supply_v = values->supply_v,
        .zero_v = values->zero_v,
        .divider_top_ohm = values->divider_top_ohm,
        .divider_bottom_ohm = values->divider_bottom_ohm,
    };
    channel.circuit = (enum board_circuit)values->circuit;
    channel.element = (int)values->element;
    channel.voltage_channel = (int)values->voltage_channel;
    channel.voltage_assumed = values->voltage_assumed;
    channel.both_legs = values->both_legs;
    return channel;
}

static struct board take_board(const struct board_values *values)
{
    struct board board = values->board;
    board.schema = (int)values->schema;
    board.converter.spi_clock_hz = (uint32_t)values->spi_clock_hz;
    board.converter.conversion_spacing_ns = (int32_t)values->conversion_spacing_ns;
    board.converter.hold_offset_ns = (int32_t)values->hold_offset_ns;
    board.lcd.i2c_address = i2c_address(values->i2c_address);
    board.lcd.columns = (int)values->columns;
    board.lcd.rows = (int)values->rows;
    board.pulse.gpio_line = (int)values->gpio_line;
    board.pulse.imp_per_kwh = (int)values->imp_per_kwh;
    board.pulse.width_ms = (int)values->width_ms;
    board.fram.i2c_address = i2c_address(values->fram_address);
    board.power.gpio_line = (int)values->power_line;
    board.power.good_low = values->power_good;
    for (int n = 0; n < BOARD_CHANNELS; n++)
        board.channel[n] = take_channel(&values->channel[n]);
    return board;
}

int board_file_read_text(const char *name, const char *text, struct board *board, char *error,
                         size_t error_size)
{
    struct parse parse = {.name = name, .text = text, .error = error, .error_size = error_size};
    struct options_error options_error;
    options_defaults(board_options, BOARD_OPTIONS, &parse.values);
    int result = options_read_text(board_options, BOARD_OPTIONS, &parse.values, name, text, parse.given,
                                   &options_error);
    if (result != 0)
        snprintf(error, error_size, "%s", options_error.text);
    else
        result = check(&parse);
    if (result == 0)
        *board = take_board(&parse.values);
    return result;
}

int board_file_read(const char *path, struct board *board, char *error, size_t error_size)
{
    char *text;
    int result = text_file_read(path, &text, error, error_size);
    if (result != 0)
        return result;
    result = board_file_read_text(path, text, board, error, error_size);
    free(text);
    return result;
}

void board_file_default(struct board *board)
{
    char error[256];
    int result = board_file_read_text("board/reference.ini", board_reference_ini, board, error, sizeof error);
    assert(result == 0 && "the reference board is a legal board");
    (void)result;
}
