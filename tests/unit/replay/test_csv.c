/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "recording_fixture.h"

static int read_text(struct recording *recording, const char *text, char error[FIXTURE_ERROR])
{
    return fixture_read(csv_read, recording, text, strlen(text), error);
}

static void names_give_units_and_values_come_in_volts_and_amperes(void **state)
{
    (void)state;
    static const char text[] =
        "t_s,u_l1_v,u_bus_kv,u_shunt_mv,i_l1_a,i_bus_kA,i_leak _mA,temperature,temp_degc\n"
        "0,1,2,3,4,5,6,7,8\n0.5,-1,-2,-3,-4,-5,-6,-7,-8\n";
    static const struct {
        const char *name;
        enum recording_unit unit;
        double value;
    } expected[] = {
        {"u_l1", RECORDING_VOLT, 1},         {"u_bus", RECORDING_VOLT, 2000},
        {"u_shunt", RECORDING_VOLT, 0.003},  {"i_l1", RECORDING_AMPERE, 4},
        {"i_bus", RECORDING_AMPERE, 5000},   {"i_leak", RECORDING_AMPERE, 0.006},
        {"temperature", RECORDING_OTHER, 7}, {"temp_degc", RECORDING_OTHER, 8},
    };
    struct recording recording;
    char error[FIXTURE_ERROR];
    assert_int_equal(read_text(&recording, text, error), 0);
    assert_int_equal(recording.n_channels, 8);
    assert_int_equal(recording.n_samples, 2);
    assert_true(recording.rate_hz == 2 && recording.time_s[0] == 0 && recording.time_s[1] == 0.5);
    assert_true(recording.f_nominal_hz == 0 && recording.utc_start_ms == 0);
    for (int c = 0; c < 8; c++) {
        const struct recording_channel *channel = &recording.channel[c];
        assert_string_equal(channel->name, expected[c].name);
        assert_string_equal(channel->phase, "");
        assert_int_equal(channel->unit, expected[c].unit);
        /* one rounding of the product, at most half of the last bit */
        assert_true(fabs(channel->value[0] - expected[c].value) <= expected[c].value * 2.3e-16);
        assert_true(channel->value[1] == -channel->value[0]);
        assert_true(channel->primary == 1 && channel->secondary == 1 && channel->in_primary &&
                    channel->skew_s == 0);
    }
    recording_close(&recording);
}

