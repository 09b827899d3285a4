/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/comtrade_cfg.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "recording_fixture.h"

/* The lines of a whole configuration; a case replaces one of them. */
enum line {
    STATION,
    COUNTS,
    ANALOG1,
    ANALOG2,
    STATUS1,
    FREQUENCY,
    N_RATES,
    RATE,
    START,
    TRIGGER,
    KIND,
    FACTOR,
    ZONE,
    CLOCK,
    LINES
};

static const char *const whole[LINES] = {
    "Station,dev,2013",
    "3,2A,1D",
    "1,Ua,A,bus,kV,0.01,0.5,13,-32767,32767,1100.0,1,P",
    "2,Ib,B,line,A,2,0,0,-32767,32767,60,5,S",
    "1,Trip,,,0",
    "50",
    "1",
    "1200,9",
    "22/08/2016,16:04:22.250000",
    "22/08/2016,16:04:22.500000",
    "BINARY",
    "1",
    "0,0",
    "B,3",
};

static int read_lines(struct comtrade_cfg *cfg, enum line changed, const char *by, char error[FIXTURE_ERROR])
{
    static struct fixture_bytes lines;
    struct recording_text text;
    lines.size = 0;
    for (int i = 0; i < LINES; i++)
        fixture_print(&lines, "%s\n", i == (int)changed ? by : whole[i]);
    char *copy = fixture_copy(lines.at, lines.size);
    error[0] = '\0';
    recording_text_init(&text, "f.cfg", copy, lines.size, error, FIXTURE_ERROR);
    const int result = comtrade_cfg_read(cfg, &text);
    fixture_free(copy, lines.size);
    return result;
}

static void a_whole_configuration_is_read(void **state)
{
    (void)state;
    struct comtrade_cfg cfg;
    char error[FIXTURE_ERROR];
    assert_int_equal(read_lines(&cfg, LINES, "", error), 0);
    assert_int_equal(cfg.revision, 2013);
    assert_int_equal(cfg.n_analog, 2);
    assert_int_equal(cfg.n_status, 1);
    assert_int_equal(cfg.n_rates, 1);
    assert_true(cfg.rate[0].rate_hz == 1200 && cfg.rate[0].end == 9 && !cfg.stamped);
    assert_int_equal(cfg.kind, COMTRADE_BINARY);
    assert_int_equal(comtrade_cfg_record_bytes(&cfg), 8 + 2 * 2 + 2);
    const struct comtrade_channel *channel = &cfg.channel[0];
    assert_true(channel->a == 10 && channel->b == 500 && channel->min == -32767 && channel->max == 32767);
    assert_true(channel->about.primary == 1100 && channel->about.secondary == 1 && channel->about.in_primary);
    assert_false(cfg.channel[1].about.in_primary);
    comtrade_cfg_close(&cfg);
}

