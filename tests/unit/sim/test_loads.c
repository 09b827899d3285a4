/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka last */
#include <cmocka.h>

#include "fixture.h"
#include "hal/sim/loads.h"

static struct mains mains;
static struct loads loads;

static int set_up(void **state)
{
    (void)state;
    mains_init(&mains, 60, 1, 1);
    return 0;
}

static int index_of(const char *name)
{
    for (int i = 0; i < LOADS; i++) {
        if (strcmp(load_kinds[i].name, name) == 0) {
            return i;
        }
    }
    fail_msg("no load is called %s", name);
    return -1;
}

/* Sessions are few thousand seconds; two-second steps see every thermostat. */
static const double step_s = 2;

static void every_load_runs_only_within_its_sessions_and_cycles(void **state)
{
    (void)state;
    double on_since_s[LOADS_ONE_LEG] = {0}, on_total_s[LOADS_ONE_LEG] = {0};
    bool was_on[LOADS_ONE_LEG] = {false};
    loads_init(&loads, 120, 1, 0, 11);
    for (double now_s = 0; now_s < 5 * 86400; now_s += step_s) {
        loads_step(&loads, &mains, false, now_s, 0.1);
        for (int i = 0; i < LOADS_ONE_LEG; i++) {
            const struct load_kind *kind = &load_kinds[i];
            bool on = loads.load[i].on;
            on_total_s[i] += on ? step_s : 0;
            if (on && !was_on[i]) {
                on_since_s[i] = now_s;
            }
            if (on && kind->on_max_s > 0) {
                assert_true(now_s - on_since_s[i] <= kind->on_max_s + 2 * step_s);
            }
            bool allowed = false;
            for (int h = 0; h < LOAD_HABITS; h++) {
                double hour = fmod(now_s, 86400) / 3600;
                allowed |= kind->habit[h].chance > 0 && hour >= kind->habit[h].from_h &&
                           hour <= kind->habit[h].to_h + kind->habit[h].longest_h;
            }
            assert_true(!on || allowed);
            was_on[i] = on;
        }
    }
    for (int i = 0; i < LOADS_ONE_LEG; i++) {
        print_message("  %-20s %6.2f h a day\n", load_kinds[i].name, on_total_s[i] / 5 / 3600);
        assert_true(on_total_s[i] > 0);
    }
    assert_true(on_total_s[index_of("standby")] >= 5 * 86400 - step_s);
}

static void chances_are_met_over_many_days(void **state)
{
    (void)state;
    enum { DAYS = 2000 };
    int iron = index_of("iron"), sessions = 0;
    for (int day = 0; day < DAYS; day++) {
        loads_init(&loads, 120, 1, 86400.0 * day, 5);
        sessions += loads.load[iron].sessions;
    }
    assert_in_range(sessions, DAYS * 8 / 10 - 90, DAYS * 8 / 10 + 90); /* 5 standard errors of 18 */
}

static void the_plan_of_a_day_does_not_depend_on_when_the_simulation_began(void **state)
{
    (void)state;
    static struct loads early, late;
    loads_init(&early, 120, 1, 0, 5);
    loads_step(&early, &mains, true, 2.5 * 86400, 0.1);
    loads_init(&late, 120, 1, 2.2 * 86400, 5);
    for (int i = 0; i < LOADS_ONE_LEG; i++) {
        assert_int_equal(early.load[i].sessions, late.load[i].sessions);
        assert_memory_equal(early.load[i].session, late.load[i].session,
                            (size_t)late.load[i].sessions * sizeof late.load[i].session[0]);
    }
}

static void days_differ(void **state)
{
    (void)state;
    static struct loads monday, tuesday;
    loads_init(&monday, 120, 1, 0, 5);
    loads_init(&tuesday, 120, 1, 86400, 5);
    int kettle = index_of("kettle");
    double a_s = monday.load[kettle].session[0].start_s,
           b_s = tuesday.load[kettle].session[0].start_s - 86400;
    assert_true(fabs(a_s - b_s) > 1);
}

static void the_sum_of_peak_currents_stays_below_the_fuse(void **state)
{
    (void)state;
    double most_a = 0;
    for (uint64_t seed = 0; seed < 4; seed++) {
        loads_init(&loads, 120, 1, 0, seed);
        for (double now_s = 0; now_s < 86400; now_s += step_s) {
            loads_step(&loads, &mains, true, now_s, 0.1);
            for (int n = 0; n < WAVEFORM_POINTS; n++) {
                most_a = fmax(most_a, fabs(loads.current_a[0][n]));
            }
        }
    }
    print_message("  peak %.1f A\n", most_a);
    assert_true(most_a > 30 && most_a <= LOADS_PEAK_A);
}

