/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *file;      /* stands for standard error */
static int saved_error; /* the real one */

static int redirect(void **state)
{
    (void)state;
    file = tmpfile();
    saved_error = dup(STDERR_FILENO);
    return file == NULL || dup2(fileno(file), STDERR_FILENO) < 0;
}

static int restore(void **state)
{
    (void)state;
    dup2(saved_error, STDERR_FILENO);
    close(saved_error);
    unsetenv("JOURNAL_STREAM");
    return fclose(file);
}

static const char *written(char text[4096])
{
    const ssize_t n = pread(fileno(file), text, 4095, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void say_all(void)
{
    log_error("a %d", 1);
    log_warning("b %d", 2);
    log_notice("c %d", 3);
    log_info("d %d", 4);
    log_debug("e %d", 5);
}

static void set_stream(int offset)
{
    struct stat status;
    char text[64];
    assert_int_equal(fstat(STDERR_FILENO, &status), 0);
    snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino + (uintmax_t)offset);
    setenv("JOURNAL_STREAM", text, 1);
}

static const struct {
    const char *name;
    int stream; /* 0: not set, 1: names standard error, 2: names another file */
    enum log_level max_level;
    const char *expected;
} cases[] = {
    {"a terminal gets the program and a word before each line", 0, LOG_LEVEL_DEBUG,
     "prog: error: a 1\nprog: warning: b 2\nprog: notice: c 3\nprog: info: d 4\nprog: debug: e 5\n"},
    {"messages above the level are not written", 0, LOG_LEVEL_WARNING,
     "prog: error: a 1\nprog: warning: b 2\n"},
    {"the journal gets priorities", 1, LOG_LEVEL_DEBUG, "<3>a 1\n<4>b 2\n<5>c 3\n<6>d 4\n<7>e 5\n"},
    {"standard error that was redirected since is no journal", 2, LOG_LEVEL_ERROR, "prog: error: a 1\n"},
};

static void each_message_is_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[4096];
        print_message("%s\n", cases[i].name);
        assert_int_equal(ftruncate(fileno(file), 0), 0);
        lseek(STDERR_FILENO, 0, SEEK_SET);
        unsetenv("JOURNAL_STREAM");
        if (cases[i].stream != 0)
            set_stream(cases[i].stream - 1);
        log_init("prog", cases[i].max_level);
        say_all();
        assert_string_equal(written(text), cases[i].expected);
    }
}

static void control_characters_become_blanks(void **state)
{
    char text[4096];
    (void)state;
    log_init("prog", LOG_LEVEL_INFO);
    log_info("one\ntwo\033[2Jthree");
    assert_string_equal(written(text), "prog: info: one two [2Jthree\n");
}

static void long_messages_are_cut_to_one_line(void **state)
{
    char text[4096], message[3000];
    (void)state;
    memset(message, 'x', sizeof message);
    message[sizeof message - 1] = '\0';
    log_init("prog", LOG_LEVEL_INFO);
    log_info("%s", message);
    written(text);
    assert_in_range(strlen(text), 1000, 1024);
    assert_int_equal(strchr(text, '\n') - text, strlen(text) - 1);
}

static void errno_survives_and_can_be_named(void **state)
{
    char text[4096], expected[128];
    (void)state;
    log_init("prog", LOG_LEVEL_INFO);
    snprintf(expected, sizeof expected, "prog: error: open: %s\n", strerror(ENOENT));
    errno = ENOENT;
    log_error("open: %s", strerror(errno));
    assert_int_equal(errno, ENOENT);
    assert_string_equal(written(text), expected);
    close(STDERR_FILENO); /* nowhere to write to */
    log_error("lost");
    assert_int_equal(errno, ENOENT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, redirect, restore)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_message_is_one_line),
        TEST(control_characters_become_blanks),
        TEST(long_messages_are_cut_to_one_line),
        TEST(errno_survives_and_can_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
