/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "hal/sim/battery.h"

enum { STEPS = 200000 };
static const double step_s = 0.05;

static void power_stays_within_its_limit_and_has_both_signs_alike(void **state)
{
    (void)state;
    struct battery battery;
    battery_init(&battery, 50, 1);
    double sum_w = 0, most_w = 0;
    for (int n = 0; n < STEPS; n++) {
        double p_w = battery_step(&battery, n * step_s);
        sum_w += p_w;
        most_w = fmax(most_w, fabs(p_w));
    }
    assert_true(most_w <= 50 && most_w > 48);
    /* Some 2,300 levels of 29 W rms: their mean is 0.6 W rms; four times that. */
    assert_true(fabs(sum_w / STEPS) < 2.4);
}

/* Ramps take at least half a second for at most 100 W: 10 W in a step of 0.05 s. */
static void half_of_the_changes_are_steps_and_levels_last_seconds(void **state)
{
    (void)state;
    struct battery battery;
    battery_init(&battery, 50, 2);
    double before_w = battery_step(&battery, 0);
    int steps = 0, still = 0;
    for (int n = 1; n < STEPS; n++) {
        double p_w = battery_step(&battery, n * step_s), change_w = fabs(p_w - before_w);
        steps += change_w > 10.01;
        still += change_w <= 0;
        before_w = p_w;
    }
    /* A level and its change last 2.75 + 1.125 s: 10,000 s have 2,580 of them, 1,290 steps, of which (0.9)^2 = 0.81 are
     * beyond 10 W; 0.71 of the time stands still. */
    assert_true(steps > 900 && steps < 1200);
    assert_true(still > 0.66 * STEPS && still < 0.76 * STEPS);
}

static void the_same_seed_has_the_same_power(void **state)
{
    (void)state;
    struct battery a, b, other;
    battery_init(&a, 50, 3);
    battery_init(&b, 50, 3);
    battery_init(&other, 50, 4);
    int differing = 0;
    for (int n = 0; n < 1000; n++) {
        double p_w = battery_step(&a, n * step_s);
        assert_true(fabs(p_w - battery_step(&b, n * step_s)) <= 0);
        differing += fabs(p_w - battery_step(&other, n * step_s)) > 0;
    }
    assert_true(differing > 990); /* both begin at 0 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_stays_within_its_limit_and_has_both_signs_alike),
        cmocka_unit_test(half_of_the_changes_are_steps_and_levels_last_seconds),
        cmocka_unit_test(the_same_seed_has_the_same_power),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
