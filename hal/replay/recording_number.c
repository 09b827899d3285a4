/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recording_number.c - decimal numbers of recording_text.h, the same in every locale. */
#include "hal/replay/recording_text.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NUMBER_BYTES = 128,
    EXPONENT_MAX = 22 /* 10^22 is the largest power of ten that a double holds exactly */
};
#define MANTISSA_MAX (UINT64_C(1) << 53)

struct decimal {
    bool negative;
    uint64_t mantissa;
    int64_t exponent; /* of ten */
    bool exact;       /* mantissa holds all digits, and a double holds it */
};

static const char *read_digits(struct decimal *decimal, const char *at, const char *end, int64_t step)
{
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        decimal->mantissa = decimal->mantissa * 10 + (uint64_t)(*at - '0');
        decimal->exponent += step;
        if (decimal->mantissa > MANTISSA_MAX) {
            decimal->exact = false;
            decimal->mantissa = 1; /* no longer used; small, so that it cannot overflow */
        }
    }
    return at;
}

static const char *read_exponent(struct decimal *decimal, const char *at, const char *end)
{
    const bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return NULL;
    int64_t exponent = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        if (exponent < 10000)
            exponent = exponent * 10 + (*at - '0');
    decimal->exponent += negative ? -exponent : exponent;
    return at;
}

/* sign, digits, point, digits, exponent: at least one digit before the exponent. */
static bool read_decimal(struct decimal *decimal, struct recording_field field)
{
    const char *at = field.at, *end = field.at + field.length;
    *decimal = (struct decimal){.exact = true};
    if (at < end && (*at == '-' || *at == '+'))
        decimal->negative = *at++ == '-';
    const char *digits = at;
    at = read_digits(decimal, at, end, 0);
    ptrdiff_t n = at - digits;
    if (at < end && *at == '.') {
        digits = ++at;
        at = read_digits(decimal, at, end, -1);
        n += at - digits;
    }
    if (n == 0)
        return false;
    if (at < end && (*at == 'e' || *at == 'E'))
        at = read_exponent(decimal, at + 1, end);
    return at == end;
}

/* Long mantissas and large exponents: the C library rounds them correctly. */
static bool read_slowly(struct recording_field field, double *value)
{
    char text[NUMBER_BYTES];
    if (field.length >= sizeof text)
        return false;
    memcpy(text, field.at, field.length);
    text[field.length] = '\0';
    const locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (locale == (locale_t)0)
        return false;
    *value = strtod_l(text, NULL, locale);
    freelocale(locale);
    return isfinite(*value);
}

bool recording_number(struct recording_field field, double *value)
{
    static const double power[EXPONENT_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct decimal decimal;
    if (!read_decimal(&decimal, field))
        return false;
    if (!decimal.exact || decimal.exponent > EXPONENT_MAX || decimal.exponent < -EXPONENT_MAX)
        return read_slowly(field, value);
    /* mantissa and power of ten are exact, so one operation rounds once: the nearest double */
    const double mantissa = decimal.negative ? -(double)decimal.mantissa : (double)decimal.mantissa;
    *value = decimal.exponent < 0 ? mantissa / power[-decimal.exponent] : mantissa * power[decimal.exponent];
    return true;
}

bool recording_integer(struct recording_field field, int64_t min, int64_t max, int64_t *value)
{
    const char *at = field.at, *end = field.at + field.length;
    const bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    uint64_t magnitude = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9' || magnitude > (uint64_t)INT64_MAX / 10 - 1)
            return false;
        magnitude = magnitude * 10 + (uint64_t)(*at - '0');
    }
    *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return *value >= min && *value <= max;
}
