/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expected instants are those of the C library's timegm, which the module does not use. */
#include "hal/replay/comtrade_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct recording_field field_of(const char *text)
{
    return (struct recording_field){text, strlen(text)};
}

static void every_day_of_two_centuries_is_that_of_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = 0; day < 366 * 200; day++) {
        const time_t seconds = (time_t)(day * 86400 + day % 86400);
        struct tm tm;
        struct comtrade_time time;
        char line[64];
        assert_non_null(gmtime_r(&seconds, &tm));
        strftime(line, sizeof line, "%d/%m/%Y,%H:%M:%S.125", &tm);
        assert_true(comtrade_time_read(&time, field_of(line), false));
        assert_int_equal(time.unix_ms, (int64_t)seconds * 1000 + 125);
    }
}

static void dates_are_read_in_both_orders(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool month_first;
        bool good;
        int64_t unix_ms; /* date -u -d ... +%s%3N */
        int digits;
    } cases[] = {
        {"22/08/2016,16:04:22.250000", false, true, 1471881862250, 6},
        {"08/22/16,16:04:22.250000", true, true, 1471881862250, 6},
        {"08/22/2016,16:04:22.250000", false, true, 1471881862250, 6}, /* only one order is a date */
        {"22/08/16,16:04:22.250000", true, true, 1471881862250, 6},
        {"02/03/2016,0:0:0", false, true, 1456876800000, 0},
        {"02/03/2016,0:0:0", true, true, 1454457600000, 0},
        {"01/01/70,00:00:00.", false, true, 0, 0},
        {"31/12/69,00:00:00", false, true, 3155673600000, 0}, /* 2069 */
        {"29/02/2000,00:00:00.123456789", false, true, 951782400123, 9},
        {" 29 / 02 / 2000 , 00 : 00 : 60.5 ", false, true, 951782460500, 1},
        {"", false, true, 0, 0},
        {" , ", false, true, 0, 0},
        {"29/02/2100,00:00:00", false, false, 0, 0},
        {"31/04/2016,00:00:00", false, false, 0, 0},
        {"13/13/2016,00:00:00", false, false, 0, 0},
        {"00/01/2016,00:00:00", false, false, 0, 0},
        {"01/01/1969,00:00:00", false, false, 0, 0},
        {"01/01/20160,00:00:00", false, false, 0, 0},
        {"01/01,00:00:00", false, false, 0, 0},
        {"01/01/2016", false, false, 0, 0},
        {"01/01/2016,00:00", false, false, 0, 0},
        {"01/01/2016,25:00:00", false, false, 0, 0},
        {"01/01/2016,00:60:00", false, false, 0, 0},
        {"01/01/2016,00:00:61", false, false, 0, 0},
        {"01/01/2016,00:00:-1", false, false, 0, 0},
        {"01/01/2016,00:00:nan", false, false, 0, 0},
        {"01/01/2016,,", false, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct comtrade_time time;
        print_message("\"%s\"\n", cases[i].line);
        assert_int_equal(comtrade_time_read(&time, field_of(cases[i].line), cases[i].month_first),
                         cases[i].good);
        if (cases[i].good) {
            assert_int_equal(time.unix_ms, cases[i].unix_ms);
            assert_int_equal(time.digits, cases[i].digits);
        }
    }
}

static void offsets_from_utc_are_read_in_minutes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t ahead_min;
    } cases[] = {
        {"", true, 0},      {"x", true, 0},      {"0", true, 0},        {"-6", true, -360},
        {"+2", true, 120},  {"5h30", true, 330}, {"-5h30", true, -330}, {"-0h30", true, -30},
        {"5h", true, 300},  {"15", false, 0},    {"5h60", false, 0},    {"h30", false, 0},
        {"5:30", false, 0}, {"Z", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ahead_min;
        print_message("\"%s\"\n", cases[i].text);
        assert_int_equal(comtrade_time_offset(field_of(cases[i].text), &ahead_min), cases[i].good);
        if (cases[i].good)
            assert_int_equal(ahead_min, cases[i].ahead_min);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_two_centuries_is_that_of_the_c_library),
        cmocka_unit_test(dates_are_read_in_both_orders),
        cmocka_unit_test(offsets_from_utc_are_read_in_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
