/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The meter when the mains or the load changes: lost voltage, moving frequency, steps. Time must stay whole. */
#include "dsp/quality.h"
#include "tests/unit/dsp/continuity.h"
#include "tests/unit/dsp/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void lost_voltage_is_unlocked_and_comes_back(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct continuity c = {0};
    rig_init(&rig, 50, 50.04, 60);
    rig.dead_from_s = 1.53;
    rig.dead_to_s = 4.21;
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    int unlocked = 0;
    for (int k = 0; k < 40; k++) {
        if (k == 10) {
            rig.f_hz = 51.7; /* the mains is another one when it returns */
        }
        rig_read(&rig, meter, &reading);
        check_continuity(&c, &reading);
        double start_s = 1e-9 * (double)(reading.start_ns - rig.base_ns);
        bool dead = start_s > 1.53 && start_s + reading.duration_s < 4.21;
        bool settled = start_s + reading.duration_s < 1.53 || start_s > 4.21 + 0.21;
        assert_true(reading.metered);
        assert_true(!dead || (reading.quality == QUALITY_UNLOCKED && isnan(reading.f_hz)));
        assert_true(!dead || reading.point[0].u_rms_v < 1e-6);
        assert_true(!settled || reading.quality == 0);
        assert_true(!settled || rig_error(&reading.point[0], &truth) < 2e-5);
        assert_true(!settled || fabs(reading.f_hz - rig.f_hz) < 5e-4);
        unlocked += reading.quality == QUALITY_UNLOCKED;
    }
    assert_in_range(unlocked, 13, 16);
    meter_close(meter);
}

static void without_voltage_from_the_start(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct continuity c = {0};
    rig_init(&rig, 60, 59.2, 60);
    rig.dead_from_s = -1;
    rig.dead_to_s = 2.05;
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 20; k++) {
        rig_read(&rig, meter, &reading);
        check_continuity(&c, &reading);
        assert_int_equal(reading.quality, k <= 10 ? QUALITY_UNLOCKED : 0);
        assert_true(k > 9 || fabs(reading.duration_s - 0.2) < 1e-9);
        assert_true(k <= 11 || rig_error(&reading.point[0], &truth) < 2e-5);
    }
    meter_close(meter);
}

/* The second element's voltage takes over when the first one's is gone. */
static void another_voltage_takes_over(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct meter_scan scan;
    struct continuity c = {0};
    rig_init(&rig, 60, 60.02, 60);
    rig.config.topology.n_channels = 4;
    rig.config.topology.n_elements = 2;
    rig.config.topology.element[1] = (struct element){2, 3, CIRCUIT_GRID, 2, 0, 0};
    topology_init(&rig.config.topology);
    rig.channel[2] = rig.channel[0];
    rig.channel[3] = rig.channel[1];
    rig.channel[2].part[0].deg = 180;
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 8000 * 6; k++) {
        rig_scan(&rig, &scan);
        scan.value[0] = k > 17000 && k < 33000 ? 0 : scan.value[0];
        meter_add(meter, &scan);
        while (meter_read(meter, &reading)) {
            check_continuity(&c, &reading);
            assert_int_equal(reading.quality, 0);
            assert_true(fabs(reading.f_hz - 60.02) < 1e-4);
            assert_true(fabs(reading.point[2].u_rms_v - 230) < 0.001);
        }
    }
    meter_close(meter);
}

static void frequency_ramp(void **state)
{
    (void)state;
    static const double rates[] = {0.2, -0.2, 1, -1};
    for (size_t n = 0; n < sizeof(rates) / sizeof(rates[0]); n++) {
        struct rig rig;
        struct reading reading;
        struct continuity c = {0};
        rig_init(&rig, 50, 50, 60);
        rig.rate_hz_s = rates[n];
        rig_part(&rig, 0, 25, 2.3, 10);
        rig_part(&rig, 1, 49, 0.05, 10);
        struct rig_truth truth = rig_truth(&rig, 0, 1);
        struct meter *meter = meter_init(&rig.config);
        for (int k = 0; k < 20; k++) {
            rig_read(&rig, meter, &reading);
            check_continuity(&c, &reading);
            double middle_s = 1e-9 * (double)(reading.start_ns - rig.base_ns) + reading.duration_s / 2;
            if (k >= 8) {
                /* The rate is learnt within a few windows; what stays is the pull to the zero crossing, 5e-6. */
                assert_true(rig_error(&reading.point[0], &truth) < 1e-5);
                assert_true(fabs(reading.f_hz - (50 + rates[n] * middle_s)) < 1e-5);
                assert_true(fabs(reading.point[0].u_h_v[25] / 2.3 - 1) < 5e-4);
                assert_true(fabs(reading.point[0].i_h_a[49] / 0.05 - 1) < 1e-3);
                assert_int_equal(reading.quality, 0);
            }
        }
        meter_close(meter);
    }
}

