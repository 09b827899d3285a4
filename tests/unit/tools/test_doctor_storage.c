/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of what is kept: journal, database, records, disk. */
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
