/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/keeper.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    struct line_in_sim line;
    struct recorder recorder;
    struct keeper_power power;
};

static void set_up(struct place *place)
{
    memset(place, 0, sizeof *place);
    static struct store no_store;
    static struct health health;
    static struct clock_sim clock;
    clock_sim_init(&clock, 5000, 0);
    recorder_init(&place->recorder, &no_store, NULL, &health, &clock.clock, "b");
    line_in_sim_init(&place->line, true);
    place->power.line = &place->line.line;
    place->power.recorder = &place->recorder;
}

enum { GOOD = 1, FAILS = 0 };
struct turn {
    int64_t after_ms;
    int level;
    bool write;
    int events; /* so far */
};
static const struct {
    const char *name;
    struct turn turn[8];
} courses[] = {
    {"a good supply asks for nothing", {{0, GOOD, false, 0}, {20, GOOD, false, 0}, {9000, GOOD, false, 0}}},
    {"an edge asks at once, and once",
     {{0, GOOD, false, 0}, {20, FAILS, true, 1}, {20, FAILS, false, 1}, {5000, FAILS, false, 1}}},
    {"a line that is low from the start asks once", {{0, FAILS, true, 1}, {20, FAILS, false, 1}}},
    {"a bounce asks again when a second is over",
     {{0, GOOD, false, 0},
      {20, FAILS, true, 1},
      {100, GOOD, false, 1},
      {100, FAILS, false, 1},
      {700, FAILS, false, 1},
      {100, FAILS, true, 1},
      {20, FAILS, false, 1}}},
    {"a bounce that ended well asks for nothing more",
     {{0, FAILS, true, 1},
      {100, GOOD, false, 1},
      {100, FAILS, false, 1},
      {100, GOOD, false, 1},
      {999, GOOD, false, 1}}},
    {"the supply is back when it was good for a second",
     {{0, FAILS, true, 1},
      {50, GOOD, false, 1},
      {999, GOOD, false, 1},
      {1, GOOD, false, 2},
      {20, FAILS, true, 3}}},
};

static void a_line_asks_for_what_its_course_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof courses / sizeof courses[0]; i++) {
        static struct place place;
        int64_t now_ns = 1000000000;
        set_up(&place);
        print_message("  %s\n", courses[i].name);
        for (size_t k = 0; k < 8 && (k == 0 || courses[i].turn[k].after_ms > 0); k++) {
            const struct turn *turn = &courses[i].turn[k];
            now_ns += turn->after_ms * 1000000;
            line_in_sim_set(&place.line, turn->level == GOOD);
            assert_int_equal(keeper_power_turn(&place.power, now_ns), turn->write);
            assert_int_equal(place.recorder.events, turn->events);
        }
        if (place.recorder.events > 1)
            assert_string_equal(place.recorder.event[1].kind, "power-up");
        if (place.recorder.events > 0)
            assert_string_equal(place.recorder.event[0].kind, "power-down");
    }
}

static void no_line_and_one_that_fails_ask_for_nothing(void **state)
{
    (void)state;
    static struct place place;
    set_up(&place);
    place.line.error = -EIO;
    line_in_sim_set(&place.line, false);
    assert_false(keeper_power_turn(&place.power, 1000));
    assert_false(keeper_power_turn(&place.power, 2000));
    assert_int_equal(place.recorder.events, 0);
    keeper_power_wait(&place.power, 1);
    place.power.line = NULL;
    assert_false(keeper_power_turn(&place.power, 3000));
    keeper_power_close(&place.power);
}

/* --- from the edge to the disk ---------------------------------------------------------------------------------- */

static int64_t real_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void wait_for_writes(struct health *health, int64_t n)
{
    const int64_t from_us = real_us();
    while (atomic_load(&health->journal_writes) < n)
        if (real_us() - from_us > 30000000)
            fail_msg("the journal was not written");
}

/* The thread, the file system and the clock are real; what it took is printed, not asserted. */
static void an_edge_reaches_the_disk_without_waiting_for_the_interval(void **state)
{
    (void)state;
    enum { EDGES = 20 };
    static struct place place;
    static struct keeper keeper;
    static struct kept_cell cell;
    static struct health health;
    static struct clock_real clock;
    char dir[] = "/tmp/vatio-power-XXXXXX", file[64], error[256];
    struct kept kept;
    bool found;
    set_up(&place);
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/%s", dir, KEEPER_FILE);
    clock_real_init(&clock);
    memset(&kept, 0, sizeof kept);
    kept.n_points = RECORD_POINTS;
    for (int p = 0; p < RECORD_POINTS; p++)
        kept.point_id[p] = p;
    kept_give(&cell, &kept);
    keeper = (struct keeper){.health = &health,
                             .recorder = &place.recorder,
                             .clock = &clock.clock,
                             .cell = &cell,
                             .interval_s = 3600};
    assert_int_equal(keeper_open(&keeper, dir, "m", &kept, &found, error, sizeof error), 0);
    keeper.power = place.power;
    assert_int_equal(keeper_start(&keeper), 0);
    int64_t sum_us = 0, most_us = 0;
    for (int k = 0; k < EDGES; k++) {
        const int64_t writes = atomic_load(&health.journal_writes), from_us = real_us();
        line_in_sim_set(&place.line, false);
        wait_for_writes(&health, writes + 1);
        const int64_t us = real_us() - from_us;
        sum_us += us;
        most_us = us > most_us ? us : most_us;
        line_in_sim_set(&place.line, true);
        keeper_stop(&keeper);
        keeper.power = place.power; /* as after a second of good supply */
        atomic_store(&keeper.stop, false);
        assert_int_equal(keeper_start(&keeper), 0);
    }
    keeper_stop(&keeper);
    print_message("  edge to fdatasync, nine points: mean %.1f ms, most %.1f ms of %d\n",
                  (double)sum_us / EDGES / 1000, (double)most_us / 1000, EDGES);
    keeper_close(&keeper);
    unlink(file);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_asks_for_what_its_course_says),
        cmocka_unit_test(no_line_and_one_that_fails_ask_for_nothing),
        cmocka_unit_test(an_edge_reaches_the_disk_without_waiting_for_the_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
