/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calibration/model.h"

#include <math.h>

struct scale_case {
    const char *name;
    double gain, offset_lsb;
    double linearity_lsb; /* of code 700 alone */
    int code;
    double value;
};

static const struct scale_case scale_cases[] = {
    {"the mean code at zero is zero", 0.5, 512, 0, 512, 0},
    {"a step is the gain", 0.5, 512, 0, 513, 0.5},
    {"the lowest code is below zero", 0.5, 512, 0, 0, -256},
    {"the highest code is above", 0.5, 512, 0, 1023, 255.5},
    {"an offset may lie between two codes", 0.25, 511.5, 0, 511, -0.125},
    {"a negative gain turns the sensor round", -0.5, 512, 0, 513, -0.5},
    {"the correction is added to its code", 0.5, 512, 0.25, 700, 94.125},
    {"and to no other", 0.5, 512, 0.25, 701, 94.5},
};

static void test_scale(void **state)
{
    (void)state;
    static struct calibration calibration;
    static struct calibration_scale scale;
    for (size_t k = 0; k < sizeof scale_cases / sizeof scale_cases[0]; k++) {
        const struct scale_case *c = &scale_cases[k];
        calibration.n_channels = 2;
        calibration.channel[1].gain = c->gain;
        calibration.channel[1].offset_lsb = c->offset_lsb;
        calibration.channel[1].linearity_lsb[700] = c->linearity_lsb;
        calibration_scale_init(&scale, &calibration);
        if (scale.value[1][c->code] != c->value) /* all figures are short binary fractions: exact */
            fail_msg("%s: %.17g, expected %.17g", c->name, scale.value[1][c->code], c->value);
        assert_true(scale.value[2][c->code] == 0); /* a channel that the scan has not */
    }
}

static void test_response_hands_on_delay_and_poles(void **state)
{
    (void)state;
    static struct calibration_channel channel;
    channel.delay_ns = -1500;
    channel.high_pass_hz = 0.5;
    channel.low_pass_hz = 3400;
    struct channel_response response = calibration_response(&channel);
    assert_true(fabs(response.delay_s + 1.5e-6) < 1e-20);
    assert_true(response.high_pass_hz == 0.5 && response.low_pass_hz == 3400);
}

static void test_codes_at_the_ends_are_clipped(void **state)
{
    (void)state;
    assert_true(calibration_clipped(0));
    assert_true(calibration_clipped(1023));
    assert_true(calibration_clipped(65535));
    assert_false(calibration_clipped(1));
    assert_false(calibration_clipped(1022));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_response_hands_on_delay_and_poles),
        cmocka_unit_test(test_codes_at_the_ends_are_clipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
