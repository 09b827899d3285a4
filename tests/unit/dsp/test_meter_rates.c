/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From relay records of few samples a cycle to captures of many: what each rate carries is read, the rest is absent. */
#include "dsp/cycle.h"
#include "dsp/quality.h"
#include "dsp/wave.h"
#include "tests/unit/dsp/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct rate_case {
    const char *name;
    double rate_hz;
    double f_nominal_hz;
    double f_hz;
    int h_max;
    double beyond; /* a multiple of the mains above h_max that the rate still carries */
};

static const struct rate_case rates[] = {
    {"400 Hz, 8 samples a cycle", 400, 50, 50, 3, 3.5},
    {"400 Hz, 60 Hz", 400, 60, 60.02, 2, 3},
    {"400 Hz at the highest frequency", 400, 60, 68.8, 2, 2.5},
    {"800 Hz, 16 samples a cycle", 800, 50, 50, 6, 7},
    {"800 Hz beside 16 samples a cycle", 800, 50, 50.03, 6, 7},
    {"800 Hz, 60 Hz", 800, 60, 59.97, 5, 6},
    {"960 Hz, 16 samples a cycle", 960, 60, 60, 6, 7},
    {"1,200 Hz", 1200, 50, 50.3, 10, 11},
    {"2,000 Hz", 2000, 50, 50.01, 16, 18},
    {"30,000 Hz, 500 samples a cycle", 30000, 60, 60, 50, 210},
    {"30,000 Hz", 30000, 50, 49.93, 50, 210},
    {"200,000 Hz", 200000, 50, 50.02, 50, 120},
};

static void init(struct rig *rig, const struct rate_case *c)
{
    rig_init(rig, c->f_nominal_hz, c->f_hz, 35);
    rig->config.scan_rate_hz = c->rate_hz;
    rig->spacing_s = 0.2 / c->rate_hz;
}

static void read_settled(struct rig *rig, struct reading *reading)
{
    struct meter *meter = meter_init(&rig->config);
    assert_non_null(meter);
    for (int k = 0; k < 5; k++) {
        rig_read(rig, meter, reading);
        assert_true(reading->metered);
        assert_int_equal(reading->quality, 0);
    }
    meter_close(meter);
}

static void a_sine_at_any_rate(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(rates) / sizeof(rates[0]); k++) {
        const struct rate_case *c = &rates[k];
        struct rig rig;
        static struct reading reading;
        init(&rig, c);
        struct rig_truth truth = rig_truth(&rig, 0, 1);
        read_settled(&rig, &reading);
        const struct point_reading *point = &reading.point[0];
        printf("%s\n", c->name);
        assert_int_equal(reading.h_max, c->h_max);
        /* Nothing but the template's own error and rounding is left: 6e-9 was seen. */
        assert_true(rig_error(point, &truth) < 1e-7);
        assert_true(fabs(reading.f_hz - c->f_hz) < 1e-6);
        assert_true(point->thd_u_pct < 1e-4);
        assert_true(fabs(point->u_half_min_v - 230) < 1e-3 && fabs(point->u_half_max_v - 230) < 1e-3);
        for (int h = 1; h <= DSP_HARMONICS; h++) {
            assert_int_equal(isnan(point->u_h_v[h]) != 0, h > c->h_max);
        }
    }
}

/* 2 % of each harmonic up to h_max, and in the current 2 % of a component beyond: rms and P have it, THD has not. */
static void rich_waves_at_any_rate(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(rates) / sizeof(rates[0]); k++) {
        const struct rate_case *c = &rates[k];
        struct rig rig;
        static struct reading reading;
        init(&rig, c);
        for (int h = 2; h <= c->h_max; h++) {
            rig_part(&rig, 0, h, 4.6, 37 * h);
            rig_part(&rig, 1, h, 0.1, 61 * h);
        }
        rig_part(&rig, 1, c->beyond, 0.1, 20);
        struct rig_truth truth = rig_truth(&rig, 0, 1);
        read_settled(&rig, &reading);
        const struct point_reading *point = &reading.point[0];
        printf("%s\n", c->name);
        /* The component beyond h_max goes through the straight lines and their equaliser: of its 2 % (2e-4 of I^2) the
         * lines' images lose and gain some 30 %. 7e-5 was seen. */
        assert_true(rig_error(point, &truth) < 1e-4);
        assert_true(fabs(reading.f_hz - c->f_hz) < 1e-5);
        assert_true(fabs(point->thd_u_pct - 2 * sqrt(c->h_max - 1)) < 2e-3);
        for (int h = 2; h <= c->h_max; h++) {
            assert_true(fabs(point->u_h_v[h] / 4.6 - 1) <
                        1e-3); /* 2e-4 of h50's own, by the table's polynomial */
        }
    }
}

/* A lamp's current, a fifth of it far above h_max, sampled in step with the mains: what the straight lines make of the fast
 * part must not fold back. On a grid of as many points as there are samples this reads 0.25 % high. */
static void fast_components_do_not_fold_back(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    rig_init(&rig, 60, 60, 20);
    rig.config.scan_rate_hz = 30000;
    rig.spacing_s = 0;
    static const double orders[] = {150, 161, 172, 183, 194, 205};
    for (int k = 0; k < 6; k++) {
        rig_part(&rig, 1, orders[k], 0.4, 50 * k);
    }
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    read_settled(&rig, &reading);
    assert_true(fabs(reading.point[0].i_rms_a / truth.i_a - 1) < 2e-4);
}

/* What happens when scans are lost. Even samples, so that n lost make a spacing of n + 1 periods. */
struct loss_case {
    const char *name;
    double rate_hz;
    double f_hz;
    int lost;
    bool flagged;
    bool metered;
};

