/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct topology_case {
    const char *name;
    int n_elements;
    struct element element[DSP_ELEMENTS];
    int n_points;
    struct point point[DSP_POINTS];
};

static const struct topology_case cases[] = {
    {"one element is one point", 1, {{0, 1, CIRCUIT_GRID, 1, 0, 0}}, 1, {{CIRCUIT_GRID, 0}}},
    {"one element on leg 2 is one point", 1, {{0, 1, CIRCUIT_GRID, 2, 0, 0}}, 1, {{CIRCUIT_GRID, 0}}},
    {"solar alone makes no load", 1, {{0, 1, CIRCUIT_SOLAR, 1, 0, 0}}, 1, {{CIRCUIT_SOLAR, 0}}},
    {"split phase has a sum and two legs",
     2,
     {{0, 2, CIRCUIT_GRID, 1, 0, 0}, {1, 3, CIRCUIT_GRID, 2, 0, 0}},
     3,
     {{CIRCUIT_GRID, 0}, {CIRCUIT_GRID, 1}, {CIRCUIT_GRID, 2}}},
    {"grid and solar make a load",
     2,
     {{0, 1, CIRCUIT_GRID, 1, 0, 0}, {0, 2, CIRCUIT_SOLAR, 1, 0, 0}},
     3,
     {{CIRCUIT_GRID, 0}, {CIRCUIT_SOLAR, 0}, {CIRCUIT_LOAD, 0}}},
    {"solar on one of two legs",
     3,
     {{0, 2, CIRCUIT_GRID, 1, 0, 0}, {1, 3, CIRCUIT_GRID, 2, 0, 0}, {0, 4, CIRCUIT_SOLAR, 1, 0, 0}},
     7,
     {{CIRCUIT_GRID, 0},
      {CIRCUIT_GRID, 1},
      {CIRCUIT_GRID, 2},
      {CIRCUIT_SOLAR, 0},
      {CIRCUIT_LOAD, 0},
      {CIRCUIT_LOAD, 1},
      {CIRCUIT_LOAD, 2}}},
    {"all there is, solar named first",
     4,
     {{0, 4, CIRCUIT_SOLAR, 1, 0, 0},
      {1, 5, CIRCUIT_SOLAR, 2, 0, 0},
      {0, 2, CIRCUIT_GRID, 1, 0, 0},
      {1, 3, CIRCUIT_GRID, 2, 0, 0}},
     9,
     {{CIRCUIT_GRID, 0},
      {CIRCUIT_GRID, 1},
      {CIRCUIT_GRID, 2},
      {CIRCUIT_SOLAR, 0},
      {CIRCUIT_SOLAR, 1},
      {CIRCUIT_SOLAR, 2},
      {CIRCUIT_LOAD, 0},
      {CIRCUIT_LOAD, 1},
      {CIRCUIT_LOAD, 2}}},
};

static void points_follow_from_elements(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct topology topology = {.n_channels = 6, .n_elements = cases[k].n_elements, .n_points = 5};
        for (int n = 0; n < cases[k].n_elements; n++) {
            topology.element[n] = cases[k].element[n];
        }
        topology_init(&topology);
        if (topology.n_points != cases[k].n_points) {
            fail_msg("%s: %d points", cases[k].name, topology.n_points);
        }
        for (int n = 0; n < topology.n_points; n++) {
            assert_int_equal(topology.point[n].circuit, cases[k].point[n].circuit);
            assert_int_equal(topology.point[n].leg, cases[k].point[n].leg);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(points_follow_from_elements)};
    return cmocka_run_group_tests_name("dsp/topology", tests, NULL, NULL);
}
