/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/keeper.h"
#include "firmware/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
    char dir[32];
    char file[80];
    char error[256];
    struct kept record;
    bool found;
    struct health health;
    struct recorder recorder;
    struct clock_sim clock;
    struct keeper keeper;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    strcpy(place->dir, "/tmp/vatio-keeper-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    snprintf(place->file, sizeof place->file, "%s/%s", place->dir, KEEPER_FILE);
    clock_sim_init(&place->clock, 5000, 0);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    unlink(place->file);
    rmdir(place->dir);
    free(place);
    return 0;
}

static int open_keeper(struct place *place, const char *meter_id)
{
    memset(&place->keeper, 0, sizeof place->keeper);
    place->keeper.health = &place->health;
    place->keeper.recorder = &place->recorder;
    place->keeper.clock = &place->clock.clock;
    return keeper_open(&place->keeper, place->dir, meter_id, &place->record, &place->found, place->error,
                       sizeof place->error);
}

static struct kept kept_of(int64_t import_uwh)
{
    struct kept kept;
    memset(&kept, 0, sizeof kept);
    strcpy(kept.boot_id, "b");
    kept.n_points = 2;
    kept.point_id[0] = record_point_id("grid");
    kept.point_id[1] = record_point_id("solar");
    kept.energy[0].import_uwh = import_uwh;
    kept.energy[1].export_uwh = 2 * import_uwh;
    kept.metered_ns = 77;
    kept.unmetered_ns = 5;
    kept.dropped_uwh = 3;
    kept.rest.remainder[1][1] = 0.25;
    kept.rest.creep[CIRCUIT_SOLAR].pending[0][1] = 12.5;
    return kept;
}

static void write_live(struct place *place, int64_t import_uwh)
{
    const struct kept kept = kept_of(import_uwh);
    atomic_store(&place->recorder.newest_seq[STREAM_MINUTE], 41);
    assert_int_equal(keeper_write(&place->keeper, &kept, false), 0);
}

static void test_a_new_journal_has_no_registers(void **state)
{
    struct place *place = *state;
    assert_int_equal(open_keeper(place, "m1"), 0);
    assert_false(place->found);
    keeper_close(&place->keeper);
}

static void test_the_last_written_registers_come_back_point_by_point(void **state)
{
    struct place *place = *state;
    assert_int_equal(open_keeper(place, "m1"), 0);
    for (int64_t k = 1; k <= 9; k++)
        write_live(place, k * 1000);
    keeper_close(&place->keeper);
    assert_int_equal(atomic_load(&place->health.journal_writes), 9);

    assert_int_equal(open_keeper(place, "m1"), 0);
    assert_true(place->found);
    assert_int_equal(place->record.newest_seq[STREAM_MINUTE], 41);
    /* a board that now has solar only: its registers are found by their point, not by their place */
    struct topology topology = {
        .n_channels = 2, .n_elements = 1, .element = {{0, 1, CIRCUIT_SOLAR, 1, 0, 0}}};
    struct creep_config creep = {1, 0.5};
    struct registers registers;
    topology_init(&topology);
    registers_init(&registers, &topology, &creep);
    resume_registers(&place->record, &registers);
    assert_int_equal(registers.energy[0].export_uwh, 18000);
    assert_int_equal(registers.energy[0].import_uwh, 0);
    assert_int_equal(registers.metered_ns, 77);
    assert_int_equal(registers.unmetered_ns, 5);
    assert_int_equal(registers.dropped_uwh, 3);
    assert_true(registers.remainder[0][1] == 0.25);
    assert_true(registers.creep[CIRCUIT_SOLAR].pending[0][1] == 12.5);
    keeper_close(&place->keeper);
}

static void test_registers_of_another_meter_are_refused(void **state)
{
    struct place *place = *state;
    assert_int_equal(open_keeper(place, "m1"), 0);
    write_live(place, 1000);
    keeper_close(&place->keeper);
    assert_int_equal(open_keeper(place, "m2"), -EMEDIUMTYPE);
    assert_non_null(strstr(place->error, "meter m1, this is m2"));
}

