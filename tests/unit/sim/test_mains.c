/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka last */
#include <cmocka.h>

#include "fixture.h"
#include "hal/sim/mains.h"
#include "tests/unit/near.h"

static void the_rated_wave_is_120_v_with_odd_harmonics_of_usual_size(void **state)
{
    (void)state;
    static struct mains mains;
    mains_init(&mains, 60, 1, 1);
    assert_near(fixture_harmonic(mains.rated.u_v, 1).peak, 120 * sqrt(2), 1e-9);
    double squares = 0;
    for (int h = 2; h <= 40; h++) {
        double share_pct = 100 * fixture_harmonic(mains.rated.u_v, h).peak / (120 * sqrt(2));
        squares += share_pct * share_pct;
        if (h % 2 == 0 || h > 11) {
            assert_near(share_pct, 0, 1e-9);
        } else {
            assert_true(share_pct > 0.3 && share_pct < 3);
        }
    }
    assert_near(sqrt(squares), 2.6, 0.1);
}

static void slope_and_flux_are_the_wave_s_derivative_and_integral(void **state)
{
    (void)state;
    static struct mains mains;
    mains_init(&mains, 60, 1, 1);
    const struct mains_wave *wave = &mains.rated;
    double step = 2 * fixture_pi / WAVEFORM_POINTS;
    for (int n = 1; n < WAVEFORM_POINTS - 1;
         n++) { /* central differences; the 11th harmonic costs (11 step)^2 / 6 */
        assert_near((wave->u_v[n + 1] - wave->u_v[n - 1]) / (2 * step), wave->slope_v[n], 0.2);
        assert_near((wave->flux_v[n + 1] - wave->flux_v[n - 1]) / (2 * step), wave->u_v[n], 0.02);
    }
    assert_near(fixture_mean(wave->flux_v, NULL), 0, 1e-10);
}

static void amplitude_and_frequency_drift_slowly_within_their_limits(void **state)
{
    (void)state;
    static struct mains mains;
    mains_init(&mains, 50, 1, 3);
    double u_squares = 0, f_squares = 0, u_most = 0;
    enum { STEPS = 200000 };
    for (int n = 0; n < STEPS; n++) {
        double before = mains.u_ratio;
        mains_step(&mains, 10, 0);
        u_most = fmax(u_most, fabs(mains.u_ratio - before));
        assert_true(fabs(mains.u_ratio - 1) <= 0.0300001);
        assert_true(fabs(mains.f_hz - 50) <= 0.0200001);
        u_squares += (mains.u_ratio - 1) * (mains.u_ratio - 1);
        f_squares += (mains.f_hz - 50) * (mains.f_hz - 50);
        if (n % 20000 == 0) {
            assert_near(
                mains.supply[SUPPLY_L1].u_rms_v,
                sqrt(fixture_mean(mains.supply[SUPPLY_L1].wave.u_v, mains.supply[SUPPLY_L1].wave.u_v)), 1e-9);
            double f_ratio = mains.f_hz / 50;
            assert_near(mains.supply[SUPPLY_L1].wave.u_v[100], mains.u_ratio * mains.rated.u_v[100], 1e-9);
            assert_near(mains.supply[SUPPLY_L1].wave.slope_v[60],
                        mains.u_ratio * f_ratio * mains.rated.slope_v[60], 1e-9);
            assert_near(mains.supply[SUPPLY_L1].wave.flux_v[60],
                        mains.u_ratio / f_ratio * mains.rated.flux_v[60], 1e-9);
        }
    }
    /* 2e6 s are 1,100 memories of 900 s: 5 standard errors of the rms are 11 %. */
    assert_near(sqrt(u_squares / STEPS), 0.01, 0.0011);
    assert_near(sqrt(f_squares / STEPS), 0.0078, 0.0004); /* 0.008 less what the limits cut off */
    assert_true(u_most < 0.01 * sqrt(2 * 10 / 900.0) * 3.5);
}

static void the_same_seed_drifts_the_same_way(void **state)
{
    (void)state;
    static struct mains a, b, c;
    mains_init(&a, 60, 1, 5);
    mains_init(&b, 60, 1, 5);
    mains_init(&c, 60, 1, 6);
    mains_step(&a, 1, 0);
    mains_step(&b, 1, 0);
    mains_step(&c, 1, 0);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_not_equal(a.supply[SUPPLY_L1].wave.u_v, c.supply[SUPPLY_L1].wave.u_v,
                            sizeof a.supply[SUPPLY_L1].wave.u_v);
}

static double rms_v(const struct supply *supply)
{
    return sqrt(fixture_mean(supply->wave.u_v, supply->wave.u_v));
}

