/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Noise of windows as dsp reports it, in V and A, and what becomes of it in LSB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dsp/quality.h"
#include "firmware/noise_watch.h"

#include <math.h>

static const double u_gain = 0.5, i_gain = -0.05; /* V/LSB, A/LSB of a sensor that is turned round */

static struct noise_watch watch;

static void start(void)
{
    struct topology topology = {.n_channels = 2, .n_elements = 1};
    static struct calibration calibration;
    topology.element[0] = (struct element){0, 1, CIRCUIT_GRID, 1, 0, 0};
    topology_init(&topology);
    calibration.n_channels = 2;
    calibration.channel[0].gain = u_gain;
    calibration.channel[1].gain = i_gain;
    noise_watch_init(&watch, &topology, &calibration);
}

/* What dsp sees of noise at the converter's input: rounding to codes adds 1/12 LSB^2. */
static double seen(double noise_lsb, double gain)
{
    return fabs(gain) * sqrt(noise_lsb * noise_lsb + 1.0 / 12);
}

/* One window; true when values are new. */
static bool add(double u_noise_lsb, double i_noise_lsb, unsigned quality)
{
    struct reading reading = {.metered = true, .duration_s = 0.2, .quality = quality};
    reading.noise[0] = seen(u_noise_lsb, u_gain);
    reading.noise[1] = seen(i_noise_lsb, i_gain);
    return noise_watch_add(&watch, &reading);
}

/* 10 s of windows alike. */
static void pass(double u_noise_lsb, double i_noise_lsb, unsigned quality)
{
    int n = 1;
    while (!add(u_noise_lsb, i_noise_lsb, quality))
        n++;
    assert_in_range(n, 50, 51); /* 0.2 s is not a sum of powers of two */
}

static void noise_comes_in_lsb_and_freed_of_the_quantiser(void **state)
{
    (void)state;
    start();
    assert_true(isnan(watch.noise_lsb[0]) && watch.state[0] == DETAIL_NOISE_UNKNOWN);
    pass(0.5, 0.7, QUALITY_UNCALIBRATED | QUALITY_SIMULATED | QUALITY_UNSYNCED);
    assert_true(fabs(watch.noise_lsb[0] - 0.5) < 1e-9);
    assert_true(fabs(watch.noise_lsb[1] - 0.7) < 1e-9);
    assert_int_equal(watch.state[0], DETAIL_NOISE_GOOD);
    assert_int_equal(watch.state[1], DETAIL_NOISE_GOOD);
}

static void means_are_of_squares(void **state)
{
    (void)state;
    start();
    for (int k = 0; k < 25; k++) {
        add(0.3, 1, 0);
        add(0.5, 2, 0);
    }
    while (isnan(watch.noise_lsb[0])) /* a window more, should rounding want it */
        add(0.3, 1, 0);
    assert_true(fabs(watch.noise_lsb[0] - sqrt((0.09 + 0.25) / 2)) < 2e-3);
    assert_true(fabs(watch.noise_lsb[1] - sqrt((1.0 + 4) / 2)) < 2e-2);
}

static void what_is_less_than_the_quantisers_is_zero(void **state)
{
    (void)state;
    start();
    struct reading reading = {.metered = true, .duration_s = 10};
    assert_true(noise_watch_add(&watch, &reading)); /* a code that never moves */
    assert_true(watch.noise_lsb[0] == 0 && watch.noise_lsb[1] == 0);
    assert_int_equal(watch.state[0], DETAIL_NOISE_GOOD); /* a voltage's swing is its dither */
    assert_int_equal(watch.state[1], DETAIL_NOISE_QUIET);
}

static void states_begin_and_end_with_hysteresis(void **state)
{
    static const struct {
        double i_noise_lsb;
        enum detail_noise state;
    } steps[] = {
        {0.41, DETAIL_NOISE_GOOD},  {0.39, DETAIL_NOISE_QUIET}, {0.44, DETAIL_NOISE_QUIET},
        {0.46, DETAIL_NOISE_GOOD},  {0.44, DETAIL_NOISE_GOOD},  {1.99, DETAIL_NOISE_GOOD},
        {2.01, DETAIL_NOISE_NOISY}, {1.81, DETAIL_NOISE_NOISY}, {1.79, DETAIL_NOISE_GOOD},
        {1.99, DETAIL_NOISE_GOOD},  {3, DETAIL_NOISE_NOISY},    {0.1, DETAIL_NOISE_QUIET},
    };
    (void)state;
    start();
    for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
        pass(0.1, steps[k].i_noise_lsb, 0);
        assert_int_equal(watch.state[1], steps[k].state);
        assert_int_equal(watch.state[0], DETAIL_NOISE_GOOD);
    }
    pass(2.1, 0.5, 0);
    assert_int_equal(watch.state[0], DETAIL_NOISE_NOISY);
}

static void disturbed_windows_do_not_count(void **state)
{
    static const unsigned doubtful[] = {QUALITY_CLIPPED, QUALITY_GAP, QUALITY_UNLOCKED, QUALITY_EVENT,
                                        QUALITY_SENSOR_FAULT};
    (void)state;
    for (size_t k = 0; k < sizeof doubtful / sizeof doubtful[0]; k++) {
        start();
        for (int n = 0; n < 20; n++)
            assert_false(add(9, 9, doubtful[k]));
        while (!add(0.5, 0.5, 0))
            ;
        assert_true(fabs(watch.noise_lsb[1] - 0.5) < 1e-9);
    }
}

static void a_value_needs_half_the_time_and_a_state_outlasts_it(void **state)
{
    (void)state;
    start();
    pass(0.5, 0.1, 0);
    for (int n = 0; n < 28; n++)
        assert_false(add(0.5, 0.5, QUALITY_GAP));
    while (!add(0.5, 0.5, 0))
        ;
    assert_true(isnan(watch.noise_lsb[1]));
    assert_int_equal(watch.state[1], DETAIL_NOISE_QUIET);
    struct reading gap = {.metered = false, .duration_s = 60};
    gap.noise[0] = gap.noise[1] = (double)NAN;
    assert_true(noise_watch_add(&watch, &gap));
    assert_true(isnan(watch.noise_lsb[0]));
    pass(0.5, 0.5, 0);
    assert_int_equal(watch.state[1], DETAIL_NOISE_GOOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_comes_in_lsb_and_freed_of_the_quantiser),
        cmocka_unit_test(means_are_of_squares),
        cmocka_unit_test(what_is_less_than_the_quantisers_is_zero),
        cmocka_unit_test(states_begin_and_end_with_hysteresis),
        cmocka_unit_test(disturbed_windows_do_not_count),
        cmocka_unit_test(a_value_needs_half_the_time_and_a_state_outlasts_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
