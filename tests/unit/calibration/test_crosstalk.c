/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calibration/crosstalk.h"
#include "calibration/model.h"
#include "tests/unit/sim/bench.h"

#include <stdlib.h>

enum { SCANS = 80000 }; /* 10 s of the reference board */

static uint64_t seed = 1; /* VATIO_SEED sets it */

/* 120 V, and a current in the conductor or none; codes of the simulated converter into both estimators: of the current
 * after its voltage, and of the voltage after the current of the scan before. */
struct wired {
    const char *name;
    double crosstalk, u_v, i_a, noise_lsb;
    int scans;
    enum crosstalk_status current, voltage;
};

static const struct wired wired[] = {
    {"a share of 6e-4", 6e-4, 120, 0, 0.5, SCANS, CROSSTALK_GOOD, CROSSTALK_STILL},
    {"one of 2 %", 0.02, 120, 0, 0.5, SCANS, CROSSTALK_GOOD, CROSSTALK_STILL},
    {"none", 0, 120, 0, 0.5, SCANS, CROSSTALK_GOOD, CROSSTALK_STILL},
    {"the voltage's, with a current and no voltage", 6e-4, 0, 20, 0.5, 2 * SCANS, CROSSTALK_STILL,
     CROSSTALK_GOOD},
    {"a conductor that is not open", 6e-4, 120, 3, 0.5, SCANS, CROSSTALK_MOVING, CROSSTALK_MOVING},
    {"too short", 6e-4, 120, 0, 0.5, 8000, CROSSTALK_SHORT, CROSSTALK_STILL},
    {"two scans", 6e-4, 120, 0, 0.5, 2, CROSSTALK_SHORT, CROSSTALK_SHORT},
    {"no noise", 6e-4, 120, 0, 0, SCANS, CROSSTALK_UNDITHERED, CROSSTALK_STILL},
    {"an input that takes a tenth from its neighbour", 0.1, 120, 0, 0.5, SCANS, CROSSTALK_LARGE,
     CROSSTALK_MOVING},
};

static void convert(const struct wired *w, struct crosstalk *current, struct crosstalk *voltage)
{
    void *state = NULL;
    uint16_t last = 0;
    set_up(&state);
    fixed_sine(fixed.segment.u_v[0], w->u_v * sqrt(2), 1, 0);
    fixed_sine(fixed.segment.grid_a[0], w->i_a * sqrt(2), 1, 1.2); /* lags */
    fixed.segment.f_hz = 60.037;
    start((struct sim_config){.seed = seed, .noise_lsb = w->noise_lsb, .crosstalk = w->crosstalk});
    crosstalk_init(current);
    crosstalk_init(voltage);
    for (int n = 0; n < w->scans; n++) {
        read_at(1000000000 + n * plan.period_ns);
        crosstalk_add(current, scan.code[0], scan.code[1]);
        if (n > 0)
            crosstalk_add(voltage, last, scan.code[0]);
        last = scan.code[1];
    }
    tear_down(&state);
}

static void assert_learned(const struct wired *w, const struct crosstalk_result *result,
                           enum crosstalk_status expected)
{
    if (result->status != expected)
        fail_msg("%s: %s; noise %g, moved %g, deviation %g", w->name, crosstalk_reason(result->status),
                 result->noise_lsb, result->moved_lsb, result->deviation);
    if (expected != CROSSTALK_GOOD) {
        assert_true(result->crosstalk == 0);
        return;
    }
    /* normal: beyond 4 deviations once in 16,000 */
    if (!(fabs(result->crosstalk - w->crosstalk) < 4 * result->deviation))
        fail_msg("%s: %g +- %g", w->name, result->crosstalk, result->deviation);
    assert_true(result->deviation < 1e-5);
    assert_true(fabs(result->noise_lsb - sqrt(0.25 + 1.0 / 12)) < 0.02);
}

static void test_it_is_learned_from_the_converter_s_codes(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof wired / sizeof wired[0]; k++) {
        struct crosstalk current, voltage;
        struct crosstalk_result result;
        convert(&wired[k], &current, &voltage);
        crosstalk_read(&current, &result);
        print_message("%s: %.2e, deviation %.1e\n", wired[k].name, result.crosstalk, result.deviation);
        assert_learned(&wired[k], &result, wired[k].current);
        crosstalk_read(&voltage, &result);
        assert_learned(&wired[k], &result, wired[k].voltage);
    }
}

/* The ghost of an open conductor, correlated with the voltage, before and after. */
static void test_what_was_learned_is_taken_off(void **state)
{
    struct crosstalk current, voltage;
    struct crosstalk_result result;
    static struct calibration calibration;
    static struct calibration_scale scale;
    double uu = 0, ui = 0;
    convert(&wired[0], &current, &voltage);
    crosstalk_read(&current, &result);
    calibration.n_channels = 2;
    for (int k = 0; k < 2; k++)
        calibration.channel[k] = (struct calibration_channel){.gain = 1, .offset_lsb = 511.5};
    calibration.channel[1].crosstalk = result.crosstalk;
    calibration_scale_init(&scale, &calibration);
    set_up(state);
    fixed_sine(fixed.segment.u_v[0], wired[0].u_v * sqrt(2), 1, 0);
    fixed_constant(fixed.segment.grid_a[0], 0);
    start((struct sim_config){.seed = seed + 1, .noise_lsb = 0.5, .crosstalk = wired[0].crosstalk});
    for (int n = 0; n < SCANS; n++) {
        double value[2];
        read_at(1000000000 + n * plan.period_ns);
        calibration_scale_read(&scale, scan.code, value);
        uu += value[0] * value[0];
        ui += value[0] * (value[1] - 0.85); /* its own zero is 512.36 - 0.5 */
    }
    tear_down(state);
    print_message("share of the voltage in the current: %.1e, without correction %.1e\n", ui / uu,
                  wired[0].crosstalk);
    assert_true(fabs(ui / uu) < 4 * sqrt(2) * result.deviation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_learned_from_the_converter_s_codes),
        cmocka_unit_test(test_what_was_learned_is_taken_off),
    };
    const char *given = getenv("VATIO_SEED");
    if (given != NULL)
        seed = strtoull(given, NULL, 10);
    print_message("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
