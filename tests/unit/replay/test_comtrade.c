/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings of each kind are written here value by value and read back; the writer shares nothing with the reader. */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "recording_fixture.h"

/* What a made recording is like: three analogue channels (kV, mA, deg), some status channels. */
struct made {
    const char *name; /* of the case */
    const char *kind;
    int revision;
    int n_status;
    int n_samples;
    int first;         /* number of the first sample */
    const char *rates; /* the lines from nrates on */
    const char *times; /* the lines of start and trigger */
    const char *tail;  /* the lines behind the kind */
    bool stamped;      /* stamps count; else they are all ones */
    double stamp_s;    /* expected unit of a stamp */
    double rate_hz;    /* expected; of the instants k / rate_hz */
    bool crlf;
};

static const char start_1999[] = "22/08/2016,16:04:22.250000\n22/08/2016,16:04:22.500000\n";

static const struct made kinds[] = {
    {"ASCII of 1999", "ASCII", 1999, 3, 9, 1, "1\n1200,9\n", start_1999, "1\n", false, 0, 1200, false},
    {"ASCII in small letters with CR LF", "ascii", 1999, 0, 9, 1, "1\n1200,9\n", start_1999, "1\n", false, 0,
     1200, true},
    {"BINARY without status", "BINARY", 1999, 0, 9, 1, "1\n1200,9\n", start_1999, "1\n", false, 0, 1200,
     false},
    {"BINARY with one status", "binary", 1999, 1, 9, 1, "1\n1200,9\n", start_1999, "1\n", false, 0, 1200,
     false},
    {"BINARY with 16 status", "BINARY", 1999, 16, 9, 1, "1\n1200,9\n", start_1999, "1.0\n", false, 0, 1200,
     true},
    {"BINARY with 17 status", "BINARY", 1999, 17, 9, 1, "1\n1200,9\n", start_1999, "\n", false, 0, 1200,
     false},
    {"BINARY, no line of the time factor", "BINARY", 1999, 2, 9, 1, "1\n1200,9\n", start_1999, "", false, 0,
     1200, false},
    {"BINARY numbered from 0, last sample included", "BINARY", 1999, 2, 10, 0, "1\n1200,9\n", start_1999,
     "1\n", false, 0, 1200, false},
    {"BINARY numbered from 0, as many as the last", "BINARY", 1999, 2, 9, 0, "1\n1200,9\n", start_1999, "1\n",
     false, 0, 1200, false},
    {"BINARY by stamps in us", "BINARY", 1999, 2, 9, 1, "0\n0,9\n", start_1999, "1\n", true, 1e-6, 0, false},
    {"BINARY by stamps in half us", "BINARY", 1999, 2, 9, 1, "0\n0,9\n", start_1999, "0.5\n", true, 0.5e-6, 0,
     false},
    {"ASCII by stamps times 10, rate 0", "ASCII", 1999, 2, 9, 1, "1\n0,9\n", start_1999, "10\n", true, 1e-5,
     0, false},
    {"ASCII of 1991 by stamps", "ASCII", 1991, 2, 9, 1, "0\n0,9\n",
     "08/22/16,16:04:22.250000\n08/22/16,16:04:23\n", "", true, 1e-6, 0, false},
    {"BINARY32 of 2013", "BINARY32", 2013, 5, 9, 1, "1\n1200,9\n", start_1999, "1\n0,0\n0,0\n", false, 0,
     1200, false},
    {"FLOAT32 of 2013", "FLOAT32", 2013, 1, 9, 1, "1\n1200,9\n", start_1999, "1\n0,0\n0,0\n", false, 0, 1200,
     false},
    {"FLOAT32 by stamps in ns", "float32", 2013, 1, 9, 1, "0\n0,9\n",
     "22/08/2016,16:04:22.250000000\n22/08/2016,16:04:22.500000000\n", "1\n0,0\nB,3\n", true, 1e-9, 0, false},
    {"nine digits of 1999 are still us", "ASCII", 1999, 1, 9, 1, "0\n0,9\n",
     "22/08/2016,16:04:22.250000000\n22/08/2016,16:04:22.500000000\n", "1\n", true, 1e-6, 0, false},
};

/* Both ends of 16 bits but the one that means "no value". */
static int raw_of(int c, int k)
{
    static const int special[] = {0, 1, -1, 32767, -32767, 256, -256};
    return k < 7 ? special[(k + c) % 7] : 100 * c - k;
}

static int stamp_of(int k)
{
    return 5000 + 833 * k + (k > 4) * 400; /* not even: a stamp is taken as it is */
}