static const struct loss_case losses[] = {
    {"800 Hz: two lost are no hole", 800, 50, 2, false, true},
    {"800 Hz: three lost are one", 800, 50, 3, true, true},
    {"800 Hz: a cycle less one is bridged", 800, 50, 14, true, true},
    {"800 Hz: a cycle and more is not metered", 800, 50, 16, true, false},
    {"400 Hz: one lost is a quarter of a cycle and flagged", 400, 50, 1, true, true},
    {"400 Hz, 60 Hz: one lost is nearly a third", 400, 60, 1, true, true},
    {"1,200 Hz: two lost", 1200, 50, 2, false, true},
    {"30,000 Hz: two lost", 30000, 60, 2, false, true},
    {"30,000 Hz: three lost", 30000, 60, 3, true, true},
    {"30,000 Hz: nearly a cycle", 30000, 60, 498, true, true},
    {"30,000 Hz: a cycle and more", 30000, 60, 500, true, false},
};

static void check_loss(const struct loss_case *c)
{
    struct rig rig;
    static struct reading reading;
    struct meter_scan scan;
    rig_init(&rig, c->f_hz, c->f_hz, 35);
    rig.config.scan_rate_hz = c->rate_hz;
    rig.spacing_s = 0.2 / c->rate_hz;
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 3; k++) {
        rig_read(&rig, meter, &reading);
    }
    for (int k = 0; k < c->rate_hz / 20; k++) {
        rig_scan(&rig, &scan);
        meter_add(meter, &scan);
    }
    for (int k = 0; k < c->lost; k++) {
        rig_scan(&rig, &scan);
    }
    rig_read(&rig, meter, &reading);
    if (reading.metered != c->metered || ((reading.quality & QUALITY_GAP) != 0) != c->flagged) {
        fail_msg("%s: metered %d, quality %u", c->name, reading.metered, reading.quality);
    }
    if (c->metered) {
        assert_true(rig_error(&reading.point[0], &truth) <
                    1e-5); /* the template carries a steady sine across */
    }
    rig_read(&rig, meter, &reading);
    assert_true(reading.metered && reading.quality == 0);
    assert_true(rig_error(&reading.point[0], &truth) < 1e-5);
    meter_close(meter);
}

static void holes_at_any_rate(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(losses) / sizeof(losses[0]); k++) {
        printf("%s\n", losses[k].name);
        check_loss(&losses[k]);
    }
}

/* Recorded stamps are exact; a converter's are not, and its codes are coarse. */
static void few_samples_jitter_and_ten_bits(void **state)
{
    (void)state;
    struct rig rig;
    static struct reading reading;
    rig_init(&rig, 60, 60.03, 35);
    rig.config.scan_rate_hz = 960;
    rig.jitter_s = 20e-6;
    for (int k = 0; k < 2; k++) {
        rig.channel[k].quantum = rig.channel[k].part[0].rms * sqrt(2) / 400;
        rig.channel[k].noise = rig.channel[k].quantum / 2;
    }
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 20; k++) {
        rig_read(&rig, meter, &reading);
        assert_int_equal(reading.quality, 0);
        /* 0.58 LSB of noise on 400 peak in each of 192 samples: 0.58 / 283 / sqrt(192) = 0.015 % of an rms value, one
         * sigma; P and Q1 have that of both. Five of them. */
        assert_true(rig_error(&reading.point[0], &truth) < 1.1e-3);
        assert_true(fabs(reading.f_hz - 60.03) < 5e-3);
    }
    meter_close(meter);
}

static void h_max_may_be_nothing(void **state)
{
    (void)state;
    assert_int_equal(meter_h_max(30000, 50), 50);
    assert_int_equal(meter_h_max(800, 50), 6);
    assert_int_equal(meter_h_max(200, 60), 1);
    assert_int_equal(meter_h_max(100, 60), 0);
    assert_true(meter_h_max(RATE_LEAST_HZ, 69) >=
                2); /* the lowest rate at the highest frequency still has a THD */
}

/* Where a rate carries no second harmonic there is no THD to speak of: absent, not 0. */
static void without_a_second_harmonic_there_is_no_thd(void **state)
{
    (void)state;
    for (int h_max = 0; h_max <= 2; h_max++) {
        struct wave wave;
        assert_true(wave_init(&wave, 10, GRID_POINTS));
        wave.n_bins = 30;
        wave.h_max = h_max;
        wave.bin[10] = (struct phasor){100, 0};
        wave.bin[20] = (struct phasor){3, 4};
        wave_measure(&wave);
        assert_int_equal(isnan(wave.groups.thds_pct) != 0, h_max < 2);
        assert_true(h_max < 2 || fabs(wave.groups.thds_pct - 5) < 1e-9);
        assert_int_equal(isnan(wave.groups.harmonic[1]) != 0, h_max < 1);
        assert_true(fabs(wave.rms - sqrt((10000 + 25) / 2.0)) < 1e-9); /* rms has all bins all the same */
        wave_close(&wave);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sine_at_any_rate),
        cmocka_unit_test(rich_waves_at_any_rate),
        cmocka_unit_test(fast_components_do_not_fold_back),
        cmocka_unit_test(holes_at_any_rate),
        cmocka_unit_test(few_samples_jitter_and_ten_bits),
        cmocka_unit_test(h_max_may_be_nothing),
        cmocka_unit_test(without_a_second_harmonic_there_is_no_thd),
    };
    return cmocka_run_group_tests_name("dsp/meter_rates", tests, NULL, NULL);
}
