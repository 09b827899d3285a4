/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

static int run(struct cli *cli)
{
    struct control_request request = {.verb = CONTROL_PAGE, .page = -1};
    const char *word = cli->settings.argument;
    if (strcmp(word, "auto") != 0) {
        char *end;
        errno = 0;
        request.page = strtoll(word, &end, 10);
        if (end == word || *end != '\0' || errno != 0 || request.page < 0) {
            fprintf(cli->err,
                    "vatio: page \"%.60s\" is neither a number nor auto; expected 0 for the first page, or "
                    "auto\n",
                    word);
            return CLI_USAGE;
        }
    }
    return meter_request(cli, &request,
                         request.page < 0 ? "the display turns its pages" : "the display holds the page");
}

const struct command command_page = {"page",  "N|auto", "show page N (from 0) on the display, or turn pages",
                                     options, 1,        run};
