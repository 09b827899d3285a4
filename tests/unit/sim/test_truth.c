/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last */
#include <cmocka.h>

#include "fixed_source.h"
#include "hal/sim/adc_sim.h"
#include "hal/sim/truth.h"
#include "tests/unit/near.h"

enum { GRID, SOLAR, LOAD };
enum { IMPORT, EXPORT, Q1, Q2, Q3, Q4, APPARENT };

static const struct {
    const char *name;
    double phi_deg;
    int active, reactive; /* where the energy belongs */
} quadrants[] = {
    {"quadrant I: import, current lags", 30, IMPORT, Q1},
    {"quadrant II: export, q > 0", 120, EXPORT, Q2},
    {"quadrant III: export, q < 0", -120, EXPORT, Q3},
    {"quadrant IV: import, current leads", -30, IMPORT, Q4},
};

static void energy_goes_where_the_signs_say(void **state)
{
    (void)state;
    static struct truth truth;
    static struct waveform_segment segment = {.f_hz = 60, .cycles = 6, .legs = 1};
    truth_init(&truth);
    for (size_t c = 0; c < 4; c++) {
        print_message("  %s\n", quadrants[c].name);
        double rate[3][7], phi_rad = quadrants[c].phi_deg * fixture_pi / 180;
        fixed_sine(segment.u_v[0], 120 * sqrt(2), 1, 0.7); /* the phase of the voltage must not matter */
        fixed_sine(segment.grid_a[0], 5 * sqrt(2), 1, 0.7 - phi_rad);
        truth_rate(&truth, &segment, rate);
        for (int kind = IMPORT; kind < APPARENT; kind++) {
            double expected = kind == quadrants[c].active     ? fabs(600 * cos(phi_rad))
                              : kind == quadrants[c].reactive ? fabs(600 * sin(phi_rad))
                                                              : 0;
            assert_near(rate[GRID][kind], expected * 1e6 / 3600, 1e-7);
        }
        assert_near(rate[GRID][APPARENT], 600e6 / 3600, 1e-7);
        assert_near(rate[SOLAR][APPARENT], 0, 0);
    }
}

static void legs_are_added_before_import_and_export_are_told_apart(void **state)
{
    (void)state;
    static struct truth truth;
    static struct waveform_segment segment = {.f_hz = 60, .cycles = 6, .legs = 2};
    double rate[3][7];
    truth_init(&truth);
    for (int leg = 0; leg < 2; leg++) {
        fixed_sine(segment.u_v[leg], 100 * sqrt(2), 1, leg * fixture_pi);
    }
    fixed_sine(segment.grid_a[0], 10 * sqrt(2), 1, 0); /* + 1000 W */
    fixed_sine(segment.grid_a[1], 4 * sqrt(2), 1, 0);  /* - 400 W */
    truth_rate(&truth, &segment, rate);
    assert_near(rate[GRID][IMPORT], 600e6 / 3600, 1e-7);
    assert_near(rate[GRID][EXPORT], 0, 0);
    assert_near(rate[GRID][APPARENT], 1400e6 / 3600, 1e-7);
    struct ledger_power power[LEDGER_POINTS];
    truth_power(&truth, &segment, power);
    assert_near(power[ledger_point(GRID, 0)].p_w, 600, 1e-9);
    assert_near(power[ledger_point(GRID, 1)].p_w, 1000, 1e-9);
    assert_near(power[ledger_point(GRID, 2)].p_w, -400, 1e-9);
    assert_near(power[ledger_point(GRID, 2)].s_va, 400, 1e-9);
    assert_near(power[ledger_point(SOLAR, 1)].s_va, 0, 0);
}

static void direct_parts_do_not_count(void **state)
{
    (void)state;
    static struct truth truth;
    static struct waveform_segment segment = {.f_hz = 60, .cycles = 6, .legs = 1};
    double rate[3][7];
    truth_init(&truth);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double sine = sqrt(2) * sin(2 * fixture_pi * n / WAVEFORM_POINTS);
        segment.u_v[0][n] = 100 * sine + 3;
        segment.grid_a[0][n] = 5 * sine - 2;
    }
    truth_rate(&truth, &segment, rate);
    assert_near(rate[GRID][IMPORT], 500e6 / 3600, 1e-6);
    assert_near(rate[GRID][APPARENT], 500e6 / 3600, 1e-6);
}

