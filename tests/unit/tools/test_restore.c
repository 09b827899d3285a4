/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/tools/backup_fixture.h"

#include "firmware/base/journal.h"
#include "tools/vatio/restore.h"

#include <errno.h>
#include <grp.h>

#define DATA "/var/lib/vatio"

/* A process that is cut after so many steps: nothing is undone. */
static int restore_cut(struct place *place, bool force, int steps)
{
    struct restore restore;
    char error[BACKUP_ERROR] = "";
    int result = restore_open(&restore, &place->backup, place->root, force, error, sizeof error);
    if (result == 0)
        result = restore_run(&restore, steps, error, sizeof error);
    restore_close(&restore);
    if (result < 0)
        assert_true(error[0] != '\0');
    return result;
}

static const struct journal_format format = {
    .magic = KEPT_MAGIC, .older = KEPT_OLDER, .size = KEPT_BYTES_MAX, .sized = true};

static void check_journal(const struct place *place, const char *name, const unsigned char *bytes,
                          size_t wanted)
{
    struct journal journal;
    unsigned char record[KEPT_BYTES_MAX];
    size_t size = 0;
    uint32_t magic;
    assert_int_equal(journal_open_format(&journal, fixture_path(place, name), &format, JOURNAL_SLOT_DISTANCE),
                     0);
    assert_int_equal(journal_read_sized(&journal, record, &size, &magic), 0);
    assert_int_equal(size, wanted);
    assert_memory_equal(record, bytes, wanted);
    journal_close(&journal);
}

static void write_journal(const struct place *place, const char *bytes)
{
    struct journal journal;
    fixture_write(place, DATA "/meter_id", "other\n");
    fixture_write(place, DATA "/vatio.db", "records");
    assert_int_equal(journal_open_format(&journal, fixture_path(place, DATA "/registers.journal"), &format,
                                         JOURNAL_SLOT_DISTANCE),
                     0);
    assert_int_equal(journal_write_sized(&journal, bytes, strlen(bytes)), 0);
    journal_close(&journal);
}

