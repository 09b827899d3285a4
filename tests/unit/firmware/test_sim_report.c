/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/sim_report.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t start_uwh, end_uwh;
    double model_uwh, limit_pct;
    bool good;
} cases[] = {
    {"equal", 5000000, 6000000, 1000000, 0.05, true},
    {"just within", 0, 10005000, 10000000, 0.05, true},
    {"above the limit", 0, 10007000, 10000000, 0.05, false},
    {"below the limit", 0, 9993000, 10000000, 0.05, false},
    {"no limit given", 0, 1, 10000000, 0, true},
    {"a register that the model leaves at zero may hold a milliwatt-hour", 0, 900, 0, 0.05, true},
    {"but not two", 0, 2000, 0, 0.05, false},
};

static void test_the_verdict_follows_the_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        const struct topology topology = {.n_points = 1, .point = {{CIRCUIT_GRID, 0}}};
        struct energy start[DSP_POINTS] = {{.export_uwh = cases[i].start_uwh}};
        struct energy end[DSP_POINTS] = {{.export_uwh = cases[i].end_uwh}};
        struct sim_truth truth = {.duration_s = 100, .energy = {{0, cases[i].model_uwh}}};
        print_message("  %s\n", cases[i].name);
        assert_int_equal(sim_report(file, &topology, start, end, &truth, cases[i].limit_pct, 2),
                         cases[i].good);
        fclose(file);
        assert_non_null(strstr(text, "50 times real time"));
        assert_int_equal(strstr(text, "above the limit") != NULL, !cases[i].good);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_verdict_follows_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
