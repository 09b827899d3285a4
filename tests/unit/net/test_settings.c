/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS = 8 };

static char dir[] = "/tmp/vatio_settings_XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state)
{
    static const char *const names[] = {"mqtt.ini", "password", "ca.pem"};
    char path[128];
    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[k]);
        unlink(path);
    }
    return rmdir(dir);
}

static const char *write_file(const char *name, const char *text, mode_t mode)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
    return path;
}

/* The words of a command line; argv[0] is put in front. */
static int read_line(const char *const words[WORDS], struct arguments *arguments, struct settings *settings,
                     struct options_error *error)
{
    static char program[] = "vatio-mqtt";
    char *argv[WORDS + 2] = {program};
    int argc = 1;
    for (int k = 0; k < WORDS && words[k] != NULL; k++)
        argv[argc++] = (char *)(uintptr_t)words[k];
    error->text[0] = '\0';
    const int result = arguments_read(arguments, argc, argv, error);
    return result != 0 ? result : arguments_settings(arguments, settings, error);
}

static void defaults_alone_are_good(void **state)
{
    static const char *const words[WORDS] = {"--config", ""};
    struct arguments arguments;
    struct settings settings;
    struct options_error error;
    char broker[SETTINGS_BROKER];

    (void)state;
    assert_int_equal(read_line(words, &arguments, &settings, &error), 0);
    assert_int_equal(arguments.action, ARGUMENTS_RUN);
    assert_false(arguments.require_broker);
    settings_broker_text(&settings, broker);
    assert_string_equal(broker, "127.0.0.1:1883");
    assert_string_equal(settings.base, "vatio");
    assert_int_equal(settings.window, 16);
    assert_true(settings.backoff_min_s == 5 && settings.backoff_max_s == 600);
    assert_false(settings.tls);
    assert_string_equal(settings.run_dir, "/run/vatio");
}

