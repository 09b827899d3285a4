/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/format.h"
#include "tools/vatio/restore.h"

#include <inttypes.h>

static const struct option options[] = {
    {"", "root", "", OPTION_STRING, offsetof(struct cli_settings, root), "", 0, CLI_PATH, NULL,
     "a card that is mounted there; empty: this system"},
    {"", "force", "", OPTION_BOOL, offsetof(struct cli_settings, force), "no", 0, 0, NULL,
     "set aside what a vatiod on that card has kept already; nothing is deleted"},
    {"", "help", "", OPTION_BOOL, offsetof(struct cli_settings, help), "no", 0, 0, NULL, "print this text"},
};

static void say(struct cli *cli, const struct backup *backup)
{
    char made[FORMAT_CELL], from[FORMAT_CELL];
    format_utc(backup->made_utc_ms, made);
    format_utc(backup->meter.utc_ms, from);
    fprintf(cli->out, "meter %s is in %s%s, from the backup of %s UTC", backup->meter.meter_id,
            cli->settings.root, backup->meter.data_dir, made);
    if (backup->meter.store_id[0] != '\0')
        fprintf(cli->out, " of store %s, registers of %s", backup->meter.store_id, from);
    fputc('\n', cli->out);
    for (int k = 0; k < backup->files; k++)
        fprintf(cli->out, "  %s%s\n", cli->settings.root, backup->file[k].path);
    fputs("Start vatiod there; the card that the backup is of must not meter any more.\n", cli->out);
}

static int run(struct cli *cli)
{
    struct backup backup;
    struct restore restore = {.lock.fd = -1};
    char error[BACKUP_ERROR] = "";
    int result = backup_read(&backup, cli->settings.argument, error, sizeof error);
    if (result == 0)
        result =
            restore_open(&restore, &backup, cli->settings.root, cli->settings.force, error, sizeof error);
    if (result == 0)
        result = restore_run(&restore, restore_steps, error, sizeof error);
    restore_close(&restore);
    if (result == 0)
        say(cli, &backup);
    else
        fprintf(cli->err, "vatio: %s\n", error);
    backup_free(&backup);
    return result == 0 ? CLI_OK : CLI_REFUSED;
}

const struct command command_restore = {"restore",
                                        "FILE",
                                        "put a backup in place on a card without registers",
                                        options,
                                        sizeof options / sizeof options[0],
                                        run};
