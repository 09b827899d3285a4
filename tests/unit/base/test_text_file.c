/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char ini[] = "; a comment\n"
                          "[meter]\n"
                          "gain_v = 2\n"
                          "gain=1\n"
                          "  offset  = 3\r\n"
                          "\n"
                          "[other]\n"
                          "gain: 4\n"
                          "; [commented]\n"
                          "[ meter ]\n"
                          "[meter]\n"
                          "late = 5";

struct line_case {
    const char *name;
    const char *section, *key;
    int line;
};

static const struct line_case line_cases[] = {
    {"a key", "meter", "gain", 4},
    {"a key that begins like another", "meter", "gain_v", 3},
    {"an indented key", "meter", "offset", 5},
    {"the same key of another section", "other", "gain", 8},
    {"a key of a section that is opened again", "meter", "late", 12},
    {"a key that is missing gives its section", "other", "offset", 7},
    {"no key gives the section", "meter", NULL, 2},
    {"a section that is missing", "third", "gain", 0},
    {"a section that is only a comment", "commented", NULL, 0},
    {"a section's name must be whole", "mete", NULL, 0},
};

static void test_lines(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof line_cases / sizeof line_cases[0]; k++) {
        const struct line_case *c = &line_cases[k];
        int line = text_file_line(ini, c->section, c->key);
        if (line != c->line)
            fail_msg("%s: line %d, expected %d", c->name, line, c->line);
    }
    assert_int_equal(text_file_line("", "meter", "gain"), 0);
}

static void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void test_reading(void **state)
{
    (void)state;
    const char *root = getenv("TMPDIR");
    char folder[256], path[300], error[512] = "", *text = NULL;
    snprintf(folder, sizeof folder, "%s/vatio-text-XXXXXX", root ? root : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);

    assert_int_equal(text_file_read(path, &text, error, sizeof error), -ENOENT);
    assert_null(text);
    assert_non_null(strstr(error, path));

    assert_int_equal(text_file_read(folder, &text, error, sizeof error), -EISDIR);
    assert_null(text);

    write_bytes(path, ini, sizeof ini - 1);
    assert_int_equal(text_file_read(path, &text, error, sizeof error), 0);
    assert_string_equal(text, ini);
    free(text);

    write_bytes(path, "", 0);
    assert_int_equal(text_file_read(path, &text, error, sizeof error), 0);
    assert_string_equal(text, "");
    free(text);

    write_bytes(path, "one\ntwo\0three\n", 14);
    assert_int_equal(text_file_read(path, &text, error, sizeof error), -EINVAL);
    assert_non_null(strstr(error, "file:2: expected text, found a NUL byte"));
    assert_null(text);

    static char most[TEXT_FILE_MAX + 1];
    memset(most, 'x', sizeof most);
    write_bytes(path, most, TEXT_FILE_MAX);
    assert_int_equal(text_file_read(path, &text, error, sizeof error), 0);
    assert_int_equal(strlen(text), TEXT_FILE_MAX);
    free(text);
    write_bytes(path, most, sizeof most);
    assert_int_equal(text_file_read(path, &text, error, sizeof error), -EINVAL);
    assert_non_null(strstr(error, "at most 1048576 bytes"));

    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
