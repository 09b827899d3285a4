/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/board_options.h"

#define AT(field) offsetof(struct board_values, field)
#define REAL(section, name, unit, field, fallback, min, max, help)                                           \
    {                                                                                                        \
        section, name, unit, OPTION_DOUBLE, AT(field), fallback, min, max, NULL, help                        \
    }
#define WHOLE(section, name, unit, field, fallback, min, max, help)                                          \
    {                                                                                                        \
        section, name, unit, OPTION_INT, AT(field), fallback, min, max, NULL, help                           \
    }
#define TEXT(section, name, field, fallback, size, help)                                                     \
    {                                                                                                        \
        section, name, "", OPTION_STRING, AT(field), fallback, 1, (size)-1, NULL, help                       \
    }
#define CHOICE(section, name, field, fallback, choices, help)                                                \
    {                                                                                                        \
        section, name, "", OPTION_CHOICE, AT(field), fallback, 0, 0, choices, help                           \
    }

#define YES_NO(section, name, field, help)                                                                   \
    {                                                                                                        \
        section, name, "", OPTION_BOOL, AT(field), "no", 0, 0, NULL, help                                    \
    }

/* A channel's keys, in the order of enum board_key. Those of the other kind of channel are refused, those without a
 * default must be given: see board_file.c. */
