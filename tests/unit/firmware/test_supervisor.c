/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/supervisor.h"

static const struct {
    const char *name;
    int64_t acquire, measure;
    bool alive;
} looks[] = {
    {"the first look", 0, 0, true},        {"both moved", 5, 3, true},
    {"acquire stands still", 5, 9, false}, {"measure stands still", 8, 9, false},
    {"both move again", 9, 10, true},      {"both stand still", 9, 10, false},
};

static void test_the_watchdog_is_fed_only_while_both_threads_move(void **state)
{
    (void)state;
    struct supervisor supervisor = {.acquire_turns = -1, .measure_turns = -1};
    struct health health = {0};
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        print_message("  %s\n", looks[i].name);
        atomic_store(&health.acquire_turns, looks[i].acquire);
        atomic_store(&health.measure_turns, looks[i].measure);
        assert_int_equal(supervisor_alive(&supervisor, &health), looks[i].alive);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_watchdog_is_fed_only_while_both_threads_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
