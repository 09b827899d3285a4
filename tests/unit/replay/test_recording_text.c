/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers are compared with the C library's own, which rounds correctly, in the locale "C". */
#include "hal/replay/recording_build.h"
#include "hal/replay/recording_text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct recording_field field_of(const char *text)
{
    return (struct recording_field){text, strlen(text)};
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void random_decimal(char *text, size_t size, uint64_t *state)
{
    const char *sign = next_random(state) % 2 == 0 ? "" : "-";
    const unsigned long long a = next_random(state) >> next_random(state) % 31, b = next_random(state);
    const int exponent = (int)(next_random(state) % 640) - 330;
    switch (next_random(state) % 5) {
    case 0:
        snprintf(text, size, "%s%llu", sign, a);
        break;
    case 1:
        snprintf(text, size, "%s%llu.%llu", sign, a, b);
        break;
    case 2:
        snprintf(text, size, "%s.%llu%llu", sign, a, b);
        break;
    case 3:
        snprintf(text, size, "%s%llu.%llue%d", sign, a, b, exponent);
        break;
    default:
        snprintf(text, size, "%s%lluE+%llu", sign, a, b % 30);
        break;
    }
}

static void random_numbers_are_the_nearest_doubles(void **state)
{
    (void)state;
    uint64_t seed = 20260621;
    for (int i = 0; i < 200000; i++) {
        char text[96];
        double value = 0;
        random_decimal(text, sizeof text, &seed);
        const double expected = strtod(text, NULL);
        const bool good = recording_number(field_of(text), &value);
        if (good != isfinite(expected) || (good && memcmp(&value, &expected, sizeof value) != 0))
            fail_msg("\"%s\": %.17g, but %.17g was expected", text, value, expected);
    }
}

static void texts_are_numbers_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        double value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, -0.0},
        {"+5.", true, 5},
        {".5", true, 0.5},
        {"1e22", true, 1e22},
        {"1e23", true, 1e23},
        {"1e-22", true, 1e-22},
        {"9007199254740993", true, 9007199254740992.0}, /* 2^53 + 1 lies between two doubles */
        {"9007199254740993.00000000000000000001", true, 9007199254740994.0},
        {"123456789012345678901234567890", true, 123456789012345678901234567890.0},
        {"4.028324E-02", true, 0.04028324},
        {"5e-324", true, 4.9406564584124654e-324},
        {"1e-999", true, 0},
        {"1e99999999999999999999", false, 0},
        {"1e999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {".", false, 0},
        {"e5", false, 0},
        {"1e", false, 0},
        {"1e+", false, 0},
        {"1e5.", false, 0},
        {"1,5", false, 0},
        {"1 5", false, 0},
        {" 1", false, 0},
        {"--1", false, 0},
        {"1.2.3", false, 0},
        {"0x10", false, 0},
        {"nan", false, 0},
        {"inf", false, 0},
        {"1f", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 7;
        print_message("\"%s\"\n", cases[i].text);
        assert_int_equal(recording_number(field_of(cases[i].text), &value), cases[i].good);
        if (cases[i].good)
            assert_memory_equal(&value, &cases[i].value, sizeof value);
    }
    double value;
    assert_false(recording_number((struct recording_field){"1\0002", 3}, &value));
    char digits[300]; /* longer than the slow way's buffer */
    memset(digits, '1', sizeof digits);
    assert_false(recording_number((struct recording_field){digits, sizeof digits}, &value));
}

static void numbers_are_the_same_where_the_comma_is_the_point(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8",  "de_DE",
                                          "es_CO.UTF-8", "fr_FR.UTF-8", "pt_BR.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; i < sizeof locales / sizeof locales[0] && set == NULL; i++)
        set = setlocale(LC_NUMERIC, locales[i]);
    if (set == NULL) {
        print_message("skipped: no locale with a decimal comma is installed\n");
        skip();
    }
    double quick = 0, slow = 0;
    const bool good =
        recording_number(field_of("1.5"), &quick) && recording_number(field_of("1.5e-40"), &slow);
    setlocale(LC_NUMERIC, "C");
    assert_true(good);
    assert_true(quick == 1.5 && slow == 1.5e-40);
}

