/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "recording_fixture.h"

static const char cfg_head[] = "s,d,2013\n2,1A,1D\n1,U,A,,kV,0.5,0,0,-9,9,1,1,P\n1,S,,,0\n50\n1\n1000,3\n"
                               "22/08/2016,16:04:22.250000\n22/08/2016,16:04:23.000000\n";
static const char ascii_rows[] = "1,0,2,0\n2,1000,4,1\n3,2000,6,0\n";

/* 3 records of FLOAT32: 8 + 4 + 2 bytes each; 2.5, 4.5, 6.5. The second looks like the end of a line and a heading. */
static void put_floats(struct fixture_bytes *bytes)
{
    for (int k = 0; k < 3; k++) {
        const float value = (float)(2.5 + 2 * k);
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        fixture_put_number(bytes, (uint32_t)k + 1, 4);
        fixture_put_number(bytes, 0x2d2d2d0a, 4); /* "\n---" */
        fixture_put_number(bytes, bits, 4);
        fixture_put_number(bytes, 0x0a0a, 2);
    }
}

static int read_bytes(struct recording *recording, const struct fixture_bytes *bytes,
                      char error[FIXTURE_ERROR])
{
    return fixture_read(comtrade_read_cff, recording, bytes->at, bytes->size, error);
}

static void check(struct recording *recording, double first, double step)
{
    assert_int_equal(recording->n_channels, 1);
    assert_int_equal(recording->n_samples, 3);
    for (int k = 0; k < 3; k++)
        assert_true(recording->channel[0].value[k] == 500 * (first + step * k));
    assert_true(fabs(recording->rate_hz - 1000) < 1e-9);
    assert_int_equal(recording->utc_start_ms, 1471881862250);
    recording_close(recording);
}

