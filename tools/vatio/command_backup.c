/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/backup.h"
#include "tools/vatio/backup_card.h"
#include "tools/vatio/meter.h"

#include <errno.h>
#include <time.h>

static const struct option options[] = {
    {"", "root", "", OPTION_STRING, offsetof(struct cli_settings, root), "", 0, CLI_PATH, NULL,
     "a card that is mounted there, whose vatiod does not run; empty: this system"},
    {"", "config", "", OPTION_STRING, offsetof(struct cli_settings, config), "/etc/vatio/vatiod.ini", 1,
     CLI_PATH, NULL, "vatiod's settings, where no vatiod runs to ask"},
    {"", "data-dir", "", OPTION_STRING, offsetof(struct cli_settings, data_dir), "", 0, CLI_PATH, NULL,
     "its data directory, likewise; empty: as in the settings"},
    {"", "mqtt-config", "", OPTION_STRING, offsetof(struct cli_settings, mqtt_config),
     "/etc/vatio/vatio-mqtt.ini", 1, CLI_PATH, NULL, "vatio-mqtt's settings, taken along where they are"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

static int refused(struct cli *cli, const char *error)
{
    fprintf(cli->err, "vatio: %s\n", error);
    return CLI_REFUSED;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Of a vatiod that runs. -ENOENT or -ECONNREFUSED: none does. */
static int ask_vatiod(struct cli *cli, struct control_backup *meter, int *status)
{
    struct control control;
    struct control_request request = {.verb = CONTROL_BACKUP};
    struct control_reply reply;
    const int error = control_open(&control, cli->settings.run_dir, METER_TIMEOUT_MS);
    *status = CLI_OK;
    if (error == -ENOENT || error == -ECONNREFUSED)
        return error;
    *status = error != 0 ? meter_judge(cli, error, &reply) : meter_call(cli, &control, &request, &reply);
    if (error == 0)
        control_close(&control);
    if (*status == CLI_OK)
        *meter = reply.body.backup;
    return 0;
}

/* Settings that vatiod goes without may be missing; those that it names may not. */
static int add_files(struct cli *cli, struct backup *backup, char *error, size_t error_size)
{
    const struct {
        const char *path;
        bool needed;
    } wanted[] = {
        {backup->meter.config, false},
        {backup->meter.board_file, true},
        {backup->meter.calibration_file, true},
        {cli->settings.mqtt_config, false},
    };
    for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++) {
        if (wanted[k].path[0] == '\0')
            continue;
        const int result = backup_add_file(backup, cli->settings.root, wanted[k].path, error, error_size);
        if (result == -ENOENT && !wanted[k].needed)
            continue;
        if (result == -ENOENT)
            snprintf(error, error_size, "%s: vatiod's settings name this file, and it is not there",
                     wanted[k].path);
        if (result < 0)
            return result;
    }
    return 0;
}

static void say(struct cli *cli, const struct backup *backup)
{
    const struct control_backup *meter = &backup->meter;
    fprintf(cli->out, "%s: meter %s, registers of %s, %d file(s)\n", cli->settings.argument, meter->meter_id,
            meter->n_points > 0 ? "now" : "the journal", backup->files);
    for (int k = 0; k < backup->files; k++)
        fprintf(cli->out, "  %s\n", backup->file[k].path);
    fputs("Keep it as secret as the settings in it. Two cards must not go on as one meter.\n", cli->out);
}

static int run(struct cli *cli)
{
    struct backup backup = {.made_utc_ms = now_ms()};
    char error[BACKUP_ERROR] = "";
    int status = CLI_OK;
    int result = cli->settings.root[0] != '\0' ? -ENOENT : ask_vatiod(cli, &backup.meter, &status);
    if (status != CLI_OK)
        return status;
    if (result < 0)
        result = backup_card_read(
            &backup.meter,
            &(struct backup_card){cli->settings.root, cli->settings.config, cli->settings.data_dir}, error,
            sizeof error);
    if (result == 0)
        result = add_files(cli, &backup, error, sizeof error);
    if (result == 0)
        result = backup_write(&backup, cli->settings.argument, error, sizeof error);
    if (result == 0)
        say(cli, &backup);
    backup_free(&backup);
    return result == 0 ? CLI_OK : refused(cli, error);
}

const struct command command_backup = {"backup",
                                       "FILE",
                                       "write registers, settings and calibration to a file",
                                       options,
                                       sizeof options / sizeof options[0],
                                       run};
