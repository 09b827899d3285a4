/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the mains' collapse asks the keeper to write at once: real windows of the simulated front end, from codes to the
 * flag in the cell, and from there through the keeper's turns to the journal. */
#include "tests/unit/firmware/measure_bench.h"

#include "firmware/keeper.h"

enum { TURN_MS = 20, MOST_SETTINGS = 8 };

struct course {
    struct bench bench;
    struct kept_cell cell;
    struct recorder recorder;
    struct keeper keeper;
    char file[80];
    int asked;        /* how often the flag was found set */
    int64_t first_ms; /* of simulated time, when first */
    int64_t writes;   /* of the journal that it led to */
};

/* A turn of the keeper each 20 ms of simulated time, as its thread does. */
static void turn(struct course *course, int64_t start_ns, int64_t *due_ns)
{
    const int64_t now_ns = clock_mono_ns(course->bench.source.clock);
    if (now_ns < *due_ns)
        return;
    *due_ns = now_ns + TURN_MS * 1000000;
    const bool asked = atomic_load(&course->cell.urgent);
    if (asked && course->asked++ == 0)
        course->first_ms = (now_ns - start_ns) / 1000000;
    const int64_t writes = atomic_load(&course->bench.health.journal_writes);
    keeper_turn(&course->keeper);
    course->writes += atomic_load(&course->bench.health.journal_writes) - writes;
}

static void run(struct course *course, const char *const settings[], double seconds)
{
    struct kept kept;
    bool found;
    char error[256];
    memset(course, 0, sizeof *course);
    struct bench *bench = &course->bench;
    open_bench(bench, settings, seconds);
    bench->measure.config.cell = &course->cell;
    struct keeper *keeper = &course->keeper;
    keeper->cell = &course->cell;
    keeper->interval_s = 3600;
    keeper->health = &bench->health;
    keeper->recorder = &course->recorder;
    keeper->clock = bench->source.clock;
    if (keeper_open(keeper, bench->run_dir, "m", &kept, &found, error, sizeof error) != 0)
        fail_msg("%s", error);
    snprintf(course->file, sizeof course->file, "%s/%s", bench->run_dir, KEEPER_FILE);
    const int64_t start_ns = clock_mono_ns(bench->source.clock);
    keeper->written_ns = start_ns;
    for (int64_t due_ns = start_ns; acquire_step(&bench->acquire);) {
        measure_step(&bench->measure);
        turn(course, start_ns, &due_ns);
    }
    measure_finish(&bench->measure);
    keeper_close(keeper);
    unlink(course->file);
    close_bench(bench);
}

#define SPLIT "paths.board_file=board/split_phase.ini"

static const struct {
    const char *name;
    const char *settings[MOST_SETTINGS];
    double seconds;
    int asked;
    int64_t writes;
    int64_t from_ms, to_ms; /* when the first was asked for */
} courses[] = {
    {"a steady supply asks for nothing", {"sim.u_v=120"}, 6, 0, 0, 0, 0},
    {"a dip to 60 % asks for nothing", {"sim.events=3:60:0.5"}, 6, 0, 0, 0, 0},
    {"an interruption asks once, at its first window", {"sim.events=3:0:2"}, 8, 1, 1, 3000, 3500},
    {"a collapse to 30 % asks once", {"sim.events=3:30:2"}, 8, 1, 1, 3000, 3500},
    {"one of two half cycles is enough", {"sim.events=3:0:0.02"}, 6, 1, 1, 3000, 3500},
    {"three within ten seconds ask three times and are written once",
     {"sim.events=3:0:1,6:0:1,9:0:1"},
     12,
     3,
     1,
     3000,
     3500},
    {"a second one after ten seconds is written too", {"sim.events=3:0:1,14:0:1"}, 18, 2, 2, 3000, 3500},
    {"an interruption of both legs asks once", {SPLIT, "sim.events=3:0:2"}, 8, 1, 1, 3000, 3500},
    {"leg 2 that is lost asks for nothing", {SPLIT, "sim.stuck_input=5", "sim.stuck_s=3"}, 8, 0, 0, 0, 0},
    {"leg 1 that is lost asks for nothing", {SPLIT, "sim.stuck_input=2", "sim.stuck_s=3"}, 8, 0, 0, 0, 0},
    {"a leg that never was there asks for nothing", {SPLIT, "sim.l2_u_v=0"}, 6, 0, 0, 0, 0},
};

static void a_collapse_of_all_voltages_asks_for_a_write(void **state)
{
    (void)state;
    static struct course course;
    for (size_t i = 0; i < sizeof courses / sizeof courses[0]; i++) {
        run(&course, courses[i].settings, courses[i].seconds);
        print_message("  %s: asked %d times, first after %lld ms, %lld writes\n", courses[i].name,
                      course.asked, (long long)course.first_ms, (long long)course.writes);
        assert_int_equal(course.asked, courses[i].asked);
        assert_int_equal(course.writes, courses[i].writes);
        assert_true(course.first_ms >= courses[i].from_ms && course.first_ms <= courses[i].to_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_collapse_of_all_voltages_asks_for_a_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
