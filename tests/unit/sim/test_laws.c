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
#include "tests/unit/near.h"

static void assert_between(const char *what, double value, double min, double max)
{
    if (!(value >= min && value <= max)) {
        fail_msg("%s is %g, expected %g..%g", what, value, min, max);
    }
}

/* Mains of a stated amplitude without drift; clean drops the harmonics. */
static struct supply supply_of(double u_ratio, double f_hz, bool clean)
{
    static struct mains mains;
    struct supply supply;
    mains_init(&mains, 60, 1, 1);
    supply.f_hz = f_hz;
    supply.u_ratio = u_ratio;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double angle_rad = 2 * fixture_pi * n / WAVEFORM_POINTS, peak_v = 120 * sqrt(2);
        supply.wave.u_v[n] = u_ratio * (clean ? peak_v * sin(angle_rad) : mains.rated.u_v[n]);
        supply.wave.slope_v[n] =
            u_ratio * f_hz / 60 * (clean ? peak_v * cos(angle_rad) : mains.rated.slope_v[n]);
        supply.wave.flux_v[n] =
            u_ratio * 60 / f_hz * (clean ? -peak_v * cos(angle_rad) : mains.rated.flux_v[n]);
    }
    supply.u_rms_v = sqrt(fixture_mean(supply.wave.u_v, supply.wave.u_v));
    return supply;
}

struct figures {
    double p_w, q1_var, i_rms_a, crest, h2_pct, h3_pct, h5_pct, mean_a, peak_a;
};

static struct figures measure(const double *i_a, const struct supply *supply)
{
    struct fixture_phasor u = fixture_harmonic(supply->wave.u_v, 1), i = fixture_harmonic(i_a, 1);
    struct figures f = {
        .p_w = fixture_mean(i_a, supply->wave.u_v),
        .q1_var = u.peak * i.peak / 2 * sin(u.angle_rad - i.angle_rad),
        .i_rms_a = sqrt(fixture_mean(i_a, i_a)),
        .h2_pct = 100 * fixture_harmonic(i_a, 2).peak / i.peak,
        .h3_pct = 100 * fixture_harmonic(i_a, 3).peak / i.peak,
        .h5_pct = 100 * fixture_harmonic(i_a, 5).peak / i.peak,
        .mean_a = fixture_mean(i_a, NULL),
    };
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        f.peak_a = fmax(f.peak_a, fabs(i_a[n]));
    }
    f.crest = f.peak_a / f.i_rms_a;
    return f;
}

static struct figures run(const char *name, double on_s, double setting, const struct supply *supply)
{
    static double i_a[WAVEFORM_POINTS];
    for (int i = 0; i < LOADS; i++) {
        if (strcmp(load_kinds[i].name, name) == 0) {
            struct law_state state = {.on_s = on_s, .setting = setting};
            load_kinds[i].law(&load_kinds[i].plate, &state, supply, i_a);
            return measure(i_a, supply);
        }
    }
    fail_msg("no load is called %s", name);
    return (struct figures){0};
}

