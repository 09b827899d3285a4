/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/topics.h"

#include <errno.h>
#include <string.h>

#define LONG_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *name;
    const char *base, *meter_id;
    int result;
} cases[] = {
    {"the default base and a plain id are taken", "vatio", "m-1_a.B", 0},
    {"a base of four levels is taken", "utility/region/street/house", "m1", 0},
    {"the longest base and id are taken", LONG_64, "0123456789abcdef0123456789abcdef", 0},
    {"a base of five levels is too deep for some brokers", "a/b/c/d/e", "m1", -EINVAL},
    {"a longer base is refused", LONG_64 "a", "m1", -EINVAL},
    {"an empty base is refused", "", "m1", -EINVAL},
    {"a base that begins with a slash is refused", "/vatio", "m1", -EINVAL},
    {"a base that ends with a slash is refused", "vatio/", "m1", -EINVAL},
    {"an empty level is refused", "a//b", "m1", -EINVAL},
    {"a wildcard + is refused", "a/+/b", "m1", -EINVAL},
    {"a wildcard # is refused", "vatio#", "m1", -EINVAL},
    {"a broker's own topic is refused", "$SYS", "m1", -EINVAL},
    {"a blank is refused", "va tio", "m1", -EINVAL},
    {"a control character is refused", "va\ntio", "m1", -EINVAL},
    {"what is not ASCII is refused", "zähler", "m1", -EINVAL},
    {"an empty id is refused", "vatio", "", -EINVAL},
    {"an id with a slash is refused", "vatio", "m/1", -EINVAL},
    {"an id with a wildcard is refused", "vatio", "m+", -EINVAL},
    {"an id of 33 characters is refused", "vatio", "0123456789abcdef0123456789abcdef0", -EINVAL},
};

static void bases_and_ids_are_checked(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct topics topics;
        print_message("  %s\n", cases[k].name);
        assert_int_equal(topics_init(&topics, cases[k].base, cases[k].meter_id), cases[k].result);
    }
}

static void names_are_made_of_base_version_and_meter(void **state)
{
    struct topics topics;

    (void)state;
    assert_int_equal(topics_init(&topics, "a/b", "m1"), 0);
    assert_string_equal(topics.client_id, "vatio-m1");
    assert_string_equal(topics.name[TOPIC_STATE], "a/b/v1/m1/state");
    assert_string_equal(topics.name[TOPIC_INFO], "a/b/v1/m1/info");
    assert_string_equal(topics.name[TOPIC_LIVE], "a/b/v1/m1/live");
    assert_string_equal(topics.name[TOPIC_DATA], "a/b/v1/m1/data");
    assert_string_equal(topics.name[TOPIC_EVENT], "a/b/v1/m1/event");
}

static void the_longest_names_are_not_cut(void **state)
{
    struct topics topics;

    (void)state;
    assert_int_equal(topics_init(&topics, LONG_64, "0123456789abcdef0123456789abcdef"), 0);
    assert_string_equal(topics.name[TOPIC_STATE], LONG_64 "/v1/0123456789abcdef0123456789abcdef/state");
    assert_string_equal(topics.client_id, "vatio-0123456789abcdef0123456789abcdef");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bases_and_ids_are_checked),
        cmocka_unit_test(names_are_made_of_base_version_and_meter),
        cmocka_unit_test(the_longest_names_are_not_cut),
    };
    return cmocka_run_group_tests_name("topics", tests, NULL, NULL);
}
