/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/pace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BLOCKS = 20000 };

static const uint64_t seeds[] = {0, 1, 42, UINT64_MAX};
static const int64_t periods_ns[] = {1, 3, 40000, 125000, 117647, 1000000000};

/* Pauses are independent and uniform in 0..1 period, of deviation 1 / sqrt(12); the mean over N blocks of 16 periods
 * deviates by 1 / sqrt(12 N) / 16 of a period per period: 1.3e-4 at N = 20,000. Allowed: 4 of these and, for
 * rounding, 1 ns per block. */
static void the_mean_distance_is_the_period(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof periods_ns / sizeof periods_ns[0]; p++) {
        for (size_t s = 0; s < sizeof seeds / sizeof seeds[0]; s++) {
            struct pace pace;
            pace_init(&pace, 0, periods_ns[p], seeds[s]);
            int64_t due_ns = 0;
            for (long i = 0; i <= (long)BLOCKS * PACE_BLOCK; i++)
                due_ns = pace_next(&pace, due_ns);
            double mean_ns = (double)due_ns / (BLOCKS * PACE_BLOCK);
            double period_ns = (double)periods_ns[p];
            double allowed_ns = period_ns * 4 / sqrt(12.0 * BLOCKS) / PACE_BLOCK + 1.0 / PACE_BLOCK;
            if (fabs(mean_ns - period_ns) > allowed_ns)
                fail_msg("seed %llu: mean %.3f ns instead of %.0f", (unsigned long long)seeds[s], mean_ns,
                         period_ns);
        }
    }
}

/* Distances are one step but for the last of a block, which has a pause of 0..1 period more. Chi-squared of the
 * pauses over 20 classes has 19 degrees of freedom: mean 19, deviation 6.2; 50 is exceeded once in 7,000 seeds. */
static void the_pause_comes_once_a_block_and_is_uniform_over_a_period(void **state)
{
    (void)state;
    enum { CLASSES = 20 };
    const int64_t period_ns = 125000;
    const int64_t step_ns = 121093; /* 31/32 of the period, rounded down */
    struct pace pace;
    int count[CLASSES] = {0};
    pace_init(&pace, 777, period_ns, 42);
    int64_t last_ns = pace_next(&pace, 0);
    assert_int_equal(last_ns, 777);
    for (long i = 1; i <= (long)BLOCKS * PACE_BLOCK; i++) {
        int64_t due_ns = pace_next(&pace, last_ns);
        int64_t extra_ns = due_ns - last_ns - step_ns;
        last_ns = due_ns;
        if (i % PACE_BLOCK != 0) {
            assert_int_equal(extra_ns, 0);
            continue;
        }
        assert_in_range(extra_ns, 0, period_ns + PACE_BLOCK); /* a few ns of rounding sit in the pause */
        int class = (int)(extra_ns * CLASSES / period_ns);
        count[class < CLASSES ? class : CLASSES - 1]++;
    }
    double chi_squared = 0;
    for (int c = 0; c < CLASSES; c++)
        chi_squared += pow(count[c] - (double)BLOCKS / CLASSES, 2) / ((double)BLOCKS / CLASSES);
    printf("pause: chi-squared %.1f over %d classes\n", chi_squared, CLASSES);
    assert_true(chi_squared < 50);
}

static void the_same_seed_gives_the_same_instants_and_another_one_others(void **state)
{
    (void)state;
    struct pace first, same, other;
    pace_init(&first, 5, 125000, 7);
    pace_init(&same, 5, 125000, 7);
    pace_init(&other, 5, 125000, 8);
    int differ = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t due_ns = pace_next(&first, 0);
        assert_int_equal(pace_next(&same, 0), due_ns);
        differ += pace_next(&other, 0) != due_ns;
    }
    assert_int_equal(differ, 1000 - PACE_BLOCK); /* all but the first block, before any pause */
}

