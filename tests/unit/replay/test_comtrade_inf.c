/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hal/replay/comtrade_inf.h"
#include "tests/unit/replay/recording_fixture.h"

static struct recording_channel channels[2];

static int read_inf(const char *text, char error[FIXTURE_ERROR])
{
    struct recording recording = {.n_channels = 2, .channel = channels};
    struct recording_text reader;
    char *copy = fixture_copy(text, strlen(text));
    memset(channels, 0, sizeof channels);
    error[0] = '\0';
    recording_text_init(&reader, "f.inf", copy, strlen(text), error, FIXTURE_ERROR);
    const int result = comtrade_inf_read(&recording, &reader);
    fixture_free(copy, strlen(text));
    return result;
}

static const struct {
    const char *name;
    const char *text;
    double high_1, low_1, high_2, low_2;
} files[] = {
    {"as it is written",
     "[Vatio "
     "Front_End]\r\nA1_high_pass_hz=0.5\r\nA1_low_pass_hz=3372.6\r\nA2_high_pass_hz=0\r\nA2_low_pass_hz="
     "3404\r\n",
     0.5, 3372.6, 0, 3404},
    {"blanks, other case, no end of line", " [vatio front_end] \n a2_LOW_pass_hz = 7.5", 0, 0, 0, 7.5},
    {"other sections say nothing", "A1_low_pass_hz=1\n[Public Record_Information]\nA1_low_pass_hz=what\n", 0,
     0, 0, 0},
    {"other lines say nothing", "[Vatio Front_End]\n\nnote\nA1_colour=blue\nA1_low_pass_hz=9\n=\n_\n", 0, 9,
     0, 0},
    {"a section after ours ends it", "[Vatio Front_End]\nA1_low_pass_hz=9\n[Other]\nA1_low_pass_hz=-1\n", 0,
     9, 0, 0},
    {"nothing", "", 0, 0, 0, 0},
};

static void poles_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char error[FIXTURE_ERROR];
        print_message("%s\n", files[i].name);
        if (read_inf(files[i].text, error) != 0)
            fail_msg("%s", error);
        assert_true(channels[0].high_pass_hz == files[i].high_1 && channels[0].low_pass_hz == files[i].low_1);
        assert_true(channels[1].high_pass_hz == files[i].high_2 && channels[1].low_pass_hz == files[i].low_2);
    }
}

static const struct {
    const char *name, *text, *error;
} refusals[] = {
    {"a channel too high", "[Vatio Front_End]\nA3_low_pass_hz=1\n", "f.inf:2: \"A3\": A1 to A2 was expected"},
    {"channel nought", "[Vatio Front_End]\nA0_low_pass_hz=1\n", "\"A0\": A1 to A2 was expected"},
    {"no number of a channel", "[Vatio Front_End]\nA_low_pass_hz=1\n", "\"A\": A1 to A2 was expected"},
    {"a status channel", "[Vatio Front_End]\nD1_low_pass_hz=1\n", "\"D1\": A1 to A2 was expected"},
    {"no number", "[Vatio Front_End]\nA1_low_pass_hz=high\n", "\"high\": a number of Hz"},
    {"an empty value", "[Vatio Front_End]\nA1_low_pass_hz=\n", "\"\": a number of Hz"},
    {"no value", "[Vatio Front_End]\nA1_low_pass_hz", "\"\": a number of Hz"},
    {"below nought", "[Vatio Front_End]\nA1_high_pass_hz=-1\n", "\"-1\": a number of Hz"},
    {"not finite", "[Vatio Front_End]\nA1_high_pass_hz=1e999\n", "a number of Hz"},
};

static void wrong_ones_are_refused_with_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        char error[FIXTURE_ERROR];
        print_message("%s\n", refusals[i].name);
        const int result = read_inf(refusals[i].text, error);
        fixture_check_refusal(NULL, result, error);
        if (strstr(error, refusals[i].error) == NULL)
            fail_msg("%s", error);
    }
}

static void comments_of_a_csv_name_poles_too(void **state)
{
    static const char good[] =
        "# high_pass_hz=0.5,0\n# low_pass_hz = 3372.6, 3404\nt_s,u_l1_v,i_l1_a\n0,1,2\n1,3,4\n";
    static const char bad[] = "# low_pass_hz=3372.6,-1\nt_s,u_l1_v,i_l1_a\n0,1,2\n1,3,4\n";
    char error[FIXTURE_ERROR];
    struct recording recording;
    (void)state;
    if (fixture_read(csv_read, &recording, good, strlen(good), error) != 0)
        fail_msg("%s", error);
    assert_true(recording.channel[0].high_pass_hz == 0.5 && recording.channel[0].low_pass_hz == 3372.6);
    assert_true(recording.channel[1].high_pass_hz == 0 && recording.channel[1].low_pass_hz == 3404);
    recording_close(&recording);
    fixture_check_refusal(&recording, fixture_read(csv_read, &recording, bad, strlen(bad), error), error);
    assert_non_null(strstr(error, "low_pass_hz \"-1\""));
    recording_close(&recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poles_are_read),
        cmocka_unit_test(wrong_ones_are_refused_with_their_line),
        cmocka_unit_test(comments_of_a_csv_name_poles_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
