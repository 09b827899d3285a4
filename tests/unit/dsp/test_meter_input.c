/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The meter when its input is not as it should be: holes, flags, wrong stamps and values, wrong configurations. Time must
 * stay whole. */
#include "dsp/quality.h"
#include "tests/unit/dsp/continuity.h"
#include "tests/unit/dsp/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void windows_follow_one_another_without_a_rest(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct continuity c = {0};
    rig_init(&rig, 50, 49.873, 30);
    rig.jitter_s = 20e-6;
    rig.stop_every_s = 0.61;
    rig.stop_s = 0.03;
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 100; k++) {
        rig_read(&rig, meter, &reading);
        check_continuity(&c, &reading);
        assert_int_equal(reading.end_ns - reading.start_ns > 150000000, true);
    }
    meter_close(meter);
}

/* Skips scans until the instant to_s. */
static void go_to(struct rig *rig, double to_s)
{
    rig->scan = (int64_t)(to_s * rig->config.scan_rate_hz);
}

static void long_hole(double hole_s, double windows_least)
{
    struct rig rig;
    struct reading reading;
    struct continuity c = {0};
    rig_init(&rig, 60, 60.037, 60);
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 6; k++) {
        rig_read(&rig, meter, &reading);
        check_continuity(&c, &reading);
    }
    go_to(&rig, (double)rig.scan / 8000 + hole_s);
    rig_read(&rig, meter, &reading);
    check_continuity(&c, &reading);
    assert_false(reading.metered);
    assert_int_equal(reading.quality, QUALITY_GAP);
    double windows = reading.duration_s * 60.037 / 12;
    assert_true(fabs(windows - round(windows)) < 1e-6 * windows);
    assert_true(round(windows) >= windows_least && windows < windows_least + 1.5);
    for (int k = 0; k < 5; k++) {
        rig_read(&rig, meter, &reading);
        check_continuity(&c, &reading);
        assert_true(reading.metered);
        assert_int_equal(reading.quality, 0);
        assert_true(rig_error(&reading.point[0], &truth) < 1e-5);
        assert_true(fabs(reading.f_hz - 60.037) < 1e-4);
    }
    meter_close(meter);
}

static void a_hole_of_more_than_a_cycle_is_not_metered(void **state)
{
    (void)state;
    long_hole(0.018, 1);
    long_hole(0.5, 2);
    long_hole(3600, 18011);
}

static void holes_during_the_first_lock_begin_anew(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct meter_scan scan;
    rig_init(&rig, 60, 60.037, 60);
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 2000; k++) {
        rig_scan(&rig, &scan);
        meter_add(meter, &scan);
        assert_false(meter_read(meter, &reading));
    }
    go_to(&rig, 0.5);
    for (int k = 0; k < 3; k++) {
        rig_read(&rig, meter, &reading);
        assert_true(reading.start_ns - rig.base_ns >= 500000000);
        assert_true(reading.metered);
        assert_true(rig_error(&reading.point[0], &truth) < 1e-5);
    }
    meter_close(meter);
}

static void bridged_holes_are_flagged(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    rig_init(&rig, 50, 50.01, 60);
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 5; k++) {
        rig_read(&rig, meter, &reading);
        assert_int_equal(reading.quality, 0);
    }
    rig.scan += 80; /* 10 ms: half a cycle */
    rig_read(&rig, meter, &reading);
    assert_int_equal(reading.quality, QUALITY_GAP);
    assert_true(reading.metered);
    assert_true(rig_error(&reading.point[0], &truth) < 1e-5);
    rig_read(&rig, meter, &reading);
    assert_int_equal(reading.quality, 0);
    meter_close(meter);
}

