/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings of each kind read back as they were written. */
#include "tests/unit/replay/made_recording.h"

static void each_kind_reads_back_as_it_was_written(void **state)
{
    (void)state;
    static struct fixture_bytes cfg, dat;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct made *made = &kinds[i];
        struct recording recording;
        char error[FIXTURE_ERROR];
        make(&cfg, &dat, made);
        print_message("%s\n", made->name);
        const int result = fixture_read_comtrade(&recording, &cfg, &dat, error);
        assert_string_equal(error, "");
        assert_int_equal(result, 0);
        assert_int_equal(recording.n_channels, 3);
        assert_int_equal(recording.n_samples, made->n_samples);
        check_channel(&recording.channel[0], "Ua bus", "A", RECORDING_VOLT, 0);
        check_channel(&recording.channel[1], "Ib", "B", RECORDING_AMPERE, 312.5e-6);
        check_channel(&recording.channel[2], "angle", "", RECORDING_OTHER, -13e-6);
        check_values(&recording);
        check_instants(&recording, made);
        assert_true(recording.f_nominal_hz == 50);
        assert_int_equal(recording.utc_start_ms,
                         1471881862250); /* date -d '2016-08-22 16:04:22.25Z' +%s%3N */
        recording_close(&recording);
    }
}

static void ratios_and_sides_are_kept_and_none_is_one_to_one(void **state)
{
    (void)state;
    static struct fixture_bytes cfg, dat;
    struct recording recording;
    char error[FIXTURE_ERROR];
    make(&cfg, &dat, &kinds[0]);
    assert_int_equal(fixture_read_comtrade(&recording, &cfg, &dat, error), 0);
    static const struct {
        double primary, secondary;
        bool in_primary;
    } expected[] = {{1100, 1, true}, {60, 5, false}, {1, 1, false}};
    for (int c = 0; c < 3; c++) {
        assert_true(recording.channel[c].primary == expected[c].primary);
        assert_true(recording.channel[c].secondary == expected[c].secondary);
        assert_int_equal(recording.channel[c].in_primary, expected[c].in_primary);
    }
    recording_close(&recording);

    make(&cfg, &dat, &kinds[12]); /* 1991 knows neither ratios nor sides */
    assert_int_equal(fixture_read_comtrade(&recording, &cfg, &dat, error), 0);
    assert_true(recording.channel[0].primary == 1 && recording.channel[0].secondary == 1);
    assert_true(recording.channel[0].in_primary);
    recording_close(&recording);
}

static void instants_follow_each_of_several_rates(void **state)
{
    (void)state;
    static struct fixture_bytes cfg, dat;
    for (int first = 0; first <= 1; first++) {
        const struct made made = {.kind = "BINARY",
                                  .revision = 1999,
                                  .n_samples = 10 - first,
                                  .first = first,
                                  .rates = "3\n1000,3\n250,5\n2000,9\n",
                                  .times = start_1999,
                                  .tail = "1\n"};
        struct recording recording;
        char error[FIXTURE_ERROR];
        make(&cfg, &dat, &made);
        assert_int_equal(fixture_read_comtrade(&recording, &cfg, &dat, error), 0);
        /* samples 1..3 lie 1 ms apart, 4 and 5 each 4 ms after the one before, 6..9 each 0.5 ms */
        static const double expected_ms[] = {-1, 0, 1, 2, 6, 10, 10.5, 11, 11.5, 12};
        for (int k = 0; k < made.n_samples; k++)
            assert_true(fabs(recording.time_s[k] * 1e3 - (expected_ms[k + first] - expected_ms[first])) <
                        1e-12);
        recording_close(&recording);
    }
}

/* One analogue channel with raw values of one record, of which some mean that there is no value. */
static void read_one(const char *year, const char *range, const char *kind, const struct fixture_bytes *dat,
                     double *value)
{
    static struct fixture_bytes cfg;
    struct recording recording;
    char error[FIXTURE_ERROR];
    cfg.size = 0;
    fixture_print(&cfg, "s,d%s\n1,1A,0D\n1,U,,,V,1,0,0,%s\n50\n1\n1000,2\n,\n,\n%s\n1\n", year, range, kind);
    assert_int_equal(fixture_read_comtrade(&recording, &cfg, dat, error), 0);
    *value = recording.channel[0].value[1];
    assert_int_equal(recording.utc_start_ms, 0);
    recording_close(&recording);
}

