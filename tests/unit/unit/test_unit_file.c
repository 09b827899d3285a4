/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calibration/unit/unit.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each test has a folder of its own. */
struct folder {
    char path[256];
    char file[300];
};

static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    const char *root = getenv("TMPDIR");
    snprintf(folder->path, sizeof folder->path, "%s/vatio-unit-XXXXXX", root ? root : "/tmp");
    if (!mkdtemp(folder->path))
        return -1;
    snprintf(folder->file, sizeof folder->file, "%s/unit.ini", folder->path);
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;
    char fresh[320];
    snprintf(fresh, sizeof fresh, "%s.new", folder->file);
    unlink(fresh);
    rmdir(fresh);
    unlink(folder->file);
    rmdir(folder->file);
    int result = rmdir(folder->path);
    free(folder);
    return result;
}

static struct board board(void)
{
    struct board board = {.schema = 1, .name = "bench", .converter = {.reference_v = 3.0}};
    board.channel[2] = (struct board_channel){.kind = BOARD_VOLTAGE,
                                              .voltage = {10, 0.5, 150e3, 10e3, 1, 1.5},
                                              .filter_ohm = 1430,
                                              .filter_f = 33e-9};
    board.channel[5] = (struct board_channel){.kind = BOARD_CURRENT,
                                              .current = {0.04, 5, 2.5, 1910, 2870},
                                              .filter_ohm = 270,
                                              .filter_f = 33e-9,
                                              .element = 1,
                                              .voltage_channel = 2};
    return board;
}

/* As after a calibration: awkward numbers, a correction on one channel. */
static void adjust(struct calibration *calibration)
{
    snprintf(calibration->serial, sizeof calibration->serial, "VT-0042");
    snprintf(calibration->date, sizeof calibration->date, "2026-11-21T10:00:00Z");
    snprintf(calibration->reference, sizeof calibration->reference, "bench standard, 0.1 %%");
    calibration->channel[0].gain *= 1.0 + 1.0 / 3.0 * 1e-3;
    calibration->channel[1].gain *= -1;
    calibration->channel[1].offset_lsb = 511.123456789012345;
    calibration->channel[1].delay_ns = -1234.5;
    calibration->channel[1].crosstalk = 0.0006 / 7;
    for (int code = 0; code < CALIBRATION_CODES; code++)
        calibration->channel[1].linearity_lsb[code] = (code * 37 % 8001 - 4000) / 1000.0;
}

static void test_what_is_written_reads_back_exactly(void **state)
{
    const struct folder *folder = *state;
    struct board unit_board = board();
    static struct calibration written, read;
    char error[256] = "", fresh[320];
    unit_nominal(&unit_board, &written);
    adjust(&written);
    if (unit_write(folder->file, &written, error, sizeof error) != 0)
        fail_msg("%s", error);
    unit_nominal(&unit_board, &read);
    if (unit_read(folder->file, &unit_board, &read, error, sizeof error) != 0)
        fail_msg("%s", error);
    written.calibrated = true; /* a file makes it so */
    assert_memory_equal(&written, &read, sizeof read);
    snprintf(fresh, sizeof fresh, "%s.new", folder->file);
    assert_int_equal(access(fresh, F_OK), -1);
    /* and again, over the old one */
    assert_int_equal(unit_write(folder->file, &read, error, sizeof error), 0);
}