/* A sentence must name what is wrong (part) and come with -EINVAL. */
static const struct {
    const char *name;
    const char *words[WORDS];
    const char *part; /* of the sentence; NULL = accepted */
} lines[] = {
    {"--broker takes host and port", {"--broker", "example.org:8883"}, NULL},
    {"--broker takes a host alone", {"--broker", "example.org"}, NULL},
    {"--broker takes an IPv6 address in brackets", {"--broker", "[::1]:1884"}, NULL},
    {"--broker=... is the same", {"--broker=example.org:8883"}, NULL},
    {"an equals sign in a value is kept", {"--set=mqtt.user=a=b"}, NULL},
    {"--require-broker, --status-file and paths go together",
     {"--require-broker", "--status-file", "/tmp/x", "--run-dir", "/tmp/r", "--state-dir=/tmp/s"},
     NULL},
    {"a port of 0 is refused", {"--broker", "h:0"}, "port from 1 to 65535"},
    {"a port beyond 65535 is refused", {"--broker", "h:65536"}, "port from 1 to 65535"},
    {"a port that overflows is refused", {"--broker", "h:99999999999999999999"}, "port"},
    {"a port with rubbish behind it is refused", {"--broker", "h:18x"}, "port"},
    {"a port with a sign is refused", {"--broker", "h:+18"}, "port"},
    {"an empty port is refused", {"--broker", "h:"}, "port"},
    {"an empty host is refused", {"--broker", ":1883"}, "expected HOST"},
    {"an empty broker is refused", {"--broker", ""}, "expected HOST"},
    {"open brackets are refused", {"--broker", "[::1:1883"}, "expected HOST"},
    {"rubbish behind brackets is refused", {"--broker", "[::1]x"}, "expected HOST"},
    {"an IPv6 address without brackets is refused", {"--broker", "fe80::1"}, "--broker"},
    {"a URL is refused", {"--broker", "mqtt://h"}, "--broker"},
    {"a URL as host is refused", {"--set", "mqtt.host=tcp://h"}, "not a URL"},
    {"an unknown argument is refused", {"--brokre", "h"}, "--brokre: no such argument"},
    {"a word is refused", {"h:1883"}, "no such argument"},
    {"a missing value is refused", {"--broker"}, "expected a value"},
    {"a value too many is refused", {"--require-broker=yes"}, "expected no value"},
    {"an unknown setting is refused", {"--set", "mqtt.hots=h"}, "hots"},
    {"a window of 0 is refused", {"--set", "mqtt.window=0"}, "window"},
    {"a window beyond the library's is refused", {"--set", "mqtt.window=65"}, "window"},
    {"a negative period is refused", {"--set", "mqtt.live_period_s=-1"}, "live_period_s"},
    {"a period that is no number is refused", {"--set", "mqtt.live_period_s=nan"}, "live_period_s"},
    {"a base with a wildcard is refused", {"--set", "mqtt.base=a/#"}, "mqtt.base"},
    {"a back-off that shrinks is refused",
     {"--set", "mqtt.backoff_min_s=10", "--set", "mqtt.backoff_max_s=9"},
     "backoff_max_s"},
    {"a password without a user is refused", {"--set", "mqtt.password_file=/x"}, "mqtt.user"},
    {"a certificate without its key is refused",
     {"--set", "mqtt.tls=on", "--set", "mqtt.cert_file=/x"},
     "both or none"},
    {"an authority without TLS is refused", {"--set", "mqtt.ca_file=/x"}, "mqtt.tls"},
    {"a missing authority file is refused",
     {"--set", "mqtt.tls=on", "--set", "mqtt.ca_file=/nonexistent/ca.pem"},
     "/nonexistent/ca.pem: No such file"},
    {"a missing password file is refused",
     {"--set", "mqtt.user=u", "--set", "mqtt.password_file=/nonexistent/p"},
     "/nonexistent/p: No such file"},
    {"a missing configuration file is refused", {"--config", "/nonexistent/x.ini"}, "/nonexistent/x.ini"},
    {"a run_dir too long for a socket is refused",
     {"--run-dir",
      "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
     "run_dir"},
};

static void command_lines_are_taken_or_refused_with_a_sentence(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++) {
        struct arguments arguments;
        struct settings settings;
        struct options_error error;
        print_message("  %s\n", lines[k].name);
        const int result = read_line(lines[k].words, &arguments, &settings, &error);
        if (lines[k].part == NULL) {
            assert_int_equal(result, 0);
            continue;
        }
        assert_true(result < 0);
        if (strstr(error.text, lines[k].part) == NULL)
            fail_msg("\"%s\" is not in: %s", lines[k].part, error.text);
    }
}

static void the_broker_is_taken_apart(void **state)
{
    static const struct {
        const char *text, *host, *printed;
        int64_t port;
    } cases[] = {
        {"example.org:8883", "example.org", "example.org:8883", 8883},
        {"example.org", "example.org", "example.org:1883", 1883},
        {"[fe80::1]:65535", "fe80::1", "[fe80::1]:65535", 65535},
        {"[::1]", "::1", "[::1]:1883", 1883},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct settings settings;
        struct options_error error;
        char printed[SETTINGS_BROKER];
        settings_init(&settings);
        assert_int_equal(settings_broker(&settings, cases[k].text, &error), 0);
        assert_string_equal(settings.host, cases[k].host);
        assert_int_equal(settings.port, cases[k].port);
        settings_broker_text(&settings, printed);
        assert_string_equal(printed, cases[k].printed);
    }
}

static void a_host_that_does_not_fit_is_refused(void **state)
{
    struct settings settings;
    struct options_error error;
    char text[SETTINGS_HOST + 1];

    (void)state;
    settings_init(&settings);
    memset(text, 'h', sizeof text);
    text[SETTINGS_HOST] = '\0';
    assert_int_equal(settings_broker(&settings, text, &error), -EINVAL);
    text[SETTINGS_HOST - 1] = '\0';
    assert_int_equal(settings_broker(&settings, text, &error), 0);
}

