/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes wrong in front of the meter becomes an event when it begins and one when it ends, and nothing else does. */
#include "tests/unit/firmware/measure_bench.h"

enum { EXPECTED = 4, ZERO_CODE = 512 };

static struct bench bench;

/* What is done to a scan of the steady load between from_s and to_s. */
enum harm {
    NONE,
    LOSE,     /* it does not come */
    CORRUPT,  /* one in twenty is marked so */
    NO_U,     /* the channel shows no voltage but a little noise */
    TURNED,   /* the channel's sensor is the other way round */
    STANDING, /* the channel's code does not move */
};

struct expected {
    const char *kind, *detail; /* how it begins */
    double at_s, value, value_tolerance;
};

static const struct event_case {
    const char *name;
    const char *settings[6];
    enum harm harm;
    int channel;
    double from_s, to_s, seconds;
    struct expected expected[EXPECTED];
} cases[] = {
    {"nothing is wrong", {"sim.phi_deg=180"}, NONE, 0, 0, 0, 100, {{0}}},
    {"nothing is wrong on two legs with solar",
     {"paths.board_file=board/split_phase.ini", "sim.i_a=8", "sim.phi_deg=180", "sim.l2_i_a=3",
      "sim.solar_i_a=9", "sim.l2_solar_i_a=9"},
     NONE,
     0,
     0,
     0,
     100,
     {{0}}},
    {"no scan comes for five seconds",
     {NULL},
     LOSE,
     0,
     20,
     25,
     95,
     {{"sensor-fault", "converter: does not answer", 20, NAN, 0},
      {"unmetered", "no energy", 20, NAN, 0},
      {"sensor-fault-end", "converter: answers again", 25, 5, 1.5},
      {"unmetered-end", "energy", 25, 5, 0.5}}},
    {"no scan comes any more",
     {NULL},
     LOSE,
     0,
     20,
     40,
     40,
     {{"sensor-fault", "converter: does not answer", 20, NAN, 0}, {"unmetered", "no energy", 20, NAN, 0}}},
    {"gaps that come again are one state",
     {"sim.gap_ms=300", "sim.gap_every_ms=20000"},
     NONE,
     0,
     0,
     0,
     95,
     {{"unmetered", "no energy", NAN, NAN, 0}}}, /* the seed says when */
    {"a gap within a cycle is none", {"sim.gap_ms=10", "sim.gap_every_ms=1000"}, NONE, 0, 0, 0, 30, {{0}}},
    {"the only voltage is gone, current flows",
     {"sim.i_a=5"},
     NO_U,
     0,
     20,
     40,
     110,
     {{"voltage-lost", "grid: no voltage", 20, 0, 1}, {"voltage-lost-end", "grid: ", 40, 20, 0.5}}},
    {"it is gone for two seconds", {"sim.i_a=5"}, NO_U, 0, 20, 22, 60, {{0}}},
    {"it is gone, but so is the current", {"sim.i_a=0.1"}, NO_U, 0, 20, 40, 60, {{0}}},
    {"one of two is gone",
     {"paths.board_file=board/split_phase.ini", "sim.l2_i_a=3"},
     NO_U,
     4,
     20,
     40,
     110,
     {{"voltage-lost", "grid_l2: no voltage", 20, 0, 1}, {"voltage-lost-end", "grid_l2: ", 40, 20, 0.5}}},
    {"export where nothing generates",
     {"meter.export=unexpected", "sim.i_a=5"},
     TURNED,
     1,
     10,
     90,
     160,
     {{"reversed", "grid: power flows", 10, -600, 2}, {"reversed-end", "grid: ", 90, 80, 1}}},
    {"it lasts too short", {"meter.export=unexpected", "sim.i_a=5"}, TURNED, 1, 10, 65, 80, {{0}}},
    {"it is less than an inverter's own need",
     {"meter.export=unexpected", "sim.i_a=0.4"},
     TURNED,
     1,
     10,
     90,
     100,
     {{0}}},
    {"export where something may generate", {"sim.i_a=5"}, TURNED, 1, 10, 90, 100, {{0}}},
    {"one of two solar sensors is turned round",
     {"paths.board_file=board/split_phase.ini", "sim.solar_i_a=5", "sim.l2_solar_i_a=5"},
     TURNED,
     5,
     10,
     90,
     160,
     {{"reversed", "solar_l2: power flows", 10, -600, 3}, {"reversed-end", "solar_l2: ", 90, 80, 1}}},
    {"one leg against the other by as much",
     {"paths.board_file=board/assumed_leg.ini", "sim.i_a=8", "sim.l2_i_a=8"},
     TURNED,
     2,
     10,
     90,
     160,
     {{"reversed", "grid_l2: power flows", 10, -960, 3}, {"reversed-end", "grid_l2: ", 90, 80, 1}}},
    {"one leg against the other by less",
     {"paths.board_file=board/assumed_leg.ini", "sim.i_a=8", "sim.l2_i_a=5"},
     TURNED,
     2,
     10,
     90,
     100,
     {{0}}},
    {"one leg against the other where something generates",
     {"paths.board_file=board/split_phase.ini", "sim.i_a=8", "sim.l2_i_a=8"},
     TURNED,
     3,
     10,
     90,
     100,
     {{0}}},
    {"answers are corrupt",
     {NULL},
     CORRUPT,
     0,
     20,
     30,
     100,
     {{"sensor-fault", "converter: answers are corrupt", 20, 5, 1},
      {"sensor-fault-end", "converter: ", 30, 10, 1.5}}},
    {"a code stands still",
     {"sim.i_a=0"},
     STANDING,
     1,
     30,
     39,
     110,
     {{"sensor-fault", "CH1 named: its code stands", 30, ZERO_CODE, 0},
      {"quiet", "CH1 named: dither", NAN, NAN, 0},
      {"quiet-end", "CH1 named: ", NAN, NAN, 0},
      {"sensor-fault-end", "CH1 named: ", 39, 9, 1.5}}},
    {"a code stands still for want of noise",
     {"sim.i_a=0", "sim.noise_lsb=0.02"},
     NONE,
     0,
     0,
     0,
     40,
     {{"quiet", "CH1 named: dither", NAN, 0, 0.01}}},
    {"a code stands still for two seconds", {"sim.i_a=0"}, STANDING, 1, 33, 35, 60, {{0}}},
    {"the converter fails for a second",
     {"sim.vanish_s=20"},
     NONE,
     0,
     0,
     0,
     100,
     {{"sensor-fault", "converter: does not answer", 20, NAN, 0},
      {"unmetered", "no energy", 20, NAN, 0},
      {"sensor-fault-end", "converter: ", 21, 1.5, 0.7},
      {"unmetered-end", "energy", 21, 1, 0.5}}},
};

