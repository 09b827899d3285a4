/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line, and what each command says when vatiod or its reader is not there. */
#include "tests/unit/tools/run_vatio.h"

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
     "one of minute, quarter, day, event, second; default minute",
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
    {"another that does not exist",
     {"exprot"},
     2,
     NULL,
     "there is no command \"exprot\"; expected one such as export"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_METER(the_command_line_is_checked),     WITH_METER(without_vatiod_each_command_says_so),
        WITH_METER(another_layout_is_named_as_such), WITH_METER(verbs_reach_vatiod_and_bring_its_answer),
        WITH_METER(a_full_disk_is_reported),         WITH_METER(a_reader_that_closed_the_pipe_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
