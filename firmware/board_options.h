/* SPDX-License-Identifier: GPL-3.0-or-later */
/* board_options.h - the option table of a board file and the values it fills. Private to board_file. */
#ifndef VATIO_FIRMWARE_BOARD_OPTIONS_H
#define VATIO_FIRMWARE_BOARD_OPTIONS_H

#include "board/board.h"
#include "firmware/base/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys of a [channelN] in the order of the table. */
enum board_key {
    KEY_KIND,
    KEY_TRANSFORMER_RATIO,
    KEY_TRANSFORMER_HIGH_PASS,
    KEY_AMPLIFIER_GAIN,
    KEY_AMPLIFIER_OFFSET,
    KEY_SENSITIVITY,
    KEY_SUPPLY,
    KEY_ZERO,
    KEY_CIRCUIT,
    KEY_ELEMENT,
    KEY_VOLTAGE_CHANNEL,
    KEY_VOLTAGE_ASSUMED,
    KEY_BOTH_LEGS,
    KEY_DIVIDER_TOP,
    KEY_DIVIDER_BOTTOM,
    KEY_FILTER_OHM,
    KEY_FILTER_F,
    BOARD_KEYS
};

enum { BOARD_HEADS = 25, BOARD_OPTIONS = BOARD_HEADS + BOARD_CHANNELS * BOARD_KEYS };

struct board_channel_values {
    int kind;    /* enum board_channel_kind */
    int circuit; /* enum board_circuit */
    int64_t element;
    int64_t voltage_channel;
    bool voltage_assumed;
    bool both_legs;
    double transformer_ratio;
    double transformer_high_pass_hz;
    double amplifier_gain;
    double amplifier_offset_v;
    double sensitivity_v_per_a;
    double supply_v;
    double zero_v;
    double divider_top_ohm; /* of whichever path */
    double divider_bottom_ohm;
    double filter_ohm;
    double filter_f;
};

struct board_values {
    struct board board; /* its texts and floating-point numbers; the others pass through below */
    int64_t schema;
    int64_t spi_clock_hz;
    int64_t conversion_spacing_ns;
    int64_t hold_offset_ns;
    char i2c_address[8]; /* 0x27 or 39 */
    int64_t columns;
    int64_t rows;
    int64_t gpio_line;
    int64_t imp_per_kwh;
    int64_t width_ms;
    char fram_address[8]; /* 0x50 or 80 */
    int64_t power_line;
    int power_good; /* high, low */
    struct board_channel_values channel[BOARD_CHANNELS];
};

extern const struct option board_options[BOARD_OPTIONS];

/* The option of a channel's key. */
static inline size_t board_option(int channel, enum board_key key)
{
    return BOARD_HEADS + (size_t)channel * BOARD_KEYS + (size_t)key;
}

#endif