static const struct {
    const char *name;
    int64_t delay_ns; /* of the caller, after the instant that was due */
    int goes_on;      /* from now, not from the schedule */
} delays[] = {
    {"a caller in time keeps to the schedule", 0, 0},
    {"a caller late by half a period keeps to the schedule", 62500, 0},
    {"a caller late by one period keeps to the schedule", 125000, 0},
    {"a caller late by more than a period goes on from now", 125001, 1},
    {"a caller late by a second goes on from now, no burst", 1000000000, 1},
    {"a caller late by a day goes on from now, no burst", INT64_C(86400000000000), 1},
};

static void a_delay_never_ends_in_a_burst(void **state)
{
    (void)state;
    const int64_t period_ns = 125000;
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        struct pace pace, twin;
        pace_init(&pace, 1000000000, period_ns, 3);
        pace_init(&twin, 1000000000, period_ns, 3);
        int64_t due_ns = 0;
        for (int k = 0; k < 40; k++)
            due_ns = pace_next(&pace, due_ns);
        int64_t planned_ns = 0;
        for (int k = 0; k < 41; k++)
            planned_ns = pace_next(&twin, planned_ns);
        int64_t now_ns = planned_ns + delays[i].delay_ns;
        due_ns = pace_next(&pace, now_ns);
        if (due_ns != (delays[i].goes_on ? now_ns : planned_ns))
            fail_msg("%s: due %lld", delays[i].name, (long long)(due_ns - planned_ns));
        for (int k = 0; k < 100; k++) { /* afterwards no two scans are closer than a step */
            int64_t next_ns = pace_next(&pace, due_ns);
            assert_true(next_ns - due_ns >= period_ns * 31 / 32);
            due_ns = next_ns;
        }
    }
}

/* Length of the mean phasor of n instants on the circle of one mains cycle: 1 where they all meet the same phases,
 * near 0 where they spread. */
static double concentration(const double *phase, int n, int order)
{
    const double tau = 6.283185307179586;
    double x = 0, y = 0;
    for (int i = 0; i < n; i++) {
        x += cos(tau * order * phase[i]);
        y += sin(tau * order * phase[i]);
    }
    return hypot(x, y) / n;
}

/* 8,000 scans per second are 160 to a cycle of 50 Hz: undithered, the 160th harmonic of the scans' phases has length 1,
 * the same 160 points are hit for ever. Dithered, block starts walk at random: over 2,000 blocks (two thousand pauses,
 * one period being a whole turn of that harmonic) the length is that of 2,000 random phasors, about 1 / sqrt(2000) =
 * 0.022; allowed is 4 times that. */
static void dither_spreads_the_phase_of_a_commensurate_mains(void **state)
{
    (void)state;
    enum { SCANS = 2000 };
    static double phase[SCANS], plain[SCANS];
    const int64_t period_ns = 125000;
    const int64_t cycle_ns = 20000000;
    struct pace pace;
    pace_init(&pace, 0, period_ns, 42);
    int64_t due_ns = 0;
    for (int i = 0; i < SCANS * PACE_BLOCK; i++) {
        due_ns = pace_next(&pace, due_ns);
        if (i % PACE_BLOCK == 0) { /* one scan of each block: independent but for the walk */
            phase[i / PACE_BLOCK] = (double)(due_ns % cycle_ns) / (double)cycle_ns;
            plain[i / PACE_BLOCK] = (double)(i * period_ns % cycle_ns) / (double)cycle_ns;
        }
    }
    double undithered = concentration(plain, SCANS, 160);
    double dithered = concentration(phase, SCANS, 160);
    printf("phase concentration at 160 scans per cycle: %.4f plain, %.4f dithered\n", undithered, dithered);
    assert_true(undithered > 0.999);
    assert_true(dithered < 4 / sqrt(SCANS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mean_distance_is_the_period),
        cmocka_unit_test(the_pause_comes_once_a_block_and_is_uniform_over_a_period),
        cmocka_unit_test(the_same_seed_gives_the_same_instants_and_another_one_others),
        cmocka_unit_test(a_delay_never_ends_in_a_burst),
        cmocka_unit_test(dither_spreads_the_phase_of_a_commensurate_mains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
