/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which way round: single elements, two legs, generation with and without a channel of its own. */
#include "tools/vatio/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tools/doctor_bench.h"

static struct doctor_inputs in;

/* The point's power: 120 V, registers that say what it did before. */
static void power(int64_t id, double p_w, double s_va, int64_t import_uwh, int64_t export_uwh)
{
    struct record_point point = bench_point(120, s_va / 120, p_w / s_va);
    point.total.import_uwh = import_uwh;
    point.total.export_uwh = export_uwh;
    bench_set(&in, id, point);
}

enum { KWH = 1000000000 };

static void one_fine(void)
{
    power(BENCH_GRID, 1200, 1200, KWH, 0);
}

static void one_turned_from_the_start(void)
{
    power(BENCH_GRID, -1200, 1200, 0, KWH);
}

/* Quarters of 300 Wh, the first `before` of import, the others of export; registers begin at these. */
static void history(size_t quarters, size_t before, int64_t import_uwh, int64_t export_uwh)
{
    in.quarters = quarters;
    for (size_t i = 0; i <= quarters; i++) {
        struct record *record = i < quarters ? &in.quarter[i] : &in.now.live;
        if (i < quarters)
            *record = bench_record(1);
        struct record_energy *delta = &record->point[0].delta;
        delta->import_uwh = i < before ? 300000000 : 0;
        delta->export_uwh = i < before || i == quarters ? 0 : 300000000;
        import_uwh += delta->import_uwh;
        export_uwh += delta->export_uwh;
        record->point[0].total.import_uwh = import_uwh;
        record->point[0].total.export_uwh = export_uwh;
    }
}

static void one_turned_later(void)
{
    one_turned_from_the_start();
    history(20, 8, KWH, 0);
}

static void one_turned_within_a_quarter(void)
{
    one_turned_later();
    in.quarter[8].point[0].delta.import_uwh = 100000000;
}

static void one_turned_a_day_ago(void)
{
    one_turned_from_the_start();
    history(DOCTOR_QUARTERS, 0, KWH, KWH);
}

static void one_that_has_exported_before(void)
{
    one_turned_from_the_start();
    history(20, 8, KWH, KWH);
}

static void one_whose_history_lacks_the_point(void)
{
    one_that_has_exported_before();
    in.quarter[19].n_points = 0;
}

static void one_without_import(void)
{
    one_turned_from_the_start();
    history(20, 0, 0, KWH);
}

static void one_with_unmeasured_generation(void)
{
    one_turned_from_the_start();
    in.generation = true;
}

static void one_mended_just_now(void)
{
    one_turned_from_the_start();
    in.now.live.point[0] = bench_point(120, 10, 1);
}

static void one_negative_for_a_second(void)
{
    one_fine();
    in.now.live.point[0] = bench_point(120, 10, -1);
}

static void one_turned_without_minutes(void)
{
    in.minutes = 0;
    one_turned_from_the_start();
}

static void one_nearly_idle(void)
{
    power(BENCH_GRID, -40, 60, 0, KWH);
}

static void one_capacitor(void)
{
    power(BENCH_GRID, -100, 600, 0, KWH);
}

static void one_unlocked(void)
{
    one_turned_from_the_start();
    in.now.live.quality = DOCTOR_UNLOCKED;
}

static void one_absent_minutes(void)
{
    one_turned_from_the_start();
    for (size_t i = 0; i < in.minutes; i++)
        in.minute[i].point[0].p_w = (double)NAN;
}

static void no_points(void)
{
    in.now.live.n_points = 0;
}

static void legs(double one_w, double two_w)
{
    power(BENCH_GRID, one_w + two_w, 2400, KWH, 0);
    for (int leg = 1; leg <= 2; leg++) {
        const double p_w = leg == 1 ? one_w : two_w;
        power(BENCH_GRID + leg, p_w, fabs(p_w) > 0 ? fabs(p_w) : 1, p_w < 0 ? 0 : KWH, p_w < 0 ? KWH : 0);
    }
    for (size_t i = 0; i <= in.minutes; i++) {
        struct record *record = i < in.minutes ? &in.minute[i] : &in.now.live;
        record->point[0].u_ll_v = 240;
    }
}

static void two_fine(void)
{
    legs(1200, 600);
}

static void two_one_turned(void)
{
    legs(1200, -600);
}

static void two_swapped(void)
{
    legs(-1200, -600);
}

static void two_in_phase(void)
{
    legs(1200, -600);
    in.now.live.point[0].u_ll_v = 0.4;
}

