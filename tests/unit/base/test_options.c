/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct settings {
    bool enabled;
    int64_t period_s;
    double gain, offset_v;
    char name[21];
    char path[201];
    int source;
    double ratio, low, high;
};

#define AT(member) offsetof(struct settings, member)
static const struct option table[] = {
    {"meter", "enabled", "", OPTION_BOOL, AT(enabled), "yes", 0, 0, NULL, "whether it runs"},
    {"meter", "period_s", "s", OPTION_INT, AT(period_s), "10", 1, 3600, NULL, "time between writes"},
    {"meter", "name", "", OPTION_STRING, AT(name), "", 0, 20, NULL, "what people call it"},
    {"meter", "path", "", OPTION_STRING, AT(path), "/var/lib", 1, 200, NULL, "where files go"},
    {"scale", "gain", "", OPTION_DOUBLE, AT(gain), "1", 0.5, 2, NULL, "factor"},
    {"scale", "offset_v", "V", OPTION_DOUBLE, AT(offset_v), "0", -DBL_MAX, DBL_MAX, NULL, "added"},
    {"scale", "source", "", OPTION_CHOICE, AT(source), "house", 0, 0, "house|steady|replay",
     "what is metered"},
    {"scale", "ratio", "", OPTION_DOUBLE, AT(ratio), NULL, -HUGE_VAL, HUGE_VAL, NULL, "must be given"},
    {"scale", "low", "Hz", OPTION_DOUBLE, AT(low), "7", 0.1, HUGE_VAL, NULL, "a lower limit only"},
    {"scale", "high", "Hz", OPTION_DOUBLE, AT(high), "7", -HUGE_VAL, 1e3, NULL, "an upper limit only"},
};
enum { N = sizeof table / sizeof table[0] };

static void defaults_are_the_tables(void **state)
{
    struct settings settings = {.ratio = 42};
    (void)state;
    options_defaults(table, N, &settings);
    assert_true(settings.enabled);
    assert_int_equal(settings.period_s, 10);
    assert_string_equal(settings.name, "");
    assert_string_equal(settings.path, "/var/lib");
    assert_true(settings.gain == 1 && settings.offset_v == 0 && settings.source == 0);
    assert_true(settings.ratio == 42); /* has none: left alone */
}

static const struct {
    const char *name;
    const char *text;
    size_t given; /* index of the option that is set; N = none */
    struct settings expected;
} good[] = {
    {"nothing at all", "", N, {0}},
    {"only comments and blank lines", "# a\n ; indented comment\n\n   \n\t# b\n", N, {0}},
    {"a whole number with blanks around", "[meter]\nperiod_s =  25 \n", 1, {.period_s = 25}},
    {"no line end at the end", "[meter]\nperiod_s=25", 1, {.period_s = 25}},
    {"lines that end in CR LF", "[meter]\r\nperiod_s = 25\r\n", 1, {.period_s = 25}},
    {"a UTF-8 byte order mark", "\xef\xbb\xbf[meter]\nperiod_s = 25\n", 1, {.period_s = 25}},
    {"an inline comment", "[meter] ; here\nperiod_s = 25 ; seconds = many\n", 1, {.period_s = 25}},
    {"the ends of a range", "[meter]\nperiod_s = 3600\n", 1, {.period_s = 3600}},
    {"the other end", "[meter]\nperiod_s = 1\n", 1, {.period_s = 1}},
    {"a sign", "[meter]\nperiod_s = +7\n", 1, {.period_s = 7}},
    {"a number with an exponent", "[scale]\noffset_v = -1.25e-3\n", 5, {.offset_v = -1.25e-3}},
    {"a word for true", "[meter]\nenabled = On\n", 0, {.enabled = true}},
    {"a text with blanks and other signs inside",
     "[meter]\nname = a b;c=d:e#f\n",
     2,
     {.name = "a b;c=d:e#f"}},
    {"a text in UTF-8", "[meter]\nname = Z\xc3\xa4hler\n", 2, {.name = "Z\xc3\xa4hler"}},
    {"a text of the greatest length",
     "[meter]\nname = 12345678901234567890\n",
     2,
     {.name = "12345678901234567890"}},
    {"an empty text", "[meter]\nname =\n", 2, {0}},
    {"a choice", "[scale]\nsource = replay\n", 6, {.source = 2}},
    {"a section that comes twice", "[meter]\n[scale]\n[meter]\nperiod_s = 9\n", 1, {.period_s = 9}},
    {"a comment longer than inih's lines",
     "# "
     "......................................................................................................."
     "....\n"
     "[meter]\n"
     "; "
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012"
     "345"
     "67890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890 "
     "period_s = 3\n"
     "period_s = 4\n",
     1,
     {.period_s = 4}},
};

