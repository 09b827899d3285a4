/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/report.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const int64_t day_ms = 86400000, block_ms = 900000;

/* Which energy of which point is what. */
static const struct {
    int64_t point_id; /* circuit * 3: grid, solar, load */
    bool is_export;
} sources[REPORT_ENERGIES] = {
    [REPORT_IMPORT] = {0, false},
    [REPORT_EXPORT] = {0, true},
    [REPORT_GENERATION] = {3, false},
    [REPORT_LOAD] = {6, false},
};

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t month_start_ms(int year, int month)
{
    struct tm calendar = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 1};
    return (int64_t)timegm(&calendar) * 1000;
}

static bool read_digits(const char *text, int n, int *value)
{
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *value = *value * 10 + (text[i] - '0');
    }
    return true;
}

int report_init(struct report *report, const char *month, int64_t day_offset_ms, int64_t now_ms)
{
    int year, number;
    if (strlen(month) != REPORT_MONTH - 1 || month[4] != '-' || !read_digits(month, 4, &year) ||
        !read_digits(month + 5, 2, &number) || year < 1970 || number < 1 || number > 12)
        return -EINVAL;
    *report = (struct report){.day_offset_ms = day_offset_ms, .block = INT64_MIN};
    memcpy(report->month, month, sizeof report->month);
    report->start_ms = month_start_ms(year, number) - day_offset_ms;
    report->end_ms = month_start_ms(year, number + 1) - day_offset_ms; /* the 13th is January */
    report->total.start_ms = report->start_ms;
    for (int64_t at = report->start_ms; at < report->end_ms && at < now_ms; at += day_ms) {
        struct report_line *day = &report->day[report->n_days++];
        day->start_ms = at;
        day->passed_ms = smaller(day_ms, now_ms - at);
        report->total.passed_ms += day->passed_ms;
    }
    return 0;
}

static void add_energy(struct report_line *line, const struct record *record)
{
    line->records++;
    line->metered_us += record->metered_us;
    for (int64_t p = 0; p < record->n_points; p++)
        for (int k = 0; k < REPORT_ENERGIES; k++) {
            if (record->point_id[p] != sources[k].point_id)
                continue;
            const struct record_energy *delta = &record->point[p].delta;
            line->energy_uwh[k] += sources[k].is_export ? delta->export_uwh : delta->import_uwh;
            line->seen |= 1U << k;
        }
}

static void note_peak(struct report_line *line, int64_t mw, int64_t utc_ms)
{
    if (line->peak_ms != 0 && mw <= line->peak_mw)
        return;
    line->peak_mw = mw;
    line->peak_ms = utc_ms;
}

/* The quarter-hour that the record begins in, as far as it is known: uWh in 0.25 h, in milliwatts. */
static int64_t add_block(struct report *report, const struct record *record)
{
    const int64_t block = floor_divide(record->utc_start_ms, block_ms);
    if (block != report->block)
        report->block_uwh = 0;
    report->block = block;
    for (int64_t p = 0; p < record->n_points; p++)
        if (record->point_id[p] == sources[REPORT_IMPORT].point_id)
            report->block_uwh += record->point[p].delta.import_uwh;
    return report->block_uwh * 4 / 1000;
}

void report_add(struct report *report, const struct record *record)
{
    const int64_t index = floor_divide(record->utc_start_ms - report->start_ms, day_ms);
    if (index < 0 || index >= report->n_days)
        return;
    const int64_t mw = add_block(report, record);
    add_energy(&report->day[index], record);
    add_energy(&report->total, record);
    note_peak(&report->day[index], mw, report->block * block_ms);
    note_peak(&report->total, mw, report->block * block_ms);
}

int64_t report_coverage(const struct report_line *line)
{
    return line->passed_ms > 0 ? smaller(line->metered_us / line->passed_ms, 1000) : 0;
}
