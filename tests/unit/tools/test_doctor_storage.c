/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of what is kept: journal, database, records, disk, FRAM, audit log. */
#include "tests/unit/tools/doctor_cases.h"

static void spoil_journal(void)
{
    in.now.health.journal_damaged = 2;
}

static void spoil_journal_writes(void)
{
    in.now.health.journal_errors = 1;
}

static void spoil_journal_writes_once(void)
{
    in.now.health.journal_errors = in.before.health.journal_errors = 1;
}

static void spoil_database(void)
{
    in.now.health.database_error = EROFS;
    in.now.health.store_errors = 4;
}

static void spoil_file_system(void)
{
    in.now.health.disk_read_only = 1;
}

static void spoil_database_full(void)
{
    in.now.health.database_error = ENOSPC;
}

static void spoil_database_once(void)
{
    in.now.health.store_errors = 1;
}

static void spoil_records(void)
{
    in.now.health.records_lost = 7;
}

static void spoil_disk(void)
{
    in.now.health.disk_free_bytes = in.now.health.disk_total_bytes / 50;
}

static void spoil_disk_nearly(void)
{
    in.now.health.disk_free_bytes = in.now.health.disk_total_bytes / 100 * 8;
}

static void spoil_disk_unseen(void)
{
    in.now.health.disk_free_bytes = in.now.health.disk_total_bytes = RECORD_ABSENT;
}

static void spoil_mount(void)
{
    in.mount.commit_s = 0;
}

static void spoil_mount_a_little(void)
{
    in.mount.commit_s = 59;
}

static void least_mount(void)
{
    in.mount.commit_s = 60;
}

static void other_mount(void)
{
    in.mount = (struct doctor_mount){.type = "btrfs", .commit_s = 5};
}

static void no_mount(void)
{
    in.mount = (struct doctor_mount){0};
}

static void spoil_store(void)
{
    in.now.health.stores_replaced = in.before.health.stores_replaced = 1;
}

static void absent_counters(void)
{
    in.now.health.stores_replaced = in.now.health.audit_errors = RECORD_ABSENT;
    in.now.health.fram_writes = in.now.health.fram_errors = RECORD_ABSENT;
    in.before.health = in.now.health;
}

static void put_fram(int64_t before, int64_t now, int64_t errors_before, int64_t errors)
{
    in.before.health.fram_writes = before;
    in.now.health.fram_writes = now;
    in.before.health.fram_errors = errors_before;
    in.now.health.fram_errors = errors;
}

static void no_fram(void)
{
    put_fram(0, 0, 0, 0);
}

static void spoil_fram(void)
{
    put_fram(600, 600, 3, 4);
}

static void spoil_fram_between_attempts(void)
{
    put_fram(600, 600, 3, 3);
}

static void spoil_fram_seen_shortly(void)
{
    put_fram(600, 600, 3, 3);
    in.watch_ms = 1000;
}

static void spoil_fram_from_the_start(void)
{
    put_fram(0, 0, 3, 3);
    in.watch_ms = 1000;
}

static void spoil_fram_once(void)
{
    put_fram(600, 602, 3, 3);
}

static void spoil_audit(void)
{
    in.now.health.audit_errors = 1;
}

static void spoil_audit_once(void)
{
    in.now.health.audit_errors = in.before.health.audit_errors = 2;
}

