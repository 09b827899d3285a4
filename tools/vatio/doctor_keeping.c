/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor_keeping.c - what is kept and sent: registers, database, disk, broker. */
#include "tools/vatio/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const double disk_fault_pct = 5, disk_warn_pct = 10; /* free */
enum { STATUS_OLD_S = 60 };

static const char *database_of(const struct doctor_inputs *inputs)
{
    return inputs->control_error == 0 ? inputs->status.database : "the database";
}

void doctor_journal(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const int64_t damaged = inputs->now.health.journal_damaged;
    if (damaged == 0) {
        doctor_find(finding, DOCTOR_OK, "no damaged slot of the register journal at the start");
        return;
    }
    doctor_find(finding, DOCTOR_FAULT,
                "%" PRId64
                " damaged slot%s of the register journal at the start; the newest whole one is used",
                damaged, damaged == 1 ? "" : "s");
    doctor_advise(
        finding,
        "One slot is what a power cut within a write leaves: restart vatiod, it goes away. If it comes "
        "back, or with more than one, the SD card is failing: look for I/O errors in dmesg, note the "
        "registers (vatio registers), replace the card.");
}

void doctor_registers(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_health *now = &inputs->now.health;
    const int64_t fresh = now->journal_errors - inputs->before.health.journal_errors;
    const bool failing = fresh > 0 || (now->journal_errors > 0 && now->journal_errors >= now->journal_writes);
    doctor_find(finding,
                failing                   ? DOCTOR_FAULT
                : now->journal_errors > 0 ? DOCTOR_WARN
                                          : DOCTOR_OK,
                "%" PRId64 " writes of the register journal, %" PRId64 " failed, %" PRId64 " of them now",
                now->journal_writes, now->journal_errors, fresh);
    if (now->journal_errors > 0)
        doctor_advise(
            finding,
            "A power cut now loses energy since the last good write. Look for I/O errors in dmesg and "
            "at the disk below; replace a failing SD card.");
}

static bool read_only(const struct mailbox_health *health)
{
    return health->disk_read_only == 1 || health->database_error == EROFS ||
           health->database_error == EACCES || health->database_error == EPERM;
}

void doctor_database(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_health *now = &inputs->now.health;
    const char *path = database_of(inputs);
    if (read_only(now)) {
        doctor_find(finding, DOCTOR_FAULT, "%s is read-only (%s); %" PRId64 " writes failed", path,
                    now->database_error != 0 ? strerror((int)now->database_error) : "its file system is",
                    now->store_errors);
        doctor_advise(
            finding,
            "Linux makes a disk read-only when it fails: look for I/O errors in dmesg, save what is "
            "there, replace the SD card. If the disk is sound, give vatiod's user the file back: ls -l.");
    } else if (now->database_error != 0) {
        doctor_find(finding, DOCTOR_FAULT, "%s cannot be written: %s; %" PRId64 " writes failed", path,
                    strerror((int)now->database_error), now->store_errors);
        doctor_advise(finding,
                      "See journalctl -u vatiod for the sentence. No space: free some (see disk below); "
                      "I/O errors in dmesg: replace the SD card.");
    } else {
        doctor_find(finding, now->store_errors > 0 ? DOCTOR_WARN : DOCTOR_OK,
                    "%" PRId64 " records written to %s, %" PRId64 " writes failed since the start",
                    now->records_stored, path, now->store_errors);
        if (now->store_errors > 0)
            doctor_advise(finding, "It writes again; journalctl -u vatiod says what was wrong and when.");
    }
}

void doctor_records(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const int64_t lost = inputs->now.health.records_lost;
    doctor_find(finding, lost > 0 ? DOCTOR_FAULT : DOCTOR_OK, "%" PRId64 " lost since the start", lost);
    if (lost > 0)
        doctor_advise(
            finding,
            "The database was too slow or failed for longer than memory could bridge: see database and "
            "disk. The registers have the energy all the same; restart vatiod to clear this.");
}

