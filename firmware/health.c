/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/health.h"

#include "firmware/api/shared_file.h"

#include <string.h>

static int64_t value(_Atomic int64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void health_read(struct health *health, struct mailbox_health *out)
{
    out->scans = value(&health->scans);
    out->scans_late = value(&health->scans_late);
    out->scans_corrupt = value(&health->scans_corrupt);
    out->scans_failed = value(&health->scans_failed);
    out->ring_lost = value(&health->ring_lost);
    out->ring_peak = value(&health->ring_peak);
    out->records_stored = value(&health->records_stored);
    out->records_lost = value(&health->records_lost);
    out->store_errors = value(&health->store_errors);
    out->journal_writes = value(&health->journal_writes);
    out->journal_errors = value(&health->journal_errors);
    out->fram_writes = value(&health->fram_writes);
    out->fram_errors = value(&health->fram_errors);
    out->display_errors = value(&health->display_errors);
    out->pulses = value(&health->pulses);
    out->control_clients = value(&health->control_clients);
    out->control_dropped = value(&health->control_dropped);
    out->control_refused = value(&health->control_refused);
    out->journal_damaged = value(&health->journal_damaged);
    out->stores_replaced = value(&health->stores_replaced);
    out->database_error = value(&health->database_error);
    out->disk_read_only = value(&health->disk_read_only);
    out->disk_free_bytes = value(&health->disk_free_bytes);
    out->disk_total_bytes = value(&health->disk_total_bytes);
    out->audit_errors = value(&health->audit_errors);
}

void health_audit_write(struct health *health, int64_t seq, const char *head)
{
    struct health_audit audit = {.seq = seq};
    memcpy(audit.head, head, sizeof audit.head);
    shared_write(&health->audit_sequence, health->audit_word, &audit, sizeof audit);
}

void health_audit_read(const struct health *health, struct mailbox_live *live)
{
    struct health_audit audit = {.seq = RECORD_ABSENT};
    if (shared_read(&health->audit_sequence, health->audit_word, &audit, sizeof audit) != 0 &&
        live->audit_seq > 0)
        return; /* the writer was held up in the middle: what stood there stands */
    live->audit_seq = audit.seq;
    memcpy(live->audit_head, audit.head, sizeof live->audit_head);
}
