/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings that were cut, changed or contradict themselves are refused, and do no harm. */
#include "tests/unit/replay/made_recording.h"

static void a_file_cut_at_any_byte_is_refused_with_its_place(void **state)
{
    (void)state;
    static struct fixture_bytes cfg, dat, cut;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct recording recording;
        char error[FIXTURE_ERROR];
        make(&cfg, &dat, &kinds[i]);
        const bool is_text = strstr("ASCII ascii", kinds[i].kind) != NULL;
        /* a text without its last line feed is whole, and without its last digit of a status channel another one */
        const size_t line_end = (kinds[i].crlf ? 2u : 1u) + (kinds[i].n_status > 0 ? 1u : 0u);
        const size_t whole = is_text ? dat.size - line_end : dat.size;
        for (size_t size = 0; size < whole; size++) {
            cut = dat;
            cut.size = size;
            const int result = fixture_read_comtrade(&recording, &cfg, &cut, error);
            const bool shorter_number = is_text && kinds[i].n_status == 0 && size > whole - 4 && result == 0;
            const bool counted_from_0 = kinds[i].first == 0 && kinds[i].n_samples == 10 && result == 0;
            if (!shorter_number && !counted_from_0)
                fixture_check_refusal(&recording, result, error);
            recording_close(&recording);
        }
        /* the configuration, up to its kind: behind it only the time factor and what 2013 added follow, which may lack */
        const size_t needed = cfg.size - strlen(kinds[i].tail) - strlen(kinds[i].kind) - 2;
        for (size_t size = 0; size < needed; size++) {
            cut = cfg;
            cut.size = size;
            const int result = fixture_read_comtrade(&recording, &cut, &dat, error);
            fixture_check_refusal(&recording, result, error);
            recording_close(&recording);
        }
    }
}

static void any_byte_replaced_is_read_or_refused_but_never_harmful(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {0, 0xff, ',', '\n', '9', '-'};
    static struct fixture_bytes cfg, dat;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        make(&cfg, &dat, &kinds[i]);
        for (size_t b = 0; b < sizeof bytes; b++)
            for (size_t at = 0; at < cfg.size + dat.size; at++) {
                char *byte = at < cfg.size ? &cfg.at[at] : &dat.at[at - cfg.size];
                const char was = *byte;
                struct recording recording;
                char error[FIXTURE_ERROR];
                *byte = (char)bytes[b];
                const int result = fixture_read_comtrade(&recording, &cfg, &dat, error);
                if (result != 0)
                    fixture_check_refusal(&recording, result, error);
                recording_close(&recording);
                *byte = was;
            }
    }
}

