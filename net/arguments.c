/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/arguments.h"

#include <errno.h>
#include <string.h>

enum flag_id { FLAG_NONE, FLAG_CONFIG, FLAG_STATUS_FILE, FLAG_SET, FLAG_BROKER, FLAG_REQUIRE_BROKER };

/* A flag names an option that it sets, or an action, or has an id of its own. */
static const struct flag {
    const char *name;
    const char *value;  /* what follows, NULL = nothing */
    const char *option; /* that it sets */
    enum arguments_action action;
    enum flag_id id;
    const char *help;
} flags[] = {
    {"--config", "FILE", NULL, ARGUMENTS_RUN, FLAG_CONFIG,
     "settings; default " SETTINGS_FILE " where that exists"},
    {"--set", "SECTION.NAME=VALUE", NULL, ARGUMENTS_RUN, FLAG_SET,
     "one setting; may be given often; see --dump-config"},
    {"--broker", "HOST:PORT", NULL, ARGUMENTS_RUN, FLAG_BROKER, "the broker: mqtt.host and mqtt.port"},
    {"--run-dir", "DIR", "paths.run_dir", ARGUMENTS_RUN, FLAG_NONE,
     "vatiod's control socket and live mailbox"},
    {"--state-dir", "DIR", "paths.state_dir", ARGUMENTS_RUN, FLAG_NONE, "the delivery cursors"},
    {"--status-file", "FILE", NULL, ARGUMENTS_RUN, FLAG_STATUS_FILE,
     "keep the state of delivery there, as JSON"},
    {"--require-broker", NULL, NULL, ARGUMENTS_RUN, FLAG_REQUIRE_BROKER,
     "end with status 3 if the first connection fails"},
    {"--dump-config", NULL, NULL, ARGUMENTS_DUMP_CONFIG, FLAG_NONE, "print all settings as a file and exit"},
    {"--check-config", NULL, NULL, ARGUMENTS_CHECK_CONFIG, FLAG_NONE, "read and check the settings and exit"},
    {"--help", NULL, NULL, ARGUMENTS_HELP, FLAG_NONE, "this text"},
    {"--version", NULL, NULL, ARGUMENTS_VERSION, FLAG_NONE, "print the version and exit"},
};
enum { FLAGS = sizeof flags / sizeof flags[0] };

/* The flag at argv[*at] with its value; *at is then at the last word used. */
static const struct flag *find(int argc, char **argv, int *at, const char **value)
{
    const size_t length = strcspn(argv[*at], "=");

    for (int k = 0; k < FLAGS; k++) {
        if (strlen(flags[k].name) != length || strncmp(flags[k].name, argv[*at], length) != 0)
            continue;
        *value = argv[*at][length] == '=' ? argv[*at] + length + 1 : NULL;
        if (flags[k].value != NULL && *value == NULL && *at + 1 < argc)
            *value = argv[++*at];
        return &flags[k];
    }
    return NULL;
}

static int refuse(struct options_error *error, const char *what, const char *expected)
{
    snprintf(error->text, sizeof error->text, "%.100s: %s", what, expected);
    return -EINVAL;
}

int arguments_read(struct arguments *arguments, int argc, char **argv, struct options_error *error)
{
    *arguments = (struct arguments){.argc = argc, .argv = argv};
    for (int at = 1; at < argc; at++) {
        const char *value = NULL, *word = argv[at];
        const struct flag *flag = find(argc, argv, &at, &value);
        if (flag == NULL)
            return refuse(error, word, "no such argument; expected one of those in --help");
        if (flag->value != NULL && value == NULL)
            return refuse(error, word, "expected a value after it; see --help");
        if (flag->value == NULL && value != NULL)
            return refuse(error, word, "expected no value; see --help");
        if (flag->action != ARGUMENTS_RUN)
            arguments->action = flag->action;
        if (flag->id == FLAG_CONFIG)
            arguments->config_file = value;
        if (flag->id == FLAG_STATUS_FILE)
            arguments->status_file = value;
        if (flag->id == FLAG_REQUIRE_BROKER)
            arguments->require_broker = true;
    }
    return 0;
}

static int set(const struct flag *flag, const char *value, struct settings *settings,
               struct options_error *error)
{
    char assignment[512];

    if (flag->id == FLAG_SET)
        return options_set(settings_options, settings_options_n, settings, value, error);
    if (flag->id == FLAG_BROKER)
        return settings_broker(settings, value, error);
    if (flag->option == NULL)
        return 0;
    if (snprintf(assignment, sizeof assignment, "%s=%s", flag->option, value) >= (int)sizeof assignment)
        return refuse(error, flag->name, "expected a shorter value");
    return options_set(settings_options, settings_options_n, settings, assignment, error);
}

int arguments_settings(const struct arguments *arguments, struct settings *settings,
                       struct options_error *error)
{
    settings_init(settings);
    int result = settings_read(settings, arguments->config_file, error);
    for (int at = 1; at < arguments->argc && result == 0; at++) {
        const char *value = NULL;
        const struct flag *flag = find(arguments->argc, arguments->argv, &at, &value);
        result = set(flag, value, settings, error);
    }
    return result == 0 ? settings_check(settings, error) : result;
}

void arguments_help(FILE *file)
{
    fputs("usage: vatio-mqtt [ARGUMENT]...\n"
          "Publishes vatiod's newest values and each of its stored records to an MQTT 5 broker.\n\n",
          file);
    for (int k = 0; k < FLAGS; k++)
        fprintf(file, "  %-16s %-18s %s\n", flags[k].name, flags[k].value != NULL ? flags[k].value : "",
                flags[k].help);
    fputs("\nExit status: 0 ended as asked, 1 could not start or failed, 2 wrong argument or setting,\n"
          "3 no connection to the broker with --require-broker. See vatio-mqtt(8).\n",
          file);
}
