/* SPDX-License-Identifier: GPL-3.0-or-later */
/* board.h - what the hardware is: plain facts, no logic.
 *
 * A board file (board/reference.ini and its like) fills this struct; firmware/board_file reads it.
 * Units:   each field's name ends in its unit; no suffix means a count, a ratio or a GPIO/channel number.
 * Signs:   a negative sensitivity means that the sensor is mounted against the metering direction.
 * Source:  component values of the reference board are argued for in board/README.md.
 */
#ifndef VATIO_BOARD_H
#define VATIO_BOARD_H

#include <stdint.h>

enum {
    BOARD_CHANNELS = 8, /* inputs of the MCP3008 */
    BOARD_ELEMENTS = 6, /* current inputs at most */
    BOARD_NAME_MAX = 32,
    BOARD_PATH_MAX = 64
};

enum board_channel_kind { BOARD_UNUSED, BOARD_VOLTAGE, BOARD_CURRENT };
enum board_circuit { BOARD_GRID, BOARD_SOLAR, BOARD_CIRCUITS };

/* The signal path of one voltage input: mains - transformer - divider - amplifier - RC - converter. */
struct board_voltage_path {
    double transformer_ratio;        /* primary / secondary, no load; 10 = 10:1 */
    double transformer_high_pass_hz; /* magnetising pole: the secondary leads below it; 0 = none */
    double divider_top_ohm;
    double divider_bottom_ohm;
    double amplifier_gain;     /* AD623: 1 + 100 kohm / RG */
    double amplifier_offset_v; /* output at 0 V in: the potentiometer's setting */
};

/* The signal path of one current input: conductor - Hall sensor - divider - RC - converter. */
struct board_current_path {
    double sensitivity_v_per_a; /* at supply_v, before the divider; negative = mounted the other way round */
    double supply_v;
    double zero_v; /* sensor output at 0 A, before the divider */
    double divider_top_ohm;
    double divider_bottom_ohm;
};

struct board_channel {
    enum board_channel_kind kind;
    struct board_voltage_path voltage; /* when kind is BOARD_VOLTAGE */
    struct board_current_path current; /* when kind is BOARD_CURRENT */
    double filter_ohm;                 /* anti-alias RC in front of the converter pin; 0 = none */
    double filter_f;
    enum board_circuit circuit; /* of a current channel: the metering point it belongs to */
    int element;                /* of a current channel: 1 or 2, the leg (L1, L2) within its circuit */
    int voltage_channel;        /* of a current channel: the channel that carries its voltage */
    int voltage_assumed; /* 1: voltage_channel carries the other leg's voltage; this leg's is its negative */
    int both_legs; /* 1: the current goes out on this leg and comes back on the other, not by the neutral */
};

struct board_converter {
    double reference_v; /* VREF pin: full scale is reference_v * 1023 / 1024 */
    char spi_device[BOARD_PATH_MAX];
    uint32_t spi_clock_hz;         /* asked for; the driver may round down */
    int32_t conversion_spacing_ns; /* between the hold instants of two neighbours of one scan, nominal */
    int32_t hold_offset_ns;        /* first hold instant after the start of the transfer, nominal */
    double scan_rate_hz;           /* scans per second, nominal */
};

struct board_lcd {
    char i2c_device[BOARD_PATH_MAX];
    int i2c_address; /* of the PCF8574 backpack, 7 bit */
    int columns;
    int rows;
};

struct board_pulse {
    char gpio_chip[BOARD_PATH_MAX]; /* label of the chip, e.g. pinctrl-bcm2711, or a path /dev/gpiochipN */
    int gpio_line;                  /* offset; -1 = none */
    int imp_per_kwh;
    int width_ms;
};

struct board_fram {
    char i2c_device[BOARD_PATH_MAX]; /* "" = none fitted */
    int i2c_address;                 /* 7 bit */
};

struct board_power {
    char gpio_chip[BOARD_PATH_MAX]; /* as the pulse LED's */
    int gpio_line;                  /* offset; -1 = none */
    int good_low;                   /* 1: the line is low while the supply is good */
};

struct board {
    int schema;
    char name[BOARD_NAME_MAX];
    double f_nominal_hz; /* 50 or 60 */
    double u_nominal_v;  /* line to neutral */
    double i_nominal_a;  /* In: reference current of the accuracy statement */
    double i_max_a;
    struct board_converter converter;
    struct board_channel channel[BOARD_CHANNELS]; /* index = input of the MCP3008 */
    struct board_lcd lcd;
    struct board_pulse pulse;
    struct board_fram fram;
    struct board_power power;
};

/* The text of board/reference.ini: what runs when no board file is named. */
extern const char board_reference_ini[];

#endif
