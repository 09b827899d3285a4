/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/audit_log.h"

#include "firmware/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MISSED  "audit-missed"
#define BROKEN  "audit-broken"
#define DAMAGED ".damaged"
#define NEW     ".new"

/* Told of by the signal's own records, or by audit_log_say. */
static const char *const routine[] = {
    "quiet",          "quiet-end",           "noisy",        "noisy-end", "restored",
    "config-changed", "calibration-changed", "board-changed"};

static int64_t now_ms(struct audit_log *log)
{
    return clock_mono_ns(log->config.clock) / 1000000;
}

static struct record_event event_of_now(struct audit_log *log, const char *kind, const char *detail,
                                        double value)
{
    struct record_event event = {
        .utc_ms = clock_utc_ms(log->config.clock),
        .utc_synced = clock_utc_synced(log->config.clock),
        .value = value,
    };
    snprintf(event.boot_id, sizeof event.boot_id, "%s", log->config.boot_id);
    snprintf(event.kind, sizeof event.kind, "%s", kind);
    snprintf(event.detail, sizeof event.detail, "%s", detail);
    return event;
}

static size_t make_line(const struct audit_log *log, const struct record_event *event,
                        struct audit_entry *entry, char line[AUDIT_LINE])
{
    *entry = (struct audit_entry){
        .n = log->n + 1, .utc_ms = event->utc_ms, .utc_synced = event->utc_synced, .value = event->value};
    memcpy(entry->boot_id, event->boot_id, sizeof entry->boot_id);
    memcpy(entry->kind, event->kind, sizeof entry->kind);
    memcpy(entry->detail, event->detail, sizeof entry->detail);
    memcpy(entry->prev, log->head, sizeof entry->prev);
    return audit_format(entry, line);
}

/* In one write: a line is there as a whole, or it is the last one and torn. */
static int write_whole(int fd, const char *text, size_t size)
{
    ssize_t n;
    do
        n = write(fd, text, size);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)size ? 0 : n < 0 ? -errno : -ENOSPC;
}

static void failed(struct audit_log *log, int error)
{
    health_add(&log->config.health->audit_errors, 1);
    if (!log->failing)
        log_error("audit log: %s: %s; entries wait", log->path, strerror(-error));
    log->failing = true;
}

static void take_head(struct audit_log *log, int64_t n, const char *head)
{
    log->n = n;
    memcpy(log->head, head, sizeof log->head);
    health_audit_write(log->config.health, n, head);
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

static void put_first(struct audit_log *log, const struct record_event *event)
{
    if (log->waiting_n > 0 && strcmp(log->waiting[0].kind, event->kind) == 0) {
        log->waiting[0] = *event; /* in place of an attempt before: this one knows better */
        return;
    }
    if (log->waiting_n == AUDIT_LOG_WAITING) { /* the newest gives way */
        log->waiting_n--;
        log->crowded++;
    }
    memmove(&log->waiting[1], &log->waiting[0], (size_t)log->waiting_n * sizeof *event);
    log->waiting[0] = *event;
    log->waiting_n++;
}

static int sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 || fsync(fd) != 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return result;
}

/* Under another name until its first entry is on the disk: a log without genesis is never seen. */
static int begin(struct audit_log *log)
{
    char path[AUDIT_LOG_PATH + sizeof NEW], line[AUDIT_LINE];
    struct audit_chain empty;
    struct audit_entry entry;
    const struct record_event genesis = event_of_now(log, AUDIT_GENESIS, log->config.meter_id, (double)NAN);
    audit_chain_init(&empty);
    take_head(log, 0, empty.head);
    const size_t size = make_line(log, &genesis, &entry, line);
    snprintf(path, sizeof path, "%s" NEW, log->path);
    log->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    int result = log->fd < 0 ? -errno : write_whole(log->fd, line, size);
    if (result == 0 && (fsync(log->fd) != 0 || rename(path, log->path) != 0))
        result = -errno;
    if (result == 0)
        result = sync_directory(log->config.data_dir);
    if (result == 0)
        take_head(log, 1, entry.hash);
    return result;
}

/* Nothing in it is an entry: it is kept for whoever wants to know, and a new log says so. */
static int begin_anew(struct audit_log *log)
{
    char aside[AUDIT_LOG_PATH + sizeof DAMAGED];
    snprintf(aside, sizeof aside, "%s" DAMAGED, log->path);
    close(log->fd);
    log->fd = -1;
    if (rename(log->path, aside) != 0)
        return -errno;
    const struct record_event event = event_of_now(
        log, BROKEN, "no whole entry in the log before, kept as " AUDIT_FILE DAMAGED, (double)NAN);
    put_first(log, &event);
    log_error("audit log: %s held no whole entry and is now %s", log->path, aside);
    return begin(log);
}

static void tell_wrong(struct audit_log *log, const struct audit_chain *chain)
{
    char text[AUDIT_REASON + 32];
    if (chain->wrong[0] == '\0' || log->told_wrong)
        return;
    snprintf(text, sizeof text, "entry %" PRId64 " %s", chain->wrong_n, chain->wrong);
    log_error("audit log: %s: %s", log->path, text);
    const struct record_event event = event_of_now(log, BROKEN, text, (double)chain->wrong_n);
    put_first(log, &event);
    log->told_wrong = true;
}