static void good_files_set_what_they_name_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct settings settings = {0};
        struct options_error error = {""};
        unsigned char given[N] = {0}, expected[N + 1] = {0};
        print_message("%s\n", good[i].name);
        expected[good[i].given] = 1;
        assert_int_equal(options_read_text(table, N, &settings, "f.ini", good[i].text, given, &error), 0);
        assert_string_equal(error.text, "");
        assert_memory_equal(given, expected, N);
        assert_memory_equal(&settings, &good[i].expected, sizeof settings);
    }
}

#define LONG_150                                                                                             \
    "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"   \
    "12345678901234567890123456789012345678901234567890"

static const struct {
    const char *name, *text, *message;
} bad[] = {
    {"a key that is not in the table", "[meter]\nperiods = 5\n",
     "f.ini:2: [meter] has no option periods; expected one such as period_s"},
    {"a key of another section", "[scale]\nperiod_s = 5\n",
     "f.ini:2: [scale] has no option period_s; expected one such as ratio"},
    {"a section that is not in the table", "\n[metre]\n",
     "f.ini:2: there is no section [metre]; expected one such as [meter]"},
    {"a section with blanks", "[ meter ]\n",
     "f.ini:1: there is no section [ meter ]; expected one such as [meter]"},
    {"a key before any section", "period_s = 5\n[meter]\n",
     "f.ini:1: period_s stands before any section; expected a line [section] above it"},
    {"a key given twice", "[meter]\nperiod_s = 5\n\nperiod_s = 5\n",
     "f.ini:4: period_s is given again; expected it once, as on line 2"},
    {"a key given twice in two places", "[meter]\nperiod_s = 5\n[scale]\n[meter]\nperiod_s = 6\n",
     "f.ini:5: period_s is given again; expected it once, as on line 2"},
    {"an indented line", "[meter]\nname = a\n  b\n",
     "f.ini:3: begins with a blank, which would join it to the line above; expected no indentation"},
    {"an indented key", "[meter]\n\tname = a\n",
     "f.ini:2: begins with a blank, which would join it to the line above; expected no indentation"},
    {"a line longer than inih's", "[meter]\npath = " LONG_150 LONG_150 "\n",
     "f.ini:2: has 307 characters; expected at most 197"},
    {"no closing bracket", "[meter\nname = a\n", "f.ini:1: ']' is missing; expected [section]"},
    {"a bracket that only a comment closes", "[meter ;]\n", "f.ini:1: ']' is missing; expected [section]"},
    {"a key on the section's line", "[meter] name = a\n",
     "f.ini:1: text follows the ']'; expected name = value on a line of its own"},
    {"no equals sign", "[meter]\nname a\n", "f.ini:2: '=' is missing; expected name = value"},
    {"an equals sign that is commented out", "[meter]\nname ;= a\n",
     "f.ini:2: '=' is missing; expected name = value"},
    {"a colon for the equals sign", "[meter]\nname: a=b\n", "f.ini:2: '=' is missing; expected name = value"},
    {"no name", "[meter]\n= 5\n", "f.ini:2: a name is missing before the '='; expected name = value"},
    {"a carriage return inside", "[meter]\nname = a\rb\n",
     "f.ini:2: holds a carriage return inside; expected lines that end in a line feed"},
    {"a byte order mark in the middle", "[meter]\n\xef\xbb\xbfname = a\n",
     "f.ini:2: [meter] has no option \xef\xbb\xbfname; expected one such as name"},
    {"a number above the range", "[meter]\nperiod_s = 3601\n",
     "f.ini:2: period_s = 3601 is out of range; expected a whole number from 1 to 3600 s"},
    {"a number below the range", "[meter]\nperiod_s = 0\n",
     "f.ini:2: period_s = 0 is out of range; expected a whole number from 1 to 3600 s"},
    {"a number beyond 64 bits", "[meter]\nperiod_s = 99999999999999999999\n",
     "f.ini:2: period_s = 99999999999999999999 is out of range; expected a whole number from 1 to 3600 s"},
    {"a fraction for a whole number", "[meter]\nperiod_s = 1.5\n",
     "f.ini:2: period_s = 1.5 is not a whole number; expected a whole number from 1 to 3600 s"},
    {"a unit behind a number", "[meter]\nperiod_s = 5 s\n",
     "f.ini:2: period_s = 5 s is not a whole number; expected a whole number from 1 to 3600 s"},
    {"an empty number", "[meter]\nperiod_s =\n",
     "f.ini:2: period_s =  is not a whole number; expected a whole number from 1 to 3600 s"},
    {"a value that is all comment", "[meter]\nperiod_s = ; 5\n",
     "f.ini:2: period_s =  is not a whole number; expected a whole number from 1 to 3600 s"},
    {"a word for a number", "[scale]\ngain = one\n",
     "f.ini:2: gain = one is not a number; expected a number from 0.5 to 2"},
    {"NaN", "[scale]\ngain = nan\n", "f.ini:2: gain = nan is not a number; expected a number from 0.5 to 2"},
    {"infinity", "[scale]\nratio = inf\n", "f.ini:2: ratio = inf is not a number; expected a number"},
    {"more than a double holds", "[scale]\nratio = 1e999\n",
     "f.ini:2: ratio = 1e999 is out of range; expected a number"},
    {"a hexadecimal number", "[scale]\ngain = 0x1\n",
     "f.ini:2: gain = 0x1 is not a number; expected a number from 0.5 to 2"},
    {"a comma for the point", "[scale]\ngain = 1,5\n",
     "f.ini:2: gain = 1,5 is not a number; expected a number from 0.5 to 2"},
    {"trailing garbage", "[scale]\ngain = 1.5.2\n",
     "f.ini:2: gain = 1.5.2 is not a number; expected a number from 0.5 to 2"},
    {"a text that is too long", "[meter]\nname = 123456789012345678901\n",
     "f.ini:2: name = 123456789012345678901 is too long; expected 0 to 20 characters"},
    {"a text that is empty", "[meter]\npath =\n", "f.ini:2: path =  is empty; expected 1 to 200 characters"},
    {"a text with a control character", "[meter]\nname = a\x1b[2J\n",
     "f.ini:2: name = a?[2J holds a control character; expected 0 to 20 characters"},
    {"a word for neither yes nor no", "[meter]\nenabled = maybe\n",
     "f.ini:2: enabled = maybe is neither yes nor no; expected yes or no"},
    {"no such choice", "[scale]\nsource = hous\n",
     "f.ini:2: source = hous is not one of the choices; expected one of house, steady, replay"},
    {"two choices", "[scale]\nsource = house|steady\n",
     "f.ini:2: source = house|steady is not one of the choices; expected one of house, steady, replay"},
    {"an empty choice", "[scale]\nsource =\n",
     "f.ini:2: source =  is not one of the choices; expected one of house, steady, replay"},
};

