/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/daemon_parts.h"

#include "firmware/base/log.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void status(void *context, struct control_status *status)
{
    struct daemon *daemon = context;
    memset(status, 0, sizeof *status);
    status->pid = getpid();
    status->uptime_ms = (clock_mono_ns(daemon->source.clock) - daemon->measure.start_ns) / 1000000;
    for (int stream = STREAM_MINUTE; stream < STREAMS; stream++)
        status->newest_seq[stream] = recorder_newest_seq(&daemon->recorder, (enum record_stream)stream);
    snprintf(status->meter_id, sizeof status->meter_id, "%s", daemon->meter_id);
    snprintf(status->store_id, sizeof status->store_id, "%s", daemon->reader.store_id);
    snprintf(status->boot_id, sizeof status->boot_id, "%s", daemon->boot_id);
    snprintf(status->version, sizeof status->version, "%s", VATIO_VERSION);
    snprintf(status->database, sizeof status->database, "%s", daemon->database);
    snprintf(status->journal, sizeof status->journal, "%s", daemon->journal);
    snprintf(status->config, sizeof status->config, "%s", daemon->arguments->config_file);
    status->day_offset_min = daemon->config.day_offset_min;
    status->pages = daemon->display_task.pages.n;
    status->page = atomic_load(&daemon->display_task.shown);
}

static int page(void *context, int64_t page, char *text, size_t size)
{
    struct daemon *daemon = context;
    int result = display_task_page(&daemon->display_task, page);
    if (result < 0)
        snprintf(text, size, "page %lld: expected 0 to %d, or -1 to rotate", (long long)page,
                 daemon->display_task.pages.n - 1);
    else
        snprintf(text, size, "page %s", page < 0 ? "rotating" : daemon->display_task.pages.page[page].name);
    return result;
}

int daemon_reload(struct daemon *daemon, char *text, size_t size)
{
    struct config fresh;
    struct options_error error;
    int result = arguments_config(daemon->arguments, &fresh, &error);
    if (result < 0) {
        snprintf(text, size, "settings unchanged: %s", error.text);
        return result;
    }
    pthread_mutex_lock(&daemon->config_lock);
    int waiting = config_apply_live(&daemon->config, &fresh);
    atomic_store(&daemon->display_task.page_s, daemon->config.page_s);
    log_set_level((enum log_level)daemon->config.log_level);
    pthread_mutex_unlock(&daemon->config_lock);
    if (waiting > 0)
        snprintf(text, size, "reloaded; %d changed setting(s) take effect at the next start", waiting);
    else
        snprintf(text, size, "reloaded");
    recorder_event(&daemon->recorder, "reload", text, (double)waiting);
    return 0;
}

static int reload(void *context, char *text, size_t size)
{
    return daemon_reload(context, text, size);
}

static int stop(void *context, char *text, size_t size)
{
    struct daemon *daemon = context;
    atomic_store(&daemon->stop, true);
    snprintf(text, size, "stopping");
    return 0;
}

static void damaged(void *context)
{
    struct daemon *daemon = context;
    recorder_suspect(&daemon->recorder);
}

static void told(void *context, const char *kind, const char *detail)
{
    struct daemon *daemon = context;
    recorder_event(&daemon->recorder, kind, detail, (double)NAN);
}

const struct control_ops daemon_control_ops = {.status = status,
                                               .page = page,
                                               .reload = reload,
                                               .stop = stop,
                                               .damaged = damaged,
                                               .backup = daemon_backup,
                                               .told = told};
