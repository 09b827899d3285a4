/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wall clock steps, repeats or is set late: energy does not see it, labels say it once and otherwise go on. */
#include "tests/unit/firmware/measure_bench.h"

enum { SECONDS = 210, KEPT_RECORDS = 40, KEPT_EVENTS = 16 };
enum { WINDOW_MS = 250, ROUNDING_MS = 2 };

struct run {
    struct registers registers;
    int records, events;
    struct record record[KEPT_RECORDS];
    struct record_event event[KEPT_EVENTS];
};

static struct bench bench;
static struct run plain, stepped;

static void take(struct run *run)
{
    while (run->records < KEPT_RECORDS && spsc_pop(&bench.records, &run->record[run->records]))
        run->records++;
    while (run->events < KEPT_EVENTS && spsc_pop(&bench.events, &run->event[run->events]))
        run->events++;
}

static void meter(struct run *run, const char *const settings[])
{
    memset(run, 0, sizeof *run);
    open_bench(&bench, settings, SECONDS);
    while (acquire_step(&bench.acquire)) {
        measure_step(&bench.measure);
        take(run);
    }
    measure_finish(&bench.measure);
    take(run);
    run->registers = bench.measure.registers;
    close_bench(&bench);
    assert_true(run->records < KEPT_RECORDS && run->events < KEPT_EVENTS);
}

/* Three minutes and a half across midnight; steps as in sim.clock_steps. */
static const struct clock_case {
    const char *name;
    const char *start, *steps, *synced;
    double gap_ms; /* each minute; 0 = none */
    int sets;      /* events clock-set */
    double set_s[2];
    int minutes; /* records of them */
} cases[] = {
    {"nobody sets it", "2026-06-20T23:58:00Z", "", "always", 0, 0, {0}, 4},
    {"forward by an hour", "2026-06-20T23:58:00Z", "90.05:3600", "always", 0, 1, {3600}, 5},
    {"back by an hour", "2026-06-20T23:58:00Z", "90.05:-3600", "always", 0, 1, {-3600}, 5},
    {"back across midnight, and again over it", "2026-06-20T23:58:00Z", "150:-60", "always", 0, 1, {-60}, 5},
    {"forward and half back within a window",
     "2026-06-20T23:58:00Z",
     "90.05:7200,90.1:-3600",
     "always",
     0,
     1,
     {3600},
     5},
    {"forward, and back 20 s later",
     "2026-06-20T23:58:00Z",
     "90.05:7200,110.05:-7200",
     "always",
     0,
     2,
     {7200, -7200},
     6},
    {"unset at boot, set after a minute and a half",
     "1970-01-01T00:00:00Z",
     "90:1782000000",
     "after_step",
     0,
     1,
     {1782000000},
     5},
    {"a leap second repeats 23:59:59", "2026-06-20T23:58:00Z", "120:-1", "always", 0, 0, {0}, 4},
    {"a leap second is left out", "2026-06-20T23:58:00Z", "119:1", "always", 0, 0, {0}, 4},
    {"set back by half a second at a boundary",
     "2026-06-20T23:58:00Z",
     "120.05:-0.5",
     "always",
     0,
     0,
     {0},
     4},
    {"slewed by many milliseconds",
     "2026-06-20T23:58:00Z",
     "30:-0.09,40:-0.09,50:-0.09,60:0.07,119:-0.09,119.5:-0.09",
     "always",
     0,
     0,
     {0},
     4},
    {"set by a little more than a leap second",
     "2026-06-20T23:58:00Z",
     "90.05:1.2",
     "always",
     0,
     1,
     {1.2},
     5},
    {"back by two hours while nothing is sampled",
     "2026-06-20T23:58:00Z",
     "62:-7200",
     "always",
     5000,
     1,
     {-7200},
     5},
};

static void same_registers(const struct run *a, const struct run *b)
{
    struct registers_rest rest_a, rest_b;
    registers_rest(&a->registers, &rest_a);
    registers_rest(&b->registers, &rest_b);
    assert_memory_equal(a->registers.energy, b->registers.energy, sizeof a->registers.energy);
    assert_memory_equal(rest_a.remainder, rest_b.remainder, sizeof rest_a.remainder);
    assert_int_equal(a->registers.metered_ns, b->registers.metered_ns);
    assert_int_equal(a->registers.unmetered_ns, b->registers.unmetered_ns);
}

static int64_t period_ms(int64_t stream)
{
    return stream == STREAM_MINUTE ? 60000 : stream == STREAM_QUARTER ? 900000 : 86400000;
}

