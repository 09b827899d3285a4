/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files, and the recordings of others. Those are not part of the project: VATIO_WAVEFORMS names their folder, else the one
 * beside the repository that is put together below; where it is missing their tests skip and say so. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "recording_fixture.h"

enum { PATH_BYTES = 512, FOLDER_BYTES = 256 };

static char folder[FOLDER_BYTES];

static int make_folder(void **state)
{
    (void)state;
    const char *root = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/vatio-recording-XXXXXX", root != NULL ? root : "/tmp");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* fails if a test has left a file */
}

static const char *path_of(const char *name)
{
    static char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static const char cfg[] =
    "s,d,1999\n2,2A,0D\n1,Ua bus,,,V,1,0,0,-9,9,1,1,P\n2,ib,,,A,1,0,0,-9,9,1,1,P\n50\n1\n9,2\n,\n,\n"
    "ASCII\n1\n";
static const char dat[] = "1,,5,6\n2,,7,8\n";

static void names_decide_which_reader_a_file_gets(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *beside, *beside_text;
    } cases[] = {
        {"a.cfg", cfg, "a.dat", dat},
        {"b.b.CFG", cfg, "b.b.DAT", dat},
        {"c.cfg", cfg, "c.Dat", dat},
        {"d.csv", "t_s,Ua bus_v,ib_a\n0,5,6\n1,7,8\n", NULL, NULL},
        {"e.CSV", "t_s,Ua bus_v,ib_a\n0,5,6\n1,7,8\n", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        char error[FIXTURE_ERROR] = "";
        write_file(cases[i].name, cases[i].text);
        if (cases[i].beside != NULL)
            write_file(cases[i].beside, cases[i].beside_text);
        print_message("%s\n", cases[i].name);
        const int result = recording_read(&recording, path_of(cases[i].name), error, sizeof error);
        assert_string_equal(error, "");
        assert_int_equal(result, 0);
        assert_int_equal(recording.n_channels, 2);
        assert_true(recording.channel[0].value[0] == 5 && recording.channel[1].value[0] == 6);
        assert_true(recording.channel[0].value[1] == 7 && recording.channel[1].value[1] == 8);
        recording_close(&recording);
        assert_true(recording.n_channels == 0 && recording.channel == NULL && recording.time_s == NULL);
        unlink(path_of(cases[i].name));
        if (cases[i].beside != NULL)
            unlink(path_of(cases[i].beside));
    }
}

static void an_information_file_beside_tells_the_front_ends_poles(void **state)
{
    (void)state;
    static const char *const names[] = {"a.inf", "a.INF"};
    struct recording recording;
    char error[PATH_BYTES] = "", expected[PATH_BYTES];
    write_file("a.cfg", cfg);
    write_file("a.dat", dat);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        write_file(names[i], "[Vatio Front_End]\nA2_low_pass_hz=3400\n");
        assert_int_equal(recording_read(&recording, path_of("a.cfg"), error, sizeof error), 0);
        assert_true(recording.channel[0].low_pass_hz == 0 && recording.channel[1].low_pass_hz == 3400);
        recording_close(&recording);
        unlink(path_of(names[i]));
    }
    write_file("a.inf", "\n[Vatio Front_End]\nA3_low_pass_hz=3400\n");
    assert_int_equal(recording_read(&recording, path_of("a.cfg"), error, sizeof error), -EINVAL);
    snprintf(expected, sizeof expected, "%s/a.inf:3: \"A3\": A1 to A2 was expected", folder);
    assert_string_equal(error, expected);
    unlink(path_of("a.inf"));
    unlink(path_of("a.cfg"));
    unlink(path_of("a.dat"));
}

static void one_file_of_2013_needs_no_other(void **state)
{
    (void)state;
    static struct fixture_bytes bytes;
    struct recording recording;
    char error[FIXTURE_ERROR] = "";
    bytes.size = 0;
    fixture_print(&bytes, "--- file type: CFG ---\n%s--- file type: DAT ASCII ---\n%s", cfg, dat);
    bytes.at[bytes.size] = '\0';
    write_file("a.cff", bytes.at);
    assert_int_equal(recording_read(&recording, path_of("a.cff"), error, sizeof error), 0);
    assert_true(recording.n_samples == 2 && recording.channel[1].value[1] == 8);
    recording_close(&recording);
    unlink(path_of("a.cff"));
}

