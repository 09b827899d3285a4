/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which bin belongs to which harmonic, group and subgroup, with which weight: bin by bin, by the formulas of IEC 61000-4-7 as
 * written there, not as the code walks through the bins. */
#include "dsp/groups.h"
#include "dsp/signed_root.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BINS = 12 * (DSP_HARMONICS + 1) };

/* The share that bin n of a window of c cycles has in the square of ... */
static double of_harmonic(int c, int h, int n)
{
    return n == c * h;
}

static double of_subgroup(int c, int h, int n)
{
    return n >= c * h - 1 && n <= c * h + 1;
}

static double of_group(int c, int h, int n)
{
    const int edge = c / 2;
    const int apart = n > c * h ? n - c * h : c * h - n;
    return apart < edge ? 1 : apart == edge ? 0.5 : 0;
}

static double of_between(int c, int h, int n)
{
    return n > c * h && n < c * (h + 1);
}

static double of_centred(int c, int h, int n)
{
    return n > c * h + 1 && n < c * (h + 1) - 1;
}

static const struct {
    const char *name;
    double (*share)(int c, int h, int n);
    size_t offset;
    int first;
} kinds[] = {
    {"harmonic", of_harmonic, offsetof(struct groups, harmonic), 1},
    {"subgroup", of_subgroup, offsetof(struct groups, subgroup), 1},
    {"group", of_group, offsetof(struct groups, group), 1},
    {"interharmonic group", of_between, offsetof(struct groups, between), 0},
    {"centred subgroup", of_centred, offsetof(struct groups, centred), 0},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static double value_of(const struct groups *groups, int kind, int h)
{
    const double *array = (const double *)((const char *)groups + kinds[kind].offset);
    return array[h];
}

static void assert_near(const char *what, int h, int n, double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-12)) {
        fail_msg("%s %d of bin %d is %.17g, not %.17g", what, h, n, value, expected);
    }
}

static void clear(double square[BINS])
{
    for (int k = 0; k < BINS; k++) {
        square[k] = 0;
    }
}

/* A unit in one bin after the other. */
static void each_bin_has_its_share(void **state)
{
    (void)state;
    static double square[BINS];
    static struct groups groups;
    clear(square);
    for (int c = 10; c <= 12; c += 2) {
        for (int n = 1; n < 5 * c; n++) {
            square[n] = 1;
            groups_measure(square, c, 4, true, &groups);
            square[n] = 0;
            for (int kind = 0; kind < KINDS; kind++) {
                for (int h = kinds[kind].first; h <= 4; h++) {
                    assert_near(kinds[kind].name, h, n, value_of(&groups, kind, h),
                                sqrt(kinds[kind].share(c, h, n)));
                }
            }
        }
    }
}

/* Groups are all bins once: from half a harmonic spacing to half a spacing beyond h_max. */
static void groups_and_what_lies_between_leave_nothing_out(void **state)
{
    (void)state;
    static double square[BINS];
    static struct groups groups;
    for (int k = 0; k < BINS; k++) {
        square[k] = 1 + k % 7;
    }
    groups_measure(square, 12, DSP_HARMONICS, true, &groups);
    double by_groups = 0;
    double by_spans = 0;
    double all = (square[6] + square[12 * DSP_HARMONICS + 6]) / 2;
    for (int h = 1; h <= DSP_HARMONICS; h++) {
        by_groups += signed_square(groups.group[h]);
        by_spans += signed_square(groups.harmonic[h]) + signed_square(groups.between[h]);
    }
    double spans = 0;
    for (int k = 7; k < 12 * DSP_HARMONICS + 6; k++) {
        all += square[k];
    }
    for (int k = 12; k < 12 * (DSP_HARMONICS + 1); k++) {
        spans += square[k];
    }
    assert_true(fabs(by_groups - all) < 1e-9);
    assert_true(fabs(by_spans - spans) < 1e-9);
}

static void above_h_max_is_nothing(void **state)
{
    (void)state;
    static double square[BINS];
    static struct groups groups;
    for (int h_max = 0; h_max <= DSP_HARMONICS; h_max++) {
        for (int k = 0; k < BINS; k++) {
            square[k] = 1;
        }
        groups_measure(square, 10, h_max, true, &groups);
        for (int kind = 0; kind < KINDS; kind++) {
            for (int h = 0; h <= DSP_HARMONICS; h++) {
                bool there = h >= kinds[kind].first && h <= h_max;
                assert_true((isnan(value_of(&groups, kind, h)) == 0) == (there));
            }
        }
        assert_true((isnan(groups.thdh_pct) == 0) == (h_max >= 2));
        assert_true((isnan(groups.k_factor) == 0) == (h_max >= 2));
    }
}

