/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The meter on steady waveforms: what it reads against what the waveforms amount to. */
#include "dsp/quality.h"
#include "tests/unit/dsp/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Float samples: what is left is the method's own error. 1e-6 is a hundredth of what the meter as a whole is allowed
 * (0.01 %) and a thousand times what a clean sine shows. */
static const double clean = 1e-6;

struct sine_case {
    const char *name;
    double f_nominal_hz;
    double f_hz;
    double phi_deg;
};

static const struct sine_case sines[] = {
    {"50 Hz, resistive", 50, 50, 0},
    {"50 Hz, quadrant I", 50, 50.011, 60},
    {"50 Hz, quadrant II", 50, 49.98, 120},
    {"50 Hz, quadrant III", 50, 50.2, -150},
    {"50 Hz, quadrant IV", 50, 49.7, -30},
    {"50 Hz, no active power", 50, 50.003, 90},
    {"50 Hz, no active power, leading", 50, 50.003, -90},
    {"50 Hz, pure export", 50, 50, 180},
    {"50 Hz at the low end", 50, 42.6, 33},
    {"50 Hz at 45 Hz", 50, 45, 33},
    {"50 Hz at the high end", 50, 57.4, 33},
    {"60 Hz, resistive", 60, 60, 0},
    {"60 Hz, power factor 0.1", 60, 60.037, 84.26},
    {"60 Hz, power factor 0.01", 60, 59.93, 89.427},
    {"60 Hz, export at power factor -0.5", 60, 60.1, 120},
    {"60 Hz at the low end", 60, 51.2, -75},
    {"60 Hz at 65 Hz", 60, 65, 75},
    {"60 Hz at the high end", 60, 68.8, 75},
};

static void check_no_nan(const struct point_reading *point, int h_max)
{
    const double values[] = {point->u_rms_v, point->i_rms_a, point->u_dc_v,       point->i_dc_a,
                             point->p_w,     point->q1_var,  point->s_va,         point->n_var,
                             point->pf,      point->dpf,     point->phi_deg,      point->u1_v,
                             point->i1_a,    point->p1_w,    point->thd_u_pct,    point->thd_i_pct,
                             point->u_crest, point->i_crest, point->u_half_min_v, point->u_half_max_v};
    for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
        assert_true(isfinite(values[k]));
    }
    for (int h = 1; h <= DSP_HARMONICS; h++) {
        assert_true(h <= h_max ? isfinite(point->u_h_v[h]) : isnan(point->u_h_v[h]));
        assert_true(h <= h_max ? isfinite(point->i_h_a[h]) : isnan(point->i_h_a[h]));
    }
}

static void check_sine(const struct sine_case *sine)
{
    struct rig rig;
    struct reading reading;
    rig_init(&rig, sine->f_nominal_hz, sine->f_hz, sine->phi_deg);
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    assert_non_null(meter);
    for (int k = 0; k < 10; k++) {
        rig_read(&rig, meter, &reading);
        const struct point_reading *point = &reading.point[0];
        assert_true(reading.metered);
        assert_int_equal(reading.quality, 0);
        assert_int_equal(reading.n_points, 1);
        assert_int_equal(reading.h_max, meter_h_max(8000, sine->f_hz));
        check_no_nan(point, reading.h_max);
        assert_true(rig_error(point, &truth) < clean);
        assert_true(fabs(reading.f_hz - sine->f_hz) < 1e-4);
        assert_true(fabs(point->s_va / truth.s_va - 1) < 2 * clean);
        assert_true(fabs(point->pf - truth.p_w / truth.s_va) < clean);
        assert_true(fabs(point->dpf - cos(sine->phi_deg * RIG_PI / 180)) < clean);
        assert_true(fabs(remainder(point->phi_deg - sine->phi_deg, 360)) < 1e-4);
        assert_true(fabs(point->n_var - fabs(truth.q1_var)) < 1e-3 * truth.s_va);
        assert_true(point->thd_u_pct < 1e-3 && point->thd_i_pct < 1e-3);
        assert_true(fabs(point->u_half_min_v - 230) < 1e-3 && fabs(point->u_half_max_v - 230) < 1e-3);
        /* The grid's points are 1.4 degrees apart: the peak lies within half of that, 1 - cos = 8e-5. */
        assert_true(fabs(point->u_crest - sqrt(2)) < 2e-4 && fabs(point->i_crest - sqrt(2)) < 2e-4);
        /* Windows begin at the rising zero crossing. */
        double turns = sine->f_hz * 1e-9 * (double)(reading.start_ns - rig.base_ns);
        assert_true(fabs(remainder(turns, 1)) < 1e-3);
    }
    meter_close(meter);
}