/* On a clean sine, so that every harmonic is the load's own. */
static const struct {
    const char *name;
    double p_w[2], q1_var[2], crest[2], h2_pct[2], h3_pct[2], h5_pct[2];
} signatures[] = {
    {"standby", {60, 60}, {-30, -30}, {1.41, 1.42}, {0, 1e-9}, {0, 1e-9}, {0, 1e-9}},
    {"refrigerator", {120, 120}, {110, 140}, {1.3, 1.42}, {0, 1e-9}, {5, 10}, {0.5, 3}},
    {"incandescent lamps", {200, 200}, {0, 0}, {1.41, 1.42}, {0, 1e-9}, {0, 1e-9}, {0, 1e-9}},
    {"LED lamps", {60, 70}, {-45, -20}, {2.2, 4}, {0, 1e-6}, {60, 90}, {30, 70}},
    {"television", {110, 125}, {-60, -20}, {2.5, 4}, {0, 1e-6}, {60, 95}, {30, 75}},
    {"kettle", {1200, 1200}, {0, 0}, {1.41, 1.42}, {0, 1e-9}, {0, 1e-9}, {0, 1e-9}},
    {"microwave oven", {900, 1300}, {-200, 200}, {2, 3}, {10, 30}, {20, 60}, {5, 40}},
    {"dimmed lamp", {100, 150}, {60, 130}, {1.8, 2.6}, {0, 1e-6}, {50, 80}, {10, 40}},
    {"washing machine", {350, 350}, {380, 460}, {1.3, 1.42}, {0, 1e-9}, {2, 8}, {0.2, 2}},
    {"air conditioner", {900, 900}, {520, 620}, {1.38, 1.45}, {0, 1e-9}, {1, 6}, {0.2, 2}},
    {"iron", {1100, 1100}, {0, 0}, {1.41, 1.42}, {0, 1e-9}, {0, 1e-9}, {0, 1e-9}},
    {"well pump", {550, 550}, {450, 530}, {1.36, 1.43}, {0, 1e-9}, {1, 6}, {0.2, 2}},
    {"water heater", {4000, 4000}, {0, 0}, {1.41, 1.42}, {0, 1e-9}, {0, 1e-9}, {0, 1e-9}},
    {"home office", {45, 45}, {-25, -25}, {1.41, 1.42}, {0, 1e-9}, {0, 1e-9}, {0, 1e-9}},
    {"clothes dryer", {3600, 3600}, {300, 300}, {1.41, 1.42}, {0, 1e-9}, {0, 1e-9}, {0, 1e-9}},
};

static void each_load_has_its_own_signature(void **state)
{
    (void)state;
    struct supply supply = supply_of(1, 60, true);
    assert_int_equal(sizeof signatures / sizeof signatures[0], LOADS);
    for (size_t c = 0; c < LOADS; c++) {
        struct figures f = run(signatures[c].name, 1000, 0.5, &supply);
        print_message("  %-20s %7.1f W %7.1f var crest %.2f h2 %4.1f h3 %4.1f h5 %4.1f %%\n",
                      signatures[c].name, f.p_w, f.q1_var, f.crest, f.h2_pct, f.h3_pct, f.h5_pct);
        const double rounding = 1e-6;
        assert_between("power", f.p_w, signatures[c].p_w[0] - rounding, signatures[c].p_w[1] + rounding);
        assert_between("reactive power", f.q1_var, signatures[c].q1_var[0] - rounding,
                       signatures[c].q1_var[1] + rounding);
        assert_between("crest", f.crest, signatures[c].crest[0], signatures[c].crest[1]);
        assert_between("h2", f.h2_pct, signatures[c].h2_pct[0], signatures[c].h2_pct[1]);
        assert_between("h3", f.h3_pct, signatures[c].h3_pct[0], signatures[c].h3_pct[1]);
        assert_between("h5", f.h5_pct, signatures[c].h5_pct[0], signatures[c].h5_pct[1]);
        /* Nothing in the house draws direct current; what is left is the solver's 1e-7 V. */
        assert_near(f.mean_a, 0, 1e-6);
    }
}

static void a_resistor_draws_current_with_the_voltage_and_a_filament_less_so(void **state)
{
    (void)state;
    struct supply low = supply_of(0.97, 60, true), high = supply_of(1.03, 60, true);
    double rise = log(1.03 / 0.97);
    assert_near(log(run("kettle", 9, 0, &high).i_rms_a / run("kettle", 9, 0, &low).i_rms_a) / rise, 1, 1e-9);
    assert_near(
        log(run("incandescent lamps", 9, 0, &high).i_rms_a / run("incandescent lamps", 9, 0, &low).i_rms_a) /
            rise,
        0.54, 1e-6);
}

