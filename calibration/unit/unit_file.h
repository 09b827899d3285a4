/* SPDX-License-Identifier: GPL-3.0-or-later */
/* unit_file.h - what reading and writing a calibration file share: keys, ranges, rows. Private to this folder.
 *
 * Format: calibration/README.md.
 */
#ifndef VATIO_CALIBRATION_UNIT_UNIT_FILE_H
#define VATIO_CALIBRATION_UNIT_UNIT_FILE_H

#include "calibration/model.h"

#include <stddef.h>

enum {
    UNIT_SCHEMA = 1,
    UNIT_VALUES = 6,     /* numbers of a channel */
    UNIT_ROW_CODES = 16, /* codes in one line of a linearity table */
    UNIT_ROWS = CALIBRATION_CODES / UNIT_ROW_CODES,
    UNIT_ROW_TEXT = 128, /* of a row, with its NUL: 16 numbers of up to 5 characters and a blank each */
    UNIT_MLSB_MAX = 4000 /* the MCP3008 promises 1 LSB; beyond four the converter is broken */
};

struct unit_value {
    const char *name;
    const char *unit;
    size_t offset; /* in struct calibration_channel */
    double min, max;
    const char *help;
};
enum { UNIT_GAIN = 0, UNIT_LOW_PASS = 4 }; /* those with a rule beyond their range: */
#define UNIT_GAIN_MIN        1e-6
#define UNIT_LOW_PASS_MIN_HZ 500.0
extern const struct unit_value unit_values[UNIT_VALUES];

/* A row's key: from_0000_mlsb, from_0016_mlsb ... */
enum { UNIT_ROW_NAME = 24 };
void unit_row_name(int row, char name[UNIT_ROW_NAME]);

/* Reads a file's text on top of calibration, which says what board it is for, and which inputs it has. name stands
 * for the path in errors. calibration is left alone on failure. */
int unit_parse(const char *name, const char *text, struct calibration *calibration, char *error,
               size_t error_size);

#endif