static void sines_of_any_frequency_and_angle(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(sines) / sizeof(sines[0]); k++) {
        printf("%s\n", sines[k].name);
        check_sine(&sines[k]);
    }
}

struct rate_case {
    double scan_rate_hz;
    int h_max_50_hz;
};

static void scan_rates(void **state)
{
    (void)state;
    static const struct rate_case cases[] = {{1000, 8},  {2000, 16},  {3900, 32},
                                             {8000, 50}, {15700, 50}, {20000, 50}};
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct rig rig;
        struct reading reading;
        rig_init(&rig, 50, 50.02, 40);
        rig.config.scan_rate_hz = cases[k].scan_rate_hz;
        rig.spacing_s = 20e-6;
        rig_part(&rig, 0, 3, 5, 20);
        rig_part(&rig, 1, 3, 1, 50);
        struct rig_truth truth = rig_truth(&rig, 0, 1);
        struct meter *meter = meter_init(&rig.config);
        for (int n = 0; n < 8; n++) {
            rig_read(&rig, meter, &reading);
        }
        assert_int_equal(meter_h_max(cases[k].scan_rate_hz, 50), cases[k].h_max_50_hz);
        check_no_nan(&reading.point[0], reading.h_max);
        /* The four-point polynomial and the straight lines are coarser at 20 samples a cycle. */
        assert_true(rig_error(&reading.point[0], &truth) < 1e-5);
        assert_true(fabs(reading.f_hz - 50.02) < 1e-4);
        meter_close(meter);
    }
}

/* What each disturbance may cost. Time stamps are exact, so little is left of jitter and skew. */
struct disturbance_case {
    const char *name;
    double jitter_s;
    double spacing_s;
    double stop_s; /* every 137 ms */
    bool rich;
    bool pauses;
    double error_most; /* of U, I, P, Q1 */
    double f_most_hz;
    double thd_most_pct; /* of the voltage's, absolute */
};

static const struct disturbance_case disturbances[] = {
    {"skew of a whole scan between the channels", 0, 93e-6, 0, false, false, 1e-6, 1e-4, 1e-3},
    {"hold instants jitter by 20 us", 20e-6, 31.8e-6, 0, false, false, 1e-6, 1e-4, 1e-3},
    {"rich harmonics", 0, 31.8e-6, 0, true, false, 1e-5, 1e-4, 2e-3},
    {"rich harmonics, jitter", 20e-6, 31.8e-6, 0, true, false, 1e-5, 1e-4, 5e-3},
    {"rich harmonics, deliberate pauses", 0, 31.8e-6, 0, true, true, 1e-5, 1e-4, 5e-3},
    {"holes of 2 ms", 0, 31.8e-6, 0.002, false, false, 5e-5, 1e-4, 5e-3},
    {"rich harmonics, jitter, pauses and holes of 2 ms", 20e-6, 31.8e-6, 0.002, true, true, 5e-5, 1e-4, 5e-3},
    {"holes of nearly a cycle", 0, 31.8e-6, 0.016, false, false, 1e-3, 2e-3, 0.3},
};

static void add_rich_harmonics(struct rig *rig)
{
    for (int h = 2; h <= 50; h++) {
        rig_part(rig, 0, h, 2.3, 37 * h);
        rig_part(rig, 1, h, h == 3 ? 1 : h == 5 ? 0.5 : 0.05, 61 * h);
    }
}

