/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit log at the start, and what a restore left there for it to say. */
#include "firmware/api/restored.h"
#include "firmware/base/log.h"
#include "firmware/daemon_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int daemon_refuse_half(struct daemon *daemon, char *error, size_t error_size)
{
    char path[CONTROL_PATH];
    snprintf(path, sizeof path, "%s/" RESTORED_HALF, daemon->config.data_dir);
    if (access(path, F_OK) != 0)
        return 0;
    snprintf(error, error_size, "%s: a restore was cut short; repeat it with vatio restore", path);
    return -EBUSY;
}

/* The file goes when the entry is written: told twice after a cut in between is better than never. */
static void tell_restored(struct daemon *daemon)
{
    char path[CONTROL_PATH], text[128] = "";
    snprintf(path, sizeof path, "%s/" RESTORED_FILE, daemon->config.data_dir);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fgets(text, sizeof text, file) != NULL)
        text[strcspn(text, "\n")] = '\0';
    fclose(file);
    log_notice("restored: %s", text);
    recorder_event(&daemon->recorder, "restored", text, (double)NAN);
    audit_log_say(&daemon->audit, "restored", text, (double)NAN);
    if (daemon->audit.waiting_n == 0)
        unlink(path);
}

int daemon_open_audit(struct daemon *daemon, char *error, size_t error_size)
{
    const struct audit_log_config config = {
        .data_dir = daemon->config.data_dir,
        .meter_id = daemon->meter_id,
        .boot_id = daemon->boot_id,
        .health = &daemon->health,
        .clock = daemon->source.clock,
    };
    (void)error;
    (void)error_size;
    audit_log_open(&daemon->audit, &config); /* what it cannot write waits and is counted */
    daemon->recorder.audit = &daemon->audit;
    daemon->opened |= PART_AUDIT;
    tell_restored(daemon);
    return 0;
}