static void whole_numbers_keep_their_range(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t min, max;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", 0, 0, true, 0},
        {"-5", -5, 5, true, -5},
        {"+5", -5, 5, true, 5},
        {"6", -5, 5, false, 0},
        {"007", 0, 9, true, 7},
        {"", 0, 9, false, 0},
        {"-", 0, 9, false, 0},
        {"1.0", 0, 9, false, 0},
        {"1 ", 0, 9, false, 0},
        {"0x1", 0, 9, false, 0},
        {"1e1", 0, 99, false, 0},
        {"900000000000000000", 0, INT64_MAX, true, INT64_C(900000000000000000)},
        {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
        {"99999999999999999999999999", INT64_MIN, INT64_MAX, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 0;
        print_message("\"%s\"\n", cases[i].text);
        assert_int_equal(recording_integer(field_of(cases[i].text), cases[i].min, cases[i].max, &value),
                         cases[i].good);
        if (cases[i].good)
            assert_int_equal(value, cases[i].value);
    }
}

static void names_become_utf8_whatever_they_were(void **state)
{
    (void)state;
    static const struct {
        const char *from, *expected;
        size_t size;
    } cases[] = {
        {"Ua 1", "Ua 1", 16},
        {"\xd1\xd8-110", "\xc3\x91\xc3\x98-110", 16}, /* ISO 8859-1 (or whatever it was) */
        {"\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x8c", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x8c",
         16}, /* UTF-8 of 2, 3, 4 bytes */
        {"a\tb\x1b\x7f", "a?b??", 16},
        {"\xc2\x9b"
         "31m\x9b",
         "?31m?", 16},                             /* control characters of eight bits */
        {"\xc0\xaf", "\xc3\x80\xc2\xaf", 16},      /* overlong */
        {"\xed\xa0\x80", "\xc3\xad\xc2\xa0?", 16}, /* a surrogate */
        {"\xf4\x90\x80\x80", "\xc3\xb4???", 16},   /* beyond U+10FFFF */
        {"\xe2\x82", "\xc3\xa2?", 16},             /* cut off */
        {"\xf5", "\xc3\xb5", 16},
        {"abcdef", "abc", 4},
        {"ab\xe2\x82\xac", "ab", 5}, /* never half a character */
        {"ab\xe2\x82\xac", "ab\xe2\x82\xac", 6},
        {"ab\xd1", "ab", 4},
        {"anything", "", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[16];
        recording_copy_name(name, cases[i].size, field_of(cases[i].from));
        assert_string_equal(name, cases[i].expected);
    }
}

static void units_are_known_in_any_case(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum recording_unit unit;
        double factor;
    } cases[] = {
        {"V", RECORDING_VOLT, 1},      {" v ", RECORDING_VOLT, 1},     {"kV", RECORDING_VOLT, 1e3},
        {"KV", RECORDING_VOLT, 1e3},   {"Kv", RECORDING_VOLT, 1e3},    {"mV", RECORDING_VOLT, 1e-3},
        {"mv", RECORDING_VOLT, 1e-3},  {"MV", RECORDING_VOLT, 1e6},    {"uV", RECORDING_VOLT, 1e-6},
        {"volts", RECORDING_VOLT, 1},  {"KVolt", RECORDING_VOLT, 1e3}, {"A", RECORDING_AMPERE, 1},
        {"a", RECORDING_AMPERE, 1},    {"kA", RECORDING_AMPERE, 1e3},  {"mA", RECORDING_AMPERE, 1e-3},
        {"Amps", RECORDING_AMPERE, 1}, {"", RECORDING_OTHER, 1},       {"deg", RECORDING_OTHER, 1},
        {"k", RECORDING_OTHER, 1},     {"VA", RECORDING_OTHER, 1},     {"kVA", RECORDING_OTHER, 1},
        {"kkV", RECORDING_OTHER, 1},   {"k V", RECORDING_OTHER, 1},    {"Hz", RECORDING_OTHER, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double factor = 0;
        print_message("\"%s\"\n", cases[i].word);
        assert_int_equal(recording_unit_of(field_of(cases[i].word), &factor), cases[i].unit);
        assert_true(factor == cases[i].factor);
    }
}

static void sizes_are_checked_before_memory_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        int64_t n_channels, n_samples;
    } cases[] = {
        {1, RECORDING_VALUES_MAX}, {RECORDING_VALUES_MAX, 2}, {999999, RECORDING_VALUES_MAX}, {1, 1}, {1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording = {0};
        struct recording_text text;
        char error[160];
        recording_text_init(&text, "f", "", 0, error, sizeof error);
        assert_int_equal(recording_allocate(&recording, &text, cases[i].n_channels, cases[i].n_samples),
                         -EINVAL);
        assert_null(recording.channel);
        assert_non_null(strstr(error, "expected"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_numbers_are_the_nearest_doubles),
        cmocka_unit_test(texts_are_numbers_or_not),
        cmocka_unit_test(numbers_are_the_same_where_the_comma_is_the_point),
        cmocka_unit_test(whole_numbers_keep_their_range),
        cmocka_unit_test(names_become_utf8_whatever_they_were),
        cmocka_unit_test(units_are_known_in_any_case),
        cmocka_unit_test(sizes_are_checked_before_memory_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