static void a_load_that_would_blow_the_fuse_waits(void **state)
{
    (void)state;
    loads_init(&loads, 120, 1, 0, 1);
    double now_s = 13 * 3600;
    static const char *const heavy[] = {"kettle", "microwave oven", "air conditioner"};
    for (int i = 0; i < LOADS_ONE_LEG; i++) {
        loads.load[i].sessions = 0;
    }
    for (int c = 0; c < 3; c++) { /* 15 + 31 A are running; 34 A more would be 80 A */
        struct load *load = &loads.load[index_of(heavy[c])];
        load->sessions = 1;
        load->session[0] = (struct load_session){now_s, now_s + 60};
        load->change_s = 0;
    }
    loads_step(&loads, &mains, true, now_s, 0.1);
    assert_true(loads.load[index_of("kettle")].on);
    assert_true(loads.load[index_of("microwave oven")].on);
    assert_false(loads.load[index_of("air conditioner")].on);
    loads.load[index_of("microwave oven")].sessions = 0;
    loads_step(&loads, &mains, false, now_s + 1, 0.1);
    assert_false(loads.load[index_of("air conditioner")].on); /* it tries again after 5 s */
    loads_step(&loads, &mains, false, now_s + 5.1, 0.1);
    assert_true(loads.load[index_of("air conditioner")].on);
}

static void the_sum_is_that_of_the_loads_and_of_nothing_else(void **state)
{
    (void)state;
    loads_init(&loads, 120, 1, 18 * 3600, 2);
    for (double now_s = 18 * 3600; now_s < 22 * 3600; now_s += step_s) {
        loads_step(&loads, &mains, false, now_s, 0.1);
        double sum_a = 0;
        for (int i = 0; i < LOADS_ONE_LEG; i++) {
            sum_a += loads.load[i].current_a[130];
            assert_true(loads.load[i].on ||
                        fixture_mean(loads.load[i].current_a, loads.load[i].current_a) <= 0);
        }
        assert_true(fabs(sum_a - loads.current_a[0][130]) < 1e-12);
    }
}

static void at_230_v_the_same_loads_draw_the_same_power(void **state)
{
    (void)state;
    static struct loads other;
    loads_init(&loads, 120, 1, 20 * 3600, 2);
    loads_init(&other, 230, 1, 20 * 3600, 2);
    loads_step(&loads, &mains, true, 20 * 3600, 0.1);
    loads_step(&other, &mains, true, 20 * 3600, 0.1);
    double power = fixture_mean(loads.current_a[0], mains.supply[SUPPLY_L1].wave.u_v);
    double other_power = fixture_mean(other.current_a[0], mains.supply[SUPPLY_L1].wave.u_v) * 230 / 120;
    assert_true(power > 100);
    assert_true(fabs(other_power - power) < 1e-9 * power);
}

static struct mains two_legs;

static void run_alone(const char *name)
{
    mains_init(&two_legs, 60, 2, 1);
    loads_init(&loads, 120, 2, 0, 1);
    for (int i = 0; i < LOADS; i++) {
        loads.load[i].sessions = 0;
    }
    struct load *load = &loads.load[index_of(name)];
    load->sessions = 1;
    load->session[0] = (struct load_session){0, 600};
    load->change_s = 0;
    loads_step(&loads, &two_legs, true, 1, 0.1);
}

/* The power that a load takes from a leg of the mains, whose second one is the first turned round. */
static double leg_power_w(int leg)
{
    const double *u_v = two_legs.supply[leg].wave.u_v;
    return fixture_mean(loads.current_a[leg], u_v) * (leg == 0 ? 1 : -1);
}

static const struct {
    const char *name;
    double rated_w[2]; /* of each leg */
} connections[] = {
    {"iron", {1100, 0}},
    {"kettle", {0, 1200}},
    {"water heater", {2000, 2000}},
};