static void quirks_of_devices_are_read(void **state)
{
    (void)state;
    static const struct {
        enum line line;
        const char *by;
    } cases[] = {
        {STATION, "  , , 1999 "},                      /* no name */
        {STATION, "only a name"},                      /* then it is 1991 */
        {STATION, "a,b,2001"},                         /* the IEC's number of 1999 */
        {COUNTS, " 3 , 2a , 1 d "},                    /* blanks, small letters */
        {COUNTS, "3,2A,1D,"},                          /* comma at the end */
        {ANALOG1, "1,U,,,kV,0.01,,,,,,,"},             /* only the scale */
        {ANALOG1, "1,U,,,kV,1e-2,0.50,+0,-2048,2047"}, /* as in 1991 */
        {ANALOG1, "1,U,,,kV,1,0,0,0,0,1,1,p,,"},       /* commas at the end */
        {ANALOG1, "A1,U,,,kV,1,0,0,0,0,0,0,P"},        /* a ratio of nothing to nothing */
        {STATUS1, "1,trip,0"},                         /* as in 1991 */
        {STATUS1, "1,trip,,,0,,,"},
        {FREQUENCY, ""},
        {FREQUENCY, " 5.0E+01 "},
        {N_RATES, " 1 "},
        {RATE, " 1.2e3 , 9 "},
        {RATE, "1200,9,"},
        {START, ","},
        {START, ""},
        {START, "8/22/2016 , 16:04:22"}, /* month first, although of 1999 */
        {START, "22/08/16,6:4:2.5"},     /* short year and hours */
        {TRIGGER, "22/08/2016,24:00:00.000000"},
        {KIND, " binary "},
        {FACTOR, ""},
        {FACTOR, " 1.0000 "},
        {ZONE, ""},
        {ZONE, "-5h30,x"},
        {CLOCK, "nobody reads this"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct comtrade_cfg cfg;
        char error[FIXTURE_ERROR];
        print_message("line %d: \"%s\"\n", (int)cases[i].line + 1, cases[i].by);
        const int result = read_lines(&cfg, cases[i].line, cases[i].by, error);
        assert_string_equal(error, "");
        assert_int_equal(result, 0);
        assert_true(cfg.channel[0].about.primary > 0 && cfg.channel[0].about.secondary > 0);
        comtrade_cfg_close(&cfg);
    }
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    (void)state;
    static const struct {
        enum line line;
        const char *by, *error;
    } cases[] = {
        {STATION, "a,b,latest", "f.cfg:1: revision year \"latest\": 1991, 1999 or 2013 was expected"},
        {STATION, "a,b,1066", "f.cfg:1: revision year \"1066\": 1991, 1999 or 2013 was expected"},
        {COUNTS, "3,2,1", "f.cfg:2: \"3,2,1\": channel counts like \"8,4A,4D\" were expected"},
        {COUNTS, "", "f.cfg:2: \"\": channel counts like \"8,4A,4D\" were expected"},
        {COUNTS, "3,1D,2A", "f.cfg:2: \"3,1D,2A\": channel counts like \"8,4A,4D\" were expected"},
        {COUNTS, "3,-2A,5D", "f.cfg:2: \"3,-2A,5D\": channel counts like \"8,4A,4D\" were expected"},
        {COUNTS, "9,2A,1D",
         "f.cfg:2: 9 channels: 2 analogue and 1 status channels were expected to be as many"},
        {COUNTS, "1,0A,1D", "f.cfg:2: no analogue channel: at least one was expected"},
        {COUNTS, "999999,999998A,1D",
         "f.cfg:2: 999999 channels: a line for each was expected in the remaining 184 bytes"},
        {COUNTS, "4294967298,4294967297A,1D",
         "f.cfg:2: \"4294967298,4294967297A,1D\": channel counts like \"8,4A,4D\" were expected"},
        {ANALOG1, "1,Ua,A,bus,kV,0.01,0.5,13,-32767",
         "f.cfg:3: too few fields of an analogue channel: 10 to 13 were expected"},
        {ANALOG1, "1,U,A,bus,kV,1,1,1,1,1,1,1,P,5",
         "f.cfg:3: too many fields of an analogue channel: 10 to 13 were expected"},
        {ANALOG2, "2,I,A,bus,A,,1,1,1,1,1,1,P",
         "f.cfg:4: field 6, the factor a, \"\": a number was expected"},
        {ANALOG2, "2,I,A,bus,A,1,?,1,1,1,1,1,P",
         "f.cfg:4: field 7, the offset b, \"?\": a number was expected"},
        {ANALOG2, "2,I,A,bus,A,1,1,nan,1,1,1,1,P",
         "f.cfg:4: field 8, the skew in us, \"nan\": a number was expected"},
        {ANALOG2, "2,I,A,bus,A,1,1,1,inf,1,1,1,P",
         "f.cfg:4: field 9, the smallest value, \"inf\": a number was expected"},
        {ANALOG2, "2,I,A,bus,A,1,1,1,1,1 1,1,1,P",
         "f.cfg:4: field 10, the largest value, \"1 1\": a number was expected"},
        {ANALOG2, "2,I,A,bus,A,1,1,1,1,1,1e999,1,P",
         "f.cfg:4: field 11, the primary ratio, \"1e999\": a number was expected"},
        {ANALOG2, "2,I,A,bus,A,1,1,1,1,1,1,P,1",
         "f.cfg:4: field 12, the secondary ratio, \"P\": a number was expected"},
        {ANALOG2, "2,I,A,bus,A,1,1,1,1,1,-60,5,P", "f.cfg:4: ratio -60 : 5: positive numbers were expected"},
        {ANALOG2, "2,I,A,bus,A,1,1,1,1,1,1,1,X",
         "f.cfg:4: field 13, \"X\": P (primary) or S (secondary) was expected"},
        {STATUS1, "1,trip", "f.cfg:5: 2 fields of a status channel: 3 to 5 were expected"},
        {FREQUENCY, "fifty", "f.cfg:6: line frequency \"fifty\": a number of Hz was expected"},
        {FREQUENCY, "-50", "f.cfg:6: line frequency \"-50\": a number of Hz was expected"},
        {N_RATES, "", "f.cfg:7: \"\" sampling rates: a whole number, and a line for each, was expected"},
        {N_RATES, "-1", "f.cfg:7: \"-1\" sampling rates: a whole number, and a line for each, was expected"},
        {N_RATES, "999999999",
         "f.cfg:7: \"999999999\" sampling rates: a whole number, and a line for each, was expected"},
        {N_RATES, "2",
         "f.cfg:9: \"22/08/2016,16:04:22.250000\": a rate of 0 to 1e+09 Hz and its last sample were "
         "expected"},
        {RATE, "1200", "f.cfg:8: \"1200\": a rate of 0 to 1e+09 Hz and its last sample were expected"},
        {RATE, "-1200,9", "f.cfg:8: \"-1200,9\": a rate of 0 to 1e+09 Hz and its last sample were expected"},
        {RATE, "1200,0", "f.cfg:8: last sample \"0\": a number from 1 to 200000000 was expected"},
        {RATE, "1200,200000001",
         "f.cfg:8: last sample \"200000001\": a number from 1 to 200000000 was expected"},
        {RATE, "1200,18446744073709551617",
         "f.cfg:8: last sample \"18446744073709551617\": a number from 1 to 200000000 was expected"},
        {START, "yesterday",
         "f.cfg:9: the first sample's time, \"yesterday\": dd/mm/yyyy,hh:mm:ss.ssssss was expected"},
        {TRIGGER, "22/08/2016",
         "f.cfg:10: the trigger's time, \"22/08/2016\": dd/mm/yyyy,hh:mm:ss.ssssss was expected"},
        {KIND, "BINARY64",
         "f.cfg:11: data of type \"BINARY64\": ASCII, BINARY, BINARY32 or FLOAT32 was expected"},
        {FACTOR, "0", "f.cfg:12: time factor \"0\": a positive number was expected"},
        {FACTOR, "one", "f.cfg:12: time factor \"one\": a positive number was expected"},
        {ZONE, "CET", "f.cfg:13: time code \"CET\": hours from UTC like -6 or +5h30 were expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct comtrade_cfg cfg;
        char error[FIXTURE_ERROR];
        print_message("line %d: \"%s\"\n", (int)cases[i].line + 1, cases[i].by);
        const int result = read_lines(&cfg, cases[i].line, cases[i].by, error);
        assert_string_equal(error, cases[i].error);
        assert_int_equal(result, -EINVAL);
        comtrade_cfg_close(&cfg);
    }
}

static void a_file_that_ends_names_what_should_follow(void **state)
{
    (void)state;
    static const char *const expected[] = {"\"station,device,year\"",
                                           "\"total,analogueA,statusD\"",
                                           "",
                                           "an analogue channel",
                                           "a status channel",
                                           "the line frequency",
                                           "the number of sampling rates",
                                           "",
                                           "the first sample's time",
                                           "the trigger's time",
                                           "the data's type"};
    for (int n = 0; n < (int)(sizeof expected / sizeof expected[0]); n++) {
        static struct fixture_bytes lines;
        struct recording_text text;
        struct comtrade_cfg cfg;
        char error[FIXTURE_ERROR], sentence[FIXTURE_ERROR];
        lines.size = 0;
        for (int i = 0; i < n; i++)
            fixture_print(&lines, "%s\n", whole[i]);
        recording_text_init(&text, "f.cfg", lines.at, lines.size, error, sizeof error);
        assert_int_equal(comtrade_cfg_read(&cfg, &text), -EINVAL);
        snprintf(sentence, sizeof sentence, "f.cfg:%d: the file ends: %s was expected", n + 1, expected[n]);
        if (expected[n][0] != '\0') /* else a count has already found that its lines cannot be there */
            assert_string_equal(error, sentence);
        comtrade_cfg_close(&cfg);
    }
}

static void several_rates_must_rise_in_their_last_samples(void **state)
{
    (void)state;
    struct comtrade_cfg cfg;
    char error[FIXTURE_ERROR];
    assert_int_equal(read_lines(&cfg, N_RATES, "3\n1000,5\n0,7", error), 0);
    assert_int_equal(cfg.n_rates, 3);
    assert_true(cfg.stamped); /* one rate that is not known is enough */
    comtrade_cfg_close(&cfg);
    assert_int_equal(read_lines(&cfg, N_RATES, "0", error), 0);
    assert_true(cfg.n_rates == 1 && cfg.stamped); /* whatever rate its line gives */
    comtrade_cfg_close(&cfg);
    assert_int_equal(read_lines(&cfg, N_RATES, "2\n1000,9", error), -EINVAL);
    assert_string_equal(error, "f.cfg:9: last sample \"9\": a number from 10 to 200000000 was expected");
    comtrade_cfg_close(&cfg);
}

static void the_start_is_told_in_utc(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int64_t utc_ms; /* date -d '2016-08-22 16:04:22.25 -0600' +%s%3N, and so on */
    } cases[] = {
        {"0,0", 1471881862250},   {"", 1471881862250},     {"x,x", 1471881862250},
        {"-6,-6", 1471903462250}, {"+2,0", 1471874662250}, {"-5h30,-5h30", 1471901662250},
        {"+5h45", 1471861162250},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct comtrade_cfg cfg;
        char error[FIXTURE_ERROR];
        assert_int_equal(read_lines(&cfg, ZONE, cases[i].zone, error), 0);
        assert_int_equal(cfg.utc_start_ms, cases[i].utc_ms);
        comtrade_cfg_close(&cfg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_configuration_is_read),
        cmocka_unit_test(quirks_of_devices_are_read),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(a_file_that_ends_names_what_should_follow),
        cmocka_unit_test(several_rates_must_rise_in_their_last_samples),
        cmocka_unit_test(the_start_is_told_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