/* 62 letters, a blank where the name is cut, and more. */
static void a_name_that_is_cut_behind_a_blank_is_found(void **state)
{
    (void)state;
    static const char text[] =
        "t_s,abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij kl_v\n0,1\n1,2\n";
    struct recording recording;
    char error[FIXTURE_ERROR];
    assert_int_equal(read_text(&recording, text, error), 0);
    assert_string_equal(recording.channel[0].name,
                        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij");
    assert_int_equal(recording_find(&recording, recording.channel[0].name), 0);
    recording_close(&recording);
}

static void texts_are_read_as_the_same_two_samples(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        double rate_hz;
    } cases[] = {
        {"plain", "t_s,u_v\n1,5\n3,6\n", 0.5},
        {"milliseconds", "time_ms,u_v\n1,5\n3,6\n", 500},
        {"microseconds", "t_us,u_v\n-1,5\n1,6\n", 500e3},
        {"nanoseconds", "t_ns,u_v\n1000,5\n3000,6\n", 500e3},
        {"no line end at the end", "t_s,u_v\n1,5\n3,6", 0.5},
        {"CR LF", "t_s,u_v\r\n1,5\r\n3,6\r\n", 0.5},
        {"byte order mark", "\xef\xbb\xbft_s,u_v\n1,5\n3,6\n", 0.5},
        {"blanks and a tabulator", " t_s , u_v \n 1 ,\t5\n3 , 6 \n", 0.5},
        {"empty lines and comments", "# made by hand\n\nt_s,u_v\n#\n1,5\n \r\n  # and more\n3,6\n\n", 0.5},
        {"quotes", "\"t_s\",\"u_v\"\n\"1\",\"5\"\n 3 , \"6\" \n", 0.5},
        {"no time, but a rate", "# rate_hz=2000\nu_v\n5\n6\n", 2000},
        {"a rate with blanks", "#rate_hz = 2e3\r\nu_v\n5\n6\n", 2000},
        {"a rate beside a time: the time counts", "# rate_hz=7\nt_s,u_v\n1,5\n3,6\n", 0.5},
        {"exponents and signs", "t_s,u_v\n1e0,+5.\n3.0,.6E+1\n", 0.5},
        {"capital letters", "T_S,U_V\n1,5\n3,6\n", 0.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        char error[FIXTURE_ERROR];
        print_message("%s\n", cases[i].name);
        const int result = read_text(&recording, cases[i].text, error);
        assert_string_equal(error, "");
        assert_int_equal(result, 0);
        assert_int_equal(recording.n_channels, 1);
        assert_int_equal(recording.n_samples, 2);
        assert_true(recording.channel[0].value[0] == 5 && recording.channel[0].value[1] == 6);
        assert_true(fabs(recording.rate_hz / cases[i].rate_hz - 1) < 1e-15);
        assert_true(recording.channel[0].name[0] == 'u' || recording.channel[0].name[0] == 'U');
        recording_close(&recording);
    }
}

static void quoted_names_may_hold_commas_quotes_and_line_breaks(void **state)
{
    (void)state;
    struct recording recording;
    char error[FIXTURE_ERROR];
    assert_int_equal(read_text(&recording, "t_s,\"bus 1, left_kv\",\"two\nlines_a\"\n0,1,2\n1,3,4\n", error),
                     0);
    assert_string_equal(recording.channel[0].name, "bus 1, left");
    assert_string_equal(recording.channel[1].name, "two?lines");
    assert_true(recording.channel[0].value[1] == 3000 && recording.channel[1].value[1] == 4);
    recording_close(&recording);
    /* lines within a quote count */
    assert_int_equal(read_text(&recording, "t_s,\"two\nlines_a\"\n0,1\n1,x\n", error), -EINVAL);
    assert_string_equal(error, "file:4: \"x\" in column 2: a number was expected");
    recording_close(&recording);
}

static void empty_cells_are_nan(void **state)
{
    (void)state;
    struct recording recording;
    char error[FIXTURE_ERROR];
    assert_int_equal(read_text(&recording, "t_s,u_v,i_a\n0,,1\n1,\"\", \n2,NaN,nan\n3,7,8", error), 0);
    assert_int_equal(recording.n_samples, 4);
    for (int k = 0; k < 3; k++)
        assert_true(isnan(recording.channel[0].value[k]));
    assert_true(recording.channel[1].value[0] == 1);
    assert_true(isnan(recording.channel[1].value[1]) && isnan(recording.channel[1].value[2]));
    assert_true(recording.channel[0].value[3] == 7 && recording.channel[1].value[3] == 8);
    recording_close(&recording);
}

static void comments_tell_start_frequency_and_skews(void **state)
{
    (void)state;
    static const char text[] =
        "# f_nominal_hz=60\n# utc_start_ms=1471881862250\n# skew_us=0,-11.7\n# other=7\n"
        "# high_pass_hz=0,0.5\n# low_pass_hz=3400,0\n"
        "t_s,u_v,i_a\n0,1,2\n1,1,2\n# rate_hz=nonsense, but behind the header\n";
    struct recording recording;
    char error[FIXTURE_ERROR];
    assert_int_equal(read_text(&recording, text, error), 0);
    assert_true(recording.f_nominal_hz == 60);
    assert_int_equal(recording.utc_start_ms, 1471881862250);
    assert_true(recording.channel[0].skew_s == 0);
    assert_true(fabs(recording.channel[1].skew_s + 11.7e-6) < 1e-20);
    assert_true(recording.channel[0].high_pass_hz == 0 && recording.channel[0].low_pass_hz == 3400);
    assert_true(recording.channel[1].high_pass_hz == 0.5 && recording.channel[1].low_pass_hz == 0);
    recording_close(&recording);
}

static void malformed_texts_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *error;
    } cases[] = {
        {"nothing", "", "file:1: the file ends: a header was expected"},
        {"comments only", "# a\n\n", "file:3: the file ends: a header was expected"},
        {"a header only", "t_s,u_v\n", "file:1: 1 samples: at least 2 were expected"},
        {"one sample", "t_s,u_v\n0,1\n", "file:2: 1 samples: at least 2 were expected"},
        {"no time and no rate", "u_v,i_a\n1,2\n3,4\n",
         "file:1: no instants: a first column like t_s, or a line \"# rate_hz=...\" before the header, was "
         "expected"},
        {"time only", "t_s\n1\n2\n", "file:1: no channel: a column like u_l1_v was expected"},
        {"no header but numbers", "0,1\n1,2\n2,3\n",
         "file:1: no instants: a first column like t_s, or a line \"# rate_hz=...\" before the header, was "
         "expected"},
        {"a name left out", "t_s,u_v,,i_a\n0,1,2,3\n1,1,2,3\n",
         "file:1: column 3 has no name: one like u_l1_v was expected"},
        {"time that stands still", "t_s,u_v\n0,1\n\n0.0,2\n",
         "file:4: time \"0.0\": one after that of the row before was expected"},
        {"time that falls", "t_s,u_v\n0,1\n1,1\n-5,2\n",
         "file:4: time \"-5\": one after that of the row before was expected"},
        {"time left out", "t_s,u_v\n0,1\n,1\n", "file:3: time \"\": a number was expected"},
        {"time that is not a number", "t_s,u_v\n0,1\nnan,1\n", "file:3: time \"nan\": a number was expected"},
        {"a word among numbers", "t_s,u_v\n0,1\n1,one\n",
         "file:3: \"one\" in column 2: a number was expected"},
        {"infinity", "t_s,u_v\n0,1\n1,inf\n", "file:3: \"inf\" in column 2: a number was expected"},
        {"a number too large", "t_s,u_v\n0,1\n1,1e999\n",
         "file:3: \"1e999\" in column 2: a number was expected"},
        {"hexadecimal", "t_s,u_v\n0,1\n1,0x1p3\n", "file:3: \"0x1p3\" in column 2: a number was expected"},
        {"semicolons", "t_s,u_v\n0;1\n1;2\n", "file:2: time \"0;1\": a number was expected"},
        {"a cell too few", "t_s,u_v,i_a\n0,1,2\n1,2\n", "file:3: 2 cells: 3 were expected"},
        {"a cell too many", "t_s,u_v\n0,1\n1,2,3\n",
         "file:3: more than 2 cells: as many as the header has were expected"},
        {"decimal commas", "t_s,u_v\n0,1\n0,5,1,5\n",
         "file:3: time \"0\": one after that of the row before was expected"},
        {"a quote left open", "t_s,u_v\n0,1\n1,\"2\n3,4\n",
         "file:3: a quote that nothing closes: a second quote was expected"},
        {"text behind a quote", "t_s,\"u\"_v\n0,1\n1,2\n",
         "file:1: text behind a quoted cell: a comma or the line's end was expected"},
        {"a rate of nothing", "# rate_hz=\nu_v\n1\n2\n",
         "file:1: rate_hz \"\": a number above 0, at most 1e+09, was expected"},
        {"a rate of zero", "\n# rate_hz=0\nu_v\n1\n2\n",
         "file:2: rate_hz \"0\": a number above 0, at most 1e+09, was expected"},
        {"a frequency that is none", "# f_nominal_hz=fifty\nt_s,u_v\n0,1\n1,2\n",
         "file:1: f_nominal_hz \"fifty\": a number above 0, at most 1e+06, was expected"},
        {"skews too few", "# skew_us=1\nt_s,u_v,i_a\n0,1,1\n1,2,1\n",
         "file:1: skew_us: 1 numbers, one for each of 2 channels was expected"},
        {"skews too many", "# skew_us=1,2\nt_s,u_v\n0,1\n1,2\n",
         "file:1: skew_us \"2\": a number for each of 1 channels was expected"},
        {"a skew that is none", "# skew_us=early\nt_s,u_v\n0,1\n1,2\n",
         "file:1: skew_us \"early\": a number for each of 1 channels was expected"},
        {"a skew that is none, further down", "# f_nominal_hz=50\n\n# skew_us=?\nt_s,u_v\n0,1\n1,2\n",
         "file:3: skew_us \"?\": a number for each of 1 channels was expected"},
        {"a pole below zero", "# low_pass_hz=-1\nt_s,u_v\n0,1\n1,2\n",
         "file:1: low_pass_hz \"-1\": a number for each of 1 channels was expected"},
        {"samples too fast for any converter", "t_ns,u_v\n0,1\n0.5,2\n",
         "file:3: 2 samples in 5e-10 s: instants that rise, at most 1e+09 per second, were expected"},
        {"control characters in an error", "t_s,u_v\n0,1\n1,\x1b[31m\n",
         "file:3: \"?[31m\" in column 2: a number was expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        char error[FIXTURE_ERROR];
        print_message("%s\n", cases[i].name);
        const int result = read_text(&recording, cases[i].text, error);
        assert_string_equal(error, cases[i].error);
        assert_int_equal(result, -EINVAL);
        recording_close(&recording);
    }
}

