/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/audit.h"
#include "firmware/base/instance.h"
#include "firmware/base/journal.h"
#include "tools/vatio/backup.h"
#include "tools/vatio/meter.h"
#include "tools/vatio/meter_settings.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

/* The head of the audit log that lies there, if it is whole. */
static void read_audit(const char *data_dir, struct control_backup *meter)
{
    char path[CLI_PATH + BACKUP_PATH + sizeof AUDIT_FILE];
    struct audit_chain chain;
    snprintf(path, sizeof path, "%s/" AUDIT_FILE, data_dir);
    FILE *file = fopen(path, "re");
    audit_chain_init(&chain);
    meter->audit_seq = RECORD_ABSENT;
    if (file == NULL)
        return;
    if (audit_chain_read(&chain, file, NULL, NULL) == 0 && chain.n > 0 && chain.wrong[0] == '\0') {
        meter->audit_seq = chain.n;
        memcpy(meter->audit_head, chain.head, sizeof meter->audit_head);
    }
    fclose(file);
}

static int read_journal(const char *data_dir, struct control_backup *meter, char *error, size_t error_size)
{
    static const struct journal_format format = {
        .magic = KEPT_MAGIC, .older = KEPT_OLDER, .size = KEPT_BYTES_MAX, .sized = true};
    char path[CLI_PATH + BACKUP_PATH + sizeof KEEPER_FILE];
    struct journal journal;
    size_t size;
    uint32_t magic;
    snprintf(path, sizeof path, "%s/" KEEPER_FILE, data_dir);
    int result = access(path, F_OK) != 0 ? -errno : 0;
    if (result == 0)
        result = journal_open_format(&journal, path, &format, JOURNAL_SLOT_DISTANCE);
    if (result == 0) {
        result = journal_read_sized(&journal, meter->kept, &size, &magic);
        journal_close(&journal);
    }
    if (result == 0 && memchr(meter->kept, '\0', RECORD_ID) == NULL)
        result = -EBADMSG;
    if (result < 0) {
        snprintf(error, error_size, "%s: no registers there to keep: %s", path, strerror(-result));
        return result;
    }
    memcpy(meter->meter_id, meter->kept, RECORD_ID);
    meter->kept_magic = magic;
    meter->kept_size = (int64_t)size;
    return 0;
}

/* The lock keeps a vatiod from starting meanwhile; its file is vatiod's user's, whoever makes it. */
static int lock(struct instance *instance, const char *data_dir, char *error, size_t error_size)
{
    struct stat status;
    int result = instance_lock(instance, data_dir, error, error_size);
    if (result == 0 && geteuid() == 0 && stat(data_dir, &status) == 0 &&
        fchown(instance->fd, status.st_uid, status.st_gid) != 0) {
        result = -errno;
        snprintf(error, error_size, "%s: %s", data_dir, strerror(-result));
        instance_unlock(instance);
    }
    return result;
}

static int read_card(const struct cli_settings *cli, struct control_backup *meter, char *error,
                     size_t error_size)
{
    char path[2 * CLI_PATH + 2], here[CLI_PATH + BACKUP_PATH];
    struct meter_settings settings;
    struct instance instance;
    snprintf(path, sizeof path, "%s%s", cli->root, cli->config);
    meter_settings_read(&settings, path);
    if (cli->data_dir[0] != '\0')
        snprintf(settings.data_dir, sizeof settings.data_dir, "%s", cli->data_dir);
    snprintf(here, sizeof here, "%s%s", cli->root, settings.data_dir);
    int result = lock(&instance, here, error, error_size);
    if (result < 0)
        return result;
    result = read_journal(here, meter, error, error_size);
    read_audit(here, meter);
    instance_unlock(&instance);
    snprintf(meter->version, sizeof meter->version, "%s", VATIO_VERSION);
    snprintf(meter->data_dir, sizeof meter->data_dir, "%.*s", CONTROL_PATH - 1, settings.data_dir);
    snprintf(meter->config, sizeof meter->config, "%.*s", CONTROL_PATH - 1, cli->config);
    snprintf(meter->board_file, sizeof meter->board_file, "%.*s", CONTROL_PATH - 1, settings.board_file);
    snprintf(meter->calibration_file, sizeof meter->calibration_file, "%.*s", CONTROL_PATH - 1,
             settings.calibration_file);
    return result;
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
        if (wanted[k].path[0] != '/')
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
        result = read_card(&cli->settings, &backup.meter, error, sizeof error);
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