static void frequency_step_is_followed(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct continuity c = {0};
    rig_init(&rig, 50, 48.5, 60);
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 30; k++) {
        rig.f_hz = k < 10 ? 48.5 : 51.3;
        rig_read(&rig, meter, &reading);
        check_continuity(&c, &reading);
        if (k > 12) {
            assert_int_equal(reading.quality, 0);
            assert_true(fabs(reading.f_hz - 51.3) < 5e-4);
            assert_true(rig_error(&reading.point[0], &truth) < 5e-5);
        }
    }
    meter_close(meter);
}

/* The frequency of a window is of its own samples: right in the window behind a step, and in the step's own if it begins there;
 * everything else is right a window later, as no rate was made of it. */
static void a_step_of_frequency_is_over_with_its_window(void **state)
{
    (void)state;
    static const double steps_hz[] = {0.002, 0.02, -0.1, 0.45};
    for (size_t n = 0; n < sizeof(steps_hz) / sizeof(steps_hz[0]); n++) {
        struct rig rig;
        struct reading reading;
        rig_init(&rig, 50, 50.01, 60);
        struct rig_truth truth = rig_truth(&rig, 0, 1);
        struct meter *meter = meter_init(&rig.config);
        for (int k = 0; k < 16; k++) {
            if (k == 8) {
                double turns = rig.f_hz * (double)rig.scan / rig.config.scan_rate_hz;
                rig.f_hz += steps_hz[n];
                turns -= rig.f_hz * (double)rig.scan / rig.config.scan_rate_hz; /* the phase does not jump */
                rig.channel[0].part[0].deg += 360 * (turns - floor(turns));
                rig.channel[1].part[0].deg += 360 * (turns - floor(turns));
            }
            rig_read(&rig, meter, &reading);
            assert_int_equal(reading.quality, 0);
            assert_true(fabs(reading.f_hz - rig.f_hz) < (k == 8 ? 1e-3 * fabs(steps_hz[n]) : 2e-6));
            assert_true(k == 8 || rig_error(&reading.point[0], &truth) < 1e-5);
        }
        meter_close(meter);
    }
}

static void outside_the_range_is_unlocked(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct continuity c = {0};
    rig_init(&rig, 50, 62, 60);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 5; k++) {
        rig_read(&rig, meter, &reading);
        check_continuity(&c, &reading);
        assert_int_equal(reading.quality, QUALITY_UNLOCKED);
    }
    meter_close(meter);
}

/* A load that is switched in the middle of a window: what it drew is metered, and the window after is right. */
static void load_step(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct continuity c = {0};
    double energy_ws = 0;
    double start_s = 0;
    rig_init(&rig, 50, 50, 0);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 12; k++) {
        if (k == 6) {
            rig.channel[1].part[0].rms = 10;
        }
        rig_read(&rig, meter, &reading);
        check_continuity(&c, &reading);
        start_s = k == 0 ? 1e-9 * (double)(reading.start_ns - rig.base_ns) : start_s;
        energy_ws += reading.point[0].p_w * reading.duration_s;
        double expected = k < 6 ? 1150 : 2300;
        assert_true(k == 6 || fabs(reading.point[0].p_w - expected) < 1e-4 * expected);
    }
    double stop_s = 1e-9 * (double)(reading.end_ns - rig.base_ns);
    double step_s = start_s + 6 * 0.2; /* the reading of window 5 came with the scan just behind it */
    assert_true(fabs(energy_ws - (1150 * (step_s - start_s) + 2300 * (stop_s - step_s))) < 2300 * 0.001);
    meter_close(meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_voltage_is_unlocked_and_comes_back),
        cmocka_unit_test(without_voltage_from_the_start),
        cmocka_unit_test(another_voltage_takes_over),
        cmocka_unit_test(frequency_ramp),
        cmocka_unit_test(frequency_step_is_followed),
        cmocka_unit_test(a_step_of_frequency_is_over_with_its_window),
        cmocka_unit_test(outside_the_range_is_unlocked),
        cmocka_unit_test(load_step),
    };
    return cmocka_run_group_tests_name("dsp/meter_events", tests, NULL, NULL);
}