static void what_cannot_be_opened_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *reason;
        int result;
    } cases[] = {
        {"none.cfg", "none.cfg: No such file or directory", -ENOENT},
        {"none.csv", "none.csv: No such file or directory", -ENOENT},
        {"alone.cfg", "alone.dat: the data file of this .cfg is missing", -ENOENT},
        {"a.txt", "a.txt: a name that ends in .cfg, .cff or .csv was expected", -EINVAL},
        {"alone.dat", "alone.dat: a name that ends in .cfg, .cff or .csv was expected", -EINVAL},
        {"csv", "csv: a name that ends in .cfg, .cff or .csv was expected", -EINVAL},
        {"folder.csv", "folder.csv: a regular file was expected", -EINVAL},
        {"pipe.csv", "pipe.csv: a regular file was expected",
         -EINVAL}, /* and it does not wait for a writer */
        {"huge.csv", "huge.csv: a file of at most 2 GiB was expected", -EINVAL},
        {"empty.csv", "empty.csv:1: the file ends: a header was expected", -EINVAL},
        {"odd.cfg", "odd.dat: a regular file was expected", -EINVAL},
    };
    write_file("alone.cfg", cfg);
    write_file("odd.cfg", cfg);
    write_file("empty.csv", "");
    write_file("huge.csv", "");
    assert_int_equal(truncate(path_of("huge.csv"), ((off_t)1 << 31) + 1), 0);
    assert_int_equal(mkdir(path_of("folder.csv"), 0700), 0);
    assert_int_equal(mkdir(path_of("odd.dat"), 0700), 0);
    assert_int_equal(mkfifo(path_of("pipe.csv"), 0600), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        char error[PATH_BYTES] = "", expected[PATH_BYTES];
        snprintf(expected, sizeof expected, "%s/%s", folder, cases[i].reason);
        assert_int_equal(recording_read(&recording, path_of(cases[i].name), error, sizeof error),
                         cases[i].result);
        assert_string_equal(error, expected);
        recording_close(&recording); /* harmless after an error */
    }
    static const char *const files[] = {"alone.cfg", "odd.cfg", "empty.csv", "huge.csv", "pipe.csv"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(path_of(files[i]));
    rmdir(path_of("folder.csv"));
    rmdir(path_of("odd.dat"));
}

static void a_path_too_long_is_refused(void **state)
{
    (void)state;
    static char path[5000];
    struct recording recording;
    char error[FIXTURE_ERROR];
    memset(path, 'a', sizeof path - 1);
    memcpy(path + sizeof path - 5, ".cfg", 4);
    assert_int_equal(recording_read(&recording, path, error, sizeof error), -ENAMETOOLONG);
}

static void malformed_files_are_closed_and_named(void **state)
{
    (void)state;
    struct recording recording;
    char error[PATH_BYTES], expected[PATH_BYTES];
    write_file("a.cfg", cfg);
    write_file("a.dat", "1,,5,6\n2,,7\n");
    assert_int_equal(recording_read(&recording, path_of("a.cfg"), error, sizeof error), -EINVAL);
    snprintf(expected, sizeof expected,
             "%s/a.dat:2: too few fields: number, time stamp and 2 channels were expected", folder);
    assert_string_equal(error, expected);
    assert_true(recording.n_channels == 0 && recording.channel == NULL);
    unlink(path_of("a.cfg"));
    unlink(path_of("a.dat"));
}

static void channels_are_found_by_name_or_number(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int index;
    } cases[] = {
        {"Ua bus", 0},
        {" ua BUS ", 0},
        {"IB", 1},
        {"#1", 0},
        {"#2", 1},
        {" #2 ", 1},
        {"#3", 2},
        {"#0", -1},
        {"#5", -1},
        {"#", -1},
        {"#x", -1},
        {"ua", -1},
        {"", -1},
        {"#4", 3},
        {"#1 ", 0},
        {"##", -1},
        {"a name that is so long that no channel of any recording could ever bear it in full", -1},
    };
    struct recording_channel channel[4] = {
        {.name = "Ua bus"}, {.name = "ib"}, {.name = "Ua bus"}, {.name = "#9"}};
    const struct recording recording = {.n_channels = 4, .channel = channel};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("\"%s\"\n", cases[i].name);
        assert_int_equal(recording_find(&recording, cases[i].name), cases[i].index);
    }
    assert_int_equal(recording_find(&recording, "#9"), 3); /* a name counts before a number */
}