static void wrong_files_are_refused_with_line_and_what_was_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct settings settings = {0};
        struct options_error error = {""};
        print_message("%s\n", bad[i].name);
        assert_int_equal(options_read_text(table, N, &settings, "f.ini", bad[i].text, NULL, &error), -EINVAL);
        assert_string_equal(error.text, bad[i].message);
    }
}

static void the_first_wrong_line_is_the_one_reported(void **state)
{
    struct settings settings = {0};
    struct options_error error;
    (void)state;
    assert_int_equal(
        options_read_text(table, N, &settings, "f.ini", "[meter]\nx = 1\ny = 2\n[z]\n", NULL, &error),
        -EINVAL);
    assert_string_equal(error.text, "f.ini:2: [meter] has no option x; expected one such as name");
}

static void a_long_path_does_not_push_the_message_out(void **state)
{
    char path[300];
    struct settings settings = {0};
    struct options_error error;
    (void)state;
    memset(path, 'd', sizeof path);
    memcpy(path + sizeof path - 7, "/f.ini", 7);
    assert_int_equal(options_read_text(table, N, &settings, path, "[meter]\nname a\n", NULL, &error),
                     -EINVAL);
    assert_non_null(strstr(error.text, "/f.ini:2: '=' is missing; expected name = value"));
}

