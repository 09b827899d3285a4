/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cli.h - the vatio command line: what every command is given, and what main calls.
 *
 * Output:  results on out, everything else on err: one sentence per failure.
 * Errors:  commands return an exit status.
 * Threads: one.
 */
#ifndef VATIO_TOOLS_CLI_H
#define VATIO_TOOLS_CLI_H

#include "firmware/api/control.h"
#include "firmware/api/detail.h"
#include "firmware/api/mailbox.h"
#include "firmware/base/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum cli_exit {
    CLI_OK = 0,
    CLI_REFUSED = 1,  /* the meter answered with an error, or the output could not be written */
    CLI_USAGE = 2,    /* wrong command line */
    CLI_NO_METER = 3, /* no vatiod reachable */
};

enum { CLI_RUN_DIR = 100, CLI_PATH = 200, CLI_POINT = 20 };
enum cli_format { CLI_CSV, CLI_JSON };

/* Union of what the commands' option tables set. */
struct cli_settings {
    char run_dir[CLI_RUN_DIR + 1];
    bool help;
    bool version;
    bool json;
    int64_t count; /* watch: rows, 0 = until interrupted */
    int stream;    /* export: index into the choices of its option */
    int64_t from;
    int64_t to; /* export */
    int64_t max;
    int format; /* enum cli_format */
    char output[CLI_PATH + 1];
    double seconds;                 /* waveform */
    bool follow;                    /* events */
    char month[8];                  /* report: "2026-11" */
    char mqtt_status[CLI_PATH + 1]; /* doctor */
    bool generation;                /* doctor */
    int64_t watch_s;                /* doctor */
    char point[CLI_POINT + 1];      /* detail: "" = all */
    bool window;                    /* detail */
    bool spectrum;                  /* detail */
    bool verify;                    /* audit */
    char head[DIGEST_TEXT];         /* audit: "" = none */
    char file[CLI_PATH + 1];        /* audit: "" = vatiod's */
    char root[CLI_PATH + 1];        /* backup, restore: "" = this system */
    char config[CLI_PATH + 1];      /* backup */
    char data_dir[CLI_PATH + 1];    /* backup: "" = as in config */
    char mqtt_config[CLI_PATH + 1]; /* backup */
    bool force;                     /* restore */
    const char *argument;           /* the word behind the command, NULL if none */
};

struct cli {
    FILE *out, *err;
    /* Waits. False when the user asked to stop. */
    bool (*pause)(struct cli *cli, int64_t ms);
    struct cli_settings settings;
};

struct command {
    const char *name;
    const char *argument; /* as in the usage line; NULL = takes none */
    const char *help;
    const struct option *options;
    size_t options_n;
    int (*run)(struct cli *cli);
};

extern const struct command command_status, command_watch, command_registers, command_export, command_page,
    command_reload, command_stop, command_events, command_report, command_waveform, command_doctor,
    command_detail, command_audit, command_backup, command_restore;

/* The whole program but for its signals. Returns the exit status. */
int cli_run(struct cli *cli, int argc, char *const argv[]);

#endif
