/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/comtrade_time.h"

#include <string.h>

/* Takes the part up to the separator (or the end) off the field. */
static struct recording_field part_of(struct recording_field *field, char separator)
{
    const char *at = field->length == 0 ? NULL : memchr(field->at, separator, field->length);
    const struct recording_field part = {field->at, at == NULL ? field->length : (size_t)(at - field->at)};
    const size_t used = at == NULL ? part.length : part.length + 1;
    *field = (struct recording_field){field->at + used, field->length - used};
    return recording_trimmed(part);
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01, for years from 1970. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
    const int64_t before = year - 1;
    int64_t days = (year - 1970) * 365 + (before / 4 - before / 100 + before / 400) -
                   (1969 / 4 - 1969 / 100 + 1969 / 400);
    for (int64_t m = 1; m < month; m++)
        days += days_in(year, m);
    return days + day - 1;
}

static bool read_date(struct recording_field field, bool month_first, int64_t *days)
{
    int64_t day, month, year;
    const struct recording_field first = part_of(&field, '/'), second = part_of(&field, '/');
    if (!recording_integer(month_first ? second : first, 1, 31, &day) ||
        !recording_integer(month_first ? first : second, 1, 31, &month) ||
        !recording_integer(recording_trimmed(field), 0, 9999, &year))
        return false;
    if (month > 12) {
        const int64_t swapped = month;
        month = day;
        day = swapped;
    }
    if (year < 100)
        year += year < 70 ? 2000 : 1900;
    if (year < 1970 || month > 12 || day > days_in(year, month))
        return false;
    *days = days_since_1970(year, month, day);
    return true;
}

static bool read_clock(struct recording_field field, int64_t *ms, int *digits)
{
    int64_t hour, minute;
    double second;
    const struct recording_field hours = part_of(&field, ':'), minutes = part_of(&field, ':');
    const struct recording_field seconds = recording_trimmed(field);
    if (!recording_integer(hours, 0, 24, &hour) || !recording_integer(minutes, 0, 59, &minute) ||
        !recording_number(seconds, &second) || second < 0 || second >= 61)
        return false;
    const char *point = memchr(seconds.at, '.', seconds.length);
    *digits = point == NULL ? 0 : (int)(seconds.at + seconds.length - point - 1);
    *ms = (hour * 60 + minute) * 60000 + (int64_t)(second * 1000);
    return true;
}

bool comtrade_time_read(struct comtrade_time *time, struct recording_field line, bool month_first)
{
    int64_t days = 0, ms = 0;
    *time = (struct comtrade_time){0};
    const struct recording_field date = part_of(&line, ','), clock = recording_trimmed(line);
    if (date.length == 0 && clock.length == 0)
        return true;
    if (!read_date(date, month_first, &days) || !read_clock(clock, &ms, &time->digits))
        return false;
    time->unix_ms = days * 86400000 + ms;
    return true;
}

bool comtrade_time_offset(struct recording_field field, int64_t *ahead_min)
{
    int64_t hours, minutes = 0;
    *ahead_min = 0;
    if (field.length == 0 || recording_is(field, "x"))
        return true;
    const bool west = field.at[0] == '-';
    const struct recording_field hour_field = part_of(&field, 'h');
    if (!recording_integer(hour_field, -14, 14, &hours) ||
        (field.length > 0 && !recording_integer(field, 0, 59, &minutes)))
        return false;
    *ahead_min = hours * 60 + (west ? -minutes : minutes);
    return true;
}
