/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/doctor_collect.h"
#include "tools/vatio/format.h"

#include <stdlib.h>

enum { STATE_WIDTH = 7, NAME_WIDTH = 11 };

static const struct option options[] = {
    {"", "json", "", OPTION_BOOL, offsetof(struct cli_settings, json), "no", 0, 0, NULL,
     "print an array with an object per check"},
    {"", "mqtt-status", "", OPTION_STRING, offsetof(struct cli_settings, mqtt_status),
     "/run/vatio-mqtt/status.json", 1, CLI_PATH, NULL, "vatio-mqtt's status file"},
    {"", "generation", "", OPTION_BOOL, offsetof(struct cli_settings, generation), "no", 0, 0, NULL,
     "something here generates that no channel measures: export is right"},
    {"", "seconds", "s", OPTION_INT, offsetof(struct cli_settings, watch_s), "2", 1, 3600, NULL,
     "how long to watch"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

static void print_text(FILE *out, const char *name, const struct doctor_finding *finding)
{
    fprintf(out, "%-*s %-*s - %s\n", STATE_WIDTH, doctor_state_name[finding->state], NAME_WIDTH, name,
            finding->found);
    if (finding->advice[0] != '\0')
        fprintf(out, "%*s %s\n", STATE_WIDTH, "", finding->advice);
}

static json_t *finding_json(const char *name, const struct doctor_finding *finding)
{
    return json_pack("{s:s, s:s, s:s, s:s*}", "check", name, "state", doctor_state_name[finding->state],
                     "found", finding->found, "advice", finding->advice[0] != '\0' ? finding->advice : NULL);
}

/* Runs and prints all; *faults counts. */
static int examine(struct cli *cli, const struct doctor_inputs *inputs, int *faults)
{
    json_t *all = cli->settings.json ? json_array() : NULL;
    bool complete = true;
    *faults = 0;
    for (size_t i = 0; i < doctor_checks_n; i++) {
        struct doctor_finding finding;
        doctor_run(&doctor_checks[i], inputs, &finding);
        *faults += finding.state == DOCTOR_FAULT;
        if (cli->settings.json)
            complete =
                json_array_append_new(all, finding_json(doctor_checks[i].name, &finding)) == 0 && complete;
        else
            print_text(cli->out, doctor_checks[i].name, &finding);
    }
    if (!cli->settings.json)
        return CLI_OK;
    if (complete)
        return format_json(cli, all, false);
    json_decref(all);
    return format_json(cli, NULL, false); /* says so */
}

static int run(struct cli *cli)
{
    int faults;
    struct doctor_inputs *inputs = malloc(sizeof *inputs);
    if (inputs == NULL) {
        fputs("vatio: out of memory\n", cli->err);
        return CLI_REFUSED;
    }
    int status = CLI_REFUSED;
    if (!doctor_collect(cli, inputs))
        fputs("vatio: interrupted\n", cli->err);
    else
        status = examine(cli, inputs, &faults);
    if (status == CLI_OK && !doctor_meter_lives(inputs))
        status = CLI_NO_METER;
    else if (status == CLI_OK && faults > 0)
        status = CLI_REFUSED;
    free(inputs);
    return status;
}

const struct command command_doctor = {"doctor",
                                       NULL,
                                       "look for what is wrong with the meter and say what to do",
                                       options,
                                       sizeof options / sizeof options[0],
                                       run};