static const struct doctor_case cases[] = {
    {"a whole journal", spoil_nothing, "journal", DOCTOR_OK, "no damaged slot", NULL},
    {"a damaged journal", spoil_journal, "journal", DOCTOR_FAULT, "2 damaged slots", "SD card"},
    {"journal writes", spoil_nothing, "registers", DOCTOR_OK, "60 writes", NULL},
    {"journal writes that fail", spoil_journal_writes, "registers", DOCTOR_FAULT, "1 failed, 1 of them now",
     "dmesg"},
    {"a journal write that failed", spoil_journal_writes_once, "registers", DOCTOR_WARN, "1 failed, 0 of",
     "dmesg"},
    {"a database that is written", spoil_nothing, "database", DOCTOR_OK, "10 records written to /var/lib",
     NULL},
    {"a read-only database", spoil_database, "database", DOCTOR_FAULT,
     "vatio.db is read-only (Read-only file system); 4", "dmesg"},
    {"a read-only file system", spoil_file_system, "database", DOCTOR_FAULT, "its file system is", "dmesg"},
    {"a database without room", spoil_database_full, "database", DOCTOR_FAULT, "No space left", "journalctl"},
    {"a database that failed once", spoil_database_once, "database", DOCTOR_WARN, "1 writes failed",
     "writes again"},
    {"no record lost", spoil_nothing, "records", DOCTOR_OK, "0 lost", NULL},
    {"lost records", spoil_records, "records", DOCTOR_FAULT, "7 lost", "registers have the energy"},
    {"room on the disk", spoil_nothing, "disk", DOCTOR_OK, "50.0 % free, 8192 of 16384 MiB", NULL},
    {"a disk nearly full", spoil_disk, "disk", DOCTOR_FAULT, "2.0 % free", "vacuum"},
    {"a disk that fills up", spoil_disk_nearly, "disk", DOCTOR_WARN, "8.0 % free", "vacuum"},
    {"a disk not looked at", spoil_disk_unseen, "disk", DOCTOR_SKIPPED, "has not looked", NULL},
    {"ext4 that waits 5 min", spoil_nothing, "mounted", DOCTOR_OK, "ext4 with commit=300", NULL},
    {"ext4 that waits a minute", least_mount, "mounted", DOCTOR_OK, "commit=60", NULL},
    {"ext4 that waits less than a minute", spoil_mount_a_little, "mounted", DOCTOR_WARN, "every 59 s: at 5 s",
     "noatime,commit=300"},
    {"ext4 as it is", spoil_mount, "mounted", DOCTOR_WARN,
     "every 5 s: at 5 s the card takes about 137 MB a day", "findmnt -T /var/lib/vatio/vatio.db"},
    {"another file system", other_mount, "mounted", DOCTOR_SKIPPED, "btrfs: what it writes is not known",
     NULL},
    {"no file system", no_mount, "mounted", DOCTOR_SKIPPED, "no file system was found", NULL},
    {"no damaged database", spoil_nothing, "replaced", DOCTOR_OK, "no database had to be", NULL},
    {"a damaged database", spoil_store, "replaced", DOCTOR_FAULT,
     "1 damaged database put aside since the start as /var/lib/vatio/vatio.db.corrupt-<UTC>", "SD card"},
    {"no counter of damaged databases", absent_counters, "replaced", DOCTOR_OK, "no database had to be",
     NULL},
    {"no FRAM", no_fram, "fram", DOCTOR_SKIPPED, "none is used", NULL},
    {"no counters of a FRAM", absent_counters, "fram", DOCTOR_SKIPPED, "none is used", NULL},
    {"a FRAM that is written", spoil_nothing, "fram", DOCTOR_OK, "602 records written, 0 calls failed", NULL},
    {"a FRAM that fails", spoil_fram, "fram", DOCTOR_FAULT, "4 calls failed since the start, it fails now",
     "fram-fault"},
    {"a FRAM that fails, between two attempts", spoil_fram_between_attempts, "fram", DOCTOR_FAULT,
     "it fails now", "i2cdetect"},
    {"a FRAM that may fail, seen too shortly", spoil_fram_seen_shortly, "fram", DOCTOR_WARN, "3 calls failed",
     "i2cdetect"},
    {"a FRAM that never answered", spoil_fram_from_the_start, "fram", DOCTOR_FAULT,
     "0 records written, 3 calls", "i2cdetect"},
    {"a FRAM that failed", spoil_fram_once, "fram", DOCTOR_WARN, "602 records written, 3 calls failed",
     "i2cdetect"},
    {"an audit log that is written", spoil_nothing, "audit", DOCTOR_OK, "no write of the audit log failed",
     NULL},
    {"no counter of the audit log", absent_counters, "audit", DOCTOR_OK, "no write of the audit log failed",
     NULL},
    {"an audit log that fails", spoil_audit, "audit", DOCTOR_FAULT,
     "1 write of the audit log failed since the start, it", "--verify"},
    {"an audit log that failed", spoil_audit_once, "audit", DOCTOR_WARN, "2 writes of the audit log failed",
     "--verify"},
};

static void each_fault_is_named_and_advised(void **state)
{
    (void)state;
    assert_cases(cases, sizeof cases / sizeof cases[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_named_and_advised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