void doctor_disk(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    static const double mib = 1 << 20;
    const struct mailbox_health *now = &inputs->now.health;
    if (now->disk_free_bytes == RECORD_ABSENT || now->disk_total_bytes <= 0) {
        doctor_find(finding, DOCTOR_SKIPPED, "vatiod has not looked at it, or could not");
        return;
    }
    const double free_pct = 100 * (double)now->disk_free_bytes / (double)now->disk_total_bytes;
    const enum doctor_state state = free_pct < disk_fault_pct  ? DOCTOR_FAULT
                                    : free_pct < disk_warn_pct ? DOCTOR_WARN
                                                               : DOCTOR_OK;
    doctor_find(finding, state, "%.1f %% free, %.0f of %.0f MiB", free_pct,
                (double)now->disk_free_bytes / mib, (double)now->disk_total_bytes / mib);
    if (state != DOCTOR_OK)
        doctor_advise(
            finding,
            "Make room on the disk of %s: du -xh / | sort -h | tail shows what is large; old logs go "
            "with journalctl --vacuum-size=50M.",
            database_of(inputs));
}

static bool is_of_other_meter(const struct doctor_inputs *inputs)
{
    const char *id = inputs->mqtt.meter_id;
    return inputs->mailbox_error == 0 && id[0] != '\0' && strcmp(id, inputs->now.meter_id) != 0;
}

static void unreachable(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct doctor_mqtt *mqtt = &inputs->mqtt;
    const bool beginning = mqtt->connects == 0 && mqtt->refused == 0;
    doctor_find(finding, beginning ? DOCTOR_WARN : DOCTOR_FAULT,
                "%s cannot be reached: %" PRId64 " attempts failed, %" PRId64 " connections lost, %" PRId64
                " records wait",
                mqtt->broker, mqtt->refused, mqtt->losses, mqtt->waiting);
    if (beginning)
        doctor_find(finding, DOCTOR_WARN, "%s is being connected to for the first time", mqtt->broker);
    doctor_advise(finding,
                  "Check the network (ping the broker's host), mqtt.host, mqtt.port, user and password in "
                  "/etc/vatio/vatio-mqtt.ini; journalctl -u vatio-mqtt has the broker's reason. No record is "
                  "lost meanwhile.");
}

void doctor_broker(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct doctor_mqtt *mqtt = &inputs->mqtt;
    if (mqtt->error == -ENOENT || mqtt->error == -ENOTDIR) {
        doctor_find(finding, DOCTOR_SKIPPED, "vatio-mqtt was not started: there is no %s", inputs->mqtt_file);
    } else if (mqtt->error != 0) {
        doctor_find(finding, DOCTOR_FAULT, "%s cannot be read: %s", inputs->mqtt_file,
                    mqtt->error == -EBADMSG ? "not what vatio-mqtt writes" : strerror(-mqtt->error));
        doctor_advise(
            finding,
            "Name vatio-mqtt's status file with --mqtt-status; systemctl restart vatio-mqtt writes it "
            "anew.");
    } else if (is_of_other_meter(inputs)) {
        doctor_find(finding, DOCTOR_SKIPPED, "%s is of meter %s, this is %s", inputs->mqtt_file,
                    mqtt->meter_id, inputs->now.meter_id);
    } else if (mqtt->age_s > STATUS_OLD_S) {
        doctor_find(finding, DOCTOR_FAULT,
                    "vatio-mqtt has written no status for %" PRId64 " s: it does not run", mqtt->age_s);
        doctor_advise(
            finding,
            "systemctl status vatio-mqtt; start it with systemctl start vatio-mqtt. No record is lost "
            "meanwhile.");
    } else if (!mqtt->connected) {
        unreachable(inputs, finding);
    } else {
        doctor_find(finding, DOCTOR_OK,
                    "connected to %s; %" PRId64 " records wait, %" PRId64 " connections lost", mqtt->broker,
                    mqtt->waiting, mqtt->losses);
    }
}