/* Each leg's voltage falls by 0.2 V per ampere of its own current; sign -1: of the other's. */
static void legs_with_resistance(double sign)
{
    two_swapped();
    for (size_t i = 0; i < in.minutes; i++) {
        const double i_1 = 5 + (double)(i * 7 % 5), i_2 = 5 + (double)(i * 3 % 4) * 2;
        in.minute[i].point[1].i_rms_a = i_1;
        in.minute[i].point[2].i_rms_a = i_2;
        in.minute[i].point[1].u_rms_v = 120 - sign * 0.2 * (i_1 - i_2);
        in.minute[i].point[2].u_rms_v = 120 + sign * 0.2 * (i_1 - i_2);
    }
}

static void two_both_turned(void)
{
    legs_with_resistance(1);
}

static void two_surely_swapped(void)
{
    legs_with_resistance(-1);
}

static void two_assumed(void)
{
    legs_with_resistance(1);
    for (size_t i = 0; i < in.minutes; i++)
        in.minute[i].quality = DOCTOR_ASSUMED;
}

static void two_with_absent_current(void)
{
    legs_with_resistance(1);
    in.minute[0].point[1].i_rms_a = (double)NAN; /* nine are left: too few */
}

static void solar(double grid_w, double solar_w)
{
    power(BENCH_GRID, grid_w, fabs(grid_w), KWH, KWH);
    power(BENCH_SOLAR, solar_w, fabs(solar_w) > 0 ? fabs(solar_w) : 1, 0, 0);
    power(BENCH_LOAD, grid_w + solar_w, fabs(grid_w + solar_w), 0, 0);
}

static void solar_exports(void)
{
    solar(-1500, 2500);
}

static void solar_turned(void)
{
    solar(2700, -2500); /* the load takes 200 W */
}

static void solar_at_night(void)
{
    solar(300, -15);
}

static void solar_with_grid_turned(void)
{
    solar(-300, 0);
}

static void solar_two_legs_swapped(void)
{
    legs(100, 100);
    for (int leg = 0; leg <= 2; leg++)
        power(BENCH_SOLAR + leg, leg == 0 ? -2000 : -1000, leg == 0 ? 2000 : 1000, 0, 0);
    for (int leg = 0; leg <= 2; leg++)
        power(BENCH_LOAD + leg, leg == 0 ? -1800 : -900, leg == 0 ? 1800 : 900, 0, 0);
}

static void solar_two_legs_grid_swapped(void)
{
    legs(-500, -400);
    for (int leg = 0; leg <= 2; leg++)
        power(BENCH_SOLAR + leg, leg == 0 ? 200 : 100, leg == 0 ? 200 : 100, 0, 0);
    for (int leg = 0; leg <= 2; leg++)
        power(BENCH_LOAD + leg, leg == 0 ? -700 : leg == 1 ? -400 : -300, leg == 0 ? 700 : 400, 0, 0);
}

