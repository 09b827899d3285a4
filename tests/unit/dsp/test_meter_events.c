/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The meter when things happen: holes, lost voltage, moving frequency, wrong input. Time must stay whole. */
#include "dsp/quality.h"
#include "tests/unit/dsp/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool all_absent(const struct point_reading *point)
{
    const double *value = (const double *)point;
    for (size_t k = 0; k < sizeof(*point) / sizeof(double); k++) {
        if (!isnan(value[k])) {
            return false;
        }
    }
    return true;
}

/* What must hold between any two readings of a meter. */
struct continuity {
    bool started;
    int64_t first_ns;
    int64_t end_ns;
    uint64_t seq;
    double sum_s;
};

static void check_continuity(struct continuity *c, const struct reading *reading)
{
    if (!c->started) {
        *c = (struct continuity){true, reading->start_ns, reading->start_ns, reading->seq, 0};
    }
    assert_int_equal(reading->start_ns, c->end_ns);
    assert_int_equal(reading->seq, c->seq);
    c->end_ns = reading->end_ns;
    c->seq++;
    c->sum_s += reading->duration_s;
    double elapsed_s = 1e-9 * (double)(reading->end_ns - c->first_ns);
    assert_true(fabs(c->sum_s - elapsed_s) < 1.5e-9 + 1e-12 * elapsed_s);
    for (int k = 0; !reading->metered && k < reading->n_points; k++) {
        assert_true(all_absent(&reading->point[k]));
    }
    assert_true(reading->metered || (reading->quality & QUALITY_GAP));
    assert_int_equal(isnan(reading->f_hz) != 0,
                     !reading->metered || (reading->quality & QUALITY_UNLOCKED) != 0);
}

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
    rig.config.topology.element[1] = (struct element){2, 3, CIRCUIT_GRID, 2};
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
                /* The rate is learnt within a few windows; what stays is the pull to the zero crossing. */
                assert_true(rig_error(&reading.point[0], &truth) < 1e-4);
                assert_true(fabs(reading.f_hz - (50 + rates[n] * middle_s)) < 2e-4);
                assert_true(fabs(reading.point[0].u_h_v[25] / 2.3 - 1) < 1e-3);
                assert_true(fabs(reading.point[0].i_h_a[49] / 0.05 - 1) < 3e-3);
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
    config->scan_rate_hz = 999;
}
static void spoil_fast(struct meter_config *config)
{
    config->scan_rate_hz = 20001;
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
        cmocka_unit_test(lost_voltage_is_unlocked_and_comes_back),
        cmocka_unit_test(without_voltage_from_the_start),
        cmocka_unit_test(another_voltage_takes_over),
        cmocka_unit_test(frequency_ramp),
        cmocka_unit_test(frequency_step_is_followed),
        cmocka_unit_test(outside_the_range_is_unlocked),
        cmocka_unit_test(load_step),
        cmocka_unit_test(flags_reach_every_window_they_touch),
        cmocka_unit_test(stamps_that_run_backwards_are_left_out),
        cmocka_unit_test(unread_scans_are_lost_but_time_is_not),
        cmocka_unit_test(hostile_scans),
        cmocka_unit_test(wrong_configurations_are_refused),
    };
    return cmocka_run_group_tests_name("dsp/meter_events", tests, NULL, NULL);
}
