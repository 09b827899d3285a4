/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tools/fake_meter.h"

#include <jansson.h>

static struct fake_meter meter;
static char *out, *err;
static bool (*pause_hook)(struct cli *cli, int64_t ms);
static int pauses;

static int start(void **state)
{
    (void)state;
    out = err = NULL;
    pause_hook = NULL;
    pauses = 0;
    return fake_start(&meter);
}

static int stop(void **state)
{
    (void)state;
    free(out);
    free(err);
    fake_stop(&meter);
    return 0;
}

/* Time is the test's: waiting costs nothing, and the hook plays the meter meanwhile. */
static bool pause_now(struct cli *cli, int64_t ms)
{
    pauses++;
    return pause_hook == NULL || pause_hook(cli, ms);
}

/* Runs "vatio --run-dir DIR words..."; the words end with NULL. */
static int vatio(const char *const words[])
{
    char program[] = "vatio", option[] = "--run-dir";
    char *argv[16] = {program, option, meter.run_dir};
    size_t out_size, err_size;
    int argc = 3;
    for (int i = 0; words[i] != NULL; i++)
        argv[argc++] = (char *)(uintptr_t)words[i];
    free(out);
    free(err);
    struct cli cli = {.pause = pause_now};
    cli.out = open_memstream(&out, &out_size);
    cli.err = open_memstream(&err, &err_size);
    const int status = cli_run(&cli, argc, argv);
    fclose(cli.out);
    fclose(cli.err);
    return status;
}
#define VATIO(...) vatio((const char *const[]){__VA_ARGS__, NULL})

static void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static const struct {
    const char *name;
    const char *words[8];
    int status;
    const char *out, *err; /* parts; NULL = must be empty */
} usages[] = {
    {"help", {"--help"}, 0, "Usage: vatio [OPTIONS] COMMAND", NULL},
    {"short help", {"-h"}, 0, "Exit status: 0 ok, 1 the meter answered", NULL},
    {"version", {"--version"}, 0, "vatio " VATIO_VERSION "\n", NULL},
    {"help of a command",
     {"export", "--help"},
     0,
     "one of minute, quarter, day, event; default minute",
     NULL},
    {"help of status", {"status", "--help"}, 0, "--json", NULL},
    {"help of watch", {"watch", "--help"}, 0, "--count N", NULL},
    {"help of registers", {"registers", "-h"}, 0, "Usage: vatio [--run-dir DIR] registers [OPTIONS]", NULL},
    {"help of page without its word",
     {"page", "--help"},
     0,
     "Usage: vatio [--run-dir DIR] page N|auto",
     NULL},
    {"help of reload", {"reload", "--help"}, 0, "configuration", NULL},
    {"help of stop", {"stop", "--help"}, 0, "end vatiod", NULL},
    {"nothing",
     {NULL},
     2,
     NULL,
     "vatio: a command is missing; expected one such as status; see vatio --help\n"},
    {"no such command", {"statsu"}, 2, NULL, "there is no command \"statsu\"; expected one such as status"},
    {"no such option",
     {"--rundir", "x"},
     2,
     NULL,
     "there is no option --rundir here; expected one such as --run-dir"},
    {"an option of another command", {"status", "--count", "3"}, 2, NULL, "there is no option --count here"},
    {"an option without its value",
     {"watch", "--count"},
     2,
     NULL,
     "--count has no value; expected a whole number"},
    {"a value out of range",
     {"export", "--max", "0"},
     2,
     NULL,
     "--max 0 is out of range; expected a whole number from 1"},
    {"a value that is no number", {"watch", "--count=abc"}, 2, NULL, "--count abc is not a whole number"},
    {"a flag with a value", {"status", "--json=yes"}, 2, NULL, "--json takes no value; expected it alone"},
    {"a stream that does not exist",
     {"export", "--stream", "live"},
     2,
     NULL,
     "--stream live is not one of the choices"},
    {"an empty run directory", {"--run-dir=", "status"}, 2, NULL, "--run-dir  is empty"},
    {"a word too much", {"status", "now"}, 2, NULL, "status: \"now\" is too much; expected options only"},
    {"a second word too much", {"page", "1", "2"}, 2, NULL, "page: \"2\" is too much"},
    {"a missing word", {"page"}, 2, NULL, "page: a word is missing; expected N|auto"},
    {"a page that is no number", {"page", "first"}, 2, NULL, "neither a number nor auto"},
    {"a negative page", {"page", "-1"}, 2, NULL, "there is no option -1 here"},
    {"a control character in the usage", {"--\033[2J"}, 2, NULL, "there is no option --?[2J here"},
};