/* The path of one of the recordings, or NULL. */
static const char *real_path(const char *name)
{
    static const char *const parts[] = {"..", "shared", "cases", "waveforms"};
    static char path[PATH_BYTES];
    const char *named = getenv("VATIO_WAVEFORMS");
    if (named != NULL)
        snprintf(path, sizeof path, "%s/%s", named, name);
    else /* tests run in the repository's folder */
        snprintf(path, sizeof path, "%s/%s/%s/%s/%s", parts[0], parts[1], parts[2], parts[3], name);
    if (access(path, R_OK) == 0)
        return path;
    print_message("skipped: no recording %s (VATIO_WAVEFORMS names the folder)\n", path);
    return NULL;
}

static void read_real(const char *name, struct recording *recording)
{
    char error[PATH_BYTES] = "";
    const char *path = real_path(name);
    if (path == NULL)
        skip();
    const int result = recording_read(recording, path, error, sizeof error);
    assert_string_equal(error, "");
    assert_int_equal(result, 0);
}

static void expect_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g, but %.17g +- %g was expected", value, expected, tolerance);
}

/* Expected: the .cfg's lines and the first bytes of the .dat, read by eye. */
static void a_relays_recording_is_read_by_its_stamps(void **state)
{
    (void)state;
    struct recording recording;
    read_real("relay_60hz_c60.cfg", &recording);
    assert_int_equal(recording.n_channels, 24);
    assert_int_equal(recording.n_samples, 87040 / 64); /* 8 + 24 * 2 + 4 * 2 bytes each */
    expect_near(recording.time_s[1], 1249e-6, 1e-12);
    expect_near(recording.time_s[2], 2498e-6, 1e-12);
    expect_near(recording.rate_hz, 800, 0.5); /* nominally 16 per 50 Hz cycle, in whole us */
    assert_true(recording.f_nominal_hz == 50);
    assert_int_equal(recording.utc_start_ms, 1333694579391); /* date -u -d '2012-04-06 06:42:59.391' +%s%3N */
    static const struct {
        const char *name;
        enum recording_unit unit;
        double primary, secondary, factor;
        int raw[2];
    } expected[] = {
        {"F1-IA", RECORDING_AMPERE, 1000, 1, 0.001953, {0x11, 0x32}},
        {"F5-VA", RECORDING_VOLT, 190740, 57.8, 0.012207, {0xfc15 - 0x10000, 0xf249 - 0x10000}},
        {"SRC 1  Vag Mag", RECORDING_VOLT, 1, 1, 40.28324, {0x12ea, 0x12ea}},
        {"SRC 1  Vag Angle", RECORDING_OTHER, 1, 1, 5.493164e-3, {1, 1}},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const int c = recording_find(&recording, expected[i].name);
        assert_true(c >= 0);
        const struct recording_channel *channel = &recording.channel[c];
        assert_int_equal(channel->unit, expected[i].unit);
        assert_true(channel->primary == expected[i].primary && channel->secondary == expected[i].secondary);
        assert_true(!channel->in_primary && channel->skew_s == 0);
        for (int k = 0; k < 2; k++)
            expect_near(channel->value[k], expected[i].raw[k] * expected[i].factor, 1e-9);
    }
    recording_close(&recording);
}