/* One channel without values (a dead input) is a hole of that channel. */
static void values_that_are_no_numbers_are_holes(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct meter_scan scan;
    struct continuity c = {0};
    rig_init(&rig, 50, 50.01, 60);
    struct meter *meter = meter_init(&rig.config);
    int bridged = 0;
    int unmetered = 0;
    for (int k = 0; k < 8000 * 4; k++) {
        rig_scan(&rig, &scan);
        bool few = k % 8000 >= 4000 && k % 8000 < 4008;
        bool many = k >= 18000 && k < 24000;
        many = many || (k >= 9800 && k < 9960 + 8); /* 21 ms: just more than a cycle */
        scan.value[1] = few ? (double)NAN : many ? (double)INFINITY : scan.value[1];
        meter_add(meter, &scan);
        while (meter_read(meter, &reading)) {
            check_continuity(&c, &reading);
            bridged += reading.metered && (reading.quality & QUALITY_GAP);
            unmetered += !reading.metered;
            assert_true(!reading.metered || fabs(reading.point[0].p_w - 575) < 0.1);
        }
    }
    assert_in_range(bridged, 2, 5);
    assert_in_range(unmetered, 5, 7); /* 4..5 for 0.75 s, 1..2 for 21 ms */
    meter_close(meter);
}

static void flags_reach_every_window_they_touch(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct meter_scan scan;
    int clipped = 0;
    int simulated = 0;
    int windows = 0;
    rig_init(&rig, 50, 50, 30);
    rig.quality = QUALITY_SIMULATED;
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 16000; k++) {
        rig_scan(&rig, &scan);
        scan.quality |= k == 5000 || k == 9000 ? QUALITY_CLIPPED : 0;
        meter_add(meter, &scan);
        while (meter_read(meter, &reading)) {
            windows++;
            clipped += (reading.quality & QUALITY_CLIPPED) != 0;
            simulated += (reading.quality & QUALITY_SIMULATED) != 0;
            int64_t at_ns = rig.base_ns + INT64_C(625000000); /* scan 5,000 */
            bool touched = at_ns >= reading.start_ns && at_ns <= reading.end_ns;
            assert_true(!touched || (reading.quality & QUALITY_CLIPPED));
        }
    }
    assert_int_equal(clipped, 2);
    assert_int_equal(simulated, windows);
    meter_close(meter);
}

static void stamps_that_run_backwards_are_left_out(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct meter_scan scan;
    struct continuity c = {0};
    unsigned seen = 0;
    rig_init(&rig, 50, 50, 60);
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 16000; k++) {
        rig_scan(&rig, &scan);
        if (k % 1000 == 999) {
            scan.hold_ns[k % 2] = k % 3 == 0 ? INT64_MAX : INT64_MIN;
            scan.quality = QUALITY_SENSOR_FAULT;
        }
        meter_add(meter, &scan);
        while (meter_read(meter, &reading)) {
            check_continuity(&c, &reading);
            seen |= reading.quality;
            assert_true(rig_error(&reading.point[0], &truth) < 1e-5);
        }
    }
    assert_int_equal(seen, QUALITY_SENSOR_FAULT);
    meter_close(meter);
}

/* Scans that nobody reads push out the oldest; then the meter goes on. */
static void unread_scans_are_lost_but_time_is_not(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    struct meter_scan scan;
    struct continuity c = {0};
    rig_init(&rig, 50, 50, 60);
    struct meter *meter = meter_init(&rig.config);
    int metered = 0;
    for (int k = 0; k < 80000; k++) {
        rig_scan(&rig, &scan);
        meter_add(meter, &scan);
        while ((k < 16000 || k > 50000) && meter_read(meter, &reading)) {
            check_continuity(&c, &reading);
            metered += reading.metered;
            assert_true(!reading.metered || fabs(reading.point[0].p_w - 575) < 0.1);
        }
    }
    assert_in_range(metered, 20, 40);
    assert_true(reading.metered);
    meter_close(meter);
}

