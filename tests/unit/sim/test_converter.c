/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each effect of the converter, of the Hall sensor's noise and of temperature, seen in the codes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka last */
#include <cmocka.h>

#include "bench.h"
#include "hal/sim/curve.h"

enum { SCANS = 40000 };

/* Five standard errors of a mean of SCANS codes with noise of 0.5 LSB and the quantiser's. */
static double mean_tolerance(void)
{
    return 5 * sqrt((0.25 + 1.0 / 12) / SCANS);
}

/* The thresholds of a chip from the codes of a large sine whose phases are spread evenly: of N codes the share below
 * threshold T is acos((m - T) / A) / pi. */
static void a_sine_s_histogram_shows_the_thresholds(void **state)
{
    (void)state;
    enum { N = 400000 };
    static int below[1025];
    static double threshold[MCP3008_CODES];
    memset(below, 0, sizeof below);
    plan.n = 1;
    plan.input[0] = 1;
    board.channel[1].filter_f = 0;
    fixed.segment.f_hz = 49.97;
    fixed_sine(fixed.segment.grid_a[0], 61, 1, 0);
    start((struct sim_config){.inl_lsb = 1, .seed = 11});
    for (int n = 0; n < N; n++) {
        read_at(1000000000 + n * INT64_C(7643911)); /* 0.381966 of a cycle: the golden section spreads best */
        below[scan.code[0] + 1]++;
    }
    curve_thresholds(11, 1, threshold);
    double peak_lsb = 61 * bench_lsb_per_a, worst = 0, most = 0;
    for (int c = 1; c < 1010; c++) {
        below[c] += below[c - 1];
        if (c < 20)
            continue;
        double seen = bench_zero_a_lsb - peak_lsb * cos(fixture_pi * below[c] / N);
        worst = fmax(worst, fabs(seen - threshold[c]));
        most = fmax(most, fabs(seen - c));
    }
    /* These phases are spread to within 3.6 parts in N (counted apart from here): 2 * 3.6 pi A / N at the middle. */
    assert_true(worst < 0.03);
    assert_true(most > 0.25 && most < 1.02);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void chips_differ_within_the_data_sheet(void **state)
{
    (void)state;
    enum { CHIPS = 1000 };
    static double inl[CHIPS], dnl[CHIPS], threshold[MCP3008_CODES];
    for (int chip = 0; chip < CHIPS; chip++) {
        curve_thresholds((uint64_t)chip, 1, threshold);
        inl[chip] = dnl[chip] = 0;
        for (int c = 1; c < MCP3008_CODES; c++) {
            inl[chip] = fmax(inl[chip], fabs(threshold[c] - c));
            dnl[chip] = c > 1 ? fmax(dnl[chip], fabs(threshold[c] - threshold[c - 1] - 1)) : 0;
        }
        assert_near(threshold[1], 1, 1e-9);
        assert_near(threshold[1023], 1023, 1e-9);
        assert_true(inl[chip] <= 1);
        assert_true(dnl[chip] < 1); /* so no code is missing */
    }
    qsort(inl, CHIPS, sizeof inl[0], by_size);
    qsort(dnl, CHIPS, sizeof dnl[0], by_size);
    /* medians: 0.3 + 0.7 / 4 and 0.15 + 0.45 / 4; the smooth part adds to the latter. The median of x^2 of 1000 draws is
     * good to 0.5 / sqrt(1000) in x, so to 0.011 and 0.007 per standard error. */
    assert_near(inl[CHIPS / 2], 0.475, 0.055);
    assert_near(dnl[CHIPS / 2], 0.2625, 0.045);
    assert_true(inl[0] >= 0.29 && inl[CHIPS - 1] > 0.95);
}

/* At 512 the largest capacitor takes over from all others: twice the variance of the steps at 256 and 768. Drawn
 * 40,000 times apart from here, 49 % of ten such capacitors have their largest step there; of ten that are equally off
 * only 21 % do. 5 standard errors. */
static void half_of_the_chips_have_their_largest_step_in_the_middle(void **state)
{
    (void)state;
    enum { CHIPS = 400 };
    static double threshold[MCP3008_CODES];
    int in_the_middle = 0;
    for (int chip = 0; chip < CHIPS; chip++) {
        curve_thresholds((uint64_t)chip, 1, threshold);
        int at = 2;
        for (int c = 2; c < MCP3008_CODES; c++) {
            at = fabs(threshold[c] - threshold[c - 1] - 1) > fabs(threshold[at] - threshold[at - 1] - 1) ? c
                                                                                                         : at;
        }
        in_the_middle += at == MCP3008_CODES / 2;
    }
    assert_near(in_the_middle, 0.49 * CHIPS, 5 * sqrt(0.25 * CHIPS));
}

static void a_chip_is_the_same_each_time_and_grows_with_its_bound(void **state)
{
    (void)state;
    static double one[MCP3008_CODES], again[MCP3008_CODES], twice[MCP3008_CODES];
    curve_thresholds(7, 1, one);
    curve_thresholds(7, 1, again);
    curve_thresholds(7, 2, twice);
    assert_memory_equal(one, again, sizeof one);
    for (int c = 1; c < MCP3008_CODES; c++) {
        assert_near(twice[c] - c, 2 * (one[c] - c), 1e-9);
    }
}

/* Steps above 1 LSB against the direction of the scale: then codes never come, whatever the level. */
static void thresholds_out_of_order_make_codes_that_never_come(void **state)
{
    (void)state;
    static double threshold[MCP3008_CODES];
    static int seen[MCP3008_CODES];
    memset(seen, 0, sizeof seen);
    plan.n = 1;
    plan.input[0] = 1;
    fixed.segment.f_hz = 49.97;
    fixed_sine(fixed.segment.grid_a[0], 61, 1, 0);
    uint64_t seed = 0;
    int missing = -1;
    for (; missing < 0; seed++) { /* a chip far worse than any that is sold */
        curve_thresholds(seed, 8, threshold);
        for (int c = 100; c < 900; c++) {
            missing = threshold[c + 1] < threshold[c] - 0.5 ? c : missing;
        }
    }
    start((struct sim_config){.inl_lsb = 8, .seed = seed - 1});
    for (int n = 0; n < 200000; n++) {
        read_at(1000000000 + n * INT64_C(100003));
        seen[scan.code[0]]++;
    }
    /* Around the step two neighbours are not told apart: one of them never comes. */
    assert_true(seen[missing] == 0 || seen[missing + 1] == 0);
    assert_true(seen[missing - 30] > 0 && seen[missing + 30] > 0);
}

/* Direct current: each channel tends to what the other one has. a' = a + x (b' - a), b' = b + x (a' - b). */
static void a_conversion_keeps_a_share_of_the_one_before(void **state)
{
    (void)state;
    fixed_constant(fixed.segment.grid_a[0], 20);
    start((struct sim_config){.crosstalk = 0.02, .noise_lsb = 0.5, .seed = 2});
    double a = 512, b = bench_zero_a_lsb + 20 * bench_lsb_per_a, x = 0.02;
    double a_kept = ((1 - x) * a + x * (1 - x) * b) / (1 - x * x);
    double b_kept = ((1 - x) * b + x * (1 - x) * a) / (1 - x * x);
    assert_near(look(0, 50, SCANS).mean, a_kept, mean_tolerance());
    assert_near(look(1, 50, SCANS).mean, b_kept, mean_tolerance());
}

static void the_first_conversion_of_all_has_none_before_it(void **state)
{
    (void)state;
    plan.input[0] = 1;
    plan.input[1] = 7; /* grounded */
    start((struct sim_config){.crosstalk = 0.1});
    read_at(1000000000);
    assert_int_equal(scan.code[0], (int)bench_zero_a_lsb);
    assert_int_equal(scan.code[1], (int)(0.1 * bench_zero_a_lsb));
    read_at(1000200000);
    assert_int_equal(scan.code[0], (int)(0.91 * bench_zero_a_lsb)); /* 0.9 and a tenth of that tenth */
}

static void a_reference_that_is_too_high_makes_all_codes_smaller(void **state)
{
    (void)state;
    fixed_constant(fixed.segment.grid_a[0], 20);
    start((struct sim_config){.reference_ppm = 10000, .noise_lsb = 0.5, .seed = 2});
    assert_near(look(0, 50, SCANS).mean, 512 / 1.01, mean_tolerance());
    assert_near(look(1, 50, SCANS).mean, (bench_zero_a_lsb + 20 * bench_lsb_per_a) / 1.01, mean_tolerance());
}

static const struct {
    const char *name;
    struct sim_config config;
    double u_lsb, i_lsb; /* after 6 hours, 20 K above, with 512 LSB of voltage and 20 A of direct current */
} drifts[] = {
    {"nothing moves without a drift", {.temperature_k = 20}, 512, 676.3106},
    {"nothing moves without a swing",
     {.reference_ppm_k = 500, .hall_zero_ma_k = 10, .hall_gain_ppm_k = 1000, .amplifier_drift_uv_k = 1000},
     512,
     676.3106},
    {"the reference, 1 %", {.temperature_k = 20, .reference_ppm_k = 500}, 512 / 1.01, 676.3106 / 1.01},
    {"the Hall sensor's zero, 0.2 A",
     {.temperature_k = 20, .hall_zero_ma_k = 10},
     512,
     676.3106 + 0.2 * 8.197712},
    {"the Hall sensor's gain, 2 % of 20 A",
     {.temperature_k = 20, .hall_gain_ppm_k = 1000},
     512,
     676.3106 + 0.4 * 8.197712},
    {"the amplifier's zero, 20 mV",
     {.temperature_k = 20, .amplifier_drift_uv_k = 1000},
     512 + 0.02 * 1024 / 3,
     676.3106},
    {"other way round", {.temperature_k = 20, .hall_zero_ma_k = -10}, 512, 676.3106 - 0.2 * 8.197712},
};

static void drifts_follow_the_day_s_temperature(void **state)
{
    for (size_t c = 0; c < sizeof drifts / sizeof drifts[0]; c++) {
        print_message("  %s\n", drifts[c].name);
        set_up(state);
        fixed.segment.cycles = 6000;
        fixed_constant(fixed.segment.grid_a[0], 20);
        struct sim_config config = drifts[c].config;
        config.noise_lsb = 0.5;
        start(config);
        assert_near(look(0, 50, SCANS).mean, 512, mean_tolerance() + 0.02); /* 4 s: 20 K * 3e-4 */
        read_at(1000000000 + 21600 * INT64_C(1000000000));
        assert_near(look(0, 50, SCANS).mean, drifts[c].u_lsb, mean_tolerance());
        assert_near(look(1, 50, SCANS).mean, drifts[c].i_lsb, mean_tolerance());
        tear_down(state);
    }
}

/* White over 120 kHz, then the RC of 3404 Hz: of 2 A a share of sqrt(3404 / 123404) is left; a scan later exp(-dt / RC). */
static void the_hall_sensor_s_noise_goes_through_the_rc(void **state)
{
    (void)state;
    enum { N = 200000 };
    start((struct sim_config){.hall_noise_ma = 2000, .seed = 5});
    double rms_lsb = 2 * bench_lsb_per_a * sqrt(bench_rc_i_hz() / (bench_rc_i_hz() + 120e3));
    double squares = 0, product = 0, before = 0, mean = 0;
    for (int n = 0; n < N; n++) {
        read_at(1000000000 + n * INT64_C(100000));
        double x = scan.code[1] + 0.5 - bench_zero_a_lsb;
        mean += x / N;
        squares += x * x / N;
        product += x * before / N;
        before = x;
        assert_in_range(scan.code[0], 511, 512); /* the voltage has none */
    }
    double variance = rms_lsb * rms_lsb, kept = exp(-100e-6 * 2 * fixture_pi * bench_rc_i_hz());
    assert_near(mean, 0, 5 * rms_lsb / sqrt(N) * 1.2);
    assert_near(squares, variance + 1.0 / 12, 5 * variance * sqrt(2.0 / N) * 1.1);
    assert_near(product / variance, kept, 5 / sqrt(N) * 1.1);
}

static void a_stuck_input_keeps_one_code_and_the_others_live(void **state)
{
    (void)state;
    fixed_sine(fixed.segment.u_v[0], 150, 1, 0);
    fixed_sine(fixed.segment.grid_a[0], 30, 1, 0);
    start((struct sim_config){.stuck_input = 2, .stuck_s = 1, .crosstalk = 0.01, .noise_lsb = 0.5});
    int stood = -1;
    unsigned before = 0;
    for (int n = 0; n < 16000; n++) {
        read_at(1000000000 + n * INT64_C(125000));
        bool late = scan.hold_ns[1] >= 2000000000;
        stood = late && stood < 0 ? scan.code[1] : stood;
        assert_true(!late || scan.code[1] == stood);
        before += !late && scan.code[1] > 600;
    }
    assert_true(before > 1000);
    unsigned high = 0;
    for (int n = 0; n < 1000; n++) {
        read_at(clock_mono_ns(&clock_sim.clock) + 50000);
        high += scan.code[0] > 600;
    }
    assert_true(high > 200);
}

static void a_converter_that_vanishes_answers_with_errors_for_a_second(void **state)
{
    (void)state;
    start((struct sim_config){.vanish_s = 0.5});
    int errors = 0, n = 0;
    for (; clock_mono_ns(&clock_sim.clock) < 3000000000; n++) {
        int64_t due_ns = clock_mono_ns(&clock_sim.clock) + 50000;
        int result = adc_read(adc_sim_adc(sim), due_ns, &scan);
        bool away = due_ns >= 1500000000 && due_ns < 2500000000;
        assert_int_equal(result, away ? -ENODEV : 0);
        errors += result < 0;
    }
    assert_in_range(errors, 98, 101); /* each costs 10 ms */
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_sine_s_histogram_shows_the_thresholds),
        CASE(chips_differ_within_the_data_sheet),
        CASE(half_of_the_chips_have_their_largest_step_in_the_middle),
        CASE(a_chip_is_the_same_each_time_and_grows_with_its_bound),
        CASE(thresholds_out_of_order_make_codes_that_never_come),
        CASE(a_conversion_keeps_a_share_of_the_one_before),
        CASE(the_first_conversion_of_all_has_none_before_it),
        CASE(a_reference_that_is_too_high_makes_all_codes_smaller),
        CASE(drifts_follow_the_day_s_temperature),
        CASE(the_hall_sensor_s_noise_goes_through_the_rc),
        CASE(a_stuck_input_keeps_one_code_and_the_others_live),
        CASE(a_converter_that_vanishes_answers_with_errors_for_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