static void codes_for_no_value_become_nan(void **state)
{
    (void)state;
    static const struct {
        const char *name, *year, *range, *kind, *text;
        uint32_t bits;
        int size;
        bool missing;
    } cases[] = {
        {"nothing in ASCII", ",1999", "-9,9", "ASCII", "1,,0\n2,,\n", 0, 0, true},
        {"99999 in ASCII of 1999", ",1999", "-9,9", "ASCII", "1,,0\n2,,99999\n", 0, 0, true},
        {"99999 in ASCII within the channel's range", ",2013", "-9,200000", "ASCII", "1,,0\n2,,99999\n", 0, 0,
         false},
        {"99999 in ASCII of 1991", "", "-9,9", "ASCII", "1,,0\n2,,99999\n", 0, 0, false},
        {"8000h in BINARY", ",1999", "-32767,32767", "BINARY", NULL, 0x8000, 2, true},
        {"ffffh in BINARY of 1999", ",1999", "-32767,32767", "BINARY", NULL, 0xffff, 2, false},
        {"ffffh in BINARY of 1991, range of 12 bits from 0", "", "0,4095", "BINARY", NULL, 0xffff, 2, true},
        {"ffffh in BINARY of 1991, range unknown", "", ",", "BINARY", NULL, 0xffff, 2, true},
        {"ffffh in BINARY of 1991, range with negatives", "", "-2048,2047", "BINARY", NULL, 0xffff, 2, false},
        {"80000000h in BINARY32", ",2013", "-9,9", "BINARY32", NULL, 0x80000000, 4, true},
        {"80000001h in BINARY32", ",2013", "-9,9", "BINARY32", NULL, 0x80000001, 4, false},
        {"the most negative FLOAT32", ",2013", "-9,9", "FLOAT32", NULL, 0xff7fffff, 4, true},
        {"NaN in FLOAT32", ",2013", "-9,9", "FLOAT32", NULL, 0x7fc00000, 4, true},
        {"infinity in FLOAT32", ",2013", "-9,9", "FLOAT32", NULL, 0x7f800000, 4, true},
        {"the smallest positive FLOAT32", ",2013", "-9,9", "FLOAT32", NULL, 0x00800000, 4, false},
    };
    static struct fixture_bytes dat;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value;
        dat.size = 0;
        if (cases[i].text != NULL)
            fixture_print(&dat, "%s", cases[i].text);
        for (uint32_t k = 1; k <= 2 && cases[i].text == NULL; k++) {
            fixture_put_number(&dat, k, 4);
            fixture_put_number(&dat, 0, 4);
            fixture_put_number(&dat, k == 1 ? 0 : cases[i].bits, cases[i].size);
        }
        read_one(cases[i].year, cases[i].range, cases[i].kind, &dat, &value);
        print_message("%s: %g\n", cases[i].name, value);
        assert_int_equal(isnan(value) != 0, cases[i].missing);
    }
}

static void ascii_of_odd_devices_is_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "1, 0, 5, 0\r\n2, 1, 6, 0\r\n",
        "1,0,5,0,\n2,1,6,0,\n", /* a comma at the end */
        "1,0,5,0\n2,1,6,0\n\x1a",
        "\n1,0,5,0\n\n2,1,6,0", /* DOS's end of text; empty lines */
        "1,,5,\n2,,6,\n",
        "01,+0,5.0,0\n2,1,.6e1,0\n",
        ("\xef\xbb\xbf"
         "1,0,5,0\n2,1,6,0\n"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        static struct fixture_bytes cfg, dat;
        struct recording recording;
        char error[FIXTURE_ERROR];
        cfg.size = dat.size = 0;
        fixture_print(&cfg,
                      "s,d,1999\n2,1A,1D\n1,U,,,V,1,0,0,-9,9,1,1,P\n1,S,,,0\n50\n1\n9,2\n,\n,\nASCII\n1\n");
        fixture_print(&dat, "%s", texts[i]);
        assert_int_equal(fixture_read_comtrade(&recording, &cfg, &dat, error), 0);
        assert_true(recording.channel[0].value[0] == 5 && recording.channel[0].value[1] == 6);
        recording_close(&recording);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_reads_back_as_it_was_written),
        cmocka_unit_test(ratios_and_sides_are_kept_and_none_is_one_to_one),
        cmocka_unit_test(instants_follow_each_of_several_rates),
        cmocka_unit_test(codes_for_no_value_become_nan),
        cmocka_unit_test(ascii_of_odd_devices_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
