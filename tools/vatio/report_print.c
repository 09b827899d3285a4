/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

enum { CELL = 32, ENERGY_WIDTH = 15 };

static const struct {
    const char *name;  /* of a column that machines read */
    const char *label; /* for people */
} energies[REPORT_ENERGIES] = {
    [REPORT_IMPORT] = {"import_uwh", "import kWh"},
    [REPORT_EXPORT] = {"export_uwh", "export kWh"},
    [REPORT_GENERATION] = {"generation_uwh", "generation kWh"},
    [REPORT_LOAD] = {"load_uwh", "load kWh"},
};

/* An instant of UTC in the days' own time. */
static struct tm local(const struct report *report, int64_t utc_ms)
{
    const time_t seconds = (time_t)((utc_ms + report->day_offset_ms) / 1000);
    struct tm calendar = {0};
    gmtime_r(&seconds, &calendar);
    return calendar;
}

static void format_day(const struct report *report, int64_t utc_ms, char text[CELL])
{
    const struct tm calendar = local(report, utc_ms);
    strftime(text, CELL, "%Y-%m-%d", &calendar);
}

static void format_peak(const struct report *report, const struct report_line *line, char text[CELL])
{
    const struct tm calendar = local(report, line->peak_ms);
    if (line == &report->total)
        strftime(text, CELL, "%Y-%m-%d %H:%M", &calendar);
    else
        strftime(text, CELL, "%H:%M", &calendar);
}

static void format_energy(const struct report_line *line, int k, char text[CELL])
{
    snprintf(text, CELL, "-");
    if ((line->seen >> k & 1) != 0)
        record_format_kwh(line->energy_uwh[k], text, CELL);
}

/* Energies that the meter never had have no column. */
static void print_line(const struct report *report, const struct report_line *line, const char *name,
                       FILE *file)
{
    char cell[CELL];
    fprintf(file, "%-10s", name);
    for (int k = 0; k < REPORT_ENERGIES; k++) {
        if ((report->total.seen >> k & 1) == 0)
            continue;
        format_energy(line, k, cell);
        fprintf(file, " %*s", ENERGY_WIDTH, cell);
    }
    const int64_t peak_w = line->peak_mw / 1000, coverage = report_coverage(line);
    if (line->records == 0)
        fprintf(file, " %10s   0.0 %%\n", "-");
    else {
        format_peak(report, line, cell);
        fprintf(file, " %6" PRId64 ".%03" PRId64 " %3" PRId64 ".%" PRId64 " %%  %s\n", peak_w / 1000,
                peak_w % 1000, coverage / 10, coverage % 10, cell);
    }
}

void report_print_text(const struct report *report, FILE *file)
{
    const int64_t offset_min = report->day_offset_ms / 60000,
                  positive = offset_min < 0 ? -offset_min : offset_min;
    fprintf(file, "meter %s, %s, days of UTC%c%02" PRId64 ":%02" PRId64 "\n\n%-10s", report->meter_id,
            report->month, offset_min < 0 ? '-' : '+', positive / 60, positive % 60, "day");
    for (int k = 0; k < REPORT_ENERGIES; k++)
        if ((report->total.seen >> k & 1) != 0)
            fprintf(file, " %*s", ENERGY_WIDTH, energies[k].label);
    fprintf(file, " %10s %7s  %s\n", "peak kW", "metered", "peak at");
    for (int i = 0; i < report->n_days; i++) {
        char name[CELL];
        format_day(report, report->day[i].start_ms, name);
        print_line(report, &report->day[i], name, file);
    }
    print_line(report, &report->total, "total", file);
}

static void print_csv_line(const struct report_line *line, const char *name, FILE *file)
{
    const int64_t coverage = report_coverage(line);
    fputs(name, file);
    for (int k = 0; k < REPORT_ENERGIES; k++) {
        fputc(',', file);
        if ((line->seen >> k & 1) != 0)
            fprintf(file, "%" PRId64, line->energy_uwh[k]);
    }
    if (line->records > 0)
        fprintf(file, ",%" PRId64 ".%03" PRId64 ",%" PRId64, line->peak_mw / 1000, line->peak_mw % 1000,
                line->peak_ms);
    else
        fputs(",,", file);
    fprintf(file, ",%" PRId64 ",%" PRId64 ",%" PRId64 ".%" PRId64 "\n", line->metered_us,
            line->passed_ms * 1000, coverage / 10, coverage % 10);
}

void report_print_csv(const struct report *report, FILE *file)
{
    fputs("day", file);
    for (int k = 0; k < REPORT_ENERGIES; k++)
        fprintf(file, ",%s", energies[k].name);
    fputs(",peak_import_w,peak_utc_ms,metered_us,passed_us,coverage_pct\n", file);
    for (int i = 0; i < report->n_days; i++) {
        char name[CELL];
        format_day(report, report->day[i].start_ms, name);
        print_csv_line(&report->day[i], name, file);
    }
    print_csv_line(&report->total, "total", file);
}

/* Absent values are left out. */
static json_t *line_json(const struct report_line *line)
{
    json_t *object =
        json_pack("{s:I, s:I, s:I, s:f}", "utc_start_ms", (json_int_t)line->start_ms, "metered_us",
                  (json_int_t)line->metered_us, "passed_us", (json_int_t)line->passed_ms * 1000,
                  "coverage_pct", (double)report_coverage(line) / 10);
    int error = object == NULL ? -1 : 0;
    for (int k = 0; k < REPORT_ENERGIES && error == 0; k++)
        if ((line->seen >> k & 1) != 0)
            error = json_object_set_new(object, energies[k].name, json_integer(line->energy_uwh[k]));
    if (error == 0 && line->records > 0)
        error = json_object_set_new(object, "peak_import_w", json_real((double)line->peak_mw / 1000)) |
                json_object_set_new(object, "peak_utc_ms", json_integer(line->peak_ms));
    if (error == 0)
        return object;
    json_decref(object);
    return NULL;
}

int report_print_json(const struct report *report, FILE *file)
{
    json_t *days = json_array();
    int error = days == NULL ? -1 : 0;
    for (int i = 0; i < report->n_days && error == 0; i++) {
        char name[CELL];
        json_t *day = line_json(&report->day[i]);
        format_day(report, report->day[i].start_ms, name);
        error = json_object_set_new(day, "day", json_string(name)) | json_array_append_new(days, day);
    }
    json_t *object = json_pack("{s:s, s:s, s:I, s:o, s:o}", "meter_id", report->meter_id, "month",
                               report->month, "day_offset_min", (json_int_t)report->day_offset_ms / 60000,
                               "days", days, "total", line_json(&report->total));
    if (object == NULL || error != 0) {
        json_decref(object);
        return -ENOMEM;
    }
    json_dumpf(object, file,
               JSON_INDENT(2) | JSON_REAL_PRECISION(15)); /* a failed write is reported at the end */
    fputc('\n', file);
    json_decref(object);
    return 0;
}
