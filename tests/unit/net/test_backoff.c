/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/backoff.h"

#include <math.h>

enum { DRAWS = 20000 };

static void the_ceiling_doubles_up_to_the_maximum(void **state)
{
    static const int64_t expected_ms[] = {5000, 10000, 20000, 40000, 80000, 160000, 320000, 600000, 600000};
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff, 5000, 600000, 1);
    for (size_t k = 0; k < sizeof expected_ms / sizeof expected_ms[0]; k++) {
        assert_int_equal(backoff.ceiling_ms, expected_ms[k]);
        const int64_t delay_ms = backoff_get(&backoff);
        assert_in_range(delay_ms, 0, expected_ms[k]);
    }
    backoff_reset(&backoff);
    assert_int_equal(backoff.ceiling_ms, 5000);
}

/* Uniform on 0..c: mean c / 2, standard deviation c / sqrt(12); the mean of n draws lies within five standard errors, the
 * share in each tenth within five binomial ones (a true generator misses that once in 10^6; the seed is fixed). */
static void delays_are_spread_evenly_over_the_whole_ceiling(void **state)
{
    static const uint64_t seeds[] = {0, 1, UINT64_C(0x8000000000000000), UINT64_MAX};
    const double ceiling_ms = 100000;

    (void)state;
    for (size_t s = 0; s < sizeof seeds / sizeof seeds[0]; s++) {
        struct backoff backoff;
        double sum_ms = 0;
        int tenth[10] = {0};

        backoff_init(&backoff, (int64_t)ceiling_ms, (int64_t)ceiling_ms, seeds[s]);
        for (int k = 0; k < DRAWS; k++) {
            const int64_t delay_ms = backoff_get(&backoff);
            assert_in_range(delay_ms, 0, (int64_t)ceiling_ms);
            sum_ms += (double)delay_ms;
            tenth[delay_ms >= 100000 ? 9 : delay_ms / 10000]++;
        }
        assert_true(fabs(sum_ms / DRAWS - ceiling_ms / 2) < 5 * ceiling_ms / sqrt(12.0 * DRAWS));
        for (int k = 0; k < 10; k++)
            assert_true(fabs(tenth[k] - DRAWS / 10.0) < 5 * sqrt(DRAWS * 0.1 * 0.9));
    }
}

static void two_meters_do_not_wait_alike(void **state)
{
    struct backoff a, b;
    int alike = 0;

    (void)state;
    backoff_init(&a, 5000, 600000, 7);
    backoff_init(&b, 5000, 600000, 8); /* neighbouring seeds are the hardest */
    for (int k = 0; k < 1000; k++)
        alike += backoff_get(&a) == backoff_get(&b);
    assert_true(alike < 5);
}

static void a_large_maximum_does_not_overflow(void **state)
{
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff, 1, INT64_MAX / 2, 3);
    for (int k = 0; k < 200; k++)
        assert_true(backoff_get(&backoff) >= 0);
    assert_true(backoff.ceiling_ms == INT64_MAX / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ceiling_doubles_up_to_the_maximum),
        cmocka_unit_test(delays_are_spread_evenly_over_the_whole_ceiling),
        cmocka_unit_test(two_meters_do_not_wait_alike),
        cmocka_unit_test(a_large_maximum_does_not_overflow),
    };
    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