static void harm(const struct event_case *c, double t_s, int64_t n)
{
    struct adc_scan scan;
    if (c->harm == NONE || t_s < c->from_s || t_s >= c->to_s || !spsc_pop(&bench.scans, &scan))
        return;
    uint16_t *code = &scan.code[c->channel];
    if (c->harm == LOSE)
        return;
    if (c->harm == CORRUPT && n % 20 == 0)
        scan.faults |= ADC_CORRUPT;
    if (c->harm == NO_U)
        *code = (uint16_t)(ZERO_CODE + n * 7 % 3 - 1);
    if (c->harm == TURNED)
        *code = (uint16_t)(2 * ZERO_CODE - *code);
    if (c->harm == STANDING)
        *code = ZERO_CODE;
    assert_true(spsc_push(&bench.scans, &scan));
}

static void run_case(const struct event_case *c)
{
    const char *settings[8] = {NULL};
    memcpy(settings, c->settings, sizeof c->settings);
    struct record record;
    open_bench(&bench, settings, c->seconds);
    for (int k = 0; k < MAILBOX_CHANNELS; k++)
        snprintf(bench.measure.live.channel[k], sizeof bench.measure.live.channel[k], "CH%d named", k);
    for (int64_t n = 0; acquire_step(&bench.acquire); n++) {
        harm(c, 1e-9 * (double)clock_mono_ns(bench.source.clock) - 1, n);
        measure_step(&bench.measure);
        while (spsc_pop(&bench.records, &record))
            ;
    }
    measure_finish(&bench.measure);
}

static void each_state_is_told_when_it_begins_and_when_it_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct event_case *c = &cases[i];
        struct record_event event;
        print_message("  %s\n", c->name);
        run_case(c);
        for (int k = 0; k < EXPECTED && c->expected[k].kind != NULL; k++) {
            const struct expected *e = &c->expected[k];
            assert_true(spsc_pop(&bench.events, &event));
            print_message("    %s %.2f: %s\n", event.kind, event.value, event.detail);
            assert_string_equal(event.kind, e->kind);
            assert_memory_equal(event.detail, e->detail, strlen(e->detail));
            if (!isnan(e->at_s))
                near(1e-6 * (double)event.mono_us - 1, e->at_s, 1.1); /* a window, or a second of scans */
            near((double)event.utc_ms, 1782000000000.0 - 1000 + (double)(event.mono_us / 1000), 1);
            if (!isnan(e->value))
                near(event.value, e->value, e->value_tolerance);
        }
        if (spsc_pop(&bench.events, &event))
            fail_msg("%s (%.2f): %s", event.kind, event.value, event.detail);
        close_bench(&bench);
    }
}

static void what_finds_no_room_is_counted(void **state)
{
    (void)state;
    const char *const settings[] = {"sim.clock_steps=5:100", NULL};
    struct record_event filler = {0};
    open_bench(&bench, settings, 10);
    while (spsc_push(&bench.events, &filler))
        ;
    run_bench(&bench, 0);
    assert_int_equal(atomic_load(&bench.health.records_lost), 1);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_is_told_when_it_begins_and_when_it_ends),
        cmocka_unit_test(what_finds_no_room_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
