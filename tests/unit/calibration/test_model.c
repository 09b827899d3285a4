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

/* What the converter holds: x of the conversion before stays. Short binary fractions, but for 1 - x. */
static void test_crosstalk_is_taken_off(void **state)
{
    (void)state;
    static struct calibration calibration;
    static struct calibration_scale scale;
    static const double gain[3] = {0.5, -0.125, 0.25}, offset_lsb[3] = {511.5, 512.25, 500};
    calibration.n_channels = 3;
    for (int k = 0; k < 3; k++)
        calibration.channel[k] = (struct calibration_channel){
            .gain = gain[k], .offset_lsb = offset_lsb[k], .crosstalk = 0.03125 * (k - 1)};
    calibration.channel[1].crosstalk = 0.0078125;
    calibration.channel[0].linearity_lsb[900] = 0.375;
    calibration_scale_init(&scale, &calibration);
    assert_true(scale.crossed);

    /* held = (1 - x) own + x held_before, own chosen such that held is a code */
    static const uint16_t code[4][3] = {{900, 513, 40}, {130, 700, 512}, {900, 1, 1022}, {512, 512, 512}};
    double before_lsb = (double)NAN;
    for (int n = 0; n < 4; n++) {
        double value[3];
        if (n == 2) {
            calibration_scale_reset(&scale);
            before_lsb = (double)NAN;
        }
        calibration_scale_read(&scale, code[n], value);
        for (int k = 0; k < 3; k++) {
            const struct calibration_channel *channel = &calibration.channel[k];
            const double lin_lsb = code[n][k] + channel->linearity_lsb[code[n][k]], x = channel->crosstalk;
            const double own_lsb = isnan(before_lsb) ? lin_lsb : (lin_lsb - x * before_lsb) / (1 - x);
            const double expected = gain[k] * (own_lsb - offset_lsb[k]);
            if (!(fabs(value[k] - expected) <= 1e-12 * 1024)) /* rounding of figures up to 1024 */
                fail_msg("scan %d, channel %d: %.15g, expected %.15g", n, k, value[k], expected);
            before_lsb = lin_lsb;
        }
    }
}

static void test_without_crosstalk_values_are_the_table_s(void **state)
{
    (void)state;
    static struct calibration calibration;
    static struct calibration_scale scale;
    calibration.n_channels = 2;
    for (int k = 0; k < 2; k++)
        calibration.channel[k] = (struct calibration_channel){.gain = 1.0 / 3 - k, .offset_lsb = 511.7};
    calibration_scale_init(&scale, &calibration);
    assert_false(scale.crossed);
    for (int code = 0; code < CALIBRATION_CODES; code++) {
        double value[2];
        calibration_scale_read(&scale, (const uint16_t[]){(uint16_t)code, (uint16_t)(1023 - code)}, value);
        assert_true(value[0] == scale.value[0][code] && value[1] == scale.value[1][1023 - code]);
    }
}

struct noise_case {
    const char *name;
    double noise, gain;
    double noise_lsb;
};

static const struct noise_case noise_cases[] = {
    {"rounding alone is no noise at the input", 0.288675134594812882 * 0.122, 0.122, 0},
    {"less than rounding is none either", 0.01, 0.5, 0},
    {"3/4 LSB^2 on the codes are 2/3 at the input", 0.433012701892219323, 0.5, 0.816496580927726033},
    {"a sensor that is turned round has the same noise", 0.433012701892219323, -0.5, 0.816496580927726033},
};

static void test_noise(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof noise_cases / sizeof noise_cases[0]; k++) {
        const struct noise_case *c = &noise_cases[k];
        const double noise_lsb = calibration_noise_lsb(c->noise, c->gain);
        if (!(fabs(noise_lsb - c->noise_lsb) < 1e-7)) /* the root of a rounding error of 1e-16 is 1e-8 */
            fail_msg("%s: %.9g, expected %.9g", c->name, noise_lsb, c->noise_lsb);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_crosstalk_is_taken_off),
        cmocka_unit_test(test_without_crosstalk_values_are_the_table_s),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_response_hands_on_delay_and_poles),
        cmocka_unit_test(test_codes_at_the_ends_are_clipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
