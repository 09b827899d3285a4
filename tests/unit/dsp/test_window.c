/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/window.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct window_case {
    const char *name;
    int cycles;
    double f_hz;
    double rate_hz_s;
};

static const struct window_case cases[] = {
    {"nominal 50 Hz", 10, 50, 0},       {"nominal 60 Hz", 12, 60, 0},      {"odd frequency", 12, 60.0371, 0},
    {"rising frequency", 10, 49.98, 1}, {"falling frequency", 10, 51, -5},
};

static void a_window_holds_its_cycles_exactly(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct window window = {0};
        window_start(&window, INT64_C(123456789012345678), 0.25);
        window_set(&window, cases[k].cycles, cases[k].f_hz, cases[k].rate_hz_s);
        double t = window.duration_s;
        double cycles = window.f0_hz * t + cases[k].rate_hz_s * t * t / 2;
        assert_true(fabs(cycles - cases[k].cycles) < 1e-12 * cycles);
        assert_true(fabs(cycles / t - cases[k].f_hz) < 1e-11);
    }
}

/* The end of each is the start of the next, and the lengths add up to what the clock shows: rests are carried. */
static void a_million_windows_lose_nothing(void **state)
{
    (void)state;
    struct window window = {0};
    window_start(&window, 1000, 0.5);
    double sum_s = 0;
    int n = 1000000;
    for (int k = 0; k < n; k++) {
        window_set(&window, 12, 60 + 0.3 * sin(k), 0);
        sum_s += window.duration_s;
        int64_t end_ns = window.end_ns;
        window_next(&window);
        assert_true(window.start_ns == end_ns && window.start_rest_ns >= 0 && window.start_rest_ns < 1);
    }
    double elapsed_s = 1e-9 * (double)(window.start_ns - 1000);
    assert_true(fabs(sum_s - elapsed_s) < 1e-6); /* 5e-12: rounding of a sum of a million terms */
}

static void a_long_hole_takes_whole_windows(void **state)
{
    (void)state;
    static const struct {
        int64_t to_ns;
        double windows;
    } holes[] = {{-5, 1}, {1, 1}, {200000000, 1}, {200000001, 2}, {INT64_C(86400000000000), 432000}};
    for (size_t k = 0; k < sizeof(holes) / sizeof(holes[0]); k++) {
        struct window window = {0};
        window_start(&window, 0, 0);
        window_set(&window, 10, 50, 2);
        window_extend(&window, holes[k].to_ns);
        assert_true(fabs(window.duration_s - 0.2 * holes[k].windows) < 1e-12 * window.duration_s);
        assert_true(window.end_ns >= holes[k].to_ns);
        assert_true(fabs(window.rate_hz_s) < 1e-15);
        window_extend(&window, holes[k].to_ns); /* again is no further */
        assert_true(fabs(window.duration_s - 0.2 * holes[k].windows) < 1e-12 * window.duration_s);
    }
}

static void tau_counts_from_the_start(void **state)
{
    (void)state;
    struct window window = {0};
    window_start(&window, 1000, -0.25);
    assert_true(window.start_ns == 999 && fabs(window.start_rest_ns - 0.75) < 1e-12);
    assert_true(fabs(window_tau_s(&window, 2000, 0) - 1000.25e-9) < 1e-20);
    assert_true(fabs(window_tau_s(&window, 2000, 100) - 900.25e-9) < 1e-20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_holds_its_cycles_exactly),
        cmocka_unit_test(a_million_windows_lose_nothing),
        cmocka_unit_test(a_long_hole_takes_whole_windows),
        cmocka_unit_test(tau_counts_from_the_start),
    };
    return cmocka_run_group_tests_name("dsp/window", tests, NULL, NULL);
}