static void test_every_line_is_one_that_the_parser_can_hold(void **state)
{
    const struct folder *folder = *state;
    struct board unit_board = board();
    static struct calibration calibration;
    char error[256], line[1024];
    unit_nominal(&unit_board, &calibration);
    adjust(&calibration);
    for (int code = 0; code < CALIBRATION_CODES; code++)
        calibration.channel[0].linearity_lsb[code] = -4;
    assert_int_equal(unit_write(folder->file, &calibration, error, sizeof error), 0);
    FILE *file = fopen(folder->file, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        assert_true(strlen(line) < 200); /* inih's default buffer */
    fclose(file);
}

#define HEAD  "[calibration]\nschema = 1\nboard = bench\nserial = 7\ndate = 2026-01-31\nreference = standard\n"
#define ZEROS "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 "

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void test_keys_that_are_left_out_keep_their_nominal_values(void **state)
{
    const struct folder *folder = *state;
    struct board unit_board = board();
    static struct calibration nominal, read;
    char error[256] = "";
    unit_nominal(&unit_board, &nominal);
    read = nominal;
    write_text(folder->file, HEAD "[channel5]\ngain = 0.125\n[linearity2]\nfrom_1008_mlsb = " ZEROS "250\n");
    if (unit_read(folder->file, &unit_board, &read, error, sizeof error) != 0)
        fail_msg("%s", error);
    assert_true(read.calibrated);
    assert_string_equal(read.serial, "7");
    assert_true(read.channel[1].gain == 0.125);
    assert_true(read.channel[1].offset_lsb == nominal.channel[1].offset_lsb);
    assert_true(read.channel[0].gain == nominal.channel[0].gain);
    assert_true(read.channel[0].crosstalk == 0 && read.channel[1].crosstalk == 0);
    assert_true(read.channel[0].linearity_lsb[1023] == 0.25 && read.channel[0].linearity_lsb[1022] == 0);
}

struct refused_case {
    const char *name;
    const char *text;
    int line;
    const char *expected;
};

static const struct refused_case refused_cases[] = {
    {"a file for another board",
     "[calibration]\nschema = 1\nboard = other\nserial = 7\ndate = 2026-01-31\nreference = x\n", 3,
     "expected bench (the board in use), found other"},
    {"a schema of the future", "[calibration]\nschema = 2\nboard = bench\n", 2, "1"},
    {"no schema", "[calibration]\nboard = bench\nserial = 7\ndate = 2026-01-31\nreference = x\n", 1,
     "schema"},
    {"no board", "[calibration]\nschema = 1\nserial = 7\ndate = 2026-01-31\nreference = x\n", 1, "board"},
    {"no reference", "[calibration]\nschema = 1\nboard = bench\nserial = 7\ndate = 2026-01-31\n", 1,
     "reference"},
    {"a date in another order",
     "[calibration]\nschema = 1\nboard = bench\nserial = 7\ndate = 31.01.2026\nreference = x\n", 5,
     "2026-01-31"},
    {"a date with a tail",
     "[calibration]\nschema = 1\nboard = bench\nserial = 7\ndate = 2026-01-311\nreference = x\n", 5,
     "2026-01-31"},
    {"an unknown key", HEAD "[channel2]\ngian = 1\n", 8, "gain"},
    {"a channel that the board has not", HEAD "[channel0]\ngain = 1\n", 7, "[channel"},
    {"no gain at all", HEAD "[channel2]\ngain = 0\n", 8, "gain of at least"},
    {"a gain that is not a number", HEAD "[channel2]\ngain = nan\n", 8, "a number"},
    {"an offset beyond the codes", HEAD "[channel2]\noffset_lsb = 1024\n", 8, "0 to 1023"},
    {"a delay beyond a millisecond", HEAD "[channel2]\ndelay_ns = 1000001\n", 8, "1000000"},
    {"a pole within the harmonics", HEAD "[channel2]\ngain = 1\nlow_pass_hz = 499\n", 9, "500 to 1e6"},
    {"a high-pass pole above 10 Hz", HEAD "[channel2]\nhigh_pass_hz = 11\n", 8, "0 to 10"},
    {"a crosstalk of a tenth", HEAD "[channel2]\ncrosstalk = 0.1\n", 8, "-0.05 to 0.05"},
    {"a row with too few numbers", HEAD "[linearity2]\nfrom_0016_mlsb = 1 2 3\n", 8, "16 whole numbers"},
    {"a row with too many", HEAD "[linearity2]\nfrom_0016_mlsb = " ZEROS "0 0\n", 8, "16 whole numbers"},
    {"a row with a fraction", HEAD "[linearity2]\nfrom_0016_mlsb = " ZEROS "0.5\n", 8, "16 whole numbers"},
    {"a correction of more than four steps", HEAD "[linearity2]\nfrom_0016_mlsb = " ZEROS "4001\n", 8,
     "-4000 to 4000"},
    {"a row beyond any number", HEAD "[linearity2]\nfrom_0016_mlsb = " ZEROS "99999999999999999999\n", 8,
     "4000"},
    {"a row between two rows", HEAD "[linearity2]\nfrom_0017_mlsb = " ZEROS "0\n", 8, "from_"},
    {"an empty file", "", 0, "schema"},
};

static void test_refused(void **state)
{
    const struct folder *folder = *state;
    struct board unit_board = board();
    static struct calibration before, calibration;
    unit_nominal(&unit_board, &before);
    for (size_t k = 0; k < sizeof refused_cases / sizeof refused_cases[0]; k++) {
        const struct refused_case *c = &refused_cases[k];
        char error[512] = "", place[32];
        calibration = before;
        write_text(folder->file, c->text);
        if (unit_read(folder->file, &unit_board, &calibration, error, sizeof error) != -EINVAL)
            fail_msg("%s was not refused", c->name);
        assert_memory_equal(&calibration, &before, sizeof before);
        snprintf(place, sizeof place, "unit.ini:%d: ", c->line);
        if (!strstr(error, place) || !strstr(error, c->expected))
            fail_msg("%s: \"%s\" should hold \"%s\" and \"%s\"", c->name, error, place, c->expected);
    }
}

/* Any damage is either harmless or refused with a sentence; never half taken. */
static void test_damaged_files(void **state)
{
    const struct folder *folder = *state;
    struct board unit_board = board();
    static struct calibration nominal, calibration;
    char error[512] = "";
    static char bytes[65536];
    unit_nominal(&unit_board, &nominal);
    calibration = nominal;
    adjust(&calibration);
    assert_int_equal(unit_write(folder->file, &calibration, error, sizeof error), 0);
    FILE *file = fopen(folder->file, "r");
    assert_non_null(file);
    const size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_in_range(length, 1000, sizeof bytes - 1);
    uint32_t random = 42;
    for (int k = 0; k < 500; k++) {
        random = random * 1664525u + 1013904223u;
        const size_t at = (random >> 8) % (k % 2 ? length : 200); /* the head as often as all the rest */
        const char kept = bytes[at];
        bytes[at] = (char)(random & 0xff);
        file = fopen(folder->file, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, k % 5 ? length : at + 1, file), k % 5 ? length : at + 1);
        assert_int_equal(fclose(file), 0);
        bytes[at] = kept;
        calibration = nominal;
        error[0] = '\0';
        int result = unit_read(folder->file, &unit_board, &calibration, error, sizeof error);
        if (result == 0)
            continue;
        assert_int_equal(result, -EINVAL);
        assert_non_null(strstr(error, "unit.ini:"));
        assert_memory_equal(&calibration, &nominal, sizeof nominal);
    }
}