static void make_cfg(struct fixture_bytes *cfg, const struct made *made)
{
    const int n_analog = 3;
    *cfg = (struct fixture_bytes){.size = 0};
    fixture_print(cfg, made->revision == 1991 ? "Station,dev\n" : "Station,dev,%d\n", made->revision);
    fixture_print(cfg, "%d,%dA,%dD\n", n_analog + made->n_status, n_analog, made->n_status);
    fixture_print(cfg, "1,Ua bus,A,line,kV,0.01,0.5,0,-32767,32767%s\n",
                  made->revision == 1991 ? "" : ",1100.0,1,P");
    fixture_print(cfg, "2, Ib ,B,line, mA ,-2,0,312.5,-32767,32767%s\n",
                  made->revision == 1991 ? "" : ",60,5,s");
    fixture_print(cfg, "3,angle,,,deg,5.493164E-03,0,-13,-32767,32767%s\n",
                  made->revision == 1991 ? "" : ",0,0,S");
    for (int c = 0; c < made->n_status; c++)
        fixture_print(cfg, made->revision == 1991 ? "%d,S%d,0\n" : "%d,S%d,,,0\n", c + 1, c + 1);
    fixture_print(cfg, "50\n%s%s%s\n%s", made->rates, made->times, made->kind, made->tail);
}

static void make_ascii(struct fixture_bytes *dat, const struct made *made)
{
    for (int k = 0; k < made->n_samples; k++) {
        fixture_print(dat, "%d,", made->first + k);
        if (made->stamped)
            fixture_print(dat, " %d", stamp_of(k));
        for (int c = 0; c < 3; c++)
            fixture_print(dat, ",%d", raw_of(c, k));
        for (int c = 0; c < made->n_status; c++)
            fixture_print(dat, ",%d", (c + k) % 2);
        fixture_print(dat, made->crlf ? "\r\n" : "\n");
    }
}

static void make_binary(struct fixture_bytes *dat, const struct made *made)
{
    for (int k = 0; k < made->n_samples; k++) {
        fixture_put_number(dat, (uint32_t)(made->first + k), 4);
        fixture_put_number(dat, made->stamped ? (uint32_t)stamp_of(k) : 0xffffffff, 4);
        for (int c = 0; c < 3; c++) {
            const float value = (float)raw_of(c, k);
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            if (strchr(made->kind, '3') == NULL)
                fixture_put_number(dat, (uint32_t)raw_of(c, k), 2);
            else
                fixture_put_number(dat, made->kind[0] == 'B' ? (uint32_t)raw_of(c, k) : bits, 4);
        }
        for (int word = 0; word < made->n_status; word += 16)
            fixture_put_number(dat, 0xa5a5, 2);
    }
}

static void make(struct fixture_bytes *cfg, struct fixture_bytes *dat, const struct made *made)
{
    make_cfg(cfg, made);
    *dat = (struct fixture_bytes){.size = 0};
    if (strstr("ASCII ascii", made->kind) != NULL)
        make_ascii(dat, made);
    else
        make_binary(dat, made);
    if (!made->crlf)
        return;
    struct fixture_bytes lines = *cfg;
    cfg->size = 0;
    for (size_t i = 0; i < lines.size; i++) {
        if (lines.at[i] == '\n')
            fixture_put(cfg, "\r", 1);
        fixture_put(cfg, &lines.at[i], 1);
    }
}

static void check_channel(const struct recording_channel *channel, const char *name, const char *phase,
                          enum recording_unit unit, double skew_s)
{
    assert_string_equal(channel->name, name);
    assert_string_equal(channel->phase, phase);
    assert_int_equal(channel->unit, unit);
    assert_true(fabs(channel->skew_s - skew_s) < 1e-18); /* the last bit of a product by 1e-6 */
}

static void check_values(const struct recording *recording)
{
    for (int k = 0; k < (int)recording->n_samples; k++) {
        /* kV and mA to V and A; the tolerance is a few last bits of the largest value */
        assert_true(fabs(recording->channel[0].value[k] - (raw_of(0, k) * 10.0 + 500)) < 1e-9);
        assert_true(fabs(recording->channel[1].value[k] - raw_of(1, k) * -0.002) < 1e-12);
        assert_true(fabs(recording->channel[2].value[k] - raw_of(2, k) * 0.005493164) < 1e-12);
    }
}

static void check_instants(const struct recording *recording, const struct made *made)
{
    for (int k = 0; k < (int)recording->n_samples; k++) {
        const double expected_s =
            made->stamped ? (stamp_of(k) - stamp_of(0)) * made->stamp_s : k / made->rate_hz;
        assert_true(fabs(recording->time_s[k] - expected_s) < 1e-15);
    }
    const double last_s = recording->time_s[recording->n_samples - 1];
    assert_true(fabs(recording->rate_hz * last_s - (double)(recording->n_samples - 1)) < 1e-9);
}

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
        cmocka_unit_test(each_kind_reads_back_as_it_was_written),
        cmocka_unit_test(ratios_and_sides_are_kept_and_none_is_one_to_one),
        cmocka_unit_test(instants_follow_each_of_several_rates),
        cmocka_unit_test(codes_for_no_value_become_nan),
        cmocka_unit_test(a_file_cut_at_any_byte_is_refused_with_its_place),
        cmocka_unit_test(any_byte_replaced_is_read_or_refused_but_never_harmful),
        cmocka_unit_test(data_that_contradict_the_configuration_are_refused),
        cmocka_unit_test(ascii_of_odd_devices_is_read),
        cmocka_unit_test(a_record_cut_short_names_its_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
