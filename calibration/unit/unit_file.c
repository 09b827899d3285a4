/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration/unit/unit_file.h"

#include <stdio.h>

const struct unit_value unit_values[UNIT_VALUES] = {
    {"gain", "V/LSB or A/LSB", offsetof(struct calibration_channel, gain), -1000, 1000,
     "value of one step; negative turns a sensor round"},
    {"offset_lsb", "LSB", offsetof(struct calibration_channel, offset_lsb), 0, 1023,
     "mean code at 0 V or 0 A"},
    {"delay_ns", "ns", offsetof(struct calibration_channel, delay_ns), -1e6, 1e6, "pure delay"},
    {"high_pass_hz", "Hz", offsetof(struct calibration_channel, high_pass_hz), 0, 10,
     "pole of the transformer; 0 = none"},
    {"low_pass_hz", "Hz", offsetof(struct calibration_channel, low_pass_hz), 0, 1e6,
     "pole of the anti-alias filter; 0 = none"},
    {"crosstalk", "share", offsetof(struct calibration_channel, crosstalk), -0.05, 0.05,
     "of the conversion before it; 0 = none"},
};

void unit_row_name(int row, char name[UNIT_ROW_NAME])
{
    snprintf(name, UNIT_ROW_NAME, "from_%04d_mlsb", row * UNIT_ROW_CODES);
}
