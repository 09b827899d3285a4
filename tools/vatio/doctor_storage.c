/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor_storage.c - what it is kept on: file system, damaged databases, FRAM, audit log. */
#include "tools/vatio/doctor.h"

#include <inttypes.h>
#include <string.h>

enum {
    EXT4_COMMIT_S = 5,    /* its own */
    COMMIT_LEAST_S = 60,  /* below, most of what is written is the file system's */
    FRAM_TOTALS_MS = 1000 /* vatiod writes that often to a FRAM that answers */
};

void doctor_mounted(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct doctor_mount *mount = &inputs->mount;
    const char *path = inputs->status.database;
    if (strcmp(mount->type, "ext4") != 0) {
        doctor_find(finding, DOCTOR_SKIPPED, "%s: what it writes is not known",
                    mount->type[0] == '\0' ? "no file system was found" : mount->type);
        return;
    }
    const int64_t commit_s = mount->commit_s > 0 ? mount->commit_s : EXT4_COMMIT_S;
    if (commit_s >= COMMIT_LEAST_S) {
        doctor_find(finding, DOCTOR_OK, "ext4 with commit=%" PRId64, commit_s);
        return;
    }
    /* Figures: firmware/store/README.md, what a day writes. */
    doctor_find(finding, DOCTOR_WARN,
                "ext4 commits every %" PRId64
                " s: at 5 s the card takes about 137 MB a day (single phase; 170 "
                "for two legs and solar), at 300 s 24 (57)",
                commit_s);
    doctor_advise(
        finding,
        "Put noatime,commit=300 among its options in /etc/fstab and reboot; findmnt -T %s names it. "
        "Best give /var/lib/vatio a file system of its own: what others do not sync is up to 5 min old "
        "after a cut.",
        path);
}

void doctor_replaced(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const int64_t replaced = inputs->now.health.stores_replaced;
    if (replaced <= 0) {
        doctor_find(finding, DOCTOR_OK, "no database had to be put aside since the start");
        return;
    }
    doctor_find(finding, DOCTOR_FAULT,
                "%" PRId64
                " damaged database%s put aside since the start as %s.corrupt-<UTC>; a new one is used",
                replaced, replaced == 1 ? "" : "s",
                inputs->control_error == 0 ? inputs->status.database : "vatio.db");
    doctor_advise(
        finding,
        "Look for I/O errors in dmesg: a failing SD card must be replaced. The records before are in "
        "that file, its -wal and -shm: keep them for analysis or remove them. Registers were not "
        "touched; restart vatiod to clear this.");
}

void doctor_fram(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const struct mailbox_health *now = &inputs->now.health;
    const struct mailbox_health *before = &inputs->before.health;
    const int64_t errors = now->fram_errors > 0 ? now->fram_errors : 0;
    if (now->fram_writes <= 0 && errors == 0) {
        doctor_find(finding, DOCTOR_SKIPPED, "none is used");
        return;
    }
    const bool silent = now->fram_writes <= before->fram_writes && inputs->watch_ms >= 2 * FRAM_TOTALS_MS;
    const bool failing = errors > 0 && (errors > before->fram_errors || now->fram_writes <= 0 || silent);
    doctor_find(finding,
                failing      ? DOCTOR_FAULT
                : errors > 0 ? DOCTOR_WARN
                             : DOCTOR_OK,
                "%" PRId64 " records written, %" PRId64 " calls failed since the start%s", now->fram_writes,
                errors, failing ? ", it fails now" : "");
    if (errors > 0)
        doctor_advise(
            finding,
            "Metering goes on and the journal is written instead, but a cut costs more than a second. "
            "vatio events has the reason (fram-fault). Check the chip's supply, SDA and SCL and its "
            "address: i2cdetect -y 1.");
}

void doctor_audit(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    const int64_t errors = inputs->now.health.audit_errors;
    if (errors <= 0) {
        doctor_find(finding, DOCTOR_OK, "no write of the audit log failed since the start");
        return;
    }
    const bool failing = errors > inputs->before.health.audit_errors;
    doctor_find(finding, failing ? DOCTOR_FAULT : DOCTOR_WARN,
                "%" PRId64 " write%s of the audit log failed since the start%s", errors,
                errors == 1 ? "" : "s", failing ? ", it fails now" : "");
    doctor_advise(finding,
                  "Entries wait, tried every 5 s (64 at most): see disk above, journalctl -u vatiod for the "
                  "reason, and vatio audit --verify when it writes again. vatio doctor --seconds 10 shows "
                  "whether it still fails.");
}
