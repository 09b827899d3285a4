/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_an_automatic_id_is_made_once_and_kept(void **state)
{
    (void)state;
    char dir[] = "/tmp/vatio-identity-XXXXXX", path[64], error[128], first[RECORD_ID], again[RECORD_ID];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/meter_id", dir);
    assert_int_equal(identity_meter("auto", dir, first, error, sizeof error), 0);
    assert_int_equal(strlen(first), 13);
    assert_int_equal(strspn(first + 1, "0123456789abcdef"), 12);
    assert_int_equal(identity_meter("auto", dir, again, error, sizeof error), 0);
    assert_string_equal(first, again);

    FILE *file = fopen(path, "w");
    fputs("roof-7\n", file);
    fclose(file);
    assert_int_equal(identity_meter("auto", dir, again, error, sizeof error), 0);
    assert_string_equal(again, "roof-7");

    file = fopen(path, "w");
    fputs("/+#\n", file);
    fclose(file);
    assert_int_equal(identity_meter("auto", dir, again, error, sizeof error), -EINVAL);
    assert_non_null(strstr(error, "meter_id:1: expected"));
    unlink(path);
    rmdir(dir);
}

static void test_a_configured_id_is_taken_as_it_is(void **state)
{
    (void)state;
    char error[128], id[RECORD_ID];
    assert_int_equal(identity_meter("casa-12", "/nonexistent", id, error, sizeof error), 0);
    assert_string_equal(id, "casa-12");
}

static void test_a_directory_that_is_not_there_gets_one_sentence(void **state)
{
    (void)state;
    char error[128], id[RECORD_ID];
    assert_int_equal(identity_meter("auto", "/nonexistent", id, error, sizeof error), -ENOENT);
    assert_non_null(strstr(error, "/nonexistent/meter_id: No such file"));
}

static void test_every_start_has_its_own_boot_id(void **state)
{
    (void)state;
    char a[RECORD_ID], b[RECORD_ID];
    assert_int_equal(identity_boot(a), 0);
    assert_int_equal(identity_boot(b), 0);
    assert_int_equal(strlen(a), 32);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_automatic_id_is_made_once_and_kept),
        cmocka_unit_test(test_a_configured_id_is_taken_as_it_is),
        cmocka_unit_test(test_a_directory_that_is_not_there_gets_one_sentence),
        cmocka_unit_test(test_every_start_has_its_own_boot_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