static void a_substations_recording_is_read_with_its_skews_and_odd_names(void **state)
{
    (void)state;
    struct recording recording;
    read_real("substation_50hz_110kv.cfg", &recording);
    assert_int_equal(recording.n_channels, 55);
    assert_int_equal(recording.n_samples, 2597760 / 132); /* 8 + 55 * 2 + 7 * 2 bytes each; numbered from 0 */
    expect_near(recording.rate_hz, 1200, 1e-9);
    expect_near(recording.time_s[recording.n_samples - 1], 19679 / 1200.0, 1e-12);
    assert_true(recording.f_nominal_hz == 50);
    assert_int_equal(recording.utc_start_ms, 1471881862000);
    static const struct {
        int c;
        const char *begin; /* of the name, as far as it is ASCII */
        enum recording_unit unit;
        double skew_us, factor;
        int raw[2];
    } expected[] = {
        {0, "Ua_1", RECORDING_VOLT, 0, 61.60031, {0x04cc, 0x0437}},
        {1, "Ub_1", RECORDING_VOLT, 13, 61.60031, {0xfef0 - 0x10000, 0x0041}},
        {2, "Uc_1", RECORDING_VOLT, 26, 61.60031, {0xfc52 - 0x10000, 0xfb91 - 0x10000}},
        {11, "Ia_2", RECORDING_AMPERE, 261, 5.06938994, {3, -4}},
        {12, "Ib_2", RECORDING_AMPERE, 277, 5.04209561, {29, 34}},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct recording_channel *channel = &recording.channel[expected[i].c];
        assert_memory_equal(channel->name, expected[i].begin, strlen(expected[i].begin));
        assert_int_equal(recording_find(&recording, channel->name), expected[i].c);
        assert_int_equal(channel->unit, expected[i].unit);
        assert_true(channel->in_primary);
        expect_near(channel->skew_s, expected[i].skew_us * 1e-6, 1e-18);
        for (int k = 0; k < 2; k++)
            expect_near(channel->value[k], expected[i].raw[k] * expected[i].factor, 1e-9);
    }
    for (int c = 0; c < recording.n_channels; c++)
        for (int64_t k = 0; k < recording.n_samples; k++)
            assert_true(isfinite(recording.channel[c].value[k]));
    recording_close(&recording);
}

static void recordings_of_appliances_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t n_samples;
        double rate_hz, rate_tolerance_hz;
        double u_v[2], i_a[2];
    } cases[] = {
        {"fired_fridge_50hz.csv", 3000, 2000, 1e-6, {-28.9545, 20.8958}, {0.00025, -0.00063}},
        {"fired_kettle_50hz.csv", 3000, 2000, 1e-6, {24.3750, 78.1730}, {0.00087, -0.00199}},
        {"fired_television_50hz.csv", 3000, 2000, 1e-6, {-14.1295, 22.0684}, {0.05314, 0.05385}},
        /* instants written to 10 ns */
        {"plaid_class01_60hz_cycle.csv", 500, 30000, 0.05, {-0.7844, 1.9578}, {0.005085, 0.008898}},
        {"plaid_class13_60hz_cycle.csv", 500, 30000, 0.05, {-0.5931, 1.7665}, {-1.576269, -1.530506}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct recording recording;
        read_real(cases[i].name, &recording);
        assert_int_equal(recording.n_channels, 2);
        assert_int_equal(recording.n_samples, cases[i].n_samples);
        expect_near(recording.rate_hz, cases[i].rate_hz, cases[i].rate_tolerance_hz);
        assert_int_equal(recording_find(&recording, "u_l1"), 0);
        assert_int_equal(recording_find(&recording, "i_l1"), 1);
        for (int k = 0; k < 2; k++) {
            assert_true(recording.channel[0].value[k] == cases[i].u_v[k]);
            assert_true(recording.channel[1].value[k] == cases[i].i_a[k]);
        }
        recording_close(&recording);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_decide_which_reader_a_file_gets),
        cmocka_unit_test(an_information_file_beside_tells_the_front_ends_poles),
        cmocka_unit_test(one_file_of_2013_needs_no_other),
        cmocka_unit_test(what_cannot_be_opened_is_named),
        cmocka_unit_test(a_path_too_long_is_refused),
        cmocka_unit_test(malformed_files_are_closed_and_named),
        cmocka_unit_test(channels_are_found_by_name_or_number),
        cmocka_unit_test(a_relays_recording_is_read_by_its_stamps),
        cmocka_unit_test(a_substations_recording_is_read_with_its_skews_and_odd_names),
        cmocka_unit_test(recordings_of_appliances_are_read),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