static void check_whole(const struct place *place)
{
    const struct backup *backup = &place->backup;
    for (int k = 0; k < backup->files; k++)
        fixture_check_text(place, backup->file[k].path, backup->file[k].content);
    fixture_check_text(place, DATA "/meter_id", "m1\n");
    fixture_check_text(place, DATA "/restored",
                       "backup of 2026-06-21T00:00:00Z, store 01234567, audit 17 "
                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
    assert_false(fixture_is_there(place, DATA "/restoring"));
    check_journal(place, DATA "/registers.journal", backup->meter.kept, (size_t)backup->meter.kept_size);
}

/* Nothing that a vatiod would meter with, or the file beside which it does not start, or all. */
static void check_half(const struct place *place, int steps)
{
    if (steps == restore_steps) {
        check_whole(place);
        return;
    }
    assert_false(fixture_is_there(place, DATA "/restored"));
    if (fixture_is_there(place, DATA "/restoring"))
        return;
    assert_int_equal(steps, 0);
}

static void a_cut_after_any_step_leaves_nothing_or_all_and_may_be_repeated(void **state)
{
    struct place *place = *state;
    for (int steps = 0; steps <= restore_steps; steps++) {
        fixture_write(place, "/etc/vatio/vatiod.ini", "[meter]\nid = auto\n");
        assert_int_equal(restore_cut(place, false, steps), 0);
        check_half(place, steps);
        assert_int_equal(restore_cut(place, false, restore_steps), 0);
        check_whole(place);
        fixture_empty(place);
    }
}

static void a_cut_while_another_meters_registers_are_set_aside_loses_none(void **state)
{
    struct place *place = *state;
    for (int steps = 0; steps <= restore_steps; steps++) {
        write_journal(place, "registers of another");
        assert_int_equal(restore_cut(place, true, steps), 0);
        if (steps > 0 && steps < restore_steps)
            assert_true(fixture_is_there(place, DATA "/restoring"));
        assert_int_equal(restore_cut(place, true, restore_steps), 0);
        check_whole(place);
        assert_false(fixture_is_there(place, DATA "/vatio.db"));
        check_journal(place, DATA "/before-restore.0/registers.journal",
                      (const unsigned char *)"registers of another", 20);
        fixture_check_text(place, DATA "/before-restore.0/vatio.db", "records");
        fixture_check_text(place, DATA "/before-restore.0/meter_id", "other\n");
        fixture_empty(place);
    }
}

static void a_card_that_has_something_is_left_as_it_is(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *name, *file, *content;
        int result;
    } cases[] = {
        {"a database", DATA "/vatio.db", "x", -EEXIST},
        {"an audit log", DATA "/audit.log", "x", -EEXIST},
        {"a journal that cannot be read", DATA "/registers.journal", "x", -EEXIST},
        {"another meter's name", DATA "/meter_id", "m2\n", -EPERM},
        {"another meter's settings", "/etc/vatio/vatiod.ini", "[meter]\nid = m2\n", -EPERM},
        {"the same meter's settings", "/etc/vatio/vatiod.ini", "[meter]\nid = m1\n", 0},
        {"an empty name", DATA "/meter_id", "", 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        fixture_write(place, cases[k].file, cases[k].content);
        const int result = restore_cut(place, false, restore_steps);
        if (result != cases[k].result)
            fail_msg("%s: %d", cases[k].name, result);
        if (result < 0) {
            fixture_check_text(place, cases[k].file, cases[k].content);
            assert_false(fixture_is_there(place, DATA "/restoring"));
        }
        fixture_empty(place);
    }
}

static void other_registers_alone_are_not_overwritten(void **state)
{
    struct place *place = *state;
    write_journal(place, "registers of another");
    unlink(fixture_path(place, DATA "/vatio.db"));
    unlink(fixture_path(place, DATA "/meter_id"));
    assert_int_equal(restore_cut(place, false, restore_steps), -EEXIST);
    check_journal(place, DATA "/registers.journal", (const unsigned char *)"registers of another", 20);
}

/* Settings that somebody has made for another meter are not overwritten by force either. */
static void force_does_not_make_one_meter_of_anothers_settings(void **state)
{
    struct place *place = *state;
    fixture_write(place, "/etc/vatio/vatiod.ini", "[meter]\nid = m2\n");
    assert_int_equal(restore_cut(place, true, restore_steps), -EPERM);
}

static void while_the_directory_is_in_use_nothing_is_restored(void **state)
{
    struct place *place = *state;
    struct instance other;
    char error[BACKUP_ERROR];
    fixture_write(place, DATA "/vatiod.lock", "");
    assert_int_equal(instance_lock(&other, fixture_path(place, DATA), error, sizeof error), 0);
    assert_int_equal(restore_cut(place, true, restore_steps), -EALREADY);
    assert_false(fixture_is_there(place, DATA "/restoring"));
    instance_unlock(&other);
    assert_int_equal(restore_cut(place, false, restore_steps), 0);
}

static void check_owner(const struct place *place, const char *name, uid_t uid, gid_t gid)
{
    struct stat status;
    if (stat(fixture_path(place, name), &status) != 0 || status.st_uid != uid || status.st_gid != gid)
        fail_msg("%s is of %d:%d", name, (int)status.st_uid, (int)status.st_gid);
}

/* vatiod is not root and must be able to use what root has put there. */
static void what_root_restores_belongs_to_whom_it_should(void **state)
{
    struct place *place = *state;
    static const char *const kept[] = {DATA "/registers.journal", DATA "/meter_id", DATA "/restored",
                                       DATA "/vatiod.lock"};
    enum { VATIO = 4711, READERS = 4712 };
    if (geteuid() != 0) {
        print_message("not root: owners cannot be given\n");
        skip();
    }
    fixture_write(place, "/etc/vatio/vatiod.ini", "");
    fixture_write(place, DATA "/nothing", "");
    assert_int_equal(chown(fixture_path(place, DATA), VATIO, VATIO), 0);
    assert_int_equal(chown(fixture_path(place, "/etc/vatio/vatiod.ini"), 0, READERS), 0);
    snprintf(place->backup.file[1].group, BACKUP_NAME, "daemon");
    assert_int_equal(restore_cut(place, false, restore_steps), 0);
    for (size_t k = 0; k < sizeof kept / sizeof kept[0]; k++)
        check_owner(place, kept[k], VATIO, VATIO);
    check_owner(place, "/etc/vatio/vatiod.ini", 0, READERS);
    check_owner(place, "/etc/vatio/vatio-mqtt.ini", 0, getgrnam("daemon")->gr_gid);
}

static void a_file_keeps_the_mode_that_it_had(void **state)
{
    struct place *place = *state;
    struct stat status;
    assert_int_equal(restore_cut(place, false, restore_steps), 0);
    assert_int_equal(stat(fixture_path(place, "/etc/vatio/vatio-mqtt.ini"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(stat(fixture_path(place, DATA "/registers.journal"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_cut_after_any_step_leaves_nothing_or_all_and_may_be_repeated),
        CASE(a_cut_while_another_meters_registers_are_set_aside_loses_none),
        CASE(a_card_that_has_something_is_left_as_it_is),
        CASE(other_registers_alone_are_not_overwritten),
        CASE(force_does_not_make_one_meter_of_anothers_settings),
        CASE(while_the_directory_is_in_use_nothing_is_restored),
        CASE(what_root_restores_belongs_to_whom_it_should),
        CASE(a_file_keeps_the_mode_that_it_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