/* No input may crash or hang: seeded mutations of a good file, run under the sanitizers. */
static void mutated_files_are_accepted_or_refused_with_a_sentence(void **state)
{
    static const char seed_text[] =
        "# c\n[meter]\nperiod_s = 5 ; s\nname = a\n[scale]\nsource = house\ngain=1.5\n";
    static const char odd[] = {'\0', '\n', '\r', ' ',    '\t', ';', '#', '[',
                               ']',  '=',  ':',  '\xef', '9',  '-', 'x'};
    uint32_t random = 20;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof seed_text];
        struct settings settings = {0};
        struct options_error error = {""};
        memcpy(text, seed_text, sizeof text);
        for (int change = 0; change < 1 + round % 4; change++) {
            random = random * UINT32_C(1664525) + UINT32_C(1013904223);
            text[(random >> 8) % (sizeof text - 1)] = odd[(random >> 24) % sizeof odd];
        }
        const int result = options_read_text(table, N, &settings, "f", text, NULL, &error);
        assert_true(result == 0 || result == -EINVAL);
        assert_true((result == 0) == (error.text[0] == '\0'));
        assert_true(result == 0 || strstr(error.text, "; expected ") != NULL);
    }
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void files_are_read_and_what_is_no_text_is_refused(void **state)
{
    static const char with_nul[] = "[meter]\nname = a\0b\n";
    char path[64], expected[256];
    struct settings settings = {0};
    struct options_error error;
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(path, sizeof path, "%.40s/options.XXXXXX", base != NULL ? base : "/tmp");
    close(mkstemp(path));
    write_file(path, "[meter]\nperiod_s = 77\n", 22);
    assert_int_equal(options_read(table, N, &settings, path, NULL, &error), 0);
    assert_int_equal(settings.period_s, 77);

    write_file(path, with_nul, sizeof with_nul - 1);
    assert_int_equal(options_read(table, N, &settings, path, NULL, &error), -EINVAL);
    snprintf(expected, sizeof expected, "%s:2: holds a NUL byte; expected text", path);
    assert_string_equal(error.text, expected);

    assert_int_equal(truncate(path, (1 << 20) + 1), 0);
    assert_int_equal(options_read(table, N, &settings, path, NULL, &error), -EFBIG);
    assert_non_null(strstr(error.text, "File too large; expected a readable INI file"));

    unlink(path);
    assert_int_equal(options_read(table, N, &settings, path, NULL, &error), -ENOENT);
    snprintf(expected, sizeof expected, "%s: No such file or directory; expected a readable INI file", path);
    assert_string_equal(error.text, expected);
    assert_int_equal(options_read(table, N, &settings, "/tmp", NULL, &error), -EISDIR);
}

static const struct {
    const char *name, *assignment, *message; /* NULL: accepted */
} assignments[] = {
    {"an assignment", "meter.period_s=99", NULL},
    {"an assignment with blanks", " meter.period_s = 99 ", NULL},
    {"a value with an equals sign", "meter.name=a=b", NULL},
    {"no equals sign", "meter.period_s", "--set meter.period_s: '=' is missing; expected section.name=value"},
    {"no section", "period_s=9",
     "--set period_s: there is no such option; expected section.name, for instance meter.period_s"},
    {"a misspelt name", "scale.gian=9",
     "--set scale.gian: there is no such option; expected section.name, for instance scale.gain"},
    {"a wrong value", "scale.gain=9",
     "--set scale.gain: \"9\" is out of range; expected a number from 0.5 to 2"},
    {"a value that a file could not hold", "meter.name=a ;b",
     "--set meter.name: \"a ;b\" holds a ';' that begins a comment; expected 0 to 20 characters"},
    {"a value that begins with a semicolon", "meter.name=;b",
     "--set meter.name: \";b\" holds a ';' that begins a comment; expected 0 to 20 characters"},
    {"a value of several lines", "meter.name=a\nb",
     "--set meter.name: \"a?b\" holds a control character; expected 0 to 20 characters"},
    {"a value beyond all measure", "meter.path=" LONG_150 LONG_150,
     "--set meter.path: the value is too long; expected at most 255 characters"},
};

static void assignments_set_one_option(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof assignments / sizeof assignments[0]; i++) {
        struct settings settings;
        struct options_error error = {""};
        print_message("%s\n", assignments[i].name);
        options_defaults(table, N, &settings);
        const int result = options_set(table, N, &settings, assignments[i].assignment, &error);
        assert_int_equal(result, assignments[i].message == NULL ? 0 : -EINVAL);
        assert_string_equal(error.text, assignments[i].message == NULL ? "" : assignments[i].message);
        if (assignments[i].message == NULL)
            assert_true(settings.period_s == 99 || strcmp(settings.name, "a=b") == 0);
    }
}

