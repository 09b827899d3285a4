/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/backup_card.h"

#include "firmware/api/audit.h"
#include "firmware/base/instance.h"
#include "firmware/base/journal.h"
#include "tools/vatio/meter_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The head of the audit log that lies there, if it is whole. */
static void read_audit(const char *data_dir, struct control_backup *meter)
{
    char path[2 * BACKUP_PATH + sizeof AUDIT_FILE];
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
    char path[2 * BACKUP_PATH + sizeof KEEPER_FILE];
    struct journal journal;
    size_t size = 0;
    uint32_t magic = 0;
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

/* Relative ones were so to the directory in which that vatiod was started. */
static int add_paths(struct control_backup *meter, const struct backup_card *card,
                     const struct meter_settings *settings, char *error, size_t error_size)
{
    const struct {
        const char *path;
        char *out;
    } paths[] = {
        {settings->data_dir, meter->data_dir},
        {card->config, meter->config},
        {settings->board_file, meter->board_file},
        {settings->calibration_file, meter->calibration_file},
    };
    for (size_t k = 0; k < sizeof paths / sizeof paths[0]; k++) {
        const char *path = paths[k].path;
        if ((path[0] != '\0' && path[0] != '/') || strlen(path) >= CONTROL_PATH) {
            snprintf(error, error_size, "%s: expected an absolute path of at most %d characters", path,
                     CONTROL_PATH - 1);
            return -EINVAL;
        }
        memcpy(paths[k].out, path, strlen(path) + 1);
    }
    return 0;
}

int backup_card_read(struct control_backup *meter, const struct backup_card *card, char *error,
                     size_t error_size)
{
    char path[2 * BACKUP_PATH], here[2 * BACKUP_PATH];
    struct meter_settings settings;
    struct instance instance;
    snprintf(path, sizeof path, "%s%s", card->root, card->config);
    meter_settings_read(&settings, path);
    if (card->data_dir[0] != '\0')
        snprintf(settings.data_dir, sizeof settings.data_dir, "%s", card->data_dir);
    snprintf(here, sizeof here, "%s%s", card->root, settings.data_dir);
    int result = lock(&instance, here, error, error_size);
    if (result < 0)
        return result;
    result = read_journal(here, meter, error, error_size);
    read_audit(here, meter);
    instance_unlock(&instance);
    snprintf(meter->version, sizeof meter->version, "%s", VATIO_VERSION);
    if (result == 0)
        result = add_paths(meter, card, &settings, error, error_size);
    return result;
}