static void data_that_contradict_the_configuration_are_refused(void **state)
{
    (void)state;
    static const char cfg_text[] =
        "s,d,1999\n2,1A,1D\n1,U,,,V,1,0,0,-9,9,1,1,P\n1,S,,,0\n50\n%s\n,\n,\n%s\n1\n";
    static const struct {
        const char *name, *rates, *text, *error;
    } cases[] = {
        {"one sample too many", "1\n1000,2", "1,0,1,0\n2,1,1,0\n3,2,1,0\n",
         "f.dat:3: sample 3: one more than the last sample that the configuration names; the end was "
         "expected"},
        {"one sample too few", "1\n1000,3", "1,0,11111,0\n2,1,11111,0\n",
         "f.dat:3: sample 3: the file ends; a sample was expected"},
        {"numbers from 7", "1\n1000,2", "7,0,1,0\n8,1,1,0\n",
         "f.dat:1: sample 1: the number of the first sample, 1 or 0, was expected"},
        {"a number left out", "1\n1000,2", "1,0,1,0\n3,1,1,0\n",
         "f.dat:2: sample 2: the number of the sample before, plus 1, was expected"},
        {"a number that is none", "1\n1000,2", "1,0,1,0\nx,1,1,0\n",
         "f.dat:2: sample number \"x\": a whole number was expected"},
        {"a value that is none", "1\n1000,2", "1,0,1,0\n2,1,0x7,0\n",
         "f.dat:2: field 3, \"0x7\": a number was expected"},
        {"a stamp that is none", "1\n1000,2", "1,0,1,0\n2,?,1,0\n",
         "f.dat:2: time stamp \"?\": a number was expected"},
        {"a stamp that is missing", "0\n0,2", "1,0,1,0\n2,,1,0\n",
         "f.dat:2: sample 2: a time stamp was expected, for the configuration gives no rate"},
        {"a stamp of all ones where it is needed", "0\n0,2", "1,0,1,0\n2,4294967295,1,0\n",
         "f.dat:2: sample 2: a time stamp was expected, for the configuration gives no rate"},
        {"stamps that fall", "0\n0,3", "1,0,1,0\n2,9,1,0\n3,8,1,0\n",
         "f.dat:3: sample 3: a time stamp not before that of the sample before was expected"},
        {"stamps that never rise", "0\n0,2", "1,5,1,0\n2,5,1,0\n",
         "f.dat:3: 2 samples in 0 s: instants that rise, at most 1e+09 per second, were expected"},
        {"a field too few", "1\n1000,2", "1,0,1,0\n2,1,1\n\n\n",
         "f.dat:2: too few fields: number, time stamp and 2 channels were expected"},
        {"a field too many", "1\n1000,2", "1,0,1,0\n2,1,1,0,1\n",
         "f.dat:2: too many fields: number, time stamp and 2 channels were expected"},
        {"a single sample", "1\n1000,0", "1,0,1,0\n",
         "f.cfg:7: last sample \"0\": a number from 1 to 200000000 was expected"},
        {"more samples than bytes", "1\n1000,200000000", "1,0,1,0\n2,0,1,0\n",
         "f.dat: byte 16: the file ends: 200000000 samples of at least 5 bytes were expected"},
        {"more samples than any machine has", "1\n1000,9999999999999999999999", "1,0,1,0\n2,0,1,0\n",
         "f.cfg:7: last sample \"9999999999999999999999\": a number from 1 to 200000000 was expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct fixture_bytes cfg, dat;
        struct recording recording;
        char error[FIXTURE_ERROR];
        cfg.size = dat.size = 0;
        fixture_print(&cfg, cfg_text, cases[i].rates, "ASCII");
        fixture_print(&dat, "%s", cases[i].text);
        const int result = fixture_read_comtrade(&recording, &cfg, &dat, error);
        print_message("%s\n", cases[i].name);
        assert_int_equal(result, -EINVAL);
        assert_string_equal(error, cases[i].error);
        recording_close(&recording);
    }
}

static void a_record_cut_short_names_its_byte(void **state)
{
    (void)state;
    static struct fixture_bytes cfg, dat;
    struct recording recording;
    char error[FIXTURE_ERROR];
    make(&cfg, &dat, &kinds[3]); /* 8 + 3 * 2 + 2 = 16 bytes each */
    dat.size += 5;
    assert_int_equal(fixture_read_comtrade(&recording, &cfg, &dat, error), -EINVAL);
    assert_string_equal(error, "f.dat: byte 144: 5 bytes: a record of 16 bytes was expected");
    recording_close(&recording);

    dat.size -= 5;
    dat.at[48] = 9; /* the fourth's number */
    assert_int_equal(fixture_read_comtrade(&recording, &cfg, &dat, error), -EINVAL);
    assert_string_equal(error,
                        "f.dat: byte 48: sample 4: the number of the sample before, plus 1, was expected");
    recording_close(&recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_cut_at_any_byte_is_refused_with_its_place),
        cmocka_unit_test(any_byte_replaced_is_read_or_refused_but_never_harmful),
        cmocka_unit_test(data_that_contradict_the_configuration_are_refused),
        cmocka_unit_test(a_record_cut_short_names_its_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
