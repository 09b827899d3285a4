/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arguments.h - vatiod's command line: what to do, and settings on top of the configuration file.
 *
 * Order of precedence: defaults, the file, then --set and its shorthands in their order.
 * Errors:  -EINVAL with one sentence.
 */
#ifndef VATIO_FIRMWARE_ARGUMENTS_H
#define VATIO_FIRMWARE_ARGUMENTS_H

#include "firmware/config.h"

#include <stdint.h>
#include <stdio.h>

enum arguments_action {
    ARGUMENTS_RUN,
    ARGUMENTS_DUMP_CONFIG,
    ARGUMENTS_CHECK_CONFIG,
    ARGUMENTS_HELP,
    ARGUMENTS_VERSION
};

#define ARGUMENTS_CONFIG_FILE "/etc/vatio/vatiod.ini"

struct arguments {
    enum arguments_action action;
    const char *config_file; /* "" = embedded defaults */
    int64_t seconds;         /* of the meter's clock; 0 = until stopped */
    int argc;
    char **argv; /* kept for arguments_config */
};

int arguments_read(struct arguments *arguments, int argc, char **argv, struct options_error *error);

/* Defaults, file, settings of the command line; checked. Called again on reload. */
int arguments_config(const struct arguments *arguments, struct config *config, struct options_error *error);

void arguments_help(FILE *file);

#endif
