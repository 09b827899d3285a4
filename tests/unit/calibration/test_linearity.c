/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calibration/linearity.h"
#include "hal/sim/curve.h"
#include "tests/unit/calibration/inl.h"
#include "tests/unit/sim/bench.h"

#include <stdio.h>
#include <stdlib.h>

static const double pi = 3.14159265358979323846;

static uint64_t seed = 1; /* VATIO_SEED sets it */

/* A sine, what is wrong with it, and how it is sampled. 0 = not. */
struct source {
    const char *name;
    enum linearity_status expected;
    double amplitude_lsb, offset_lsb; /* 400 and 512 */
    double noise_lsb;                 /* 0.5; negative: none */
    double rate_hz;                   /* 8000 with pauses of up to a period after each 16 */
    double third_pct, third_rad;      /* harmonic, and its angle against the one in phase */
    double wander_hz;                 /* the frequency swings by this, 0.05 Hz */
    double swell_pct;                 /* and the size, 0.03 Hz */
    double flutter_hz;                /* the frequency swings fast, 7 Hz */
    double silence_s;                 /* in every 3000 samples */
    long samples;                     /* 150000 */
};

static double or_else(double value, double instead)
{
    return value != 0 ? value : instead;
}

static void feed(struct linearity *linearity, const struct source *source, const struct inl *inl,
                 struct inl_random *random)
{
    const double amplitude = or_else(source->amplitude_lsb, 400), offset = or_else(source->offset_lsb, 512);
    const double noise = source->noise_lsb < 0 ? 0 : or_else(source->noise_lsb, 0.5), f_hz = 60.037;
    const long samples = source->samples != 0 ? source->samples : 150000;
    double t_s = 0;
    for (long i = 0; i < samples; i++) {
        const double pause = source->rate_hz == 0 && i % 16 == 0 ? inl_uniform(random) : 0;
        t_s += (1 + pause) / or_else(source->rate_hz, 8000);
        t_s += source->silence_s > 0 && i % 3000 == 0 ? source->silence_s * (1 + inl_uniform(random)) : 0;
        const double angle = 2 * pi * f_hz * t_s + source->wander_hz / 0.05 * sin(2 * pi * 0.05 * t_s) +
                             source->flutter_hz / 7 * sin(2 * pi * 7 * t_s);
        const double size = amplitude * (1 + source->swell_pct / 100 * sin(2 * pi * 0.03 * t_s));
        /* in phase: a function of the level alone; the code's middle is half a step up */
        const double level = offset + 0.5 + size * cos(angle) +
                             size * source->third_pct / 100 * cos(3 * angle + source->third_rad) +
                             noise * inl_normal(random);
        const double stamp_ns = t_s * 1e9 + 1000 * inl_normal(random);
        linearity_add(linearity, (int64_t)stamp_ns, inl_code(inl, level));
    }
}

static void run(const struct source *source, const struct inl *inl, struct inl_random *random,
                struct linearity_result *result)
{
    static struct linearity linearity;
    linearity_init(&linearity);
    feed(&linearity, source, inl, random);
    linearity_read(&linearity, result);
}

static double left_lsb(const struct linearity_result *result, const struct inl *inl)
{
    double off[INL_CODES];
    for (int c = 0; c < INL_CODES; c++)
        off[c] = result->linearity_lsb[c] - inl->correction_lsb[c];
    return inl_level(off, result->first, result->last);
}

/* 0.05 LSB rms is what the accuracy of class 0.5 at 0.2 In leaves for it. */
static void test_random_boards_are_learned(void **state)
{
    (void)state;
    static const struct source source = {.samples = 500000};
    for (uint64_t n = 0; n < 4; n++) {
        struct inl_random random = {.state = (seed + n) * 1000};
        static struct inl inl;
        static struct linearity_result result;
        double before[INL_CODES];
        inl_make(&inl, &random, n >= 3); /* the last with steps where no bit is */
        run(&source, &inl, &random, &result);
        memcpy(before, inl.correction_lsb, sizeof before);
        const double had_lsb = inl_level(before, result.first, result.last), left = left_lsb(&result, &inl);
        print_message("seed %llu: %.3f LSB rms before, %.4f after, %.4f claimed; source %.4f %%\n",
                      (unsigned long long)(seed + n), had_lsb, left, result.residual_lsb,
                      result.source_thd_pct);
        assert_int_equal(result.status, LINEARITY_GOOD);
        assert_true(left <= 0.05);
        assert_true(n >= 3 || left <= 2 * result.residual_lsb);
        assert_true(fabs(result.f_hz - 60.037) < 1e-3);
        assert_true(fabs(result.noise_lsb - sqrt(0.25 + 1.0 / 12)) < 0.03);
    }
}

