/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/meter.h"

static const struct option options[] = {
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

static int run(struct cli *cli)
{
    struct control_request request = {.verb = CONTROL_RELOAD};
    return meter_request(cli, &request, "vatiod has read its configuration again");
}

const struct command command_reload = {"reload", NULL, "have vatiod read its configuration again",
                                       options,  1,    run};