static void the_command_line_overrides_the_file(void **state)
{
    const char *path = write_file("mqtt.ini", "[mqtt]\nhost = filed\nport = 7\nbase = site\n", 0644);
    const char *const words[WORDS] = {"--broker", "lined", "--config", path, "--set", "mqtt.keepalive_s=60"};
    struct arguments arguments;
    struct settings settings;
    struct options_error error;

    (void)state;
    assert_int_equal(read_line(words, &arguments, &settings, &error), 0);
    assert_string_equal(settings.host, "lined");
    assert_int_equal(settings.port, 7);
    assert_string_equal(settings.base, "site");
    assert_int_equal(settings.keepalive_s, 60);
}

static void a_wrong_line_of_the_file_is_named(void **state)
{
    const char *path = write_file("mqtt.ini", "[mqtt]\nhost = h\nprot = 7\n", 0644);
    const char *const words[WORDS] = {"--config", path};
    struct arguments arguments;
    struct settings settings;
    struct options_error error;

    (void)state;
    assert_int_equal(read_line(words, &arguments, &settings, &error), -EINVAL);
    assert_non_null(strstr(error.text, "mqtt.ini:3"));
}

static void actions_and_flags_are_recognised(void **state)
{
    static const struct {
        const char *words[WORDS];
        enum arguments_action action;
    } cases[] = {
        {{"--config", "", "--dump-config"}, ARGUMENTS_DUMP_CONFIG},
        {{"--config", "", "--check-config"}, ARGUMENTS_CHECK_CONFIG},
        {{"--config", "", "--help"}, ARGUMENTS_HELP},
        {{"--config", "", "--version"}, ARGUMENTS_VERSION},
    };
    static const char *const flags[WORDS] = {"--config", "", "--require-broker", "--status-file", "/tmp/s"};
    struct arguments arguments;
    struct settings settings;
    struct options_error error;

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        assert_int_equal(read_line(cases[k].words, &arguments, &settings, &error), 0);
        assert_int_equal(arguments.action, cases[k].action);
    }
    assert_int_equal(read_line(flags, &arguments, &settings, &error), 0);
    assert_true(arguments.require_broker);
    assert_string_equal(arguments.status_file, "/tmp/s");
}

static char *dump(const struct settings *settings)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_int_equal(options_write(settings_options, settings_options_n, settings, file), 0);
    fclose(file);
    return text;
}

static void what_is_dumped_reads_back_the_same(void **state)
{
    static const char *const words[WORDS] = {"--config", "",      "--broker",
                                             "[::1]:9",  "--set", "mqtt.backoff_min_s=0.3"};
    struct arguments arguments;
    struct settings settings, again;
    struct options_error error;

    (void)state;
    assert_int_equal(read_line(words, &arguments, &settings, &error), 0);
    char *first = dump(&settings);
    settings_init(&again);
    assert_int_equal(
        options_read_text(settings_options, settings_options_n, &again, "dump", first, NULL, &error), 0);
    char *second = dump(&again);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "::1"));
    free(first);
    free(second);
}

static void the_help_names_every_flag_and_exit_status(void **state)
{
    static const char *const parts[] = {"--config FILE", "--broker",    "--require-broker", "--status-file",
                                        "--dump-config", "Exit status", "3 no connection"};
    char *text = NULL;
    size_t size = 0;

    (void)state;
    FILE *file = open_memstream(&text, &size);
    arguments_help(file);
    fclose(file);
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        char squeezed[64];
        snprintf(squeezed, sizeof squeezed, "%.*s", (int)strcspn(parts[k], " "), parts[k]);
        assert_non_null(strstr(text, squeezed));
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_alone_are_good),
        cmocka_unit_test(command_lines_are_taken_or_refused_with_a_sentence),
        cmocka_unit_test(the_broker_is_taken_apart),
        cmocka_unit_test(a_host_that_does_not_fit_is_refused),
        cmocka_unit_test(the_command_line_overrides_the_file),
        cmocka_unit_test(a_wrong_line_of_the_file_is_named),
        cmocka_unit_test(actions_and_flags_are_recognised),
        cmocka_unit_test(what_is_dumped_reads_back_the_same),
        cmocka_unit_test(the_help_names_every_flag_and_exit_status),
    };
    return cmocka_run_group_tests_name("settings", tests, make_dir, remove_dir);
}
