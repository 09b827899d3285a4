/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A flag either names an option that it sets, or an action, or neither: --config, --set, --seconds. */
static const struct flag {
    const char *name;
    const char *value;  /* what follows, NULL = nothing */
    const char *option; /* that it sets; with what it sets it to when nothing follows */
    enum arguments_action action;
    const char *help;
} flags[] = {
    {"--config", "FILE", NULL, ARGUMENTS_RUN,
     "settings; default " ARGUMENTS_CONFIG_FILE " where that exists"},
    {"--set", "SECTION.NAME=VALUE", NULL, ARGUMENTS_RUN,
     "one setting; may be given often; see --dump-config"},
    {"--board", "FILE", "paths.board_file", ARGUMENTS_RUN, "board description"},
    {"--calibration", "FILE", "paths.calibration_file", ARGUMENTS_RUN, "calibration of this unit"},
    {"--data-dir", "DIR", "paths.data_dir", ARGUMENTS_RUN, "database and register journal"},
    {"--run-dir", "DIR", "paths.run_dir", ARGUMENTS_RUN, "live mailbox and control socket"},
    {"--display", "KIND", "display.kind", ARGUMENTS_RUN, "none, terminal or hd44780"},
    {"--footer", "TEXT", "display.footer", ARGUMENTS_RUN, "text below the display in the terminal"},
    {"--sim-speed", "N|max", "sim.speed", ARGUMENTS_RUN, "simulated seconds per second"},
    {"--sim-start", "TIME|now", "sim.start", ARGUMENTS_RUN, "UTC at the start, like 2026-06-21T00:00:00Z"},
    {"--replay", "FILE", "replay.file", ARGUMENTS_RUN,
     "meter a recording, COMTRADE or CSV: adc.source=replay, too"},
    {"--through-adc", NULL, "replay.through_adc=yes", ARGUMENTS_RUN,
     "the recording through the simulated front end"},
    {"--loop", NULL, "replay.loop=yes", ARGUMENTS_RUN, "the recording again and again"},
    {"--seconds", "N", NULL, ARGUMENTS_RUN, "end after so many seconds of the meter's clock"},
    {"--dump-config", NULL, NULL, ARGUMENTS_DUMP_CONFIG, "print all settings as a file and exit"},
    {"--check-config", NULL, NULL, ARGUMENTS_CHECK_CONFIG, "read settings, board and calibration and exit"},
    {"--help", NULL, NULL, ARGUMENTS_HELP, "this text"},
    {"--version", NULL, NULL, ARGUMENTS_VERSION, "print the version and exit"},
};
enum { FLAGS = sizeof flags / sizeof flags[0] };

static const struct flag *find(const char *name)
{
    for (int i = 0; i < FLAGS; i++)
        if (strcmp(flags[i].name, name) == 0)
            return &flags[i];
    return NULL;
}

static int read_seconds(const char *text, int64_t *seconds, struct options_error *error)
{
    char *end;
    errno = 0;
    *seconds = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && *seconds > 0 && *seconds <= INT64_C(1000000000))
        return 0;
    snprintf(error->text, sizeof error->text,
             "--seconds %.100s: expected a whole number from 1 to 1000000000", text);
    return -EINVAL;
}

static int take(struct arguments *arguments, const struct flag *flag, const char *value,
                struct options_error *error)
{
    if (flag->action != ARGUMENTS_RUN)
        arguments->action = flag->action;
    if (strcmp(flag->name, "--config") == 0)
        arguments->config_file = value;
    if (value != NULL && strcmp(flag->name, "--seconds") == 0)
        return read_seconds(value, &arguments->seconds, error);
    return 0;
}

int arguments_read(struct arguments *arguments, int argc, char **argv, struct options_error *error)
{
    *arguments = (struct arguments){.argc = argc, .argv = argv};
    arguments->config_file = access(ARGUMENTS_CONFIG_FILE, F_OK) == 0 ? ARGUMENTS_CONFIG_FILE : "";
    for (int i = 1; i < argc; i++) {
        const struct flag *flag = find(argv[i]);
        if (flag == NULL) {
            snprintf(error->text, sizeof error->text,
                     "%.100s: no such argument; expected one of those in --help", argv[i]);
            return -EINVAL;
        }
        if (flag->value != NULL && i + 1 == argc) {
            snprintf(error->text, sizeof error->text, "%s: expected %s after it", flag->name, flag->value);
            return -EINVAL;
        }
        const char *value = flag->value != NULL ? argv[++i] : NULL;
        int result = take(arguments, flag, value, error);
        if (result < 0)
            return result;
    }
    return 0;
}

static int set(const struct flag *flag, const char *value, struct config *config, struct options_error *error)
{
    char assignment[512];
    if (strcmp(flag->name, "--set") == 0)
        return options_set(config_options, config_options_n, config, value, error);
    if (flag->option == NULL)
        return 0;
    if (strcmp(flag->name, "--replay") == 0)
        config->adc_source = CONFIG_ADC_REPLAY;
    if (flag->value == NULL)
        return options_set(config_options, config_options_n, config, flag->option, error);
    snprintf(assignment, sizeof assignment, "%s=%s", flag->option, value);
    return options_set(config_options, config_options_n, config, assignment, error);
}

int arguments_config(const struct arguments *arguments, struct config *config, struct options_error *error)
{
    memset(config, 0, sizeof *config);
    options_defaults(config_options, config_options_n, config);
    int result = 0;
    if (arguments->config_file[0] != '\0')
        result = options_read(config_options, config_options_n, config, arguments->config_file, NULL, error);
    for (int i = 1; i < arguments->argc && result == 0; i++) {
        const struct flag *flag = find(arguments->argv[i]);
        const char *value = flag->value != NULL ? arguments->argv[++i] : NULL;
        result = set(flag, value, config, error);
    }
    return result == 0 ? config_check(config, error) : result;
}

void arguments_help(FILE *file)
{
    fprintf(file, "usage: vatiod [ARGUMENT]...\n"
                  "The metering daemon: samples, measures, keeps registers, stores, shows.\n\n");
    for (int i = 0; i < FLAGS; i++)
        fprintf(file, "  %-14s %-20s %s\n", flags[i].name, flags[i].value != NULL ? flags[i].value : "",
                flags[i].help);
    fprintf(file,
            "\nExit status: 0 ended as asked, 1 could not start or failed, 2 wrong argument or setting,\n"
            "3 the simulation's check failed (sim.check_pct). See vatiod(8).\n");
}