static void the_command_line_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
        print_message("%s\n", usages[i].name);
        assert_int_equal(vatio(usages[i].words), usages[i].status);
        assert_contains(out, usages[i].out == NULL ? "" : usages[i].out);
        assert_contains(err, usages[i].err == NULL ? "" : usages[i].err);
        assert_true(usages[i].out != NULL || out[0] == '\0');
        assert_true(usages[i].err != NULL || err[0] == '\0');
    }
}

static void status_tells_a_person_everything(void **state)
{
    (void)state;
    meter.newest[STREAM_MINUTE] = 7;
    assert_int_equal(VATIO("status"), 0);
    assert_contains(out, "Vatio 0.1.0, meter meter-1, store store-1\n");
    assert_contains(out,
                    "board reference, 230 V, 50 Hz, 4000.0 scans/s, simulated front end\nnot calibrated");
    assert_contains(out, "2023-11-14 22:13:20 UTC, up 1 d 02:03:04\n");
    assert_contains(out, "quality: uncalibrated simulated\n");
    assert_contains(out, "                          grid       solar\n");
    assert_contains(out, "u_rms_v                 230.10      230.10\n");
    assert_contains(out, "i_rms_a                      -           -\n");
    assert_contains(out, "p_w                    -1234.6     -1234.6\n");
    assert_contains(out, "export_kwh              12.345      12.345\n");
    assert_contains(out, "database  /var/lib/vatio/vatio.db\n");
    assert_contains(out, "config    embedded defaults\n");
    assert_contains(out, "minute 7 quarter 0 day 0 event 0\n");
    assert_contains(out, "scans                       123");
}

static void a_calibrated_meter_without_flags_says_so(void **state)
{
    (void)state;
    meter.live.calibrated = 1;
    meter.live.simulated = 0;
    snprintf(meter.live.serial, sizeof meter.live.serial, "SN7");
    snprintf(meter.live.calibration_date, sizeof meter.live.calibration_date, "2026-01-02");
    meter.live.live.quality = 0;
    meter.live.live.f_hz = (double)NAN;
    meter.live.live.utc_synced = 0;
    meter.live.live.utc_end_ms = RECORD_ABSENT;
    mailbox_write(&meter.mailbox, &meter.live);
    assert_int_equal(VATIO("status"), 0);
    assert_contains(out, "calibrated 2026-01-02, serial SN7\n");
    assert_contains(out, "\n- UTC (not synchronised), up");
    assert_contains(out, "frequency - Hz, over 10 s - Hz, quality: good\n");
}

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *object = json_loads(text, 0, &error);
    if (object == NULL)
        fail_msg("line %d: %s in %s", error.line, error.text, text);
    return object;
}

static json_t *at(json_t *object, const char *a, const char *b)
{
    json_t *value = json_object_get(json_object_get(object, a), b);
    assert_non_null(value);
    return value;
}

