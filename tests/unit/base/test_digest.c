/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/base/digest.h"

#include <errno.h>
#include <string.h>

/* FIPS 180-4's examples: one block, two blocks, the empty text, a million times "a". */
static const struct {
    const char *name;
    const char *text;
    int times;
    const char *digest;
} vectors[] = {
    {"nothing", "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"one block", "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"a million bytes", "aaaaaaaaaa", 100000,
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void the_digest_is_that_of_the_standard(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof vectors / sizeof vectors[0]; k++) {
        struct digest digest;
        char text[DIGEST_TEXT];
        digest_init(&digest);
        for (int i = 0; i < vectors[k].times; i++)
            digest_add(&digest, vectors[k].text, strlen(vectors[k].text));
        digest_read(&digest, text);
        if (strcmp(text, vectors[k].digest) != 0)
            fail_msg("%s: %s", vectors[k].name, text);
    }
}

static void a_digest_that_was_read_begins_anew(void **state)
{
    (void)state;
    struct digest digest;
    char first[DIGEST_TEXT], second[DIGEST_TEXT];
    digest_init(&digest);
    digest_add(&digest, "abc", 3);
    digest_read(&digest, first);
    digest_add(&digest, "abc", 3);
    digest_read(&digest, second);
    assert_string_equal(first, second);
    digest_of("abc", 3, first);
    assert_string_equal(first, second);
}

static void bytes_go_through_text_and_back(void **state)
{
    (void)state;
    unsigned char bytes[256], back[256];
    char text[2 * sizeof bytes + 1];
    for (int i = 0; i < 256; i++)
        bytes[i] = (unsigned char)i;
    hex_write(bytes, sizeof bytes, text);
    assert_int_equal(hex_read(text, back, sizeof back), 0);
    assert_memory_equal(bytes, back, sizeof bytes);
    assert_memory_equal(text, "000102", 6);
}

static void what_is_no_hexadecimal_text_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "0", "000", "0g", "G0", "AB", " 0", "0000"};
    unsigned char byte;
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        if (hex_read(wrong[k], &byte, 1) != -EINVAL)
            fail_msg("\"%s\" was taken", wrong[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_digest_is_that_of_the_standard),
        cmocka_unit_test(a_digest_that_was_read_begins_anew),
        cmocka_unit_test(bytes_go_through_text_and_back),
        cmocka_unit_test(what_is_no_hexadecimal_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