/* Whatever comes in: no crash, no lost time, and right again as soon as the input is. */
static void hostile_scans(void **state)
{
    (void)state;
    static const double oddities[] = {1e308, -1e308, 1e-320, 0, (double)NAN, -(double)INFINITY, 1e100};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rig rig;
        struct reading reading;
        struct meter_scan scan;
        struct continuity c = {0};
        rig_init(&rig, 50, 50, 60);
        rig.random = seed * 7919;
        struct meter *meter = meter_init(&rig.config);
        for (int k = 0; k < 26000; k++) {
            rig_scan(&rig, &scan);
            bool hostile = k > 4000 && k < 12000;
            if (hostile && rig_uniform(&rig) < 0.01) {
                scan.value[k % 2] = oddities[(int)(rig_uniform(&rig) * 7)];
            }
            if (hostile && rig_uniform(&rig) < 0.0005) {
                scan.hold_ns[k % 2] += (int64_t)(2e8 * rig_uniform(&rig) - 1e8);
            }
            if (hostile && rig_uniform(&rig) < 0.001) {
                rig.scan += (int64_t)(rig_uniform(&rig) * 3000);
            }
            meter_add(meter, &scan);
            while (meter_read(meter, &reading)) {
                check_continuity(&c, &reading);
            }
        }
        assert_true(reading.metered);
        assert_int_equal(reading.quality, 0);
        assert_true(fabs(reading.point[0].p_w - 575) < 0.01);
        meter_close(meter);
    }
}

struct wrong_config {
    const char *name;
    void (*spoil)(struct meter_config *config);
};

static void spoil_nominal(struct meter_config *config)
{
    config->f_nominal_hz = 55;
}
static void spoil_slow(struct meter_config *config)
{
    config->scan_rate_hz = 399;
}
static void spoil_fast(struct meter_config *config)
{
    config->scan_rate_hz = 200001;
}
static void spoil_rate_nan(struct meter_config *config)
{
    config->scan_rate_hz = (double)NAN;
}
static void spoil_voltage(struct meter_config *config)
{
    config->u_nominal_v = 0;
}
static void spoil_channels(struct meter_config *config)
{
    config->topology.n_channels = 9;
}
static void spoil_elements(struct meter_config *config)
{
    config->topology.n_elements = 0;
}
static void spoil_element(struct meter_config *config)
{
    config->topology.element[0].i_channel = 2;
}
static void spoil_circuit(struct meter_config *config)
{
    config->topology.element[0].circuit = CIRCUIT_LOAD;
}
static void spoil_leg(struct meter_config *config)
{
    config->topology.element[0].leg = 3;
}
static void spoil_delay(struct meter_config *config)
{
    config->response[1].delay_s = (double)NAN;
}
static void spoil_pole(struct meter_config *config)
{
    config->response[0].low_pass_hz = -1;
}

static void wrong_configurations_are_refused(void **state)
{
    (void)state;
    static const struct wrong_config cases[] = {
        {"neither 50 nor 60 Hz", spoil_nominal},
        {"too slow", spoil_slow},
        {"too fast", spoil_fast},
        {"no rate", spoil_rate_nan},
        {"no voltage", spoil_voltage},
        {"too many channels", spoil_channels},
        {"no element", spoil_elements},
        {"an element without a channel", spoil_element},
        {"load is no element's", spoil_circuit},
        {"leg 3", spoil_leg},
        {"no delay", spoil_delay},
        {"negative pole", spoil_pole},
    };
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct rig rig;
        rig_init(&rig, 50, 50, 0);
        cases[k].spoil(&rig.config);
        if (meter_init(&rig.config) != NULL) {
            fail_msg("accepted: %s", cases[k].name);
        }
    }
    meter_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_follow_one_another_without_a_rest),
        cmocka_unit_test(a_hole_of_more_than_a_cycle_is_not_metered),
        cmocka_unit_test(holes_during_the_first_lock_begin_anew),
        cmocka_unit_test(bridged_holes_are_flagged),
        cmocka_unit_test(values_that_are_no_numbers_are_holes),
        cmocka_unit_test(flags_reach_every_window_they_touch),
        cmocka_unit_test(stamps_that_run_backwards_are_left_out),
        cmocka_unit_test(unread_scans_are_lost_but_time_is_not),
        cmocka_unit_test(hostile_scans),
        cmocka_unit_test(wrong_configurations_are_refused),
    };
    return cmocka_run_group_tests_name("dsp/meter_input", tests, NULL, NULL);
}
