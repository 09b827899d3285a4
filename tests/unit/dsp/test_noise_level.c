/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/noise_level.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BINS = 64 };

/* Mean of so many exponential variates of mean 1: what a window says of noise of variance 1. */
static double window(uint64_t *random)
{
    double sum = 0;
    for (int k = 0; k < BINS; k++) {
        *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sum -= log(((double)(*random >> 11) + 0.5) / 9007199254740992.0);
    }
    return sum / BINS;
}

/* One window scatters by 1 / sqrt 64 = 0.125; a mean with weights of a tenth by sqrt(0.1 / 1.9) of that, 0.029; the few windows
 * that start it anew add some. */
static void the_level_is_steadier_than_a_window_and_has_no_bias(void **state)
{
    (void)state;
    enum { WINDOWS = 20000 };
    struct noise_level level;
    uint64_t random = 1;
    double sum = 0;
    double squares = 0;
    noise_level_reset(&level);
    for (int k = 0; k < WINDOWS; k++) {
        double off = noise_level_add(&level, window(&random), BINS) - 1;
        sum += off;
        squares += off * off;
    }
    assert_true(sqrt(squares / WINDOWS) < 0.035);
    assert_true(fabs(sum / WINDOWS) < 0.005);
}

static void another_level_is_taken_at_once(void **state)
{
    (void)state;
    static const double to[] = {4, 1, 0.2, 0, 1};
    struct noise_level level;
    noise_level_reset(&level);
    for (int k = 0; k < 30; k++) {
        assert_true(noise_level_add(&level, 1, BINS) == 1);
    }
    for (size_t k = 0; k < sizeof to / sizeof to[0]; k++) {
        assert_true(noise_level_add(&level, to[k], BINS) == to[k]);
    }
}

static void an_unknown_window_forgets(void **state)
{
    (void)state;
    struct noise_level level;
    noise_level_reset(&level);
    noise_level_add(&level, 1, BINS);
    assert_true(noise_level_add(&level, -1, 0) < 0);
    assert_true(noise_level_add(&level, 1.1, BINS) == 1.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_level_is_steadier_than_a_window_and_has_no_bias),
        cmocka_unit_test(another_level_is_taken_at_once),
        cmocka_unit_test(an_unknown_window_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
