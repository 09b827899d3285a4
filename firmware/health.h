/* SPDX-License-Identifier: GPL-3.0-or-later */
/* health.h - counters that any thread may raise; measure publishes them in the mailbox.
 *
 * Names as in struct mailbox_health. */
#ifndef VATIO_FIRMWARE_HEALTH_H
#define VATIO_FIRMWARE_HEALTH_H

#include "firmware/api/mailbox.h"

#include <stdatomic.h>
#include <stdint.h>

/* The head of the audit log: behind a lock, as shared_file.h has it. */
struct health_audit {
    int64_t seq;
    char head[DIGEST_TEXT];
};

struct health {
    _Atomic int64_t acquire_turns, measure_turns; /* signs of life, for the watchdog */
    _Atomic int64_t scans, scans_late, scans_corrupt, scans_failed;
    _Atomic int64_t ring_lost, ring_peak;
    _Atomic int64_t records_stored, records_lost, store_errors;
    _Atomic int64_t journal_writes, journal_errors;
    _Atomic int64_t fram_writes, fram_errors;
    _Atomic int64_t display_errors, pulses;
    _Atomic int64_t control_clients, control_dropped, control_refused;
    _Atomic int64_t journal_damaged, stores_replaced, database_error;
    _Atomic int64_t disk_read_only, disk_free_bytes, disk_total_bytes; /* absent before the first look */
    _Atomic int64_t audit_errors;
    _Atomic uint64_t audit_sequence;
    _Atomic uint64_t audit_word[(sizeof(struct health_audit) + 7) / 8];
};

static inline void health_add(_Atomic int64_t *counter, int64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* Copies the counters; those that measure itself keeps (windows...) are left alone. */
void health_read(struct health *health, struct mailbox_health *out);

/* The audit log's newest entry, from one thread to measure; absent before the first. */
void health_audit_write(struct health *health, int64_t seq, const char *head);
void health_audit_read(const struct health *health, struct mailbox_live *live);

#endif