/* A scan's Nyquist frequency shortly above h_max: what reaches beyond is absent, what does not is there. */
static void what_reaches_into_missing_bins_is_absent(void **state)
{
    (void)state;
    static const struct {
        int n_bins;
        bool subgroup, group, between;
    } cases[] = {{51, false, false, false}, {52, true, false, false}, {55, true, false, false},
                 {56, true, true, false},   {59, true, true, false},  {60, true, true, true}};
    static double square[BINS];
    static struct groups groups;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        for (int n = 0; n < BINS; n++) {
            square[n] = n < cases[k].n_bins ? 1 : (double)NAN;
        }
        groups_measure(square, 10, 5, true, &groups);
        assert_true(groups.harmonic[5] + groups.group[4] + groups.between[4] > 0);
        assert_true((isnan(groups.subgroup[5]) == 0) == cases[k].subgroup);
        assert_true((isnan(groups.group[5]) == 0) == cases[k].group);
        assert_true((isnan(groups.thdg_pct) == 0) == cases[k].group);
        assert_true((isnan(groups.between[5]) == 0) == cases[k].between);
        assert_true(groups.thdh_pct > 0);
    }
}

/* 10 V; h2 3 V, h3 4 V; 1.2 V one bin above h3, 0.5 V halfway between h2 and h3. */
static void distortion_factors(void **state)
{
    (void)state;
    static double square[BINS];
    static struct groups groups;
    clear(square);
    square[10] = 100;
    square[20] = 9;
    square[30] = 16;
    square[31] = 1.44;
    square[25] = 0.25;
    groups_measure(square, 10, 50, true, &groups);
    assert_near("THD", 0, 0, groups.thdh_pct, 10 * sqrt(25));
    assert_near("THDS", 0, 0, groups.thds_pct, 10 * sqrt(26.44));
    assert_near("THDG", 0, 0, groups.thdg_pct, 10 * sqrt(26.69));
    assert_near("K", 0, 0, groups.k_factor, (100 + 4 * 9 + 9 * 16) / 125.0);
    groups_measure(square, 10, 50, false, &groups);
    assert_true(isnan(groups.thdh_pct) && isnan(groups.thds_pct) && isnan(groups.thdg_pct));
    assert_true(isnan(groups.k_factor));
}

/* Noise may leave less than nothing: the roots and what is made of them have the sign. */
static void squares_keep_their_sign(void **state)
{
    (void)state;
    static double square[BINS];
    static struct groups groups;
    clear(square);
    square[10] = 100;
    square[20] = -0.09;
    square[21] = 0.05;
    square[24] = -0.04;
    groups_measure(square, 10, 50, true, &groups);
    assert_near("harmonic", 2, 20, groups.harmonic[2], -0.3);
    assert_near("subgroup", 2, 20, groups.subgroup[2], -0.2);
    assert_near("group", 2, 20, groups.group[2], -sqrt(0.08));
    assert_near("centred subgroup", 2, 24, groups.centred[2], -0.2);
    assert_near("interharmonic group", 2, 24, groups.between[2], 0.1);
    assert_near("THD", 0, 0, groups.thdh_pct, -3);
    assert_near("THDS", 0, 0, groups.thds_pct, -2);
}

static void signed_roots_and_squares(void **state)
{
    (void)state;
    static const double values[] = {0, 1, -1, 1e-150, -1e150, 3.5, -7.25};
    for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
        const double x = values[k];
        assert_true(fabs(signed_root(signed_square(x)) - x) <= 1e-15 * fabs(x));
        assert_true(signed_square(x) * x >= 0);
    }
    assert_true(isnan(signed_root((double)NAN)) && isnan(signed_square((double)NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bin_has_its_share),
        cmocka_unit_test(groups_and_what_lies_between_leave_nothing_out),
        cmocka_unit_test(above_h_max_is_nothing),
        cmocka_unit_test(what_reaches_into_missing_bins_is_absent),
        cmocka_unit_test(distortion_factors),
        cmocka_unit_test(squares_keep_their_sign),
        cmocka_unit_test(signed_roots_and_squares),
    };
    return cmocka_run_group_tests_name("dsp/groups", tests, NULL, NULL);
}
