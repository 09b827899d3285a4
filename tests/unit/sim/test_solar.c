/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "fixture.h"
#include "hal/sim/solar.h"

enum { PEAK_W = 2500 };

static struct mains mains;
static struct solar solar;

static int set_up(void **state)
{
    (void)state;
    mains_init(&mains, 60, 1, 1);
    return 0;
}

static void the_sun_shines_between_6_and_18_h_below_the_bell(void **state)
{
    (void)state;
    double most_w = 0, energy_wh = 0;
    solar_init(&solar, 120, PEAK_W, 0, 1);
    for (double now_s = 0; now_s < 86400; now_s += 1) {
        solar_step(&solar, &mains.supply[SUPPLY_L1], true, now_s, 1);
        double hour = now_s / 3600;
        double sun = hour > 6 && hour < 18 ? sin(fixture_pi * (hour - 6) / 12) : 0;
        assert_true(solar.p_w >= 0 && solar.p_w <= PEAK_W * sun + 1e-6);
        most_w = fmax(most_w, solar.p_w);
        energy_wh += solar.p_w / 3600;
    }
    print_message("  peak %.0f W, %.0f Wh\n", most_w, energy_wh);
    assert_true(most_w > 0.9 * PEAK_W);
    assert_in_range((int)energy_wh, 8000, 15000);
}

static void clouds_pass_with_edges_of_seconds(void **state)
{
    (void)state;
    double fastest = 0, least = 1, before = 1;
    int edges = 0;
    bool falling = false;
    solar_init(&solar, 120, PEAK_W, 36000, 2);
    for (double now_s = 36000; now_s < 50400; now_s += 0.1) {
        solar_step(&solar, &mains.supply[SUPPLY_L1], false, now_s, 0.1);
        double change = solar.sky - before;
        fastest = fmax(fastest, fabs(change) / 0.1);
        least = fmin(least, solar.sky);
        edges += change < 0 && !falling;
        falling = change < 0 || (falling && change <= 0);
        before = solar.sky;
    }
    assert_in_range(edges, 10, 60); /* in four hours */
    assert_true(fastest > 0.05 && fastest < 0.4);
    assert_true(least < 0.6 && least > 0.19);
}

static void the_inverter_s_current_is_nearly_a_sine_in_phase_with_the_mains(void **state)
{
    (void)state;
    solar_init(&solar, 230, PEAK_W, 12 * 3600, 1);
    solar_step(&solar, &mains.supply[SUPPLY_L1], true, 12 * 3600, 0.1);
    struct fixture_phasor i = fixture_harmonic(solar.current_a, 1);
    double u1_v = 230 * mains.u_ratio;
    assert_true(fabs(i.peak / sqrt(2) * u1_v - solar.p_w) < 1e-9 * solar.p_w);
    assert_true(fabs(i.angle_rad) < 1e-12);
    double rms_a = sqrt(fixture_mean(solar.current_a, solar.current_a)) * sqrt(2);
    double thd = sqrt(rms_a * rms_a / (i.peak * i.peak) - 1);
    assert_true(thd > 0.005 && thd < 0.03);
}

static void without_panels_there_is_no_current(void **state)
{
    (void)state;
    solar_init(&solar, 120, 0, 12 * 3600, 1);
    solar_step(&solar, &mains.supply[SUPPLY_L1], true, 12 * 3600, 0.1);
    assert_true(fixture_mean(solar.current_a, solar.current_a) <= 0);
}

/* Of a clear noon; the clouds are those of one seed at one instant. */
static void the_inverter_holds_its_current_in_a_dip_and_lets_go_in_a_deep_one(void **state)
{
    (void)state;
    static const struct {
        double u_ratio, p_ratio;
    } dips[] = {{1, 1}, {0.9, 1}, {0.8, 0.8 / 0.88}, {0.6, 0.6 / 0.88}, {0.49, 0}, {0, 0}};
    struct supply supply = mains.supply[SUPPLY_L1];
    double whole_w = 0, limit_a = 0;
    for (size_t c = 0; c < sizeof dips / sizeof dips[0]; c++) {
        supply.u_ratio = dips[c].u_ratio;
        solar_init(&solar, 120, PEAK_W, 12 * 3600, 1);
        solar_step(&solar, &supply, true, 12 * 3600, 0.1);
        whole_w = c == 0 ? solar.p_w : whole_w;
        limit_a = whole_w / (120 * 0.88);
        double i_a = fixture_harmonic(solar.current_a, 1).peak / sqrt(2);
        assert_true(fabs(solar.p_w - whole_w * dips[c].p_ratio) < 1e-9);
        assert_true(fabs(i_a * 120 * supply.u_ratio - solar.p_w) < 1e-9);
        assert_true(i_a <= limit_a + 1e-9);
    }
    assert_true(whole_w > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sun_shines_between_6_and_18_h_below_the_bell),
        cmocka_unit_test(clouds_pass_with_edges_of_seconds),
        cmocka_unit_test(the_inverter_s_current_is_nearly_a_sine_in_phase_with_the_mains),
        cmocka_unit_test(without_panels_there_is_no_current),
        cmocka_unit_test(the_inverter_holds_its_current_in_a_dip_and_lets_go_in_a_deep_one),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