#define CHANNEL(n)                                                                                           \
    CHOICE("channel" #n, "kind", channel[n].kind, "unused", "unused|voltage|current",                        \
           "what is wired to it"),                                                                           \
        REAL("channel" #n, "transformer_ratio", "", channel[n].transformer_ratio, NULL, 0.1, 1000,           \
             "primary over secondary, no load"),                                                             \
        REAL("channel" #n, "transformer_high_pass_hz", "Hz", channel[n].transformer_high_pass_hz, "0", 0,    \
             10, "magnetising pole; 0: none"),                                                               \
        REAL("channel" #n, "amplifier_gain", "", channel[n].amplifier_gain, NULL, 0.001, 1000,               \
             "of the AD623"),                                                                                \
        REAL("channel" #n, "amplifier_offset_v", "V", channel[n].amplifier_offset_v, NULL, 0, 5.5,           \
             "amplifier's output at 0 V in"),                                                                \
        REAL("channel" #n, "sensitivity_v_per_a", "V/A", channel[n].sensitivity_v_per_a, NULL, -10, 10,      \
             "of the sensor, before its divider; negative: mounted the other way round"),                    \
        REAL("channel" #n, "supply_v", "V", channel[n].supply_v, NULL, 1, 12, "supply of the sensor"),       \
        REAL("channel" #n, "zero_v", "V", channel[n].zero_v, NULL, 0, 12, "sensor's output at 0 A"),         \
        CHOICE("channel" #n, "circuit", channel[n].circuit, NULL, "grid|solar",                              \
               "metering point it belongs to"),                                                              \
        WHOLE("channel" #n, "element", "", channel[n].element, NULL, 1, 2,                                   \
              "leg, L1 or L2, within its circuit"),                                                          \
        WHOLE("channel" #n, "voltage_channel", "", channel[n].voltage_channel, NULL, 0, BOARD_CHANNELS - 1,  \
              "channel that carries its voltage"),                                                           \
        YES_NO("channel" #n, "voltage_assumed", channel[n].voltage_assumed,                                  \
               "voltage_channel carries the other leg's voltage; this leg's is taken as its negative"),      \
        YES_NO("channel" #n, "both_legs", channel[n].both_legs,                                              \
               "the current comes back on the other leg, not by the neutral"),                               \
        REAL("channel" #n, "divider_top_ohm", "ohm", channel[n].divider_top_ohm, NULL, 0, 1e7,               \
             "0: no divider"),                                                                               \
        REAL("channel" #n, "divider_bottom_ohm", "ohm", channel[n].divider_bottom_ohm, NULL, 1, 1e7,         \
             "from the divider's tap to ground"),                                                            \
        REAL("channel" #n, "filter_ohm", "ohm", channel[n].filter_ohm, "0", 0, 1e5,                          \
             "anti-alias resistor at the converter's pin; 0: none"),                                         \
        REAL("channel" #n, "filter_f", "F", channel[n].filter_f, "0", 0, 1e-5,                               \
             "anti-alias capacitor; 0: none")

const struct option board_options[BOARD_OPTIONS] = {
    WHOLE("board", "schema", "", schema, NULL, 1, 1, "version of this file's format"),
    TEXT("board", "name", board.name, NULL, BOARD_NAME_MAX,
         "calibration files name the board that they are for"),
    REAL("board", "f_nominal_hz", "Hz", board.f_nominal_hz, NULL, 50, 60, "50 or 60"),
    REAL("board", "u_nominal_v", "V", board.u_nominal_v, NULL, 10, 1000, "line to neutral"),
    REAL("board", "i_nominal_a", "A", board.i_nominal_a, NULL, 0.01, 1000, "reference current"),
    REAL("board", "i_max_a", "A", board.i_max_a, NULL, 0.01, 10000,
         "largest current that is measured to accuracy"),

    REAL("converter", "reference_v", "V", board.converter.reference_v, NULL, 0.25, 5.5, "at the VREF pin"),
    TEXT("converter", "spi_device", board.converter.spi_device, "/dev/spidev0.0", BOARD_PATH_MAX,
         "device node"),
    WHOLE("converter", "spi_clock_hz", "Hz", spi_clock_hz, "1350000", 10000, 3600000,
          "asked for; the driver may round down"),
    WHOLE("converter", "conversion_spacing_ns", "ns", conversion_spacing_ns, "31800", 5000, 1e6,
          "between neighbouring hold instants of a scan"),
    WHOLE("converter", "hold_offset_ns", "ns", hold_offset_ns, "10000", 0, 1e6,
          "from the start of the transfer to the first hold instant"),
    REAL("converter", "scan_rate_hz", "Hz", board.converter.scan_rate_hz, NULL, 3000, 20000,
         "scans per second"),

    TEXT("lcd", "i2c_device", board.lcd.i2c_device, "/dev/i2c-1", BOARD_PATH_MAX, "device node"),
    TEXT("lcd", "i2c_address", i2c_address, "0x27", sizeof((struct board_values *)0)->i2c_address,
         "of the backpack, 0x03 to 0x77"),
    WHOLE("lcd", "columns", "", columns, "16", 16, 16, "of the display"),
    WHOLE("lcd", "rows", "", rows, "4", 4, 4, "of the display"),

    TEXT("pulse", "gpio_chip", board.pulse.gpio_chip, "pinctrl-bcm2835", BOARD_PATH_MAX,
         "label or path of the chip"),
    WHOLE("pulse", "gpio_line", "", gpio_line, "-1", -1, 1000, "line of the chip; -1: no pulse output"),
    WHOLE("pulse", "imp_per_kwh", "imp/kWh", imp_per_kwh, "1000", 1, 100000, "pulses per kilowatt-hour"),
    WHOLE("pulse", "width_ms", "ms", width_ms, "40", 1, 1000, "how long a pulse lasts"),

    {"fram", "i2c_device", "", OPTION_STRING, AT(board.fram.i2c_device), "", 0, BOARD_PATH_MAX - 1, NULL,
     "device node; empty: no FRAM"},
    TEXT("fram", "i2c_address", fram_address, "0x50", sizeof((struct board_values *)0)->fram_address,
         "of the FRAM, 0x50 to 0x57"),

    TEXT("power", "gpio_chip", board.power.gpio_chip, "pinctrl-bcm2835", BOARD_PATH_MAX,
         "label or path of the chip"),
    WHOLE("power", "gpio_line", "", power_line, "-1", -1, 1000,
          "line that says whether the supply is good; -1: none"),
    CHOICE("power", "good", power_good, "high", "high|low", "its level while the supply is good"),

    CHANNEL(0),
    CHANNEL(1),
    CHANNEL(2),
    CHANNEL(3),
    CHANNEL(4),
    CHANNEL(5),
    CHANNEL(6),
    CHANNEL(7),
};
