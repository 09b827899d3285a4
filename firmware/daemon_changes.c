/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings, calibration and board at the start, where they are not those of the last run. */
#include "firmware/base/log.h"
#include "firmware/daemon_parts.h"
#include "firmware/last_run.h"

#include <stdio.h>
#include <string.h>

static void tell(struct daemon *daemon, const struct last_run *run, enum last_run_part part)
{
    char detail[sizeof((struct record_event *)0)->detail];
    const int n = last_run_changed(run, part, detail, sizeof detail);
    if (n == 0)
        return;
    log_notice("%s: %s", last_run_kind[part], detail);
    recorder_event(&daemon->recorder, last_run_kind[part], detail, (double)n);
    audit_log_say(&daemon->audit, last_run_kind[part], detail, (double)n);
}

/* Told twice after a cut is better than never: the file is replaced when the audit log has it. */
int daemon_tell_changes(struct daemon *daemon, char *error, size_t error_size)
{
    struct last_run run;
    (void)error;
    (void)error_size;
    int result = last_run_open(&run, &daemon->config, &daemon->board, &daemon->calibration);
    for (enum last_run_part part = LAST_RUN_CONFIG; result == 0 && part < LAST_RUN_PARTS; part++)
        tell(daemon, &run, part);
    if (result == 0 && daemon->audit.waiting_n == 0)
        result = last_run_keep(&run);
    if (result < 0)
        log_warning("%s: %s; changed settings are not told", run.path, strerror(-result));
    last_run_close(&run);
    return 0;
}