static void test_a_damaged_newest_slot_costs_one_record(void **state)
{
    struct place *place = *state;
    assert_int_equal(open_keeper(place, "m1"), 0);
    write_live(place, 1000);
    write_live(place, 2000);
    keeper_close(&place->keeper);
    int fd = open(place->file, O_RDWR);
    assert_int_equal(pwrite(fd, "xx", 2, JOURNAL_SLOT_DISTANCE + 30), 2); /* the second slot written */
    close(fd);
    assert_int_equal(open_keeper(place, "m1"), 0);
    assert_int_equal(place->record.energy[0].import_uwh, 1000);
    static struct kept_cell nothing_given;
    place->keeper.cell = &nothing_given;
    assert_int_equal(keeper_start(&place->keeper), 0);
    keeper_stop(&place->keeper);
    assert_int_equal(atomic_load(&place->health.journal_damaged), 1);
    keeper_close(&place->keeper);
}

static void test_a_journal_with_nothing_but_damage_is_refused(void **state)
{
    struct place *place = *state;
    assert_int_equal(open_keeper(place, "m1"), 0);
    write_live(place, 1000);
    write_live(place, 2000);
    keeper_close(&place->keeper);
    int fd = open(place->file, O_RDWR);
    assert_int_equal(pwrite(fd, "xx", 2, 30), 2);
    assert_int_equal(pwrite(fd, "xx", 2, JOURNAL_SLOT_DISTANCE + 30), 2);
    close(fd);
    assert_int_equal(open_keeper(place, "m1"), -EBADMSG);
    assert_non_null(strstr(place->error, "move registers.journal away"));
}

/* struct keeper_record of version 1: names of 33 bytes, then eight-byte words. */
static void write_older(const struct place *place, int64_t import_uwh)
{
    unsigned char bytes[728] = "m1";
    const int64_t utc_ms = 1000, n_points = 1, point_id = 0, metered_ns = 9, seq = 70;
    struct journal journal;
    memcpy(bytes + 72, &utc_ms, 8);
    memcpy(bytes + 80, &n_points, 8);
    memcpy(bytes + 88, &point_id, 8);
    memcpy(bytes + 160, &import_uwh, 8);
    memcpy(bytes + 664, &metered_ns, 8);
    memcpy(bytes + 696, &seq, 8);
    assert_int_equal(journal_open(&journal, place->file, KEPT_OLDER, sizeof bytes, JOURNAL_SLOT_DISTANCE), 0);
    assert_int_equal(journal_write(&journal, bytes), 0);
    journal_close(&journal);
}

static void test_a_journal_of_version_1_continues_and_loses_nothing(void **state)
{
    struct place *place = *state;
    write_older(place, 123456);
    assert_int_equal(open_keeper(place, "m1"), 0);
    assert_true(place->found);
    assert_int_equal(place->record.energy[0].import_uwh, 123456);
    assert_int_equal(place->record.metered_ns, 9);
    assert_int_equal(place->record.newest_seq[STREAM_MINUTE], 70);
    write_live(place, 200000);
    keeper_close(&place->keeper);
    assert_int_equal(open_keeper(place, "m1"), 0);
    assert_int_equal(place->record.energy[0].import_uwh, 200000);
    keeper_close(&place->keeper);
}

static void test_a_collapse_writes_at_once_but_not_twice_in_ten_seconds(void **state)
{
    struct place *place = *state;
    static struct kept_cell cell;
    static const struct {
        int64_t after_ms;
        bool collapse;
        int64_t writes;
    } turns[] = {{100, false, 0}, {100, true, 1},   {100, true, 1},   {9000, true, 1},
                 {1000, true, 2}, {5000, false, 2}, {4999, false, 2}, {1, false, 3}};
    const struct kept kept = kept_of(5);
    assert_int_equal(open_keeper(place, "m1"), 0);
    kept_give(&cell, &kept);
    place->keeper.cell = &cell;
    place->keeper.interval_s = 10;
    place->keeper.written_ns = clock_mono_ns(&place->clock.clock);
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        atomic_fetch_add(&place->clock.now_ns, turns[i].after_ms * 1000000);
        if (turns[i].collapse)
            atomic_store(&cell.urgent, true);
        keeper_turn(&place->keeper);
        assert_int_equal(atomic_load(&place->health.journal_writes), turns[i].writes);
    }
    keeper_close(&place->keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_new_journal_has_no_registers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_last_written_registers_come_back_point_by_point, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_registers_of_another_meter_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_damaged_newest_slot_costs_one_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_journal_with_nothing_but_damage_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_journal_of_version_1_continues_and_loses_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_collapse_writes_at_once_but_not_twice_in_ten_seconds, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