static void status_as_json_is_complete_and_exact(void **state)
{
    (void)state;
    meter.newest[STREAM_DAY] = 3;
    meter.live.f_10s_hz = 50.0625;
    meter.live.f_10s_utc_start_ms = 1700000000000;
    mailbox_write(&meter.mailbox, &meter.live);
    assert_int_equal(VATIO("status", "--json"), 0);
    json_t *object = parse(out);
    assert_string_equal(json_string_value(at(object, "identity", "meter_id")), "meter-1");
    assert_true(json_real_value(at(object, "live", "grid_p_w")) == -1234.5678901234);
    assert_int_equal(json_integer_value(at(object, "live", "grid_import_uwh")), INT64_C(9007199254740993));
    assert_null(json_object_get(json_object_get(object, "live"), "grid_i_rms_a"));
    assert_int_equal(json_integer_value(json_object_get(at(object, "registers", "solar"), "export_uwh")),
                     12345999999);
    assert_true(json_real_value(json_object_get(at(object, "registers", "solar"), "export_kwh")) == 12.345);
    assert_true(json_real_value(json_object_get(at(object, "registers", "grid"), "import_kwh")) ==
                9007199.254);
    assert_true(json_real_value(at(object, "live", "f_10s_hz")) == 50.0625);
    assert_int_equal(json_integer_value(at(object, "live", "f_10s_utc_start_ms")), 1700000000000);
    assert_int_equal(json_array_size(at(object, "harmonics", "grid_u_h_v")), 3);
    assert_int_equal(json_integer_value(at(object, "health", "scans")), 123);
    assert_string_equal(json_string_value(at(object, "control", "database")), "/var/lib/vatio/vatio.db");
    assert_int_equal(json_integer_value(json_object_get(at(object, "control", "newest_seq"), "day")), 3);
    assert_string_equal(json_string_value(json_array_get(json_object_get(object, "quality"), 1)),
                        "simulated");
    assert_true(strstr(out, "\"identity\"") < strstr(out, "\"live\""));
    assert_true(strstr(out, "\"live\"") < strstr(out, "\"control\""));
    json_decref(object);
}

static void registers_are_printed_from_the_integers(void **state)
{
    (void)state;
    assert_int_equal(VATIO("registers"), 0);
    assert_contains(out, "2023-11-14 22:13:20 UTC\n");
    assert_contains(out, "import_kwh         9007199.254 9007199.254\n");
    assert_contains(out, "q4_kvarh                 0.000       0.000\n");
    assert_contains(out, "apparent_kvah            0.000       0.000\n");
    meter.live.live.point[1].total.import_uwh = RECORD_ABSENT;
    mailbox_write(&meter.mailbox, &meter.live);
    assert_int_equal(VATIO("registers", "--json"), 0);
    json_t *object = parse(out);
    assert_int_equal(json_object_size(at(object, "registers", "grid")), 14);
    assert_int_equal(json_object_size(at(object, "registers", "solar")), 12);
    json_decref(object);
}

static bool next_second(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    meter.live.heartbeat++;
    if (pauses % 5 == 0) {
        meter.live.live.mono_end_us += 1000000;
        meter.live.live.utc_end_ms += 1000;
    }
    mailbox_write(&meter.mailbox, &meter.live);
    return true;
}

