/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/watch_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Seconds of a condition, one character each: x it is there, . it is not. told: B and E where the state begins and ends. */
static const struct {
    const char *name;
    double begin_s, end_s;
    const char *seen, *told;
    double seen_s; /* at the end of the text */
} cases[] = {
    {"without hold times each change is told", 0, 0, "..xx.x.", "  B EBE", 1},
    {"a condition shorter than its hold time is none", 3, 3, ".xx.xx..", "        ", 2},
    {"it begins when it has held that long", 3, 3, ".xxxx", "   B ", 4},
    {"a break begins anew", 3, 3, "xx.xxx", "     B", 3},
    {"it ends when it has been gone that long", 0, 3, "xx....", "B   E ", 2},
    {"what flickers is one state", 0, 3, "x.x..x..x...", "B          E", 4},
    {"another one counts from its own beginning", 0, 1, "xxx..xx.", "B  E B E", 2},
};

static void states_begin_and_end_with_their_hold_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct watch_hold hold = {cases[i].begin_s, cases[i].end_s};
        struct watch_state watched = {.on = false};
        char told[32] = "";
        for (size_t k = 0; cases[i].seen[k] != '\0'; k++) {
            const struct watch_span span = {(int64_t)k * 1000000000, 1};
            const bool changed = watch_state_see(&watched, &hold, cases[i].seen[k] == 'x', &span);
            told[k] = changed ? (watched.on ? 'B' : 'E') : ' ';
        }
        if (strcmp(told, cases[i].told) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, told);
        if (watched.seen_s < cases[i].seen_s || watched.seen_s > cases[i].seen_s)
            fail_msg("%s: %g s", cases[i].name, watched.seen_s);
    }
}

static void a_change_is_dated_to_its_first_stretch(void **state)
{
    (void)state;
    const struct watch_hold hold = {3, 3};
    struct watch_state watched = {.on = false};
    for (int64_t k = 0; k < 20; k++) {
        const struct watch_span span = {k * 1000, 1};
        if (watch_state_see(&watched, &hold, k >= 5 && k < 12, &span))
            assert_int_equal(watched.since_ns, watched.on ? 5000 : 12000);
    }
    assert_false(watched.on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_begin_and_end_with_their_hold_times),
        cmocka_unit_test(a_change_is_dated_to_its_first_stretch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