static void test_a_missing_file_is_said_so(void **state)
{
    const struct folder *folder = *state;
    struct board unit_board = board();
    static struct calibration calibration;
    char error[512] = "";
    unit_nominal(&unit_board, &calibration);
    assert_int_equal(unit_read(folder->file, &unit_board, &calibration, error, sizeof error), -ENOENT);
    assert_non_null(strstr(error, folder->file));
    assert_false(calibration.calibrated);
}

/* What could not be read back must never reach the disk. */
static void break_gain(struct calibration *calibration)
{
    calibration->channel[0].gain = (double)NAN;
}
static void break_offset(struct calibration *calibration)
{
    calibration->channel[1].offset_lsb = -1;
}
static void break_linearity(struct calibration *calibration)
{
    calibration->channel[1].linearity_lsb[512] = (double)INFINITY;
}
static void break_serial(struct calibration *calibration)
{
    calibration->serial[0] = '\0';
}
static void break_date(struct calibration *calibration)
{
    snprintf(calibration->date, sizeof calibration->date, "today");
}
static void break_reference(struct calibration *calibration)
{
    snprintf(calibration->reference, sizeof calibration->reference, "x\n[channel2]\ngain = 9");
}
static void cut_reference(struct calibration *calibration)
{
    snprintf(calibration->reference, sizeof calibration->reference, "standard ; borrowed");
}

struct unwritable_case {
    const char *name;
    void (*breaks)(struct calibration *calibration);
};
static const struct unwritable_case unwritable_cases[] = {
    {"a gain that is no number", break_gain},
    {"an offset below the codes", break_offset},
    {"an infinite correction", break_linearity},
    {"an empty serial number", break_serial},
    {"a date in words", break_date},
    {"a line feed that smuggles in a key", break_reference},
    {"a semicolon that would begin a comment", cut_reference},
};