static void a_rectifier_draws_less_current_when_the_voltage_rises(void **state)
{
    (void)state;
    static const char *const names[] = {"LED lamps", "television"};
    struct supply low = supply_of(0.97, 60, false), high = supply_of(1.03, 60, false);
    for (int c = 0; c < 2; c++) { /* constant power, but for the losses in its diodes and resistor */
        struct figures at_low = run(names[c], 9, 0, &low), at_high = run(names[c], 9, 0, &high);
        assert_true(at_high.i_rms_a < at_low.i_rms_a);
        assert_near(at_high.p_w / at_low.p_w, 1, 0.02);
    }
}

/* Power in = power of the converter + losses of the diodes and the resistor, from the currents alone. */
static void a_rectifier_s_power_is_accounted_for(void **state)
{
    (void)state;
    struct supply supply = supply_of(1, 60, false);
    struct law_plate plate = {.p_w = 110, .capacitance_f = 150e-6, .series_ohm = 2};
    struct law_state law_state = {0};
    double i_a[WAVEFORM_POINTS], magnitude_a = 0;
    law_rectifier(&plate, &law_state, &supply, i_a);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        magnitude_a += fabs(i_a[n]) / WAVEFORM_POINTS;
    }
    double losses_w = 2 * 0.8 * magnitude_a + 2 * fixture_mean(i_a, i_a);
    /* Backward Euler with 512 steps to a cycle loses 0.2 % on the pulse's flanks. */
    assert_near(fixture_mean(i_a, supply.wave.u_v), 110 + losses_w, 0.3);
}

static void a_solved_cycle_repeats_itself(void **state)
{
    (void)state;
    struct supply supply = supply_of(1, 60, false);
    for (int i = 0; i < LOADS; i++) {
        struct law_state law_state = {.on_s = 1000, .setting = 0.3};
        double first_a[WAVEFORM_POINTS], second_a[WAVEFORM_POINTS];
        load_kinds[i].law(&load_kinds[i].plate, &law_state, &supply, first_a);
        load_kinds[i].law(&load_kinds[i].plate, &law_state, &supply, second_a);
        for (int n = 0; n < WAVEFORM_POINTS; n++) {
            assert_near(second_a[n], first_a[n], 1e-6);
        }
    }
}

static void a_dimmer_waits_for_its_angle(void **state)
{
    (void)state;
    struct supply supply = supply_of(1, 60, false);
    static const struct law_plate plate = {.p_w = 250};
    for (int c = 0; c <= 4; c++) {
        struct law_state law_state = {.setting = c / 4.0};
        double i_a[WAVEFORM_POINTS], fire_deg = 90 + 5 * c;
        law_dimmer(&plate, &law_state, &supply, i_a);
        for (int n = 0; n < WAVEFORM_POINTS; n++) {
            double angle_deg = fmod(360.0 * n / WAVEFORM_POINTS, 180);
            if (angle_deg < fire_deg) {
                assert_near(i_a[n], 0, 0);
            } else if (angle_deg > fire_deg + 1) {
                assert_true(i_a[n] * supply.wave.u_v[n] > 0);
            }
        }
    }
}

static void motors_and_cold_filaments_start_with_a_multiple_of_their_current(void **state)
{
    (void)state;
    static const char *const names[] = {"refrigerator", "incandescent lamps", "washing machine",
                                        "air conditioner", "well pump"};
    struct supply supply = supply_of(1, 60, false);
    for (size_t c = 0; c < sizeof names / sizeof names[0]; c++) {
        double running_a = run(names[c], 1000, 0, &supply).i_rms_a;
        assert_between(names[c], run(names[c], 0, 0, &supply).i_rms_a / running_a, 1.8, 12.001);
        assert_between(names[c], run(names[c], 0.05, 0, &supply).i_rms_a / running_a, 1.5, 7);
        assert_near(run(names[c], 10, 0, &supply).i_rms_a / running_a, 1, 1e-6);
    }
}

