/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define A50  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A255 A50 A50 A50 A50 A50 "aaaaa"

static const struct {
    const char *name;
    const char *text;
    mode_t mode;
    int result;
    const char *password;
} cases[] = {
    {"a line is the password", "secret\n", 0600, 0, "secret"},
    {"the line end may be missing", "secret", 0600, 0, "secret"},
    {"a line end of another system does not belong to it", "secret\r\n", 0600, 0, "secret"},
    {"blanks do", " a b \n", 0600, 0, " a b "},
    {"only the first line counts", "one\ntwo\n", 0640, 0, "one"},
    {"255 characters are taken", A255 "\n", 0600, 0, A255},
    {"256 are not", A255 "a\n", 0600, -EINVAL, ""},
    {"an empty file is refused", "", 0600, -EINVAL, ""},
    {"an empty first line is refused", "\nsecret\n", 0600, -EINVAL, ""},
    {"a file that everyone may read is refused", "secret\n", 0644, -EPERM, ""},
    {"a file that everyone may write is refused", "secret\n", 0602, -EPERM, ""},
};

static void files_are_read_or_refused(void **state)
{
    char path[] = "/tmp/vatio_password_XXXXXX";
    const int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        char password[PASSWORD_MAX + 1];
        print_message("  %s\n", cases[k].name);
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, cases[k].text, strlen(cases[k].text), 0), (ssize_t)strlen(cases[k].text));
        assert_int_equal(fchmod(fd, cases[k].mode), 0);
        assert_int_equal(password_read(path, password), cases[k].result);
        assert_string_equal(password, cases[k].password);
    }
    close(fd);
    unlink(path);
}

static void what_is_no_file_is_refused(void **state)
{
    char dir[] = "/tmp/vatio_password_XXXXXX", fifo[64], password[PASSWORD_MAX + 1];

    (void)state;
    assert_int_equal(password_read("/nonexistent/password", password), -ENOENT);
    assert_non_null(mkdtemp(dir));
    assert_true(password_read(dir, password) < 0);
    strcpy(fifo, dir);
    strcat(fifo, "/fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(password_read(fifo, password), -EINVAL); /* and does not wait for a writer */
    unlink(fifo);
    rmdir(dir);
}

static void errors_say_what_to_do(void **state)
{
    (void)state;
    assert_non_null(strstr(password_error(-EPERM), "chmod 600"));
    assert_non_null(strstr(password_error(-EINVAL), "first line"));
    assert_string_equal(password_error(-ENOENT), "No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_or_refused),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(errors_say_what_to_do),
    };
    return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