static int lines(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void watch_waits_for_the_first_full_second(void **state)
{
    (void)state;
    meter.live.live.mono_end_us = 0; /* as vatiod starts */
    mailbox_write(&meter.mailbox, &meter.live);
    pause_hook = next_second;
    assert_int_equal(VATIO("watch", "--count", "1"), 0);
    assert_int_equal(lines(out), 2);
    assert_true(pauses > 0);
}

static void watch_prints_each_second_once(void **state)
{
    (void)state;
    pause_hook = next_second;
    assert_int_equal(VATIO("watch", "--count", "25"), 0);
    assert_int_equal(lines(out), 27); /* with the header again after 20 rows */
    assert_int_equal(pauses, 24 * 5);
    assert_contains(out, "UTC                        Hz  grid ");
    assert_contains(out, "\n2023-11-14 22:13:20   50.0000 ");
    assert_contains(out, "\n2023-11-14 22:13:44   50.0000 ");
    assert_contains(out, "    -1234.6  -0.9900  9007199.254       12.345\n");
}

static void watch_shows_circuits_not_their_elements(void **state)
{
    (void)state;
    meter.live.live.n_points = 3;
    meter.live.live.point_id[1] = record_point_id("grid_l1");
    meter.live.live.point_id[2] = record_point_id("load");
    mailbox_write(&meter.mailbox, &meter.live);
    assert_int_equal(VATIO("watch", "--count", "1"), 0);
    assert_contains(out, "  grid ");
    assert_contains(out, "  load ");
    assert_null(strstr(out, "grid_l1"));
}

static void watch_as_json_is_one_object_per_line(void **state)
{
    (void)state;
    pause_hook = next_second;
    assert_int_equal(VATIO("watch", "--json", "--count=3"), 0);
    assert_int_equal(lines(out), 3);
    char *end = strchr(out, '\n');
    *end = '\0';
    json_t *object = parse(out);
    assert_string_equal(json_string_value(json_object_get(object, "stream")), "live");
    json_decref(object);
}

static bool interrupt_soon(struct cli *cli, int64_t ms)
{
    return next_second(cli, ms) && pauses < 7;
}

static void watch_ends_when_the_user_interrupts(void **state)
{
    (void)state;
    pause_hook = interrupt_soon;
    assert_int_equal(VATIO("watch"), 0);
    assert_int_equal(lines(out), 3);
    assert_string_equal(err, "");
}

static bool restart_at_ten(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    if (pauses == 10) { /* another vatiod makes a new file; the old one stands still */
        struct mailbox_writer old = meter.mailbox;
        assert_int_equal(mailbox_create(&meter.mailbox, meter.run_dir), 0);
        snprintf(meter.live.boot_id, sizeof meter.live.boot_id, "boot-2");
        meter.live.live.utc_end_ms += 60000;
        meter.live.heartbeat = 1;
        mailbox_write(&meter.mailbox, &meter.live);
        mailbox_remove(&old, "/nonexistent");
    }
    return true;
}

static void watch_follows_a_vatiod_that_started_again(void **state)
{
    (void)state;
    pause_hook = restart_at_ten;
    assert_int_equal(VATIO("watch", "--count", "2"), 0);
    assert_contains(out, "\n2023-11-14 22:14:20 ");
    assert_int_equal(pauses, 50); /* five seconds of silence */
}

static bool stop_at_ten(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    if (pauses == 10)
        fake_stop_control(&meter);
    return pauses < 200;
}

static void watch_says_that_vatiod_has_gone(void **state)
{
    (void)state;
    pause_hook = stop_at_ten;
    assert_int_equal(VATIO("watch"), 3);
    assert_contains(err, "/control: No such file or directory; expected a running vatiod");
}

static bool stand_still(struct cli *cli, int64_t ms)
{
    (void)cli;
    (void)ms;
    return pauses < 60;
}

static void watch_says_that_vatiod_stands_still(void **state)
{
    (void)state;
    pause_hook = stand_still;
    assert_int_equal(VATIO("watch"), 0);
    assert_string_equal(err, "vatio: vatiod runs but has not measured for 5 s\n");
}

static void without_vatiod_each_command_says_so(void **state)
{
    static const char *const commands[][3] = {{"status"},       {"watch"},  {"registers"}, {"export"},
                                              {"page", "auto"}, {"reload"}, {"stop"}};
    (void)state;
    fake_stop_control(&meter);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        assert_int_equal(vatio(commands[i]), 3);
        assert_string_equal(out, "");
        assert_contains(err, "/control: No such file or directory; expected a running vatiod; start it, or");
    }
}

