/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/allowance.h"

static int taken(struct allowance *allowance, int64_t now_ms, int asked)
{
    int n = 0;
    for (int i = 0; i < asked; i++)
        n += allowance_take(allowance, now_ms);
    return n;
}

static void as_much_as_allowed_at_once_and_one_each_time_after(void **state)
{
    (void)state;
    static const struct {
        int64_t now_ms;
        int asked, granted;
    } steps[] = {
        {0, 5, 3},     {9999, 5, 0},    {10000, 5, 1},   {10001, 1, 0},
        {39999, 5, 2}, {1000000, 5, 3}, {1009999, 1, 0}, {1010000, 5, 1},
    };
    struct allowance allowance = {.most = 3, .every_ms = 10000};
    for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
        const int n = taken(&allowance, steps[k].now_ms, steps[k].asked);
        if (n != steps[k].granted)
            fail_msg("at %d ms: %d instead of %d", (int)steps[k].now_ms, n, steps[k].granted);
    }
}

static void no_longer_time_grants_more_than_its_share(void **state)
{
    (void)state;
    struct allowance allowance = {.most = 10, .every_ms = 1000};
    int n = 0;
    for (int64_t now_ms = 0; now_ms < 100000; now_ms += 7)
        n += taken(&allowance, now_ms, 3);
    assert_in_range(n, 10 + 98, 10 + 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_much_as_allowed_at_once_and_one_each_time_after),
        cmocka_unit_test(no_longer_time_grants_more_than_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