static void a_long_error_is_cut_to_its_buffer(void **state)
{
    (void)state;
    static const char text[] = "t_s,u_v\n0,1\n1,this is not a number, as you see\n";
    for (size_t size = 0; size < 64; size++) {
        struct recording recording = {0};
        struct recording_text whole;
        char filled[64] = "", *error = fixture_copy(filled, size);
        recording_text_init(&whole, "file", text, sizeof text - 1, error, size);
        assert_int_equal(csv_read(&recording, &whole), -EINVAL);
        assert_true(size == 0 || strnlen(error, size) < size);
        fixture_free(error, size);
        recording_close(&recording);
    }
}

static void a_nul_or_any_byte_is_read_or_refused_but_never_harmful(void **state)
{
    (void)state;
    static const char text[] =
        "# rate_hz=5\n# skew_us=1,2\nt_ms,\"u, \"\"x\"\"_v\",i_a\n0,1,2\n1,3,4\n\n2,5,\n";
    for (size_t at = 0; at < sizeof text - 1; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            char changed[sizeof text], error[FIXTURE_ERROR];
            struct recording recording;
            memcpy(changed, text, sizeof text);
            changed[at] = (char)byte;
            const int result = fixture_read(csv_read, &recording, changed, sizeof text - 1, error);
            if (result != 0)
                fixture_check_refusal(&recording, result, error);
            recording_close(&recording);
        }
}