/* u i and u^2, i^2 added up over 2 s, in which every difference of frequencies has whole periods. */
static void tones_have_the_power_that_their_sums_have(void **state)
{
    (void)state;
    static struct truth truth;
    static struct waveform_segment segment = {
        .f_hz = 60,
        .cycles = 6,
        .legs = 2,
        .n_tones = 2,
        .tone = {{75.5, 12, 0.3, 2, 1.1}, {450, 3, -1, 1, 2}},
    };
    truth_init(&truth);
    for (int leg = 0; leg < 2; leg++) {
        fixed_sine(segment.u_v[leg], leg == 0 ? 170 : -170, 1, 0);
        fixed_sine(segment.grid_a[leg], leg == 0 ? 7 : -7, 1, -0.5);
        fixed_sine(segment.solar_a[leg], leg == 0 ? 3 : -3, 1, 0);
        fixed_sine(segment.load_a[leg], leg == 0 ? 10 : -10, 1, 0);
    }
    double p_ws = 0, u2 = 0, i2 = 0;
    enum { STEPS = 100000 };
    for (int n = 0; n < STEPS; n++) {
        double t_s = 2.0 * n / STEPS, u_v = 170 * sin(2 * fixture_pi * 60 * t_s);
        double i_a = 7 * sin(2 * fixture_pi * 60 * t_s - 0.5);
        for (int k = 0; k < 2; k++) {
            const struct waveform_tone *tone = &segment.tone[k];
            u_v += tone->u_v * sin(2 * fixture_pi * tone->f_hz * t_s + tone->u_rad);
            i_a += tone->grid_a * sin(2 * fixture_pi * tone->f_hz * t_s + tone->grid_rad);
        }
        p_ws += u_v * i_a / STEPS;
        u2 += u_v * u_v / STEPS;
        i2 += i_a * i_a / STEPS;
    }
    struct ledger_power power[LEDGER_POINTS];
    truth_power(&truth, &segment, power);
    for (int leg = 1; leg <= 2; leg++) {
        assert_near(power[ledger_point(GRID, leg)].p_w, p_ws, 1e-8);
        assert_near(power[ledger_point(GRID, leg)].s_va, sqrt(u2 * i2), 1e-8);
        assert_near(power[ledger_point(GRID, leg)].q1_var, 595 * sin(0.5), 1e-9);
        assert_near(power[ledger_point(SOLAR, leg)].p_w, 255, 1e-9); /* no tone in it */
        assert_near(power[ledger_point(SOLAR, leg)].s_va, sqrt(u2 * 4.5), 1e-8);
    }
}

/* A changing installation, once as formulas of time and once as tables. */
static double size_of(int number)
{
    return 3 + 2 * sin(number * 1.7);
}
static double lag_of(int number)
{
    return number * 0.9;
}
static double u_at(double angle_rad)
{
    return 170 * sin(angle_rad) + 5 * sin(3 * angle_rad + 0.4);
}
static double grid_at(int number, double angle_rad)
{
    return size_of(number) *
           (sin(angle_rad - lag_of(number)) + 0.3 * sin(3 * angle_rad) + 0.1 * cos(7 * angle_rad));
}

static void change_load(struct waveform_segment *segment, int number)
{
    segment->f_hz = 60 + 0.01 * (number % 3);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double angle_rad = 2 * fixture_pi * n / WAVEFORM_POINTS;
        segment->u_v[0][n] = u_at(angle_rad);
        segment->grid_a[0][n] = grid_at(number, angle_rad);
        segment->solar_a[0][n] = 2 * sin(angle_rad);
        segment->load_a[0][n] = segment->grid_a[0][n] + segment->solar_a[0][n];
    }
}

/* Import and export of the grid by adding up u(t) i(t) in steps of a 1,000th cycle, segment by segment; the last one,
 * which the scan cuts, in proportion to its time. */