static void disturbed_sampling(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(disturbances) / sizeof(disturbances[0]); k++) {
        const struct disturbance_case *c = &disturbances[k];
        struct rig rig;
        struct reading reading;
        printf("%s\n", c->name);
        rig_init(&rig, 60, 60.037, 60);
        rig.jitter_s = c->jitter_s;
        rig.spacing_s = c->spacing_s;
        rig.stop_every_s = c->stop_s > 0 ? 0.137 : 0;
        rig.stop_s = c->stop_s;
        rig.pauses = c->pauses;
        if (c->rich) {
            add_rich_harmonics(&rig);
        }
        struct rig_truth truth = rig_truth(&rig, 0, 1);
        struct meter *meter = meter_init(&rig.config);
        for (int n = 0; n < 20; n++) {
            rig_read(&rig, meter, &reading);
            assert_true(reading.metered);
            assert_int_equal(reading.quality & QUALITY_GAP, c->stop_s > 0 ? QUALITY_GAP : 0);
            if (n >= 5) {
                assert_true(rig_error(&reading.point[0], &truth) < c->error_most);
                assert_true(fabs(reading.f_hz - 60.037) < c->f_most_hz);
                assert_true(fabs(reading.point[0].thd_u_pct - (c->rich ? 7 : 0)) < c->thd_most_pct);
            }
        }
        meter_close(meter);
    }
}

/* Delay and poles of each front end, known to the meter, leave no trace. */
static void front_end_is_taken_out(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    rig_init(&rig, 60, 59.96, 60);
    add_rich_harmonics(&rig);
    rig.config.response[0] = (struct channel_response){120e-6, 2.5, 3400};
    rig.config.response[1] = (struct channel_response){-40e-6, 0, 8000};
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    for (int n = 0; n < 8; n++) {
        rig_read(&rig, meter, &reading);
        const struct point_reading *point = &reading.point[0];
        assert_true(rig_error(point, &truth) < 1e-5);
        assert_true(fabs(point->phi_deg - 60) < 1e-4);
        for (int h = 2; h <= 50; h++) {
            assert_true(fabs(point->u_h_v[h] - 2.3) < 0.005 * 2.3);
        }
        assert_true(fabs(point->u_half_min_v / truth.u_v - 1) < 1e-3);
    }
    meter_close(meter);
}

/* 10 bits over +-1.28 of the peak, half a step of noise. The bound for the power of one window of 1,600 samples is about
 * 0.007 % (one sigma, from noise 0.58 LSB on 400 LSB and on 200 LSB): 0.1 % is fourteen of them. */
static void ten_bits_and_noise(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    rig_init(&rig, 60, 60.037, 60);
    for (int k = 0; k < 2; k++) {
        double peak = rig.channel[k].part[0].rms * sqrt(2);
        rig.channel[k].quantum = peak / (k == 0 ? 400 : 200);
        rig.channel[k].noise = rig.channel[k].quantum / 2;
    }
    rig.jitter_s = 20e-6;
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    double f_sum = 0;
    for (int n = 0; n < 50; n++) {
        rig_read(&rig, meter, &reading);
        assert_true(rig_error(&reading.point[0], &truth) < 1e-3);
        assert_true(fabs(reading.f_hz - 60.037) < 2e-3);
        f_sum += reading.f_hz;
    }
    assert_true(fabs(f_sum / 50 - 60.037) < 2e-4);
    meter_close(meter);
}

/* Reads n windows of the rig into out. */
static void read_windows(struct rig *rig, struct reading out[], int n)
{
    struct meter *meter = meter_init(&rig->config);
    for (int k = 0; k < n; k++) {
        rig_read(rig, meter, &out[k]);
    }
    meter_close(meter);
}

static void reversed_current_mirrors_power(void **state)
{
    (void)state;
    static struct reading forward[8];
    static struct reading reverse[8];
    struct rig rig;
    rig_init(&rig, 50, 50.02, 40);
    add_rich_harmonics(&rig);
    rig.jitter_s = 10e-6;
    struct rig mirrored = rig;
    mirrored.channel[1].scale = -1;
    read_windows(&rig, forward, 8);
    read_windows(&mirrored, reverse, 8);
    for (int k = 0; k < 8; k++) {
        const struct point_reading *a = &forward[k].point[0];
        const struct point_reading *b = &reverse[k].point[0];
        assert_true(fabs(a->p_w + b->p_w) < 1e-9 * a->s_va);
        assert_true(fabs(a->q1_var + b->q1_var) < 1e-9 * a->s_va);
        assert_true(fabs(a->s_va - b->s_va) < 1e-9 * a->s_va);
        assert_true(fabs(fabs(remainder(a->phi_deg - b->phi_deg, 360)) - 180) < 1e-6);
    }
}

