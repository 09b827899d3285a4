/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What vatio backup asks for: the registers of the newest window, and where the files are that belong to them. */
#include "firmware/daemon_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whoever reads the file may stand in another directory. A link stays one: its name is what the settings say. */
static int whole_path(const char *path, char out[CONTROL_PATH])
{
    char here[PATH_MAX] = "";
    if (path[0] != '\0' && path[0] != '/' && getcwd(here, sizeof here) == NULL)
        return -errno;
    const int length = snprintf(out, CONTROL_PATH, "%s%s%s", here, here[0] == '\0' ? "" : "/", path);
    return length < CONTROL_PATH ? 0 : -ENAMETOOLONG;
}

static int add_paths(const struct daemon *daemon, struct control_backup *backup, char *text, size_t size)
{
    const struct {
        const char *path;
        char *out;
    } paths[] = {
        {daemon->config.data_dir, backup->data_dir},
        {daemon->arguments->config_file, backup->config},
        {daemon->config.board_file, backup->board_file},
        {daemon->config.calibration_file, backup->calibration_file},
    };
    int result = 0;
    for (size_t k = 0; k < sizeof paths / sizeof paths[0] && result == 0; k++) {
        result = whole_path(paths[k].path, paths[k].out);
        if (result < 0)
            daemon_fail(result, paths[k].path, text, size);
    }
    return result;
}

static void add_registers(struct daemon *daemon, const struct kept *kept, struct control_backup *backup)
{
    struct mailbox_live live = {0};
    backup->utc_ms = kept->utc_ms;
    backup->utc_synced = kept->utc_synced;
    backup->n_points = kept->n_points;
    memcpy(backup->point_id, kept->point_id, sizeof backup->point_id);
    memcpy(backup->energy, kept->energy, sizeof backup->energy);
    backup->kept_magic = KEPT_MAGIC;
    backup->kept_size = (int64_t)kept_pack(kept, backup->kept);
    health_audit_read(&daemon->health, &live);
    backup->audit_seq = live.audit_seq;
    memcpy(backup->audit_head, live.audit_head, sizeof backup->audit_head);
}

int daemon_backup(void *context, struct control_backup *backup, char *text, size_t size)
{
    struct daemon *daemon = context;
    struct kept kept;
    if (kept_take(&daemon->kept_cell, &kept) != 0) {
        snprintf(text, size, "there are no registers yet");
        return -EAGAIN;
    }
    keeper_complete(&daemon->keeper, &kept, false);
    snprintf(backup->meter_id, sizeof backup->meter_id, "%s", daemon->meter_id);
    snprintf(backup->store_id, sizeof backup->store_id, "%s", daemon->reader.store_id);
    snprintf(backup->version, sizeof backup->version, "%s", VATIO_VERSION);
    add_registers(daemon, &kept, backup);
    return add_paths(daemon, backup, text, size);
}
