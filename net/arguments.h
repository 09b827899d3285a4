/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arguments.h - vatio-mqtt's command line: what to do, and settings on top of the configuration file.
 *
 * Order of precedence: defaults, the file, then --set and its shorthands in their order. "--flag VALUE" and
 *          "--flag=VALUE" mean the same.
 * Errors:  -errno with one sentence.
 */
#ifndef VATIO_NET_ARGUMENTS_H
#define VATIO_NET_ARGUMENTS_H

#include "net/settings.h"

#include <stdbool.h>
#include <stdio.h>

enum arguments_action {
    ARGUMENTS_RUN,
    ARGUMENTS_DUMP_CONFIG,
    ARGUMENTS_CHECK_CONFIG,
    ARGUMENTS_HELP,
    ARGUMENTS_VERSION,
};

struct arguments {
    enum arguments_action action;
    const char *config_file; /* of argv; NULL = SETTINGS_FILE where that exists, "" = defaults alone */
    const char *status_file; /* of argv; NULL = none */
    bool require_broker;
    int argc;
    char **argv; /* kept for arguments_settings */
};

int arguments_read(struct arguments *arguments, int argc, char **argv, struct options_error *error);

/* Defaults, file, settings of the command line; checked. */
int arguments_settings(const struct arguments *arguments, struct settings *settings,
                       struct options_error *error);

void arguments_help(FILE *file);

#endif
