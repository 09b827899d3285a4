/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calibration/bits.h"
#include "tests/unit/calibration/inl.h"

static const double size_lsb = 362; /* 120 V on the reference board */

/* A converter of nothing but unequal bits, and what its table must be. */
static void make_bits(double error_lsb[BITS], struct inl *inl, struct inl_random *random)
{
    double error[INL_CODES] = {0}, line = 0, square = 0;
    for (int b = 0; b < BITS; b++) {
        error_lsb[b] = 0.007 * inl_normal(random) * sqrt((double)(1 << b));
        line += error_lsb[b] * (1 << b);
        square += (double)(1 << b) * (1 << b);
    }
    for (int b = 0; b < BITS; b++) /* what is proportional to the bits is a gain */
        error_lsb[b] -= line / square * (1 << b);
    for (int c = 0; c < INL_CODES; c++)
        for (int b = 0; b < BITS; b++)
            error[c] += error_lsb[b] * ((c >> b) & 1);
    double levelled[INL_CODES];
    memcpy(levelled, error, sizeof error);
    inl_level(levelled, 0, INL_CODES - 1);
    inl_finish(inl, error, inl_peak(levelled));
}

/* The share of time that a sine spends below a level. */
static double below(double level_lsb)
{
    const double x = (level_lsb - 512.3) / size_lsb;
    return x <= -1 ? 0 : x >= 1 ? 1 : 0.5 + asin(x) / inl_pi;
}

static void test_a_table_gives_the_weights_under_any_smooth_curve(void **state)
{
    (void)state;
    struct inl_random random = {.state = 1};
    print_message("seed 1\n");
    for (int n = 0; n < 10; n++) {
        double error_lsb[BITS], table[INL_CODES], samples[INL_CODES], again[INL_CODES], off[INL_CODES];
        static struct inl inl;
        struct bits bits;
        make_bits(error_lsb, &inl, &random);
        const double phase = inl_uniform(&random) * 7;
        for (int c = 0; c < INL_CODES; c++) {
            table[c] = inl.correction_lsb[c] + 0.5 * sin(c * 2 * inl_pi / 700 + phase);
            samples[c] = 1000;
        }
        bits_fit_table(&bits, table, samples, 112, 912, 0, 0.6);
        bits_table(&bits, again);
        for (int c = 0; c < INL_CODES; c++)
            off[c] = again[c] - inl.correction_lsb[c];
        /* the curve's own bend within 17 codes is 0.5 (2 pi / 700)^2 of a squared code: 4e-5 */
        assert_true(inl_level(off, 112, 912) < 0.003);
    }
}

/* Counts of an endless sine, as the theory has them: no noise but that of rounding to whole counts. */
static void test_counts_give_the_weights_under_any_smooth_density(void **state)
{
    (void)state;
    struct inl_random random = {.state = 2};
    print_message("seed 2\n");
    for (int n = 0; n < 10; n++) {
        double error_lsb[BITS];
        static struct inl inl;
        static int64_t count[INL_CODES];
        struct bits bits;
        make_bits(error_lsb, &inl, &random);
        for (int c = 0; c < INL_CODES - 1; c++)
            count[c] = (int64_t)(3e9 * (below(inl.begin_lsb[c + 1]) - below(inl.begin_lsb[c])));
        assert_true(bits_fit_counts(&bits, count, 155, 869)); /* the density's bend reaches in */
        for (int b = 0; b < BITS; b++)
            if (!(fabs(bits.error_lsb[b] - error_lsb[b]) < 0.002))
                fail_msg("bit %d: %g, expected %g", b, bits.error_lsb[b], error_lsb[b]);
    }
}

/* Ten million independent samples of the sine: each count has its mean for variance. */
static void count_sine(const struct inl *inl, struct inl_random *random, int64_t count[INL_CODES])
{
    for (int c = 0; c < INL_CODES - 1; c++) {
        const double mean = 1e7 * (below(inl->begin_lsb[c + 1]) - below(inl->begin_lsb[c]));
        count[c] = (int64_t)floor(fmax(0, mean + sqrt(mean) * inl_normal(random)) + 0.5);
    }
}

/* The largest of 8 x 10 normal numbers is beyond 4.5 once in 1,800 runs.
 * Bits 0 to 7 are known well enough that the prior does nothing. */
static void test_the_standard_errors_are_right(void **state)
{
    (void)state;
    struct inl_random random = {.state = 3};
    double square = 0;
    print_message("seed 3\n");
    for (int n = 0; n < 10; n++) {
        double error_lsb[BITS];
        static struct inl inl;
        static int64_t count[INL_CODES];
        struct bits bits;
        make_bits(error_lsb, &inl, &random);
        count_sine(&inl, &random, count);
        assert_true(bits_fit_counts(&bits, count, 170, 850));
        for (int b = 0; b < 8; b++) {
            const double z = (bits.error_lsb[b] - error_lsb[b]) / bits.deviation_lsb[b];
            assert_true(fabs(z) < 4.5);
            square += z * z / 80;
        }
    }
    print_message("mean square of error / standard error: %.2f\n", square);
    assert_true(square > 0.6 && square < 1.5); /* chi-square of 80, within 3.2 of its sd */
}

/* A converter whose steps no weights of bits make: nothing is better than something wrong. */
static void test_steps_at_other_codes_are_refused(void **state)
{
    (void)state;
    struct inl_random random = {.state = 4};
    print_message("seed 4\n");
    static struct inl inl;
    static int64_t count[INL_CODES];
    struct bits bits;
    double error[INL_CODES] = {0};
    for (int c = 0; c < INL_CODES; c++)
        error[c] = (c >= 301) * 0.4 - (c >= 437) * 0.3 + (c >= 590) * 0.3 - (c >= 733) * 0.4;
    inl_finish(&inl, error, 0.3);
    count_sine(&inl, &random, count);
    assert_false(bits_fit_counts(&bits, count, 170, 850));
    assert_true(bits.scatter > 0.9 * bits.scatter_before);
    for (int b = 0; b < BITS; b++)
        assert_true(bits.error_lsb[b] == 0);
}

static void test_too_few_counts_are_refused(void **state)
{
    (void)state;
    static int64_t count[INL_CODES];
    struct bits bits;
    for (int c = 0; c < INL_CODES; c++)
        count[c] = 1000;
    assert_true(bits_fit_counts(&bits, count, 100, 900));
    assert_false(bits_fit_counts(&bits, count, 500, 560));
    count[777] = 99;
    assert_false(bits_fit_counts(&bits, count, 100, 900));
    for (int b = 0; b < BITS; b++)
        assert_true(bits.error_lsb[b] == 0);
}

static void test_codes_of_equal_frequency_have_no_weights(void **state)
{
    (void)state;
    static int64_t count[INL_CODES];
    struct bits bits;
    for (int c = 0; c < INL_CODES; c++)
        count[c] = 100000;
    assert_true(bits_fit_counts(&bits, count, 0, 1023));
    for (int b = 0; b < BITS; b++)
        assert_true(fabs(bits.error_lsb[b]) < 1e-9 && bits.deviation_lsb[b] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table_gives_the_weights_under_any_smooth_curve),
        cmocka_unit_test(test_counts_give_the_weights_under_any_smooth_density),
        cmocka_unit_test(test_the_standard_errors_are_right),
        cmocka_unit_test(test_steps_at_other_codes_are_refused),
        cmocka_unit_test(test_too_few_counts_are_refused),
        cmocka_unit_test(test_codes_of_equal_frequency_have_no_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