static void integrate(double until_s, double energy_ws[2])
{
    double t_s = 0;
    for (int number = 0; t_s < until_s; number++) {
        double f_hz = 60 + 0.01 * (number % 3), length_s = 6 / f_hz, sum_ws = 0;
        for (int n = 0; n < 6000; n++) {
            double angle_rad = 2 * fixture_pi * (n + 0.5) / 1000;
            sum_ws += u_at(angle_rad) * grid_at(number, angle_rad) * length_s / 6000;
        }
        double share = fmin((until_s - t_s) / length_s, 1);
        energy_ws[sum_ws < 0] += fabs(sum_ws) * share;
        t_s += length_s;
    }
}

/* Nets at each segment's end that lies before now_ns, as long as there is one. */
static void net_segments(struct adc_sim *sim, int64_t now_ns, int *number, double *end_s)
{
    while (1000000000 + (int64_t)(*end_s * 1e9) <= now_ns) {
        adc_sim_net(sim, 1000000000 + llround(*end_s * 1e9));
        ++*number;
        *end_s += 6 / (60 + 0.01 * (*number % 3));
    }
}

static void energy_is_the_integral_of_u_i_up_to_the_last_scan(void **state)
{
    (void)state;
    static struct fixed_source fixed;
    struct board board = fixture_board();
    struct adc_plan plan = fixture_plan();
    struct clock_sim clock_sim;
    struct sim_config config = {.noise_lsb = 1, .jitter_ns = 1000, .stamp_ns = 1000};
    struct sim_truth truth;
    struct adc_scan scan = {0};
    double expected_ws[2] = {0};
    fixed_init(&fixed);
    fixed.change = change_load;
    clock_sim_init(&clock_sim, 0, 0);
    struct adc_sim *sim = adc_sim_init(&board, &plan, &config, &fixed.source, &clock_sim.clock);
    assert_non_null(sim);
    assert_true(adc_sim_truth(sim, &truth));
    assert_near(truth.energy[GRID][IMPORT], 0, 0);
    int number = 0;
    double end_s = 6 / 60.0;
    for (int n = 0; n < 100000; n++) {
        assert_int_equal(adc_read(adc_sim_adc(sim), 1000000000 + n * INT64_C(125000), &scan), 0);
        net_segments(sim, clock_mono_ns(&clock_sim.clock) - plan.conversion_spacing_ns, &number, &end_s);
    }
    int64_t until_ns = clock_mono_ns(&clock_sim.clock) - plan.conversion_spacing_ns;
    adc_sim_net(sim, until_ns);
    assert_true(adc_sim_truth(sim, &truth));
    assert_near(truth.duration_s, 1e-9 * (double)(until_ns - 1000000000), 1e-9);
    integrate(truth.duration_s, expected_ws);
    for (int kind = IMPORT; kind <= EXPORT; kind++) { /* 3.6 mWs to a micro-watt-hour; ends cut to ns */
        assert_true(expected_ws[kind] > 100);
        assert_near(truth.energy[GRID][kind] * 0.0036, expected_ws[kind], 1e-8 * expected_ws[kind]);
    }
    /* The solar current has no part in the voltage's harmonic: 170 V * 2 A / 2. */
    assert_near(truth.energy[SOLAR][IMPORT] * 0.0036, 170 * truth.duration_s, 1e-6);
    assert_near(truth.energy[LOAD][IMPORT] - truth.energy[LOAD][EXPORT],
                truth.energy[GRID][IMPORT] - truth.energy[GRID][EXPORT] + truth.energy[SOLAR][IMPORT], 1e-3);
    adc_close(adc_sim_adc(sim));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy_goes_where_the_signs_say),
        cmocka_unit_test(legs_are_added_before_import_and_export_are_told_apart),
        cmocka_unit_test(tones_have_the_power_that_their_sums_have),
        cmocka_unit_test(direct_parts_do_not_count),
        cmocka_unit_test(energy_is_the_integral_of_u_i_up_to_the_last_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
