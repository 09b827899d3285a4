/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 150/180-cycle values, from readings made by hand. */
#include "dsp/absent.h"
#include "dsp/aggregate.h"
#include "dsp/quality.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct aggregate_builder builder;
static struct aggregate closed;

/* A metered window of 0.2 s with the same number everywhere. */
static struct reading window_of(double value)
{
    static int64_t start_ns = 1000;
    struct reading reading = {.metered = true, .duration_s = 0.2, .f_hz = 50, .h_max = 50, .n_points = 2};
    reading.start_ns = start_ns;
    reading.end_ns = start_ns += 200000000;
    for (int p = 0; p < 2; p++) {
        double *to = (double *)&reading.point[p];
        for (int k = 0; k < AGGREGATE_VALUES; k++) {
            to[k] = p == 0 ? value : -value;
        }
    }
    return reading;
}

static bool add(const struct reading *reading)
{
    return aggregate_add(&builder, reading, &closed);
}

/* What one field makes of windows of 3 and 4 in turns. */
struct kind_case {
    const char *name;
    size_t at;
    double result;
};

#define CASE(field, result)                                                                                  \
    {                                                                                                        \
#field, offsetof(struct point_reading, field), result                                                \
    }
#define RMS 3.5355339059327378 /* sqrt((9 + 16) / 2) */
static const struct kind_case kinds[] = {
    CASE(u_rms_v, RMS),
    CASE(i_rms_a, RMS),
    CASE(u_dc_v, 3.5),
    CASE(p_w, 3.5),
    CASE(q1_var, 3.5),
    CASE(s_va, 3.5),
    CASE(n_var, 3.5),
    CASE(p1_w, 3.5),
    CASE(pf, 1),
    CASE(ph_w, 3.5),
    CASE(u1_v, RMS),
    CASE(i1_a, RMS),
    CASE(sn_va, 3.5),
    CASE(thd_u_pct, RMS),
    CASE(thdg_i_pct, RMS),
    CASE(i_k_factor, 3.5),
    CASE(u_unbalance_pct, RMS),
    CASE(u_half_min_v, 3),
    CASE(u_half_max_v, 4),
    CASE(u_h_v[1], RMS),
    CASE(i_h_a[50], RMS),
    CASE(u_sg_v[7], RMS),
    CASE(i_g_a[2], RMS),
    CASE(u_isg_v[0], RMS),
    CASE(i_ig_a[50], RMS),
    CASE(phi_deg, 45),
    CASE(dpf, 0.70710678118654752),
    CASE(i_neutral_a, RMS),
};

static double value_at(const struct point_reading *point, size_t at)
{
    return *(const double *)((const char *)point + at);
}

static void each_value_has_its_mean(void **state)
{
    (void)state;
    aggregate_init(&builder, 16);
    for (int k = 0; k < 15; k++) {
        struct reading reading = window_of(k % 2 == 0 ? 3 : 4);
        assert_false(add(&reading));
    }
    struct reading last = window_of(4);
    assert_true(add(&last));
    assert_int_equal(closed.windows, 16);
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        double got = value_at(&closed.reading.point[0], kinds[k].at);
        printf("%s %g\n", kinds[k].name, got);
        assert_true(fabs(got - kinds[k].result) < 1e-12);
    }
}

/* A new field of struct point_reading that has no mean would be absent. */
static void no_value_is_forgotten(void **state)
{
    (void)state;
    aggregate_init(&builder, 1);
    struct reading reading = window_of(2);
    assert_true(add(&reading));
    const double *value = (const double *)&closed.reading.point[0];
    for (int k = 0; k < AGGREGATE_VALUES; k++) {
        assert_true(isfinite(value[k]));
    }
}

/* Squares as often below zero as above: nothing is left but the rest, with its sign. */
static void squares_keep_their_sign(void **state)
{
    (void)state;
    static const struct {
        double a;
        double b;
        double result;
    } cases[] = {{3, -3, 0}, {5, -3, 2.8284271247461903}, {3, -5, -2.8284271247461903}, {-2, -2, -2}};
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        aggregate_init(&builder, 2);
        struct reading a = window_of(cases[k].a);
        struct reading b = window_of(cases[k].b);
        assert_false(add(&a));
        assert_true(add(&b));
        assert_true(fabs(closed.reading.point[0].i_rms_a - cases[k].result) < 1e-12);
        assert_true(fabs(closed.reading.point[0].i_sg_a[3] - cases[k].result) < 1e-12);
        assert_true(fabs(closed.reading.point[0].p_w - (cases[k].a + cases[k].b) / 2) < 1e-12);
        assert_true(fabs(closed.reading.point[1].u_rms_v + cases[k].result) < 1e-12);
    }
}

static void fifteen_windows_follow_one_another(void **state)
{
    (void)state;
    aggregate_init(&builder, AGGREGATE_WINDOWS);
    int64_t end_ns = 0;
    int n = 0;
    for (int k = 0; k < 60; k++) {
        struct reading reading = window_of(1);
        if (!add(&reading)) {
            continue;
        }
        assert_int_equal(closed.windows, 15);
        assert_int_equal(closed.metered, 15);
        assert_int_equal(closed.flagged, 0);
        assert_int_equal(closed.reading.seq, n);
        assert_true(n == 0 || closed.reading.start_ns == end_ns);
        assert_int_equal(closed.reading.end_ns, reading.end_ns);
        assert_true(fabs(closed.reading.duration_s - 3) < 1e-12);
        assert_true(closed.reading.metered && fabs(closed.reading.f_hz - 50) < 1e-12);
        end_ns = closed.reading.end_ns;
        n++;
    }
    assert_int_equal(n, 4);
}

