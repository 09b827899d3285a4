/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/watch_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t ns_per_ms = 1000000;
enum { START_MS = 1782000000, WINDOW_MS = 200, WINDOWS = 100, AT = 20 };

/* Windows of 200 ms; the wall clock is set by so much in front of window AT, and runs fast by rate_ppm. */
static const struct {
    const char *name;
    int64_t by_ms, rate_ppm;
    int64_t step_ms; /* told */
    int caught_up;   /* windows from AT until labels are the wall clock's again */
} cases[] = {
    {"left alone", 0, 0, 0, 0},
    {"slewed at 8 %", 0, 80000, 0, 0},
    {"slewed back at 8 %", 0, -80000, 0, 0},
    {"set forward by 40 ms", 40, 0, 0, 0},
    {"set back by 300 ms", -300, 0, 0, 2},
    {"a leap second comes twice", -1000, 0, 0, 9},
    {"a leap second is left out", 1000, 0, 0, 9},
    {"just no step", 1100, 0, 0, 10},
    {"just a step", 1101, 0, 1101, 0},
    {"set back by two hours", -7200000, 0, -7200000, 0},
    {"set from 1970", 1782000000000, 0, 1782000000000, 0},
};

static void labels_are_one_behind_the_other_and_break_at_a_step_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct watch_clock clock;
        int64_t last_ms = 0, told_ms = 0;
        watch_clock_init(&clock);
        for (int k = 0; k < WINDOWS; k++) {
            const int64_t mono_ms = 5000 + k * WINDOW_MS;
            const int64_t end_ms = mono_ms + WINDOW_MS;
            const int64_t utc_ms =
                START_MS + end_ms + end_ms * cases[i].rate_ppm / 1000000 + (k >= AT ? cases[i].by_ms : 0);
            const int64_t step_ms = watch_clock_follow(&clock, end_ms * ns_per_ms, utc_ms);
            const struct watch_label label =
                watch_clock_window(&clock, mono_ms * ns_per_ms, end_ms * ns_per_ms);
            const int64_t length_ms = label.utc_end_ms - label.utc_start_ms;
            told_ms += step_ms;
            if (length_ms < WINDOW_MS / 2 || length_ms > WINDOW_MS * 3 / 2)
                fail_msg("%s: a window of %lld ms", cases[i].name, (long long)length_ms);
            if (k > 0 && step_ms == 0 && label.utc_start_ms != last_ms)
                fail_msg("%s: a gap at window %d", cases[i].name, k);
            if (step_ms != 0)
                assert_int_equal(k, AT);
            if ((k < AT || k >= AT + cases[i].caught_up) && label.utc_end_ms != utc_ms)
                fail_msg("%s: window %d is off by %lld ms", cases[i].name, k,
                         (long long)(label.utc_end_ms - utc_ms));
            last_ms = label.utc_end_ms;
        }
        if (llabs(told_ms - cases[i].step_ms) > 0)
            fail_msg("%s: told %lld ms", cases[i].name, (long long)told_ms);
    }
}

/* Nothing was metered for an hour; the clock was looked at every second and set in between. */
static void a_step_without_windows_breaks_the_next_ones_label(void **state)
{
    (void)state;
    struct watch_clock clock;
    int64_t told_ms = 0;
    watch_clock_init(&clock);
    watch_clock_follow(&clock, 200 * ns_per_ms, 1200);
    watch_clock_window(&clock, 0, 200 * ns_per_ms);
    for (int64_t second = 1; second <= 3600; second++)
        told_ms += watch_clock_follow(&clock, second * 1000 * ns_per_ms,
                                      1000 + second * 1000 + (second > 1000 ? 7200000 : 0));
    assert_int_equal(told_ms, 7200000);
    /* The window that ends the gap ended before the last look. */
    const struct watch_label label = watch_clock_window(&clock, 200 * ns_per_ms, 3599500 * ns_per_ms);
    assert_int_equal(label.utc_end_ms, 7200000 + 1000 + 3599500);
    assert_int_equal(label.utc_start_ms, 7200000 + 1000 + 200);
    assert_int_equal(watch_clock_follow(&clock, 3599700 * ns_per_ms, 0), 0); /* an instant gone by */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_one_behind_the_other_and_break_at_a_step_alone),
        cmocka_unit_test(a_step_without_windows_breaks_the_next_ones_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