/* The piece as it will stand when the next write has put its newline behind it. */
static void tell_torn(struct audit_log *log, struct audit_chain *chain)
{
    char hash[DIGEST_TEXT], text[128];
    if (chain->piece_bytes == 0)
        return;
    if (chain->unended)
        digest_add(&chain->piece, "\n", 1);
    digest_read(&chain->piece, hash);
    snprintf(text, sizeof text, "%s: a line that was cut", hash);
    const struct record_event event =
        event_of_now(log, AUDIT_TORN, text, (double)(chain->piece_bytes + chain->unended));
    put_first(log, &event);
    log_warning("audit log: %s ends in a torn line of %" PRId64 " bytes", log->path, chain->piece_bytes);
}

static int read_chain(struct audit_log *log, struct audit_chain *chain)
{
    audit_chain_init(chain);
    FILE *file = fopen(log->path, "re");
    if (file == NULL)
        return -errno;
    const int result = audit_chain_read(chain, file, NULL, NULL);
    fclose(file);
    return result;
}

static int open_file(struct audit_log *log)
{
    struct audit_chain chain;
    log->fd = open(log->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (log->fd < 0)
        return errno == ENOENT ? begin(log) : -errno;
    const int result = read_chain(log, &chain);
    if (result < 0 || chain.n == 0)
        return result < 0 ? result : begin_anew(log);
    take_head(log, chain.n, chain.head);
    log->ragged = chain.unended;
    tell_wrong(log, &chain);
    tell_torn(log, &chain);
    return 0;
}

static int reopen(struct audit_log *log)
{
    const int result = open_file(log);
    if (result == 0)
        return 0;
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
    log->retry_ms = now_ms(log) + AUDIT_LOG_RETRY_MS;
    failed(log, result);
    return result;
}

int audit_log_open(struct audit_log *log, const struct audit_log_config *config)
{
    memset(log, 0, sizeof *log);
    log->config = *config;
    log->fd = -1;
    log->allowance = (struct allowance){.most = AUDIT_LOG_MOST, .every_ms = AUDIT_LOG_EVERY_MS};
    snprintf(log->path, sizeof log->path, "%s/" AUDIT_FILE, config->data_dir);
    const int result = reopen(log);
    audit_log_turn(log);
    return result;
}

/* --- appending -------------------------------------------------------------------------------------------------- */

/* When it fails the file is looked at again before the next attempt: a piece may stand at its end. */
static int append(struct audit_log *log, const struct record_event *event)
{
    char text[1 + AUDIT_LINE];
    struct audit_entry entry;
    const size_t newline = log->ragged;
    text[0] = '\n';
    const size_t size = make_line(log, event, &entry, text + 1) + newline;
    const int result = write_whole(log->fd, text + 1 - newline, size);
    if (result < 0) {
        failed(log, result);
        close(log->fd);
        log->fd = -1;
        log->retry_ms = now_ms(log) + AUDIT_LOG_RETRY_MS;
        return result;
    }
    log->ragged = false;
    take_head(log, entry.n, entry.hash);
    if (fdatasync(log->fd) != 0)
        failed(log, -errno); /* it is in the file; the next entry's sync takes it along */
    else if (log->failing) {
        log->failing = false;
        log_notice("audit log: writing again");
    }
    return 0;
}

static void put(struct audit_log *log, const struct record_event *event)
{
    if (log->waiting_n < AUDIT_LOG_WAITING)
        log->waiting[log->waiting_n++] = *event;
    else
        log->crowded++;
}

/* Behind what was written before them, and ahead of what comes now. */
static void tell_missed(struct audit_log *log)
{
    char text[128];
    if (log->flooded + log->crowded == 0 || log->waiting_n >= AUDIT_LOG_WAITING - 1)
        return;
    snprintf(text, sizeof text, "%" PRId64 " were too many, %" PRId64 " while nothing could be written",
             log->flooded, log->crowded);
    const struct record_event event = event_of_now(log, MISSED, text, (double)(log->flooded + log->crowded));
    put(log, &event);
    log->flooded = log->crowded = 0;
}

static void take(struct audit_log *log, const struct record_event *event)
{
    if (!allowance_take(&log->allowance, now_ms(log))) {
        log->flooded++;
        return;
    }
    tell_missed(log);
    put(log, event);
    audit_log_turn(log);
}

void audit_log_say(struct audit_log *log, const char *kind, const char *detail, double value)
{
    const struct record_event event = event_of_now(log, kind, detail, value);
    take(log, &event);
}

void audit_log_event(struct audit_log *log, const struct record_event *event)
{
    for (size_t k = 0; k < sizeof routine / sizeof routine[0]; k++)
        if (strcmp(event->kind, routine[k]) == 0)
            return;
    take(log, event);
}

void audit_log_missed(struct audit_log *log, int64_t n)
{
    log->crowded += n;
}

void audit_log_turn(struct audit_log *log)
{
    if (log->waiting_n == 0 && log->flooded + log->crowded > 0 &&
        allowance_take(&log->allowance, now_ms(log)))
        tell_missed(log);
    if (log->waiting_n == 0 || (log->fd < 0 && (now_ms(log) < log->retry_ms || reopen(log) < 0)))
        return;
    while (log->waiting_n > 0 && append(log, &log->waiting[0]) == 0) {
        log->waiting_n--;
        memmove(&log->waiting[0], &log->waiting[1], (size_t)log->waiting_n * sizeof log->waiting[0]);
    }
}

void audit_log_close(struct audit_log *log)
{
    tell_missed(log);
    log->retry_ms = 0;
    audit_log_turn(log);
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}
