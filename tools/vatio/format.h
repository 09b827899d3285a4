/* SPDX-License-Identifier: GPL-3.0-or-later */
/* format.h - values as a person reads them, and energy as kWh in text and JSON.
 *
 * Absent values are "-" in text and left out of JSON.
 */
#ifndef VATIO_TOOLS_FORMAT_H
#define VATIO_TOOLS_FORMAT_H

#include "tools/vatio/cli.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum { FORMAT_CELL = 32 };

/* "2026-11-21 08:00:00" in UTC. */
void format_utc(int64_t utc_ms, char text[FORMAT_CELL]);

/* A real with the decimals of its unit, an energy in kilo-units with three. */
void format_field(const struct record_field *field, const void *base, char text[FORMAT_CELL]);

/* A real with the decimals of its unit; "-" for NaN. */
void format_real(double value, const char *unit, char text[FORMAT_CELL]);

/* The names of a record's quality flags, each behind a blank, or " good", and the line's end. */
void format_quality(FILE *out, int64_t quality);
json_t *format_quality_json(int64_t quality);

/* The field of that name, NULL if there is none. */
const struct record_field *format_find(const struct record_field *fields, size_t n, const char *name);

/* A register's name in kilo-units: "import_uwh" -> "import_kwh". */
void format_kilo_name(const char *name, char text[FORMAT_CELL]);

/* True for the totals of record_energy: what registers and kWh are. */
bool format_is_register(const struct record_field *field);

/* A table with a row per named field and a column per point of the record. */
void format_points(FILE *out, const struct record *record, const char *const *names, size_t n);

/* {"grid": {"import_uwh": 12345678, "import_kwh": 0.012, ...}, ...} */
json_t *format_registers_json(const struct record *record);

/* Prints one object, indented or on one line, and frees it. Returns an exit status. */
int format_json(struct cli *cli, json_t *object, bool one_line);

#endif