static void two_legs_drift_apart_and_their_mean_is_what_lies_between_them(void **state)
{
    (void)state;
    static struct mains mains;
    double squares = 0, most = 0;
    const int steps = 20000;
    mains_init(&mains, 60, 2, 4);
    for (int n = 0; n < steps; n++) {
        mains_step(&mains, 100, 0);
        const struct supply *supply = mains.supply;
        double l1_v = rms_v(&supply[SUPPLY_L1]), l2_v = rms_v(&supply[SUPPLY_L2]);
        assert_near(supply[SUPPLY_L1].u_rms_v, l1_v, 1e-9);
        assert_near((l1_v + l2_v) / 2, rms_v(&supply[SUPPLY_BOTH]), 1e-9);
        assert_near(supply[SUPPLY_L2].f_hz, mains.f_hz, 0);
        double apart = (l1_v - l2_v) / (l1_v + l2_v);
        squares += apart * apart;
        most = fmax(most, fabs(apart));
    }
    assert_true(most > 0.004 && most <= 0.0050001);
    /* 0.0015 rms; 20,000 steps of a third of the memory are some 3,000 independent ones: 5 of their errors, 6 % */
    assert_near(sqrt(squares / steps), 0.0015, 0.0001);
}

static void the_neutral_s_drop_moves_the_legs_against_each_other(void **state)
{
    (void)state;
    static const struct {
        double drop, moved;
    } cases[] = {{0.01, 0.01}, {-0.01, -0.01}, {0.5, 0.015}, {-0.5, -0.015}};
    static struct mains still, moved;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        mains_init(&still, 60, 2, 4);
        mains_init(&moved, 60, 2, 4);
        mains_step(&still, 1, 0);
        mains_step(&moved, 1, cases[c].drop);
        double nominal_v = still.u_ratio * rms_v(&(struct supply){.wave = still.rated});
        for (int leg = SUPPLY_L1; leg <= SUPPLY_L2; leg++) {
            double change = rms_v(&moved.supply[leg]) - rms_v(&still.supply[leg]);
            assert_near(change / nominal_v, leg == SUPPLY_L1 ? -cases[c].moved : cases[c].moved, 1e-12);
        }
        assert_near(rms_v(&moved.supply[SUPPLY_BOTH]), rms_v(&still.supply[SUPPLY_BOTH]), 1e-12);
    }
}

static void a_second_leg_does_not_change_the_common_drift(void **state)
{
    (void)state;
    static struct mains one, two;
    mains_init(&one, 60, 1, 9);
    mains_init(&two, 60, 2, 9);
    for (int n = 0; n < 1000; n++) {
        mains_step(&one, 1, 0);
        mains_step(&two, 1, 0.003);
        assert_memory_equal(&one.supply[SUPPLY_L1], &two.supply[SUPPLY_BOTH], sizeof one.supply[0]);
    }
}

static void an_upset_scales_all_supplies_and_a_drop_is_in_wave_slope_and_flux(void **state)
{
    (void)state;
    static struct mains mains;
    static const struct mains_drop none[WAVEFORM_LEGS];
    static const struct mains_drop drop[WAVEFORM_LEGS] = {{5, -3}, {1, 0}};
    mains_init(&mains, 60, 2, 1);
    mains_step(&mains, 1, 0.01);
    double before_v[SUPPLIES];
    for (int k = 0; k < SUPPLIES; k++) {
        before_v[k] = mains.supply[k].u_rms_v;
    }
    mains_upset(&mains, 0.4, none);
    for (int k = 0; k < SUPPLIES; k++) {
        assert_near(mains.supply[k].u_rms_v, 0.4 * before_v[k], 1e-10);
    }
    mains_upset(&mains, 1, drop);
    static const struct mains_drop seen[SUPPLIES] = {{5, -3}, {1, 0}, {3, -1.5}};
    double f_ratio = mains.f_hz / 60;
    for (int k = 0; k < SUPPLIES; k++) {
        const struct mains_wave *wave = &mains.supply[k].wave, *rated = &mains.rated;
        for (int n = 0; n < WAVEFORM_POINTS; n++) {
            double x = 2 * fixture_pi * n / WAVEFORM_POINTS, ratio = mains.supply[k].u_ratio;
            double sine = sin(x), cosine = cos(x);
            assert_near(wave->u_v[n],
                        ratio * rated->u_v[n] - seen[k].sine_v * sine - seen[k].cosine_v * cosine, 1e-11);
            assert_near(wave->slope_v[n] / f_ratio,
                        ratio * rated->slope_v[n] - seen[k].sine_v * cosine + seen[k].cosine_v * sine, 1e-11);
            assert_near(wave->flux_v[n] * f_ratio,
                        ratio * rated->flux_v[n] + seen[k].sine_v * cosine - seen[k].cosine_v * sine, 1e-11);
        }
        assert_near(mains.supply[k].u_rms_v, sqrt(fixture_mean(wave->u_v, wave->u_v)), 1e-11);
    }
    mains_upset(&mains, 1, none);
    for (int k = 0; k < SUPPLIES; k++) {
        assert_near(mains.supply[k].u_rms_v, before_v[k], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rated_wave_is_120_v_with_odd_harmonics_of_usual_size),
        cmocka_unit_test(slope_and_flux_are_the_wave_s_derivative_and_integral),
        cmocka_unit_test(amplitude_and_frequency_drift_slowly_within_their_limits),
        cmocka_unit_test(the_same_seed_drifts_the_same_way),
        cmocka_unit_test(two_legs_drift_apart_and_their_mean_is_what_lies_between_them),
        cmocka_unit_test(the_neutral_s_drop_moves_the_legs_against_each_other),
        cmocka_unit_test(a_second_leg_does_not_change_the_common_drift),
        cmocka_unit_test(an_upset_scales_all_supplies_and_a_drop_is_in_wave_slope_and_flux),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
