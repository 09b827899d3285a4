/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/cli.h"

#include "firmware/base/options_names.h"
#include "tools/vatio/arguments.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const struct command *const commands[] = {
    &command_status, &command_watch, &command_detail, &command_registers, &command_export,
    &command_events, &command_audit, &command_report, &command_waveform,  &command_page,
    &command_reload, &command_stop,  &command_doctor, &command_backup,    &command_restore,
};

static const struct option global_options[] = {
    {"", "run-dir", "", OPTION_STRING, offsetof(struct cli_settings, run_dir), "/run/vatio", 1, CLI_RUN_DIR,
     NULL, "where vatiod keeps its mailbox and control socket"},
    {"", "version", "", OPTION_BOOL, offsetof(struct cli_settings, version), "no", 0, 0, NULL,
     "print the version"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

static int print_help(struct cli *cli)
{
    fputs(
        "Usage: vatio [OPTIONS] COMMAND [OPTIONS]\n\nShows and steers a running Vatio meter.\n\nCommands:\n",
        cli->out);
    for (size_t i = 0; i < COUNT(commands); i++) {
        char usage[64];
        snprintf(usage, sizeof usage, "%s%s%s", commands[i]->name, commands[i]->argument == NULL ? "" : " ",
                 commands[i]->argument == NULL ? "" : commands[i]->argument);
        fprintf(cli->out, "  %-14s %s\n", usage, commands[i]->help);
    }
    fputs("\nOptions:\n", cli->out);
    arguments_help(cli->out, global_options, COUNT(global_options));
    fputs("\n'vatio COMMAND --help' lists the options of a command.\n"
          "Exit status: 0 ok, 1 the meter answered with an error or the output could not be written,\n"
          "2 wrong usage, 3 no vatiod reachable.\n",
          cli->out);
    return CLI_OK;
}

static int print_command_help(struct cli *cli, const struct command *command)
{
    fprintf(cli->out, "Usage: vatio [--run-dir DIR] %s%s%s [OPTIONS]\n\nvatio %s: %s.\n\nOptions:\n",
            command->name, command->argument == NULL ? "" : " ",
            command->argument == NULL ? "" : command->argument, command->name, command->help);
    arguments_help(cli->out, command->options, command->options_n);
    return CLI_OK;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static const char *nearest_command(const char *name)
{
    const char *nearest = NULL;
    int best = INT_MAX;
    for (size_t i = 0; i < COUNT(commands); i++) {
        const int distance = options_distance(name, commands[i]->name);
        if (distance < best) {
            best = distance;
            nearest = commands[i]->name;
        }
    }
    return nearest;
}

static int wrong_usage(struct cli *cli, const char *sentence)
{
    fprintf(cli->err, "vatio: %s\n", sentence);
    return CLI_USAGE;
}

/* Options may stand before and behind the command's word. */
static int run_command(struct cli *cli, const struct command *command, int argc, char *const argv[])
{
    struct options_error error;
    struct cli_settings *settings = &cli->settings;
    options_defaults(command->options, command->options_n, settings);
    for (int at = 0; at < argc;) {
        const int taken =
            arguments_read(command->options, command->options_n, settings, argc - at, argv + at, &error);
        if (taken < 0)
            return wrong_usage(cli, error.text);
        at += taken;
        if (at == argc)
            break;
        if (command->argument == NULL || settings->argument != NULL) {
            snprintf(error.text, sizeof error.text, "%s: \"%.60s\" is too much; expected options only",
                     command->name, argv[at]);
            return wrong_usage(cli, error.text);
        }
        settings->argument = argv[at++];
    }
    if (settings->help)
        return print_command_help(cli, command);
    if (command->argument != NULL && settings->argument == NULL) {
        snprintf(error.text, sizeof error.text, "%s: a word is missing; expected %s", command->name,
                 command->argument);
        return wrong_usage(cli, error.text);
    }
    return command->run(cli);
}

static int dispatch(struct cli *cli, int argc, char *const argv[])
{
    struct options_error error;
    memset(&cli->settings, 0, sizeof cli->settings);
    options_defaults(global_options, COUNT(global_options), &cli->settings);
    const int taken =
        arguments_read(global_options, COUNT(global_options), &cli->settings, argc - 1, argv + 1, &error);
    if (taken < 0)
        return wrong_usage(cli, error.text);
    if (cli->settings.help)
        return print_help(cli);
    if (cli->settings.version) {
        fprintf(cli->out, "vatio %s\n", VATIO_VERSION);
        return CLI_OK;
    }
    if (taken + 1 == argc)
        return wrong_usage(cli, "a command is missing; expected one such as status; see vatio --help");
    const char *name = argv[taken + 1];
    const struct command *command = find_command(name);
    if (command != NULL)
        return run_command(cli, command, argc - taken - 2, argv + taken + 2);
    snprintf(error.text, sizeof error.text,
             "there is no command \"%.60s\"; expected one such as %s; see vatio --help", name,
             nearest_command(name));
    return wrong_usage(cli, error.text);
}

/* A pipe's or socket's other end is closed: its reader has seen enough, and that is no failure. */
static bool reader_has_gone(FILE *file)
{
    struct pollfd end = {.fd = fileno(file), .events = POLLOUT};
    return poll(&end, 1, 0) == 1 && (end.revents & (POLLERR | POLLHUP)) != 0;
}

int cli_run(struct cli *cli, int argc, char *const argv[])
{
    const int status = dispatch(cli, argc, argv);
    errno = 0;
    if (fflush(cli->out) == 0 && !ferror(cli->out))
        return status;
    const int error = errno;
    if (reader_has_gone(cli->out))
        return status == CLI_REFUSED ? CLI_OK : status;
    fprintf(cli->err, "vatio: the output could not be written: %s\n", strerror(error != 0 ? error : EIO));
    return status == CLI_OK ? CLI_REFUSED : status;
}
