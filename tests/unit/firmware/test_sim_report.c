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

static const struct topology split = {
    .n_points = 4,
    .point = {{CIRCUIT_GRID, 0}, {CIRCUIT_GRID, 1}, {CIRCUIT_GRID, 2}, {CIRCUIT_LOAD, 0}},
};

/* One register of one point is wrong; every other one agrees with the model. */
static const struct {
    const char *name;
    int point, kind;
    int64_t off_uwh;
    bool good;
} single_errors[] = {
    {"all agree", 0, 0, 0, true},
    {"the circuit as a whole", 0, 0, 60000, false},
    {"a leg", 1, 3, 60000, false},
    {"the other leg", 2, 6, 60000, false},
    {"another circuit", 3, 1, -60000, false},
    {"within the limit", 2, 0, 40000, true},
};

static void test_every_point_has_its_own_verdict(void **state)
{
    (void)state;
    struct sim_truth truth = {.duration_s = 100};
    for (int k = 0; k < 7; k++) {
        truth.energy[CIRCUIT_GRID][k] = 100e6;
        truth.leg[CIRCUIT_GRID][0][k] = 101e6;
        truth.leg[CIRCUIT_GRID][1][k] = 102e6;
        truth.energy[CIRCUIT_LOAD][k] = 103e6;
    }
    for (size_t i = 0; i < sizeof single_errors / sizeof single_errors[0]; i++) {
        struct energy start[DSP_POINTS] = {{0}}, end[DSP_POINTS];
        int64_t meter[DSP_POINTS][ENERGIES];
        for (int k = 0; k < DSP_POINTS * ENERGIES; k++)
            meter[k / ENERGIES][k % ENERGIES] = 100000000 + k / ENERGIES * 1000000;
        meter[single_errors[i].point][single_errors[i].kind] += single_errors[i].off_uwh;
        memcpy(end, meter, sizeof end);
        char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        print_message("  %s\n", single_errors[i].name);
        assert_int_equal(sim_report(file, &split, start, end, &truth, 0.05, 2), single_errors[i].good);
        fclose(file);
        static const char *const titles[] = {"grid register ", "grid_l1 register ", "grid_l2 register ",
                                             "load register "};
        for (int p = 0; p < 4; p++)
            assert_non_null(strstr(text, titles[p]));
        free(text);
    }
}

/* 0.05 % of 10 Wh apparent and the milliwatt-hour: 6 mWh; of 5 mWh itself it would be next to nothing. */
static const struct {
    const char *name;
    int64_t meter_uwh;
    double model_uwh;
    bool good;
} nearly_empty[] = {
    {"noise in a register that the model leaves empty", 5900, 0, true},
    {"more than noise", 6100, 0, false},
    {"a thousandth of the apparent energy is judged by itself", 15900, 10000, false},
    {"a little less is not", 15000, 9900, true},
};

static void test_a_nearly_empty_register_is_measured_by_the_apparent_energy(void **state)
{
    (void)state;
    const struct topology topology = {.n_points = 1, .point = {{CIRCUIT_GRID, 0}}};
    for (size_t i = 0; i < sizeof nearly_empty / sizeof nearly_empty[0]; i++) {
        struct energy start[DSP_POINTS] = {{0}};
        struct energy end[DSP_POINTS] = {{.q3_uvarh = nearly_empty[i].meter_uwh, .apparent_uvah = 10000000}};
        struct sim_truth truth = {.duration_s = 100,
                                  .energy = {{[4] = nearly_empty[i].model_uwh, [6] = 10e6}}};
        FILE *file = fopen("/dev/null", "w");
        print_message("  %s\n", nearly_empty[i].name);
        assert_int_equal(sim_report(file, &topology, start, end, &truth, 0.05, 2), nearly_empty[i].good);
        fclose(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_verdict_follows_the_limit),
        cmocka_unit_test(test_every_point_has_its_own_verdict),
        cmocka_unit_test(test_a_nearly_empty_register_is_measured_by_the_apparent_energy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
