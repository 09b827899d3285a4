/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/mailbox.h"

#define COUNTER(member, unit, help)                                                                          \
#member, FIELD_INTEGER, offsetof(struct mailbox_health, member), 0, unit, help

const struct record_field mailbox_health_fields[] = {
    {COUNTER(scans, "", "scans taken from the converter")},
    {COUNTER(scans_late, "", "of these, started or lasted too long")},
    {COUNTER(scans_corrupt, "", "frames that failed their check")},
    {COUNTER(scans_failed, "", "scans for which the device returned an error")},
    {COUNTER(ring_lost, "", "scans that measuring was too slow for")},
    {COUNTER(ring_peak, "", "most scans waiting at once")},
    {COUNTER(windows, "", "windows closed")},
    {COUNTER(windows_flagged, "", "of these, of doubtful quality")},
    {COUNTER(windows_withheld, "", "of these, not metered")},
    {COUNTER(unmetered_ms, "ms", "time that was not metered")},
    {COUNTER(records_stored, "", "records written to the database")},
    {COUNTER(records_lost, "", "records that the store could not take")},
    {COUNTER(store_errors, "", "errors of the database")},
    {COUNTER(journal_writes, "", "writes of the register journal")},
    {COUNTER(journal_errors, "", "of these, failed")},
    {COUNTER(fram_writes, "", "records written to the FRAM")},
    {COUNTER(fram_errors, "", "calls of the FRAM that failed")},
    {COUNTER(display_errors, "", "errors of the display")},
    {COUNTER(pulses, "", "pulses given")},
    {COUNTER(control_clients, "", "control clients now connected")},
    {COUNTER(control_dropped, "", "control clients that did not read")},
    {COUNTER(control_refused, "", "requests that were wrong or not allowed")},
    {COUNTER(windows_clipped, "", "windows in which a converter code stood at an end of its range")},
    {COUNTER(journal_damaged, "", "slots of the register journal that were damaged at the start")},
    {COUNTER(stores_replaced, "", "damaged databases that were put aside for a new one")},
    {COUNTER(database_error, "", "errno of the last write to the database, 0 = none")},
    {COUNTER(disk_read_only, "", "1: the database's file system takes no writes")},
    {COUNTER(disk_free_bytes, "B", "free space for the database")},
    {COUNTER(disk_total_bytes, "B", "size of its file system")},
    {COUNTER(audit_errors, "", "entries of the audit log that could not be written at once")},
};
const size_t mailbox_health_fields_n = sizeof mailbox_health_fields / sizeof mailbox_health_fields[0];

_Static_assert(sizeof mailbox_health_fields / sizeof mailbox_health_fields[0] ==
                   sizeof(struct mailbox_health) / sizeof(int64_t),
               "every counter has its field");

const struct record_field mailbox_live_fields[] = {
    {"f_10s_hz", FIELD_REAL, offsetof(struct mailbox_live, f_10s_hz), 0, "Hz", "frequency, mean over 10 s"},
    {"f_10s_utc_start_ms", FIELD_INTEGER, offsetof(struct mailbox_live, f_10s_utc_start_ms), 0, "ms",
     "begin of these 10 s"},
    {"audit_seq", FIELD_INTEGER, offsetof(struct mailbox_live, audit_seq), 0, "",
     "newest entry of the audit log"},
    {"audit_head", FIELD_TEXT, offsetof(struct mailbox_live, audit_head), DIGEST_TEXT, "", "its SHA-256"},
};
const size_t mailbox_live_fields_n = sizeof mailbox_live_fields / sizeof mailbox_live_fields[0];