/* The same through the simulated front end: its chip, its bytes, its stamps. 187.5 V are 400 LSB. */
static void test_the_simulated_converter_is_learned(void **state)
{
    static struct linearity linearity;
    static struct linearity_result result;
    static struct inl inl;
    set_up(state);
    fixed_sine(fixed.segment.u_v[0], 187.5, 1, 0);
    fixed.segment.f_hz = 60.037;
    start((struct sim_config){.seed = seed, .noise_lsb = 0.5, .stamp_ns = 1000, .inl_lsb = 1});
    linearity_init(&linearity);
    for (int n = 0; n < 300000; n++) {
        read_at(1000000000 + n * plan.period_ns);
        linearity_add(&linearity, scan.hold_ns[0], scan.code[0]);
    }
    tear_down(state);
    linearity_read(&linearity, &result);
    assert_int_equal(result.status, LINEARITY_GOOD);
    curve_thresholds(seed, 1, inl.begin_lsb);
    for (int c = 0; c < INL_CODES - 1; c++)
        inl.correction_lsb[c] = 0.5 * (inl.begin_lsb[c] + inl.begin_lsb[c + 1]) - (c + 0.5);
    const double left = left_lsb(&result, &inl);
    print_message("simulated chip %llu: %.4f LSB rms left\n", (unsigned long long)seed, left);
    assert_true(left <= 0.05);
}

static const struct source sources[] = {
    {"a pure sine", LINEARITY_GOOD, .amplitude_lsb = 400},
    {"half the size", LINEARITY_GOOD, .amplitude_lsb = 200},
    {"off the middle", LINEARITY_GOOD, .amplitude_lsb = 300, .offset_lsb = 400},
    {"no noise", LINEARITY_GOOD, .noise_lsb = -1},
    {"a frequency that wanders by 20 mHz", LINEARITY_GOOD, .wander_hz = 0.02},
    {"a size that swings by 2 %", LINEARITY_GOOD, .swell_pct = 2},
    {"silences that break the phase", LINEARITY_GOOD, .silence_s = 0.2},
    {"a steady pace", LINEARITY_GOOD, .rate_hz = 8003.7},
    {"a fraction of the samples needed", LINEARITY_SHORT, .samples = 30000},
    {"less than a block", LINEARITY_SHORT, .samples = LINEARITY_BLOCK - 1},
    {"one sample", LINEARITY_SHORT, .samples = 1},
    {"a sine of 60 codes", LINEARITY_SMALL, .amplitude_lsb = 30},
    {"a sine of ten codes", LINEARITY_SMALL, .amplitude_lsb = 5},
    {"one beyond the range", LINEARITY_CLIPPED, .amplitude_lsb = 520},
    {"a frequency that flutters", LINEARITY_UNSTEADY, .flutter_hz = 1},
    {"a rate that is a multiple of the frequency", LINEARITY_UNEVEN, .rate_hz = 60.037 * 160},
    {"a rate that is nearly one", LINEARITY_UNEVEN, .rate_hz = 60.037 * 160 * (1 + 1e-9)},
    {"a source with 0.05 %, a quarter cycle off", LINEARITY_IMPURE, .third_pct = 0.05,
     .third_rad = 1.5707963267948966},
    {"a source with 0.01 %", LINEARITY_GOOD, .third_pct = 0.01, .third_rad = 1},
};

