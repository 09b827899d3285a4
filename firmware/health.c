/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/health.h"

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
}
