/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.h - a month's energy, day by day, from quarter records (and minute records where no quarter stands).
 *
 * Energy:   micro-watt-hours, the sum of the records' own; nothing is interpolated. A record belongs to the day in which
 *           it begins.
 * Peak:     highest import of a quarter-hour of the clock, as its energy divided by 0.25 h, whether it was metered
 *           throughout or not: a part of one never counts for more than it was.
 * Coverage: metered time of the time that has passed of the day.
 * Absent:   seen has no bit: no record of the day carries the quantity.
 * Threads:  pure.
 */
#ifndef VATIO_TOOLS_REPORT_H
#define VATIO_TOOLS_REPORT_H

#include "firmware/api/record.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum report_energy { REPORT_IMPORT, REPORT_EXPORT, REPORT_GENERATION, REPORT_LOAD, REPORT_ENERGIES };
enum { REPORT_DAYS = 31, REPORT_MONTH = 8 };

struct report_line {
    int64_t start_ms;  /* UTC */
    int64_t passed_ms; /* of the day or month until now */
    int64_t metered_us;
    int64_t records;
    int64_t energy_uwh[REPORT_ENERGIES];
    unsigned seen;   /* bit per enum report_energy */
    int64_t peak_mw; /* milliwatts */
    int64_t peak_ms; /* UTC of the quarter-hour's start; meaningless while records is 0 */
};

struct report {
    char month[REPORT_MONTH]; /* "2026-11" */
    char meter_id[RECORD_ID];
    int64_t day_offset_ms; /* a day begins at 00:00 UTC minus this */
    int64_t start_ms, end_ms;
    int n_days;
    struct report_line day[REPORT_DAYS];
    struct report_line total;
    int64_t block; /* the quarter-hour that is being summed up */
    int64_t block_uwh;
};

/* "YYYY-MM"; -EINVAL for anything else. Days that begin after now_ms are no part of the report. */
int report_init(struct report *report, const char *month, int64_t day_offset_ms, int64_t now_ms);

/* One record, in order of time; those that begin outside of the month change nothing. */
void report_add(struct report *report, const struct record *record);

/* Metered share in tenths of a percent, 0..1000. */
int64_t report_coverage(const struct report_line *line);

void report_print_text(const struct report *report, FILE *file);
void report_print_csv(const struct report *report, FILE *file);
/* -ENOMEM. */
int report_print_json(const struct report *report, FILE *file);

#endif
