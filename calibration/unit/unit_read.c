/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration/unit/unit.h"

#include "calibration/unit/unit_file.h"
#include "firmware/base/options.h"
#include "firmware/base/text_file.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADS = 5, /* options of [calibration] */
    CHANNEL_OPTIONS = UNIT_VALUES + UNIT_ROWS,
    OPTIONS = HEADS + DSP_CHANNELS * CHANNEL_OPTIONS
};

/* What stands in a file, as the option table sees it. */
struct values {
    int64_t schema;
    char board[CALIBRATION_TEXT];
    char serial[CALIBRATION_TEXT];
    char date[CALIBRATION_TEXT];
    char reference[CALIBRATION_TEXT];
    double number[DSP_CHANNELS][UNIT_VALUES];
    char row[DSP_CHANNELS][UNIT_ROWS][UNIT_ROW_TEXT];
};

/* One reading of one file: the table for the channels that the unit has, and what it filled. */
struct parse {
    const char *name;
    const char *text;
    char *error;
    size_t error_size;
    struct calibration result;
    struct option option[OPTIONS];
    size_t n;
    unsigned char given[OPTIONS];
    char section[DSP_CHANNELS][16];
    char linearity[DSP_CHANNELS][16];
    char row_name[UNIT_ROWS][UNIT_ROW_NAME];
    struct values values;
};

static const struct option heads[HEADS] = {
    {"calibration", "schema", "", OPTION_INT, offsetof(struct values, schema), NULL, UNIT_SCHEMA, UNIT_SCHEMA,
     NULL, "version of this file's format"},
    {"calibration", "board", "", OPTION_STRING, offsetof(struct values, board), NULL, 1, CALIBRATION_TEXT - 1,
     NULL, "name of the board file that it belongs to"},
    {"calibration", "serial", "", OPTION_STRING, offsetof(struct values, serial), NULL, 1,
     CALIBRATION_TEXT - 1, NULL, "serial number of the unit"},
    {"calibration", "date", "", OPTION_STRING, offsetof(struct values, date), NULL, 1, CALIBRATION_TEXT - 1,
     NULL, "day of the calibration, as 2026-01-31"},
    {"calibration", "reference", "", OPTION_STRING, offsetof(struct values, reference), NULL, 1,
     CALIBRATION_TEXT - 1, NULL, "what the unit was compared with"},
};

static void add_channel(struct parse *parse, int k)
{
    snprintf(parse->section[k], sizeof parse->section[k], "channel%d", parse->result.input[k]);
    snprintf(parse->linearity[k], sizeof parse->linearity[k], "linearity%d", parse->result.input[k]);
    for (int v = 0; v < UNIT_VALUES; v++)
        parse->option[parse->n++] = (struct option){
            .section = parse->section[k],
            .name = unit_values[v].name,
            .unit = unit_values[v].unit,
            .type = OPTION_DOUBLE,
            .offset = offsetof(struct values, number) + (size_t)(k * UNIT_VALUES + v) * sizeof(double),
            .min = unit_values[v].min,
            .max = unit_values[v].max,
            .help = unit_values[v].help,
        };
    for (int r = 0; r < UNIT_ROWS; r++)
        parse->option[parse->n++] = (struct option){
            .section = parse->linearity[k],
            .name = parse->row_name[r],
            .unit = "mLSB",
            .type = OPTION_STRING,
            .offset = offsetof(struct values, row) + (size_t)(k * UNIT_ROWS + r) * UNIT_ROW_TEXT,
            .min = 1,
            .max = UNIT_ROW_TEXT - 1,
            .help = "correction of 16 codes, in thousandths of a step",
        };
}

static void make_table(struct parse *parse)
{
    memcpy(parse->option, heads, sizeof heads);
    parse->n = HEADS;
    for (int r = 0; r < UNIT_ROWS; r++)
        unit_row_name(r, parse->row_name[r]);
    for (int k = 0; k < parse->result.n_channels; k++)
        add_channel(parse, k);
}

static int refuse(const struct parse *parse, const struct option *option, const char *expected)
{
    int line = text_file_line(parse->text, option->section, option->name);
    snprintf(parse->error, parse->error_size, "%s:%d: [%s] %s: expected %s", parse->name, line,
             option->section, option->name, expected);
    return -EINVAL;
}

static bool is_date(const char *text)
{
    static const char shape[] = "dddd-dd-dd";
    for (size_t k = 0; k < sizeof shape - 1; k++) {
        bool digit = text[k] >= '0' && text[k] <= '9';
        if (shape[k] == 'd' ? !digit : text[k] != shape[k])
            return false;
    }
    return text[sizeof shape - 1] == '\0' || text[sizeof shape - 1] == 'T';
}