/* One record after the other of a stream. Returns the number of its jumps. */
static int check_stream(const struct run *run, enum record_stream stream)
{
    const struct record *before = NULL;
    int64_t import_uwh = 0, duration_us = 0;
    int jumps = 0;
    for (int k = 0; k < run->records; k++) {
        const struct record *record = &run->record[k];
        if (record->stream != stream)
            continue;
        const int64_t length_ms = record->utc_end_ms - record->utc_start_ms;
        assert_true(length_ms > 0);
        near((double)length_ms, 1e-3 * (double)record->duration_us, 1000 + ROUNDING_MS); /* a leap second */
        import_uwh += record->point[0].delta.import_uwh;
        duration_us += record->duration_us;
        if (before != NULL) {
            const bool jump = record->utc_start_ms != before->utc_end_ms;
            const bool at_boundary = before->utc_end_ms % period_ms(stream) < WINDOW_MS;
            near((double)(record->mono_end_us - before->mono_end_us), (double)record->duration_us, 1);
            assert_true(jump || at_boundary);
            if (jump)
                assert_true(before->quality & QUALITY_UNSYNCED);
            jumps += jump;
        }
        before = record;
    }
    assert_non_null(before);
    assert_int_equal(import_uwh, run->registers.energy[0].import_uwh);
    near((double)duration_us, 1e-3 * (double)(run->registers.metered_ns + run->registers.unmetered_ns), 20);
    return jumps;
}

/* The sums that an event tells, and nothing else: at the first window after the step. */
static void check_sets(const struct clock_case *c)
{
    int sets = 0;
    for (int k = 0; k < stepped.events; k++) {
        const struct record_event *event = &stepped.event[k];
        if (strcmp(event->kind, "clock-set") != 0)
            continue;
        near(event->value, c->set_s[sets], 0.005);
        sets++;
    }
    assert_int_equal(sets, c->sets);
}

static int minutes(const struct run *run)
{
    int n = 0;
    for (int k = 0; k < run->records; k++)
        n += run->record[k].stream == STREAM_MINUTE;
    return n;
}

static void energy_does_not_see_the_wall_clock_and_labels_break_only_at_its_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct clock_case *c = &cases[i];
        char start[64], steps[96], synced[48], gap[48];
        const char *const settings[] = {
            start, steps, synced, gap, "sim.gap_every_ms=60000", "sim.i_a=7.3", "adc.scan_rate_hz=3000",
            NULL};
        print_message("  %s\n", c->name);
        snprintf(start, sizeof start, "sim.start=%s", c->start);
        snprintf(gap, sizeof gap, "sim.gap_ms=%g", c->gap_ms);
        snprintf(steps, sizeof steps, "sim.clock_steps=");
        snprintf(synced, sizeof synced, "sim.clock_synced=always");
        if (i == 0 || strcmp(c->start, c[-1].start) != 0 || c->gap_ms != c[-1].gap_ms) /* else as before */
            meter(&plain, settings);
        snprintf(steps, sizeof steps, "sim.clock_steps=%s", c->steps);
        snprintf(synced, sizeof synced, "sim.clock_synced=%s", c->synced);
        meter(&stepped, settings);
        same_registers(&plain, &stepped);
        check_sets(c);
        for (enum record_stream stream = STREAM_MINUTE; stream <= STREAM_DAY; stream++)
            assert_int_equal(check_stream(&stepped, stream), c->sets);
        assert_int_equal(minutes(&stepped), c->minutes);
    }
}

static void what_was_metered_before_the_clock_was_set_is_marked_so(void **state)
{
    (void)state;
    const char *const settings[] = {"sim.start=1970-01-01T00:00:00Z", "sim.clock_steps=90:1782000000",
                                    "sim.clock_synced=after_step", "adc.scan_rate_hz=3000", NULL};
    static const char *const kinds[] = {"clock-unsynced", "clock-set", "clock-synced"};
    meter(&stepped, settings);
    assert_int_equal(stepped.events, 3);
    for (int k = 0; k < 3; k++)
        assert_string_equal(stepped.event[k].kind, kinds[k]);
    near(stepped.event[2].value, 90, 0.5); /* s without */
    for (int k = 0; k < stepped.records; k++) {
        const struct record *record = &stepped.record[k];
        const bool set = record->utc_start_ms > INT64_C(1782000000000);
        assert_true(set || record->utc_end_ms <= 91000);
        assert_int_equal(record->utc_synced, set);
        assert_int_equal((record->quality & QUALITY_UNSYNCED) == 0, set);
    }
}

static void a_lost_synchronisation_is_told_and_marks_what_follows(void **state)
{
    (void)state;
    const char *const settings[] = {"sim.clock_steps=90:0", "sim.clock_synced=until_step",
                                    "adc.scan_rate_hz=3000", NULL};
    meter(&stepped, settings);
    assert_int_equal(stepped.events, 1);
    assert_string_equal(stepped.event[0].kind, "clock-unsynced");
    near((double)stepped.event[0].mono_us, 91e6,
         0.5e6); /* when it was lost, not when that was sure; mono begins at 1 s */
    assert_false(stepped.record[0].quality & QUALITY_UNSYNCED);
    assert_true(stepped.record[1].quality & QUALITY_UNSYNCED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy_does_not_see_the_wall_clock_and_labels_break_only_at_its_steps),
        cmocka_unit_test(what_was_metered_before_the_clock_was_set_is_marked_so),
        cmocka_unit_test(a_lost_synchronisation_is_told_and_marks_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