static void a_text_cut_at_any_byte_is_read_or_refused(void **state)
{
    (void)state;
    static const char text[] = "# rate_hz=5\nt_ms,\"u, \"\"x\"\"_v\",i_a\n0,1,2\n1,3,4\n";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        char error[FIXTURE_ERROR];
        struct recording recording;
        const int result = fixture_read(csv_read, &recording, text, size, error);
        /* only the last line feed may lack: the last cell may be empty, but its comma and at least two rows are due */
        if (size < sizeof text - 3)
            fixture_check_refusal(&recording, result, error);
        else
            assert_int_equal(result, 0);
        recording_close(&recording);
    }
}

/* Many columns over many empty lines: room is made for the rows that can be there, not for columns times lines. */
static void endless_lines_and_columns_cost_no_more_than_their_bytes(void **state)
{
    (void)state;
    enum { COLUMNS = 20000, LINES = 200000 };
    static char text[4 + 4 * COLUMNS + LINES];
    char error[FIXTURE_ERROR];
    struct recording recording;
    size_t size = 0;
    memcpy(text, "t_s", 3);
    for (size = 3; size < 3 + 4 * COLUMNS; size += 4)
        memcpy(text + size, ",u_v", 4);
    memset(text + size, '\n', sizeof text - size);
    assert_int_equal(fixture_read(csv_read, &recording, text, sizeof text, error), -EINVAL);
    assert_string_equal(error, "file:200001: 0 samples: at least 2 were expected");
    assert_int_equal(recording.n_channels, COLUMNS);
    recording_close(&recording);

    memset(text, '9', sizeof text); /* one line without an end */
    assert_int_equal(fixture_read(csv_read, &recording, text, sizeof text, error), -EINVAL);
    fixture_check_refusal(&recording, -EINVAL, error);
    recording_close(&recording);

    memset(text, ',', sizeof text);
    assert_int_equal(fixture_read(csv_read, &recording, text, sizeof text, error), -EINVAL);
    fixture_check_refusal(&recording, -EINVAL, error);
    recording_close(&recording);
}

static void any_number_of_rows_is_counted(void **state)
{
    (void)state;
    static struct fixture_bytes text;
    for (int n = 2; n < 300; n += 13) {
        char error[FIXTURE_ERROR];
        struct recording recording;
        text.size = 0;
        fixture_print(&text, "t_s,u_v\n");
        for (int k = 0; k < n; k++)
            fixture_print(&text, "%d,%d%s", k, k * k, k == n - 1 && n % 2 == 0 ? "" : "\n");
        assert_int_equal(fixture_read(csv_read, &recording, text.at, text.size, error), 0);
        assert_int_equal(recording.n_samples, n);
        for (int k = 0; k < n; k++)
            assert_true(recording.time_s[k] == k && recording.channel[0].value[k] == k * k);
        recording_close(&recording);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_give_units_and_values_come_in_volts_and_amperes),
        cmocka_unit_test(a_name_that_is_cut_behind_a_blank_is_found),
        cmocka_unit_test(texts_are_read_as_the_same_two_samples),
        cmocka_unit_test(quoted_names_may_hold_commas_quotes_and_line_breaks),
        cmocka_unit_test(empty_cells_are_nan),
        cmocka_unit_test(comments_tell_start_frequency_and_skews),
        cmocka_unit_test(malformed_texts_are_refused_with_their_line),
        cmocka_unit_test(a_long_error_is_cut_to_its_buffer),
        cmocka_unit_test(a_nul_or_any_byte_is_read_or_refused_but_never_harmful),
        cmocka_unit_test(a_text_cut_at_any_byte_is_read_or_refused),
        cmocka_unit_test(endless_lines_and_columns_cost_no_more_than_their_bytes),
        cmocka_unit_test(any_number_of_rows_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