static int check_heads(struct parse *parse)
{
    for (size_t i = 0; i < HEADS; i++)
        if (!parse->given[i])
            return refuse(parse, &heads[i], heads[i].help);
    if (strcmp(parse->values.board, parse->result.board) != 0) {
        char expected[2 * CALIBRATION_TEXT + 32];
        snprintf(expected, sizeof expected, "%s (the board in use), found %s", parse->result.board,
                 parse->values.board);
        return refuse(parse, &heads[1], expected);
    }
    if (!is_date(parse->values.date))
        return refuse(parse, &heads[3], "a date as 2026-01-31");
    return 0;
}

static int check_channel(struct parse *parse, int k)
{
    const struct option *option = &parse->option[HEADS + k * CHANNEL_OPTIONS];
    const struct calibration_channel *channel = &parse->result.channel[k];
    if (fabs(channel->gain) < UNIT_GAIN_MIN)
        return refuse(parse, &option[UNIT_GAIN], "a gain of at least 1e-6 in size");
    if (channel->low_pass_hz > 0 && channel->low_pass_hz < UNIT_LOW_PASS_MIN_HZ)
        return refuse(parse, &option[UNIT_LOW_PASS], "0 (no filter) or 500 to 1e6 Hz");
    return 0;
}

/* UNIT_ROW_CODES whole numbers, blanks between. */
static bool read_row(const char *text, double linearity_lsb[UNIT_ROW_CODES])
{
    for (int k = 0; k < UNIT_ROW_CODES; k++) {
        char *end;
        long mlsb = strtol(text, &end, 10);
        bool ends_well = *end == ' ' || *end == '\t' || *end == '\0';
        if (end == text || !ends_well || mlsb < -UNIT_MLSB_MAX || mlsb > UNIT_MLSB_MAX)
            return false;
        linearity_lsb[k] = (double)mlsb / 1000.0;
        text = end;
    }
    return text[strspn(text, " \t")] == '\0';
}

static int take_channel(struct parse *parse, int k)
{
    struct calibration_channel *channel = &parse->result.channel[k];
    const size_t first = HEADS + (size_t)k * CHANNEL_OPTIONS;
    for (int v = 0; v < UNIT_VALUES; v++)
        if (parse->given[first + (size_t)v])
            *(double *)((char *)channel + unit_values[v].offset) = parse->values.number[k][v];
    for (int r = 0; r < UNIT_ROWS; r++) {
        const size_t i = first + UNIT_VALUES + (size_t)r;
        if (parse->given[i] &&
            !read_row(parse->values.row[k][r], &channel->linearity_lsb[r * UNIT_ROW_CODES]))
            return refuse(parse, &parse->option[i], "16 whole numbers from -4000 to 4000");
    }
    return check_channel(parse, k);
}

static int take_all(struct parse *parse)
{
    struct options_error error;
    int result = options_read_text(parse->option, parse->n, &parse->values, parse->name, parse->text,
                                   parse->given, &error);
    if (result != 0) {
        snprintf(parse->error, parse->error_size, "%s", error.text);
        return result;
    }
    result = check_heads(parse);
    for (int k = 0; result == 0 && k < parse->result.n_channels; k++)
        result = take_channel(parse, k);
    memcpy(parse->result.serial, parse->values.serial, sizeof parse->result.serial);
    memcpy(parse->result.date, parse->values.date, sizeof parse->result.date);
    memcpy(parse->result.reference, parse->values.reference, sizeof parse->result.reference);
    parse->result.calibrated = true;
    return result;
}

int unit_parse(const char *name, const char *text, struct calibration *calibration, char *error,
               size_t error_size)
{
    struct parse *parse = calloc(1, sizeof *parse);
    if (!parse) {
        snprintf(error, error_size, "%s: %s", name, strerror(ENOMEM));
        return -ENOMEM;
    }
    parse->name = name;
    parse->text = text;
    parse->error = error;
    parse->error_size = error_size;
    parse->result = *calibration;
    make_table(parse);
    int result = take_all(parse);
    if (result == 0)
        *calibration = parse->result;
    free(parse);
    return result;
}

int unit_read(const char *path, const struct board *board, struct calibration *calibration, char *error,
              size_t error_size)
{
    char *text;
    int result = text_file_read(path, &text, error, error_size);
    if (result != 0)
        return result;
    snprintf(calibration->board, sizeof calibration->board, "%s", board->name);
    result = unit_parse(path, text, calibration, error, error_size);
    free(text);
    return result;
}