static const struct {
    const char *name;
    int legs;
    void (*wire)(void);
    enum doctor_state legs_state, swapped_state, reversed_state;
    const char *found; /* part of what reversed, or swapped where that is the fault, found */
} wirings[] = {
    {"an importing meter", 1, one_fine, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_OK,
     "no power flows where none can"},
    {"a sensor turned round from the start", 1, one_turned_from_the_start, DOCTOR_SKIPPED, DOCTOR_SKIPPED,
     DOCTOR_FAULT, "grid: -1200 W"},
    {"a sensor turned round later", 1, one_turned_later, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_FAULT,
     "grid: -1200 W"},
    {"a sensor turned round within a quarter", 1, one_turned_within_a_quarter, DOCTOR_SKIPPED, DOCTOR_SKIPPED,
     DOCTOR_FAULT, "grid: -1200 W"},
    {"a sensor turned round a day ago", 1, one_turned_a_day_ago, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_FAULT,
     "grid: -1200 W"},
    {"a history without import", 1, one_without_import, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_FAULT,
     "grid: -1200 W"},
    {"a quarter without the point", 1, one_whose_history_lacks_the_point, DOCTOR_SKIPPED, DOCTOR_SKIPPED,
     DOCTOR_OK, "exports, as it has done before"},
    {"a meter that has exported before", 1, one_that_has_exported_before, DOCTOR_SKIPPED, DOCTOR_SKIPPED,
     DOCTOR_OK, "exports, as it has done before"},
    {"generation that no channel measures", 1, one_with_unmeasured_generation, DOCTOR_SKIPPED, DOCTOR_SKIPPED,
     DOCTOR_OK, "--generation"},
    {"a sensor mended just now", 1, one_mended_just_now, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_OK,
     "no power"},
    {"one second of export", 1, one_negative_for_a_second, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_OK,
     "no power"},
    {"a turned sensor without a minute yet", 1, one_turned_without_minutes, DOCTOR_SKIPPED, DOCTOR_SKIPPED,
     DOCTOR_FAULT, "grid: "},
    {"minutes without values", 1, one_absent_minutes, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_FAULT, "grid: "},
    {"a standby current", 1, one_nearly_idle, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_OK, "no power"},
    {"a capacitor", 1, one_capacitor, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_OK, "no power"},
    {"no lock", 1, one_unlocked, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_SKIPPED, "no reading"},
    {"no points", 1, no_points, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_SKIPPED, "no reading"},
    {"two good legs", 2, two_fine, DOCTOR_OK, DOCTOR_OK, DOCTOR_OK, "no power"},
    {"one leg turned round", 2, two_one_turned, DOCTOR_OK, DOCTOR_OK, DOCTOR_FAULT, "grid_l2: -600 W"},
    {"legs exchanged", 2, two_swapped, DOCTOR_OK, DOCTOR_FAULT, DOCTOR_SKIPPED,
     "both legs of grid are negative together, -1800 W; exchanged, unless both are turned round"},
    {"legs exchanged, as the voltages say", 2, two_surely_swapped, DOCTOR_OK, DOCTOR_FAULT, DOCTOR_SKIPPED,
     "each current moves with the other leg's voltage"},
    {"both legs turned round, as the voltages say", 2, two_both_turned, DOCTOR_OK, DOCTOR_OK, DOCTOR_FAULT,
     "grid_l1 and grid_l2: -1800 W"},
    {"an assumed voltage tells nothing", 2, two_assumed, DOCTOR_OK, DOCTOR_FAULT, DOCTOR_SKIPPED,
     "unless both"},
    {"too few minutes tell nothing", 2, two_with_absent_current, DOCTOR_OK, DOCTOR_FAULT, DOCTOR_SKIPPED,
     "unless both"},
    {"voltages in phase come first", 2, two_in_phase, DOCTOR_FAULT, DOCTOR_SKIPPED, DOCTOR_SKIPPED,
     "come first"},
    {"a sunny day", 1, solar_exports, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_OK, "no power"},
    {"the inverter's sensor turned round", 1, solar_turned, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_FAULT,
     "solar: -2500 W"},
    {"an inverter at night", 1, solar_at_night, DOCTOR_SKIPPED, DOCTOR_SKIPPED, DOCTOR_OK, "no power"},
    {"the grid's sensor turned round beside solar", 1, solar_with_grid_turned, DOCTOR_SKIPPED, DOCTOR_SKIPPED,
     DOCTOR_FAULT, "load: -300 W"},
    {"the inverter's legs exchanged", 2, solar_two_legs_swapped, DOCTOR_OK, DOCTOR_FAULT, DOCTOR_SKIPPED,
     "both legs of solar"},
    {"the grid's legs exchanged beside solar", 2, solar_two_legs_grid_swapped, DOCTOR_OK, DOCTOR_FAULT,
     DOCTOR_SKIPPED, "both legs of load"},
};

static void expect(const char *what, const struct doctor_finding *finding, enum doctor_state state)
{
    if (finding->state != state)
        fail_msg("%s is %s: %s", what, doctor_state_name[finding->state], finding->found);
    assert_int_equal(finding->advice[0] != '\0', state == DOCTOR_FAULT);
    assert_true(strlen(finding->advice) < sizeof finding->advice - 1);
}

static void wiring_is_judged_by_signs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wirings / sizeof wirings[0]; i++) {
        print_message("%s\n", wirings[i].name);
        bench_init(&in, wirings[i].legs);
        wirings[i].wire();
        struct doctor_finding legs_finding = {0}, swapped = {0}, reversed = {0};
        doctor_legs(&in, &legs_finding);
        doctor_swapped(&in, &swapped);
        doctor_reversed(&in, &reversed);
        expect("legs", &legs_finding, wirings[i].legs_state);
        expect("swapped", &swapped, wirings[i].swapped_state);
        expect("reversed", &reversed, wirings[i].reversed_state);
        const char *found = wirings[i].swapped_state == DOCTOR_FAULT ? swapped.found : reversed.found;
        if (strstr(found, wirings[i].found) == NULL)
            fail_msg("found: %s", found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wiring_is_judged_by_signs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