static void test_sources(void **state)
{
    (void)state;
    static struct inl inl;
    static struct linearity_result result;
    for (size_t k = 0; k < sizeof sources / sizeof sources[0]; k++) {
        struct inl_random random = {.state = seed * 77 + k};
        inl_make(&inl, &random, 0);
        run(&sources[k], &inl, &random, &result);
        if (result.status != sources[k].expected)
            fail_msg("%s: %s (residual %g, noise %g, thd %g)", sources[k].name,
                     linearity_reason(result.status), result.residual_lsb, result.noise_lsb,
                     result.source_thd_pct);
        for (int c = 0; c < CALIBRATION_CODES; c++)
            if (result.status != LINEARITY_GOOD || c < result.first || c > result.last)
                assert_true(result.linearity_lsb[c] == 0);
        const double left = result.status == LINEARITY_GOOD ? left_lsb(&result, &inl) : 0;
        if (!(left <= 0.05))
            fail_msg("%s: %g LSB rms left", sources[k].name, left);
    }
}

/* A third harmonic in phase is T3(x) = 4 x^3 - 3 x of the level x, which is nonlinearity to any estimator. Less the best
 * line over even x it is 4 (x^3 - 0.6 x), rms 4 sqrt(1/7 - 0.12) = 0.6047 of its size. */
static void test_harmonics_in_phase_pass_for_nonlinearity(void **state)
{
    (void)state;
    static const double third_pct[] = {0.02, 0.05, 0.2};
    static struct inl ideal;
    static struct linearity_result result;
    for (int c = 0; c < INL_CODES; c++)
        ideal.begin_lsb[c] = c;
    for (size_t k = 0; k < 3; k++) {
        struct inl_random random = {.state = seed + 99};
        const struct source source = {.third_pct = third_pct[k], .samples = 400000};
        run(&source, &ideal, &random, &result);
        const double left = left_lsb(&result, &ideal), expected = 400 * third_pct[k] / 100 * 0.6047;
        print_message("source with %.2f %% h3 in phase: %.3f LSB rms in the table, %.3f expected\n",
                      third_pct[k], left, expected);
        assert_int_equal(result.status, LINEARITY_GOOD);
        /* 0.01 is the table's own noise; codes near the ends are smoothed */
        assert_true(fabs(left - expected) < 0.012 + 0.02 * expected);
    }
}

/* The same a quarter cycle off is 400 * 0.00012 sin(3 x), rms 0.034 LSB; rising and falling it has opposite signs. */
static void test_harmonics_a_quarter_cycle_off_cancel(void **state)
{
    (void)state;
    static struct inl ideal;
    static struct linearity_result result;
    struct inl_random random = {.state = seed + 98};
    const struct source source = {.third_pct = 0.012, .third_rad = pi / 2, .samples = 500000};
    for (int c = 0; c < INL_CODES; c++)
        ideal.begin_lsb[c] = c;
    run(&source, &ideal, &random, &result);
    assert_int_equal(result.status, LINEARITY_GOOD);
    assert_true(left_lsb(&result, &ideal) < 0.015); /* noise alone leaves 0.008 */
    /* all of it is seen, and as much again supposed: sqrt(2) of it */
    assert_true(fabs(result.source_thd_pct - 0.012 * sqrt(2)) < 0.003);
}

static void test_the_table_holds_no_gain_and_no_offset(void **state)
{
    (void)state;
    static struct inl inl;
    static struct linearity_result result;
    struct inl_random random = {.state = seed + 5};
    const struct source source = {.offset_lsb = 480};
    inl_make(&inl, &random, 0);
    run(&source, &inl, &random, &result);
    assert_int_equal(result.status, LINEARITY_GOOD);
    double sum = 0, slope = 0;
    for (int c = result.first; c <= result.last; c++) {
        sum += result.linearity_lsb[c];
        slope += result.linearity_lsb[c] * (c - 0.5 * (result.first + result.last));
    }
    assert_true(fabs(sum) < 1e-9 && fabs(slope) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_boards_are_learned),
        cmocka_unit_test(test_the_simulated_converter_is_learned),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_harmonics_in_phase_pass_for_nonlinearity),
        cmocka_unit_test(test_harmonics_a_quarter_cycle_off_cancel),
        cmocka_unit_test(test_the_table_holds_no_gain_and_no_offset),
    };
    const char *given = getenv("VATIO_SEED");
    if (given != NULL)
        seed = strtoull(given, NULL, 10);
    print_message("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