struct flag_case {
    const char *name;
    unsigned quality;
    unsigned flagged;
};

static const struct flag_case flags[] = {
    {"none", 0, 0},
    {"a dip, swell or interruption", QUALITY_EVENT, 1},
    {"a bridged gap", QUALITY_GAP, 1},
    {"not followed", QUALITY_UNLOCKED, 1},
    {"clipped", QUALITY_CLIPPED, 1},
    {"the unit's own", QUALITY_UNCALIBRATED | QUALITY_UNSYNCED | QUALITY_SIMULATED | QUALITY_ASSUMED, 0},
};

static void one_flagged_window_flags_the_aggregate(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
        aggregate_init(&builder, AGGREGATE_WINDOWS);
        printf("%s\n", flags[k].name);
        for (int w = 0; w < AGGREGATE_WINDOWS; w++) {
            struct reading reading = window_of(1);
            reading.quality = w == 7 ? flags[k].quality : 0;
            assert_int_equal(add(&reading), w == AGGREGATE_WINDOWS - 1);
        }
        assert_int_equal(closed.reading.quality, flags[k].quality);
        assert_int_equal(closed.flagged, flags[k].flagged);
    }
}

static void absent_values_do_not_count(void **state)
{
    (void)state;
    aggregate_init(&builder, 3);
    struct reading first = window_of(6);
    struct reading second = window_of(2);
    struct reading third = window_of(0);
    first.h_max = 40;
    second.point[0].u_h_v[50] = ABSENT;
    first.point[0].u_h_v[50] = ABSENT;
    third.point[0].u_h_v[50] = ABSENT;
    second.point[0].u_rms_v = ABSENT;
    third.point[0].u_half_min_v = ABSENT;
    third.point[0].thd_i_pct = ABSENT;
    third.f_hz = ABSENT;
    second.f_hz = 51;
    second.duration_s = 0.1;
    add(&first);
    add(&second);
    assert_true(add(&third));
    const struct point_reading *point = &closed.reading.point[0];
    assert_true(isnan(point->u_h_v[50]));
    assert_true(fabs(point->u_rms_v - sqrt(18)) < 1e-12);
    assert_true(fabs(point->u_half_min_v - 2) < 1e-12);
    assert_true(fabs(point->thd_i_pct - sqrt((0.2 * 36 + 0.1 * 4) / 0.3)) < 1e-12); /* weighted with time */
    assert_true(fabs(closed.reading.f_hz - (0.2 * 50 + 0.1 * 51) / 0.3) < 1e-12);
    assert_int_equal(closed.reading.h_max, 40);
    assert_true(isnan(closed.reading.mains_cycles));
}

static void a_long_gap_ends_the_aggregate(void **state)
{
    (void)state;
    aggregate_init(&builder, AGGREGATE_WINDOWS);
    struct reading reading = window_of(1);
    struct reading lost = window_of(7);
    lost.metered = false;
    lost.duration_s = 60;
    lost.quality = QUALITY_GAP;
    lost.f_hz = ABSENT;
    assert_false(add(&reading));
    assert_true(add(&lost));
    assert_int_equal(closed.windows, 2);
    assert_int_equal(closed.metered, 1);
    assert_int_equal(closed.flagged, 1);
    assert_true(fabs(closed.reading.duration_s - 60.2) < 1e-9);
    assert_true(fabs(closed.reading.point[0].u_rms_v - 1) < 1e-12);
    assert_true(add(&lost));
    assert_false(closed.reading.metered);
    assert_true(isnan(closed.reading.point[0].u_rms_v) && isnan(closed.reading.point[1].pf));
    assert_true(isnan(closed.reading.f_hz) && isnan(closed.reading.noise[0]));
    assert_int_equal(closed.reading.h_max, 0);
}

/* The mean of ratios would be 0; and straight back is +180 degrees. */
static void ratios_come_from_mean_powers(void **state)
{
    (void)state;
    aggregate_init(&builder, 2);
    struct reading a = window_of(1);
    struct reading b = window_of(1);
    a.point[0].p_w = a.point[0].p1_w = 300;
    b.point[0].p_w = b.point[0].p1_w = -100;
    a.point[0].q1_var = 100;
    b.point[0].q1_var = -100;
    a.point[0].s_va = b.point[0].s_va = 400;
    a.point[1].p1_w = b.point[1].p1_w = -5;
    a.point[1].q1_var = b.point[1].q1_var = -0.0;
    a.point[1].s_va = b.point[1].s_va = 0;
    add(&a);
    assert_true(add(&b));
    assert_true(fabs(closed.reading.point[0].pf - 0.25) < 1e-12);
    assert_true(fabs(closed.reading.point[0].dpf - 1) < 1e-12);
    assert_true(fabs(closed.reading.point[0].phi_deg) < 1e-12);
    assert_true(fabs(closed.reading.point[1].phi_deg - 180) < 1e-12);
    assert_true(isnan(closed.reading.point[1].pf));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_has_its_mean),
        cmocka_unit_test(no_value_is_forgotten),
        cmocka_unit_test(squares_keep_their_sign),
        cmocka_unit_test(fifteen_windows_follow_one_another),
        cmocka_unit_test(one_flagged_window_flags_the_aggregate),
        cmocka_unit_test(absent_values_do_not_count),
        cmocka_unit_test(a_long_gap_ends_the_aggregate),
        cmocka_unit_test(ratios_come_from_mean_powers),
    };
    return cmocka_run_group_tests_name("dsp/aggregate", tests, NULL, NULL);
}