static void test_what_could_not_be_read_back_is_not_written(void **state)
{
    const struct folder *folder = *state;
    struct board unit_board = board();
    static struct calibration calibration;
    for (size_t k = 0; k < sizeof unwritable_cases / sizeof unwritable_cases[0]; k++) {
        char error[512] = "";
        unit_nominal(&unit_board, &calibration);
        adjust(&calibration);
        unwritable_cases[k].breaks(&calibration);
        if (unit_write(folder->file, &calibration, error, sizeof error) != -EINVAL)
            fail_msg("%s was written", unwritable_cases[k].name);
        assert_true(error[0] != '\0');
        assert_int_equal(access(folder->file, F_OK), -1);
    }
}

static void test_a_failed_write_leaves_the_old_file(void **state)
{
    const struct folder *folder = *state;
    struct board unit_board = board();
    static struct calibration calibration, read;
    char error[512] = "", fresh[320], text[64] = "", missing[320];
    unit_nominal(&unit_board, &calibration);
    adjust(&calibration);

    snprintf(missing, sizeof missing, "%s/no/such/folder.ini", folder->path);
    assert_int_equal(unit_write(missing, &calibration, error, sizeof error), -ENOENT);

    write_text(folder->file, "the old file");
    snprintf(fresh, sizeof fresh, "%s.new", folder->file);
    assert_int_equal(mkdir(fresh, 0700), 0); /* the temporary name is taken */
    assert_int_equal(unit_write(folder->file, &calibration, error, sizeof error), -EISDIR);
    FILE *file = fopen(folder->file, "r");
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "the old file");
    rmdir(fresh);

    unlink(folder->file);
    assert_int_equal(mkdir(folder->file, 0700), 0); /* a folder cannot be renamed over */
    assert_int_equal(unit_write(folder->file, &calibration, error, sizeof error), -EISDIR);
    assert_int_equal(access(fresh, F_OK), -1);
    assert_int_equal(unit_read(folder->file, &unit_board, &read, error, sizeof error), -EISDIR);
}

/* A limit on the file's size stands for a full disk: some bytes are taken, then no more. */
static void test_a_full_disk_leaves_the_old_file(void **state)
{
    const struct folder *folder = *state;
    struct board unit_board = board();
    static struct calibration calibration;
    char error[512] = "", fresh[320];
    unit_nominal(&unit_board, &calibration);
    adjust(&calibration);
    write_text(folder->file, "the old file");
    snprintf(fresh, sizeof fresh, "%s.new", folder->file);

    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int result = unit_write(folder->file, &calibration, error, sizeof error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);

    assert_int_equal(result, -EFBIG);
    assert_non_null(strstr(error, fresh));
    assert_int_equal(access(fresh, F_OK), -1);
    struct stat status;
    assert_int_equal(stat(folder->file, &status), 0);
    assert_int_equal(status.st_size, strlen("the old file"));
}

static void test_names_without_a_folder_and_names_too_long(void **state)
{
    const struct folder *folder = *state;
    struct board unit_board = board();
    static struct calibration calibration;
    char error[8192] = "", here[512];
    static char longest[5000];
    unit_nominal(&unit_board, &calibration);
    adjust(&calibration);
    memset(longest, 'x', sizeof longest - 1);
    assert_int_equal(unit_write(longest, &calibration, error, sizeof error), -ENAMETOOLONG);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder->path), 0);
    int result = unit_write("unit.ini", &calibration, error, sizeof error);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(result, 0);
    assert_int_equal(access(folder->file, F_OK), 0);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_what_is_written_reads_back_exactly),
        WITH_FOLDER(test_every_line_is_one_that_the_parser_can_hold),
        WITH_FOLDER(test_keys_that_are_left_out_keep_their_nominal_values),
        WITH_FOLDER(test_refused),
        WITH_FOLDER(test_damaged_files),
        WITH_FOLDER(test_a_missing_file_is_said_so),
        WITH_FOLDER(test_what_could_not_be_read_back_is_not_written),
        WITH_FOLDER(test_a_failed_write_leaves_the_old_file),
        WITH_FOLDER(test_a_full_disk_leaves_the_old_file),
        WITH_FOLDER(test_names_without_a_folder_and_names_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