static void each_load_hangs_where_its_plate_says(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof connections / sizeof connections[0]; c++) {
        print_message("  %s\n", connections[c].name);
        run_alone(connections[c].name);
        for (int leg = 0; leg < 2; leg++) {
            /* A resistor's power goes with the product of what it hangs on and the leg's own voltage. */
            double across = connections[c].rated_w[1 - leg] > 0 ? two_legs.supply[SUPPLY_BOTH].u_rms_v
                                                                : two_legs.supply[leg].u_rms_v;
            double expected_w = connections[c].rated_w[leg] * across * two_legs.supply[leg].u_rms_v / 14400;
            assert_true(fabs(leg_power_w(leg) - expected_w) < 1e-9 * (1 + expected_w));
        }
    }
}

static void what_is_across_both_legs_is_not_in_the_neutral(void **state)
{
    (void)state;
    static const char *const across[] = {"air conditioner", "well pump", "water heater", "clothes dryer"};
    for (size_t c = 0; c < sizeof across / sizeof across[0]; c++) {
        run_alone(across[c]);
        assert_true(fixture_mean(loads.current_a[0], loads.current_a[0]) > 1);
        for (int n = 0; n < WAVEFORM_POINTS; n++) {
            assert_true(fabs(loads.current_a[0][n] + loads.current_a[1][n]) <= 0);
        }
    }
}

/* Half of 49 and of 46 A run through each leg: another 15 A do not fit on leg 2 below 57 A, 6 A do on leg 1. */
static void across_both_legs_half_of_the_current_counts_on_each(void **state)
{
    (void)state;
    static const char *const wanted[] = {"water heater", "clothes dryer", "kettle", "television"};
    mains_init(&two_legs, 60, 2, 1);
    loads_init(&loads, 120, 2, 0, 1);
    for (int i = 0; i < LOADS; i++) {
        loads.load[i].sessions = 0;
    }
    for (size_t c = 0; c < sizeof wanted / sizeof wanted[0]; c++) {
        struct load *load = &loads.load[index_of(wanted[c])];
        load->sessions = 1;
        load->session[0] = (struct load_session){0, 600};
        load->change_s = 0;
        loads_step(&loads, &two_legs, true, (double)c + 1, 0.1);
    }
    assert_true(loads.load[index_of("water heater")].on && loads.load[index_of("clothes dryer")].on);
    assert_false(loads.load[index_of("kettle")].on);
    assert_true(loads.load[index_of("television")].on);
}

static void on_each_of_two_legs_the_fuse_holds(void **state)
{
    (void)state;
    double most_a[2] = {0};
    unsigned seen = 0;
    mains_init(&two_legs, 60, 2, 1);
    for (uint64_t seed = 0; seed < 4; seed++) {
        loads_init(&loads, 120, 2, 0, seed);
        for (double now_s = 0; now_s < 86400; now_s += step_s) {
            loads_step(&loads, &two_legs, true, now_s, 0.1);
            for (int n = 0; n < 2 * WAVEFORM_POINTS; n++) {
                double *most = &most_a[n / WAVEFORM_POINTS];
                *most = fmax(*most, fabs(loads.current_a[n / WAVEFORM_POINTS][n % WAVEFORM_POINTS]));
            }
            for (int i = 0; i < loads_count(&loads); i++) {
                seen |= (unsigned)loads.load[i].on << i;
            }
        }
    }
    print_message("  peak %.1f A and %.1f A\n", most_a[0], most_a[1]);
    for (int leg = 0; leg < 2; leg++) {
        assert_true(most_a[leg] > 30 && most_a[leg] <= LOADS_PEAK_A);
    }
    assert_int_equal(seen, (1U << LOADS) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_load_runs_only_within_its_sessions_and_cycles),
        cmocka_unit_test(chances_are_met_over_many_days),
        cmocka_unit_test(the_plan_of_a_day_does_not_depend_on_when_the_simulation_began),
        cmocka_unit_test(days_differ),
        cmocka_unit_test(the_sum_of_peak_currents_stays_below_the_fuse),
        cmocka_unit_test(a_load_that_would_blow_the_fuse_waits),
        cmocka_unit_test(the_sum_is_that_of_the_loads_and_of_nothing_else),
        cmocka_unit_test(at_230_v_the_same_loads_draw_the_same_power),
        cmocka_unit_test(each_load_hangs_where_its_plate_says),
        cmocka_unit_test(what_is_across_both_legs_is_not_in_the_neutral),
        cmocka_unit_test(across_both_legs_half_of_the_current_counts_on_each),
        cmocka_unit_test(on_each_of_two_legs_the_fuse_holds),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