static void a_motor_s_iron_saturates_when_the_frequency_falls(void **state)
{
    (void)state;
    struct supply slow = supply_of(1, 57, true), fast = supply_of(1, 63, true);
    assert_true(run("refrigerator", 1000, 0, &slow).h3_pct >
                1.3 * run("refrigerator", 1000, 0, &fast).h3_pct);
}

static void a_capacitor_s_current_rises_with_the_harmonic(void **state)
{
    (void)state;
    struct supply supply = supply_of(1, 60, false);
    struct law_plate plate = {.q_var = -100};
    double i_a[WAVEFORM_POINTS];
    law_filter(&plate, NULL, &supply, i_a);
    double u_share = fixture_harmonic(supply.wave.u_v, 5).peak / fixture_harmonic(supply.wave.u_v, 1).peak;
    double i_share = fixture_harmonic(i_a, 5).peak / fixture_harmonic(i_a, 1).peak;
    assert_near(i_share, 5 * u_share, 1e-9);
}

static void no_load_exceeds_the_peak_it_is_reckoned_with(void **state)
{
    (void)state;
    static const double ratios[] = {0.97, 1, 1.03};
    for (int r = 0; r < 3; r++) {
        struct supply supply = supply_of(ratios[r], 60, false);
        for (int i = 0; i < LOADS; i++) {
            for (int setting = 0; setting <= 4; setting++) {
                double start_a = run(load_kinds[i].name, 0.05, setting / 4.0, &supply).peak_a;
                double running_a = run(load_kinds[i].name, 1, setting / 4.0, &supply).peak_a;
                assert_between(load_kinds[i].name, start_a, 0, load_kinds[i].start_peak_a);
                assert_between(load_kinds[i].name, running_a, 0, load_kinds[i].start_peak_a);
                running_a =
                    run(load_kinds[i].name, load_kinds[i].settle_s + 0.1, setting / 4.0, &supply).peak_a;
                assert_between(load_kinds[i].name, running_a, 0, load_kinds[i].peak_a);
            }
        }
    }
}

static void every_law_survives_any_voltage_that_is_left(void **state)
{
    (void)state;
    for (int percent = 0; percent <= 200; percent += 5) {
        struct supply supply = supply_of(percent / 100.0, 60, false);
        for (int i = 0; i < LOADS; i++) {
            double i_a[WAVEFORM_POINTS];
            struct law_state law_state = {.on_s = 1000, .setting = 0.5};
            struct supply whole = supply_of(1, 60, false);
            load_kinds[i].law(&load_kinds[i].plate, &law_state, &whole, i_a);
            load_kinds[i].law(&load_kinds[i].plate, &law_state, &supply, i_a);
            double rms_a = sqrt(fixture_mean(i_a, i_a));
            assert_between(load_kinds[i].name, rms_a, 0, percent == 0 ? 0 : 500); /* a number at all */
            load_kinds[i].law(&load_kinds[i].plate, &law_state, &whole, i_a);     /* and back */
            assert_between(load_kinds[i].name, sqrt(fixture_mean(i_a, i_a)), 0.001, 100);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_load_has_its_own_signature),
        cmocka_unit_test(a_resistor_draws_current_with_the_voltage_and_a_filament_less_so),
        cmocka_unit_test(a_rectifier_draws_less_current_when_the_voltage_rises),
        cmocka_unit_test(a_rectifier_s_power_is_accounted_for),
        cmocka_unit_test(a_solved_cycle_repeats_itself),
        cmocka_unit_test(a_dimmer_waits_for_its_angle),
        cmocka_unit_test(motors_and_cold_filaments_start_with_a_multiple_of_their_current),
        cmocka_unit_test(a_motor_s_iron_saturates_when_the_frequency_falls),
        cmocka_unit_test(a_capacitor_s_current_rises_with_the_harmonic),
        cmocka_unit_test(no_load_exceeds_the_peak_it_is_reckoned_with),
        cmocka_unit_test(every_law_survives_any_voltage_that_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