static void sections_of_text_are_found_in_any_dress(void **state)
{
    (void)state;
    static const struct {
        const char *cfg, *between, *dat, *after;
    } cases[] = {
        {"--- file type: CFG ---", "", "--- file type: DAT ASCII ---", ""},
        {"--- file type: CFG ---", "--- file type: INF ---\nany, text\n--- file type: HDR ---\n\n",
         "--- file type: DAT ASCII ---", ""},
        {"  ---FILE TYPE:cfg---  ", "", "--- File Type: dat ascii: ---", "--- file type: INF ---\n9,9\n"},
        {"notes before it\n--- file type: CFG ---", "", "--- file type: DAT ASCII: 0 ---", "\x1a\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct fixture_bytes bytes;
        struct recording recording;
        char error[FIXTURE_ERROR];
        bytes.size = 0;
        fixture_print(&bytes, "%s\n%sASCII\n1\n%s%s\n%s%s", cases[i].cfg, cfg_head, cases[i].between,
                      cases[i].dat, ascii_rows, cases[i].after);
        print_message("case %d\n", (int)i + 1);
        const int result = read_bytes(&recording, &bytes, error);
        assert_string_equal(error, "");
        assert_int_equal(result, 0);
        check(&recording, 2, 2);
    }
}

static void data_may_stand_before_the_configuration(void **state)
{
    (void)state;
    static struct fixture_bytes bytes;
    struct recording recording;
    char error[FIXTURE_ERROR];
    bytes.size = 0;
    fixture_print(&bytes, "--- file type: DAT FLOAT32: 42 ---\n");
    put_floats(&bytes);
    fixture_print(&bytes, "\n--- file type: CFG ---\n%sFLOAT32\n1\n-0,0\n", cfg_head);
    assert_int_equal(read_bytes(&recording, &bytes, error), 0);
    check(&recording, 2.5, 2);
}

static void counted_bytes_may_look_like_text(void **state)
{
    (void)state;
    static struct fixture_bytes bytes;
    struct recording recording;
    char error[FIXTURE_ERROR];
    bytes.size = 0;
    fixture_print(&bytes, "--- file type: CFG ---\r\n%sFLOAT32\n1\n--- file type: DAT BINARY: 42 ---\r\n",
                  cfg_head);
    put_floats(&bytes);
    assert_int_equal(read_bytes(&recording, &bytes, error), 0);
    check(&recording, 2.5, 2);

    /* places in errors are those of the one file */
    const size_t begin = bytes.size - 42;
    char expected[FIXTURE_ERROR];
    bytes.at[begin + 14] = 9;
    assert_int_equal(read_bytes(&recording, &bytes, error), -EINVAL);
    snprintf(expected, sizeof expected,
             "file: byte %zu: sample 2: the number of the sample before, plus 1, was expected", begin + 14);
    assert_string_equal(error, expected);
    recording_close(&recording);
}

static void an_information_section_tells_the_front_ends_poles(void **state)
{
    (void)state;
    static const struct {
        const char *inf, *error;
        double high_pass_hz, low_pass_hz;
    } cases[] = {
        {"[Vatio Front_End]\nA1_high_pass_hz=0.5\n A1_low_pass_hz = 3400 \n", "", 0.5, 3400},
        {"[Public Record_Information]\nA1_high_pass_hz=0.5\n", "", 0, 0},
        {"A1_high_pass_hz=0.5\n[vatio front_end]\n\nnotes=1\nA1_low_pass_hz=0\n", "", 0, 0},
        {"[Vatio Front_End]\nA2_low_pass_hz=1\n", "file:14: \"A2\": A1 to A1 was expected", 0, 0},
        {"[Vatio Front_End]\nA1_low_pass_hz=-1\n",
         "file:14: \"-1\": a number of Hz, 0 for no pole, was expected", 0, 0},
        {"[Vatio Front_End]\nA1_low_pass_hz\n", "file:14: \"\": a number of Hz, 0 for no pole, was expected",
         0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct fixture_bytes bytes;
        struct recording recording;
        char error[FIXTURE_ERROR];
        bytes.size = 0;
        fixture_print(&bytes, "--- file type: CFG ---\n%sASCII\n--- file type: INF ---\n%s", cfg_head,
                      cases[i].inf);
        fixture_print(&bytes, "--- file type: DAT ASCII ---\n%s", ascii_rows);
        const int result = read_bytes(&recording, &bytes, error);
        assert_string_equal(error, cases[i].error);
        assert_int_equal(result, cases[i].error[0] == '\0' ? 0 : -EINVAL);
        assert_true(recording.channel[0].high_pass_hz == cases[i].high_pass_hz);
        assert_true(recording.channel[0].low_pass_hz == cases[i].low_pass_hz);
        recording_close(&recording);
    }
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "file:1: the file ends: a heading \"--- file type: CFG ---\" was expected"},
        {"s,d,1999\n1,1A\n", "file:3: the file ends: a heading \"--- file type: CFG ---\" was expected"},
        {"--- file type: CFG ---\ns,d\n",
         "file:3: the file ends: a heading \"--- file type: DAT ASCII ---\" was expected"},
        {"--- file type: CFG ---\ns,d\n--- file type: CFG ---\n",
         "file:3: a second section of this type: one was expected"},
        {"--- file type: DAT BINARY: 8 ---\n1234567",
         "file:1: \"8\" bytes of data: at most the 7 that follow were expected"},
        {"--- file type: DAT BINARY ---\n1234567",
         "file:1: \"\" bytes of data: at most the 7 that follow were expected"},
        {"--- file type: DAT BINARY: -1 ---\n1",
         "file:1: \"-1\" bytes of data: at most the 1 that follow were expected"},
        {"--- file type: DAT ASCII ---\n1,2\n--- file type: CFG ---\n\nx\n",
         "file:5: \"x\": channel counts like \"8,4A,4D\" were expected"},
        {"--- file type: CFG ---\n--- file type: DAT ASCII ---\n",
         "file:2: the file ends: \"station,device,year\" was expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        char error[FIXTURE_ERROR];
        print_message("%s\n", cases[i].error);
        assert_int_equal(
            fixture_read(comtrade_read_cff, &recording, cases[i].text, strlen(cases[i].text), error),
            -EINVAL);
        assert_string_equal(error, cases[i].error);
        recording_close(&recording);
    }
}

static void a_file_cut_at_any_byte_is_refused(void **state)
{
    (void)state;
    static struct fixture_bytes bytes;
    bytes.size = 0;
    fixture_print(&bytes, "--- file type: CFG ---\r\n%sFLOAT32\n1\n--- file type: DAT BINARY: 42 ---\n",
                  cfg_head);
    put_floats(&bytes);
    for (size_t size = 0; size < bytes.size; size++) {
        struct recording recording;
        char error[FIXTURE_ERROR];
        const int result = fixture_read(comtrade_read_cff, &recording, bytes.at, size, error);
        fixture_check_refusal(&recording, result, error);
        recording_close(&recording);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_of_text_are_found_in_any_dress),
        cmocka_unit_test(data_may_stand_before_the_configuration),
        cmocka_unit_test(counted_bytes_may_look_like_text),
        cmocka_unit_test(an_information_section_tells_the_front_ends_poles),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(a_file_cut_at_any_byte_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
