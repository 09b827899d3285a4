/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/options_value.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NUMBER_BYTES = 32 };

static const char *read_bool(const struct option *option, const char *text, void *field)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true}, {"true", true},   {"on", true},   {"1", true},
                 {"no", false}, {"false", false}, {"off", false}, {"0", false}};
    (void)option;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i].word) == 0) {
            memcpy(field, &words[i].value, sizeof words[i].value);
            return NULL;
        }
    return "is neither yes nor no";
}

static const char *read_int(const struct option *option, const char *text, void *field)
{
    char *end;
    errno = 0;
    const int64_t value = strtoll(text, &end, 10);
    if (end == text || *end != '\0')
        return "is not a whole number";
    if (errno == ERANGE || (double)value < option->min || (double)value > option->max)
        return "is out of range";
    memcpy(field, &value, sizeof value);
    return NULL;
}

static const char *read_double(const struct option *option, const char *text, void *field)
{
    char *end;
    const double value = strtod(text, &end);
    /* strtod also takes "nan", "inf" and hexadecimal digits: the characters of a decimal number leave none of them */
    if (end == text || *end != '\0' || text[strspn(text, "+-.0123456789eE")] != '\0')
        return "is not a number";
    if (!isfinite(value) || value < option->min || value > option->max)
        return "is out of range";
    memcpy(field, &value, sizeof value);
    return NULL;
}

/* What inih would not give back as it was written. */
static const char *unwritable(const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (iscntrl((unsigned char)text[i]))
            return "holds a control character";
        if (text[i] == ';' && (i == 0 || isspace((unsigned char)text[i - 1])))
            return "holds a ';' that begins a comment";
    }
    const size_t length = strlen(text);
    if (length > 0 && (isspace((unsigned char)text[0]) || isspace((unsigned char)text[length - 1])))
        return "begins or ends with a blank";
    return NULL;
}

static const char *read_string(const struct option *option, const char *text, void *field)
{
    const size_t length = strlen(text);
    if ((double)length < option->min)
        return length == 0 ? "is empty" : "is too short";
    if ((double)length > option->max)
        return "is too long";
    const char *wrong = unwritable(text);
    if (wrong == NULL)
        memcpy(field, text, length + 1);
    return wrong;
}

static const char *read_choice(const struct option *option, const char *text, void *field)
{
    const size_t length = strlen(text);
    int index = 0;
    for (const char *choice = option->choices; *choice != '\0'; index++) {
        const size_t span = strcspn(choice, "|");
        if (span == length && strncmp(choice, text, span) == 0) {
            memcpy(field, &index, sizeof index);
            return NULL;
        }
        choice += span + (choice[span] == '|');
    }
    return "is not one of the choices";
}

static int text_bool(const struct option *option, const void *field, char *text)
{
    bool value;
    (void)option;
    memcpy(&value, field, sizeof value);
    snprintf(text, OPTIONS_VALUE_BYTES, "%s", value ? "yes" : "no");
    return 0;
}

static int text_int(const struct option *option, const void *field, char *text)
{
    int64_t value;
    (void)option;
    memcpy(&value, field, sizeof value);
    snprintf(text, OPTIONS_VALUE_BYTES, "%" PRId64, value);
    return 0;
}

/* The shortest of 15 to 17 digits that gives the double back; 17 always do. */
static void print_double(double value, char text[NUMBER_BYTES])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, NUMBER_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
}

static int text_double(const struct option *option, const void *field, char *text)
{
    double value;
    (void)option;
    memcpy(&value, field, sizeof value);
    if (!isfinite(value))
        return -EINVAL;
    print_double(value, text);
    return 0;
}

static int text_string(const struct option *option, const void *field, char *text)
{
    const char *value = field;
    const size_t length = strnlen(value, (size_t)option->max + 1);
    if ((double)length > option->max || length >= OPTIONS_VALUE_BYTES || unwritable(value) != NULL)
        return -EINVAL;
    memcpy(text, value, length + 1);
    return 0;
}

static int text_choice(const struct option *option, const void *field, char *text)
{
    int index;
    memcpy(&index, field, sizeof index);
    const char *choice = option->choices;
    for (int i = 0; i < index && *choice != '\0'; i++) {
        choice += strcspn(choice, "|");
        choice += *choice == '|';
    }
    if (index < 0 || *choice == '\0')
        return -EINVAL;
    snprintf(text, OPTIONS_VALUE_BYTES, "%.*s", (int)strcspn(choice, "|"), choice);
    return 0;
}

static void expected_bool(const struct option *option, char *text)
{
    (void)option;
    snprintf(text, OPTIONS_VALUE_BYTES, "yes or no");
}

/* DBL_MAX stands for no limit, as infinity does. */
static bool is_limit(double value)
{
    return fabs(value) < DBL_MAX;
}

static void expected_range(const struct option *option, const char *what, char *text)
{
    const char *blank = option->unit[0] == '\0' ? "" : " ";
    char min[NUMBER_BYTES] = "", max[NUMBER_BYTES] = "";
    if (is_limit(option->min))
        print_double(option->min, min);
    if (is_limit(option->max))
        print_double(option->max, max);
    const char *from = min[0] == '\0' ? "" : max[0] == '\0' ? " of at least " : " from ";
    const char *to = max[0] == '\0' ? "" : min[0] == '\0' ? " of at most " : " to ";
    snprintf(text, OPTIONS_VALUE_BYTES, "%s%s%s%s%s%s%s", what, from, min, to, max, blank, option->unit);
}

static void expected_int(const struct option *option, char *text)
{
    expected_range(option, "a whole number", text);
}

static void expected_double(const struct option *option, char *text)
{
    expected_range(option, "a number", text);
}

static void expected_string(const struct option *option, char *text)
{
    snprintf(text, OPTIONS_VALUE_BYTES, "%.0f to %.0f characters", option->min, option->max);
}

static void expected_choice(const struct option *option, char *text)
{
    int at = snprintf(text, OPTIONS_VALUE_BYTES, "one of ");
    for (const char *c = option->choices; *c != '\0' && at < OPTIONS_VALUE_BYTES - 3; c++)
        at += snprintf(text + at, (size_t)(OPTIONS_VALUE_BYTES - at), *c == '|' ? ", " : "%c", *c);
}

static const struct {
    const char *(*read)(const struct option *option, const char *text, void *field);
    int (*text)(const struct option *option, const void *field, char *text);
    void (*expected)(const struct option *option, char *text);
} types[] = {
    [OPTION_BOOL] = {read_bool, text_bool, expected_bool},
    [OPTION_INT] = {read_int, text_int, expected_int},
    [OPTION_DOUBLE] = {read_double, text_double, expected_double},
    [OPTION_STRING] = {read_string, text_string, expected_string},
    [OPTION_CHOICE] = {read_choice, text_choice, expected_choice},
};

const char *options_value_read(const struct option *option, const char *text, void *target)
{
    return types[option->type].read(option, text, (char *)target + option->offset);
}

int options_value_text(const struct option *option, const void *target, char text[OPTIONS_VALUE_BYTES])
{
    return types[option->type].text(option, (const char *)target + option->offset, text);
}

void options_value_expected(const struct option *option, char text[OPTIONS_VALUE_BYTES])
{
    types[option->type].expected(option, text);
}