static char *written(const struct settings *settings, int expected_result)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    assert_int_equal(options_write(table, N, settings, file), expected_result);
    fclose(file);
    return text;
}

static void what_is_written_explains_itself(void **state)
{
    struct settings settings = {.ratio = 10};
    (void)state;
    options_defaults(table, N, &settings);
    char *text = written(&settings, 0);
    assert_string_equal(text,
                        "[meter]\n"
                        "# whether it runs: yes or no; default yes\nenabled = yes\n"
                        "# time between writes: a whole number from 1 to 3600 s; default 10\nperiod_s = 10\n"
                        "# what people call it: 0 to 20 characters; default empty\nname =\n"
                        "# where files go: 1 to 200 characters; default /var/lib\npath = /var/lib\n"
                        "\n[scale]\n"
                        "# factor: a number from 0.5 to 2; default 1\ngain = 1\n"
                        "# added: a number V; "
                        "default 0\noffset_v = 0\n"
                        "# what is metered: one of house, steady, replay; default house\nsource = house\n"
                        "# must be given: a number\nratio = 10\n"
                        "# a lower limit only: a number of at least 0.1 Hz; default 7\nlow = 7\n"
                        "# an upper limit only: a number of at most 1000 Hz; default 7\nhigh = 7\n");
    free(text);
}

static const double doubles[] = {0,
                                 -0.0,
                                 0.1,
                                 1.0 / 3,
                                 1e-300,
                                 DBL_MIN,
                                 DBL_TRUE_MIN,
                                 DBL_MAX,
                                 -DBL_MAX,
                                 123456.7,
                                 1e15,
                                 1e16 + 2,
                                 4503599627370497.5,
                                 DBL_EPSILON,
                                 0.3};

static void what_is_written_reads_back_to_the_same_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        struct settings settings = {
            .ratio = doubles[i], .offset_v = -doubles[i], .gain = 1.1, .low = 0.1, .name = "x;y #1"};
        struct settings back = {0};
        struct options_error error = {""};
        settings.enabled = i % 2 == 0;
        settings.period_s = (int64_t)i + 1;
        settings.source = (int)i % 3;
        memset(settings.path, 'p', 190);
        char *text = written(&settings, 0);
        assert_int_equal(options_read_text(table, N, &back, "back", text, NULL, &error), 0);
        assert_memory_equal(&settings, &back, sizeof back);
        free(text);
    }
}

static void what_a_file_cannot_hold_is_reported(void **state)
{
    struct settings settings = {.ratio = (double)NAN};
    (void)state;
    options_defaults(table, N, &settings);
    char *text = written(&settings, -EINVAL);
    assert_non_null(strstr(text, "\n# ratio has no value that a file can hold\n"));
    free(text);

    settings.ratio = 1;
    memset(settings.path, 'p', 191); /* "path = " and 191 characters: one more than inih reads */
    free(written(&settings, -EINVAL));
    settings.path[0] = ' ';
    settings.path[100] = '\0';
    free(written(&settings, -EINVAL));
    settings.path[0] = '/';
    free(written(&settings, 0));
    settings.source = 3;
    free(written(&settings, -EINVAL));
    settings.source = -1;
    free(written(&settings, -EINVAL));
}

static void a_full_device_is_reported(void **state)
{
    struct settings settings = {.ratio = 1};
    (void)state;
    options_defaults(table, N, &settings);
    FILE *file = fopen("/dev/full", "w");
    assert_non_null(file);
    assert_int_equal(options_write(table, N, &settings, file), -EIO);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_tables),
        cmocka_unit_test(good_files_set_what_they_name_and_nothing_else),
        cmocka_unit_test(wrong_files_are_refused_with_line_and_what_was_expected),
        cmocka_unit_test(the_first_wrong_line_is_the_one_reported),
        cmocka_unit_test(a_long_path_does_not_push_the_message_out),
        cmocka_unit_test(mutated_files_are_accepted_or_refused_with_a_sentence),
        cmocka_unit_test(files_are_read_and_what_is_no_text_is_refused),
        cmocka_unit_test(assignments_set_one_option),
        cmocka_unit_test(what_is_written_explains_itself),
        cmocka_unit_test(what_is_written_reads_back_to_the_same_bits),
        cmocka_unit_test(what_a_file_cannot_hold_is_reported),
        cmocka_unit_test(a_full_device_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