static void scaling_scales(void **state)
{
    (void)state;
    static struct reading one[6];
    static struct reading three[6];
    struct rig rig;
    rig_init(&rig, 50, 49.99, 25);
    add_rich_harmonics(&rig);
    struct rig scaled = rig;
    scaled.channel[1].scale = 3;
    read_windows(&rig, one, 6);
    read_windows(&scaled, three, 6);
    for (int k = 0; k < 6; k++) {
        const struct point_reading *a = &one[k].point[0];
        const struct point_reading *b = &three[k].point[0];
        assert_true(fabs(3 * a->p_w - b->p_w) < 1e-9 * b->s_va);
        assert_true(fabs(3 * a->i_rms_a - b->i_rms_a) < 1e-9 * b->i_rms_a);
        assert_true(fabs(a->u_rms_v - b->u_rms_v) < 1e-9 * a->u_rms_v);
        assert_true(fabs(a->thd_i_pct - b->thd_i_pct) < 1e-6);
        assert_true(fabs(a->pf - b->pf) < 1e-9);
    }
}

/* Which input carries what must not matter, but for the instants at which they are held. */
static void channels_may_trade_places(void **state)
{
    (void)state;
    static struct reading straight[6];
    static struct reading swapped[6];
    struct rig rig;
    rig_init(&rig, 60, 60.02, 25);
    rig.spacing_s = 0;
    add_rich_harmonics(&rig);
    struct rig other = rig;
    other.channel[0] = rig.channel[1];
    other.channel[1] = rig.channel[0];
    other.config.topology.element[0] = (struct element){1, 0, CIRCUIT_GRID, 1, 0, 0};
    read_windows(&rig, straight, 6);
    read_windows(&other, swapped, 6);
    for (int k = 0; k < 6; k++) {
        assert_int_equal(straight[k].end_ns, swapped[k].end_ns);
        assert_memory_equal(&straight[k].point[0], &swapped[k].point[0], sizeof(straight[k].point[0]));
    }
}

static void dc_stays_apart(void **state)
{
    (void)state;
    struct rig rig;
    struct reading reading;
    rig_init(&rig, 50, 50.02, 40);
    rig.channel[0].dc = 4;
    rig.channel[1].dc = -0.5;
    struct rig_truth truth = rig_truth(&rig, 0, 1);
    struct meter *meter = meter_init(&rig.config);
    for (int k = 0; k < 6; k++) {
        rig_read(&rig, meter, &reading);
        const struct point_reading *point = &reading.point[0];
        assert_true(rig_error(point, &truth) < clean);
        assert_true(fabs(point->u_dc_v - 4) < 1e-5);
        assert_true(fabs(point->i_dc_a + 0.5) < 1e-6);
        assert_true(fabs(point->u_crest - sqrt(2)) < 2e-4 && fabs(point->i_crest - sqrt(2)) < 2e-4);
        assert_true(fabs(point->u_half_min_v - 230) < 1e-3);
    }
    meter_close(meter);
}

static void readings_are_the_same_again(void **state)
{
    (void)state;
    static struct reading once[6];
    static struct reading again[6];
    struct rig rig;
    rig_init(&rig, 60, 60.02, 25);
    rig.jitter_s = 20e-6;
    struct rig copy = rig;
    read_windows(&rig, once, 6);
    read_windows(&copy, again, 6);
    assert_memory_equal(once, again, sizeof(once));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sines_of_any_frequency_and_angle),
        cmocka_unit_test(scan_rates),
        cmocka_unit_test(disturbed_sampling),
        cmocka_unit_test(front_end_is_taken_out),
        cmocka_unit_test(ten_bits_and_noise),
        cmocka_unit_test(reversed_current_mirrors_power),
        cmocka_unit_test(scaling_scales),
        cmocka_unit_test(channels_may_trade_places),
        cmocka_unit_test(dc_stays_apart),
        cmocka_unit_test(readings_are_the_same_again),
    };
    return cmocka_run_group_tests_name("dsp/meter", tests, NULL, NULL);
}