static void a_vatiod_that_has_not_measured_yet_is_waited_for(void **state)
{
    (void)state;
    mailbox_remove(&meter.mailbox, meter.run_dir);
    assert_int_equal(VATIO("registers"), 3);
    assert_contains(err, "/live: No such file or directory; expected a running vatiod");
    assert_int_equal(mailbox_create(&meter.mailbox, meter.run_dir), 0);
    assert_int_equal(VATIO("registers"), 3);
    assert_contains(err, "expected an answer; is vatiod stuck or still starting?");
    pause_hook = next_second;
    assert_int_equal(VATIO("registers"), 0);
}

static void another_layout_is_named_as_such(void **state)
{
    (void)state;
    meter.mailbox.file->schema++;
    assert_int_equal(VATIO("status"), 3);
    assert_contains(err, "/live: Protocol error; expected the layout of this version");
}

static void verbs_reach_vatiod_and_bring_its_answer(void **state)
{
    (void)state;
    assert_int_equal(VATIO("page", "2"), 0);
    assert_int_equal(meter.last_page, 2);
    assert_string_equal(out, "the display holds the page\n");
    assert_int_equal(VATIO("page", "auto"), 0);
    assert_int_equal(meter.last_page, -1);
    assert_int_equal(VATIO("page", "9"), 1);
    assert_string_equal(err, "vatio: vatiod refused: there are 4 pages\n");
    assert_int_equal(VATIO("reload"), 0);
    assert_string_equal(out, "read again; the store's path needs a restart\n");
    assert_int_equal(VATIO("stop"), 0);
    assert_string_equal(out, "vatiod stops\n");
    meter.deny = true;
    assert_int_equal(VATIO("stop"), 1);
    assert_string_equal(err, "vatio: vatiod refused: this is for root and vatiod's own user\n");
}

static void a_full_disk_is_reported(void **state)
{
    char program[] = "vatio", option[] = "--run-dir", command[] = "status";
    char *argv[] = {program, option, meter.run_dir, command};
    size_t err_size;
    (void)state;
    struct cli cli = {.out = fopen("/dev/full", "w"), .pause = pause_now};
    cli.err = open_memstream(&err, &err_size);
    assert_non_null(cli.out);
    assert_int_equal(cli_run(&cli, 4, argv), 1);
    fclose(cli.out);
    fclose(cli.err);
    assert_contains(err, "vatio: the output could not be written: No space left on device\n");
}

static void a_reader_that_closed_the_pipe_is_no_failure(void **state)
{
    char program[] = "vatio", option[] = "--run-dir", command[] = "status";
    char *argv[] = {program, option, meter.run_dir, command};
    size_t err_size;
    int ends[2];
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* as main does */
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    struct cli cli = {.out = fdopen(ends[1], "w"), .pause = pause_now};
    cli.err = open_memstream(&err, &err_size);
    assert_int_equal(cli_run(&cli, 4, argv), 0);
    fclose(cli.out);
    fclose(cli.err);
    assert_string_equal(err, "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_command_line_is_checked),
        TEST(status_tells_a_person_everything),
        TEST(a_calibrated_meter_without_flags_says_so),
        TEST(status_as_json_is_complete_and_exact),
        TEST(registers_are_printed_from_the_integers),
        TEST(watch_waits_for_the_first_full_second),
        TEST(watch_prints_each_second_once),
        TEST(watch_shows_circuits_not_their_elements),
        TEST(watch_as_json_is_one_object_per_line),
        TEST(watch_ends_when_the_user_interrupts),
        TEST(watch_follows_a_vatiod_that_started_again),
        TEST(watch_says_that_vatiod_has_gone),
        TEST(watch_says_that_vatiod_stands_still),
        TEST(without_vatiod_each_command_says_so),
        TEST(a_vatiod_that_has_not_measured_yet_is_waited_for),
        TEST(another_layout_is_named_as_such),
        TEST(verbs_reach_vatiod_and_bring_its_answer),
        TEST(a_full_disk_is_reported),
        TEST(a_reader_that_closed_the_pipe_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
