/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/keeper.h"

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
    struct keeper_record record;
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

static void write_live(struct place *place, int64_t import_uwh)
{
    struct mailbox_live live;
    memset(&live, 0, sizeof live);
    strcpy(live.boot_id, "b");
    live.live.n_points = 2;
    live.live.point_id[0] = record_point_id("grid");
    live.live.point_id[1] = record_point_id("solar");
    live.energy[0].import_uwh = import_uwh;
    live.energy[1].export_uwh = 2 * import_uwh;
    live.metered_ns = 77;
    live.unmetered_ns = 5;
    live.dropped_uwh = 3;
    atomic_store(&place->recorder.newest_seq[STREAM_MINUTE], 41);
    assert_int_equal(keeper_write(&place->keeper, &live), 0);
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
    struct creep_config creep = {0};
    struct registers registers;
    topology_init(&topology);
    registers_init(&registers, &topology, &creep);
    keeper_restore(&place->record, &registers);
    assert_int_equal(registers.energy[0].export_uwh, 18000);
    assert_int_equal(registers.energy[0].import_uwh, 0);
    assert_int_equal(registers.metered_ns, 77);
    assert_int_equal(registers.unmetered_ns, 5);
    assert_int_equal(registers.dropped_uwh, 3);
    keeper_close(&place->keeper);
}

/* journal, stored -> kept */
static const struct {
    const char *name;
    int64_t journal_uwh, stored_uwh, kept_uwh, raised_uwh;
} raises[] = {
    {"a stored record behind the journal changes nothing", 5000, 4000, 5000, 0},
    {"a stored record ahead of it is taken", 5000, 7000, 7000, 2000},
    {"an absent value is no value", 5000, RECORD_ABSENT, 5000, 0},
    {"a lost journal continues from the record", 0, 7000, 7000, 7000},
};

static void test_registers_never_fall_behind_a_stored_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof raises / sizeof raises[0]; i++) {
        struct keeper_record record = {.n_points = raises[i].journal_uwh > 0};
        struct record stored = {.n_points = 1};
        record.point_id[0] = stored.point_id[0] = record_point_id("solar");
        record.energy[0].import_uwh = raises[i].journal_uwh;
        stored.point[0].total = (struct record_energy){.import_uwh = raises[i].stored_uwh, .q3_uvarh = 9};
        print_message("  %s\n", raises[i].name);
        assert_int_equal(keeper_raise(&record, &stored), raises[i].raised_uwh);
        assert_int_equal(record.n_points, 1);
        assert_int_equal(record.energy[0].import_uwh, raises[i].kept_uwh);
        assert_int_equal(record.energy[0].q3_uvarh, 9);
    }
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
    assert_int_equal(pwrite(fd, "xx", 2, JOURNAL_SLOT_DISTANCE + 100), 2); /* the second slot written */
    close(fd);
    assert_int_equal(open_keeper(place, "m1"), 0);
    assert_int_equal(place->record.energy[0].import_uwh, 1000);
    place->keeper.run_dir = place->dir;
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
    keeper_close(&place->keeper);
    int fd = open(place->file, O_RDWR);
    assert_int_equal(pwrite(fd, "xx", 2, 100), 2);
    close(fd);
    assert_int_equal(open_keeper(place, "m1"), -EBADMSG);
    assert_non_null(strstr(place->error, "move registers.journal away"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_new_journal_has_no_registers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_last_written_registers_come_back_point_by_point, set_up,
                                        tear_down),
        cmocka_unit_test(test_registers_never_fall_behind_a_stored_record),
        cmocka_unit_test_setup_teardown(test_registers_of_another_meter_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_damaged_newest_slot_costs_one_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_journal_with_nothing_but_damage_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
