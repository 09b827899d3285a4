/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An interval's means, angles, flags and what is absent. */
#include "dsp/quality.h"
#include "tests/unit/dsp/interval_bench.h"

static void test_means_are_weighted_with_time(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 60000, 0, &no_creep);
    struct reading reading = empty_window();
    struct point_reading *point = &reading.point[0];
    *point = (struct point_reading){.u_rms_v = 120,
                                    .i_rms_a = 3,
                                    .p_w = 300,
                                    .q1_var = 100,
                                    .s_va = 360,
                                    .n_var = 199,
                                    .p1_w = 290,
                                    .thd_u_pct = 3,
                                    .thd_i_pct = 30};
    reading.f_hz = 60.02;
    reading.h_max = 50;
    assert_false(feed(&bench, &reading, 100));
    *point = (struct point_reading){.u_rms_v = 110,
                                    .i_rms_a = 4,
                                    .p_w = -100,
                                    .q1_var = -40,
                                    .s_va = 440,
                                    .n_var = 428,
                                    .p1_w = -90,
                                    .thd_u_pct = 4,
                                    .thd_i_pct = (double)NAN};
    reading.f_hz = 59.96;
    reading.h_max = 49;
    assert_false(feed(&bench, &reading, 300));
    assert_true(interval_close(&bench.builder, &bench.registers, &bench.closed));

    const struct interval_point *mean = &bench.closed.point[0];
    const double ulp = 1e-12; /* a few roundings of values up to 1e3 */
    assert_near(mean->u_rms_v, sqrt((120 * 120 + 3 * 110 * 110) / 4.0), ulp);
    assert_near(mean->i_rms_a, sqrt((9 + 3 * 16) / 4.0), ulp);
    assert_near(mean->p_w, 0, ulp);
    assert_near(mean->q1_var, (100 - 3 * 40) / 4.0, ulp);
    assert_near(mean->s_va, 420, ulp);
    assert_near(mean->n_var, (199 + 3 * 428) / 4.0, ulp);
    assert_near(mean->thd_u_pct, sqrt((9 + 3 * 16) / 4.0), ulp);
    assert_near(mean->thd_i_pct, 30, ulp); /* of the one window that had it */
    assert_near(mean->pf, 0, ulp);
    const double p1_w = (290 - 3 * 90) / 4.0, q1_var = -5;
    assert_near(mean->dpf, p1_w / hypot(p1_w, q1_var), ulp);
    assert_near(mean->phi_deg, atan2(q1_var, p1_w) * 180 / acos(-1), ulp);
    assert_near(mean->u_min_v, 110, 0);
    assert_near(mean->u_max_v, 120, 0);
    assert_near(mean->i_max_a, 4, 0);
    assert_near(mean->p_min_w, -100, 0);
    assert_near(mean->p_max_w, 300, 0);
    assert_near(bench.closed.f_hz, (60.02 + 3 * 59.96) / 4, ulp);
    assert_near(bench.closed.f_min_hz, 59.96, 0);
    assert_near(bench.closed.f_max_hz, 60.02, 0);
    assert_int_equal(bench.closed.h_max, 49);
    assert_int_equal(bench.closed.n_points, 2);
    assert_true(isnan(bench.closed.point[1].p_w) && isnan(bench.closed.point[1].u_min_v));
}

struct angle_case {
    const char *name;
    double p1_w, q1_var;
    double phi_deg, dpf;
};

static const struct angle_case angle_cases[] = {
    {"a resistor has no angle", 100, 0, 0, 1},
    {"a coil lags by a right angle", 0, 100, 90, 0},
    {"a capacitor leads by one", 0, -100, -90, 0},
    {"plain export stands at 180 degrees", -100, 0, 180, -1},
    {"and not at -180", -100, -1e-20, 180, -1},
    {"quadrant III is between -180 and -90", -100, -100, -135, -0.70710678118654752440},
    {"no power has no angle", 0, 0, (double)NAN, (double)NAN},
};

static void test_angles(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof angle_cases / sizeof angle_cases[0]; k++) {
        const struct angle_case *c = &angle_cases[k];
        struct bench bench;
        bench_init(&bench, 60000, 0, &no_creep);
        struct reading reading = empty_window();
        reading.point[0].p1_w = c->p1_w;
        reading.point[0].q1_var = c->q1_var;
        feed(&bench, &reading, 200);
        interval_close(&bench.builder, &bench.registers, &bench.closed);
        const struct interval_point *point = &bench.closed.point[0];
        bool absent = isnan(c->dpf) && isnan(point->phi_deg) && isnan(point->dpf);
        if (!absent && !(fabs(point->phi_deg - c->phi_deg) < 1e-12 && fabs(point->dpf - c->dpf) < 1e-15))
            fail_msg("%s: %.17g deg, %.17g", c->name, point->phi_deg, point->dpf);
    }
}

static void test_unmetered_time_alone_leaves_every_mean_absent(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 1000, 0, &no_creep);
    struct reading reading = empty_window();
    reading.metered = false;
    reading.h_max = 0;
    reading.point[0].p_w = 1000; /* even if it carried values */
    reading.f_hz = 60;
    assert_true(feed(&bench, &reading, 1000));
    const struct interval_point *point = &bench.closed.point[0];
    const double values[] = {point->u_rms_v,       point->u_min_v,    point->u_max_v,
                             point->i_rms_a,       point->i_max_a,    point->p_w,
                             point->p_min_w,       point->p_max_w,    point->q1_var,
                             point->s_va,          point->n_var,      point->pf,
                             point->dpf,           point->phi_deg,    point->thd_u_pct,
                             point->thd_i_pct,     bench.closed.f_hz, bench.closed.f_min_hz,
                             bench.closed.f_max_hz};
    for (size_t k = 0; k < sizeof values / sizeof values[0]; k++)
        assert_true(isnan(values[k]));
    assert_int_equal(bench.closed.metered_ns, 0);
    assert_int_equal(bench.closed.duration_ns, 1000 * ms_ns);
    assert_int_equal(bench.closed.h_max, 0);
    assert_int_equal(point->energy.import_uwh, 0);
}

static void test_an_interval_starts_with_clean_sums(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 1000, 0, &no_creep);
    for (int n = 1; n <= 2; n++) {
        struct reading reading = empty_window();
        reading.f_hz = 50 + n;
        reading.point[0].p_w = 1000 * n;
        assert_true(feed(&bench, &reading, 1000));
        assert_near(bench.closed.f_hz, 50 + n, 0);
        assert_near(bench.closed.f_min_hz, 50 + n, 0);
        assert_near(bench.closed.point[0].p_w, 1000 * n, 0);
        assert_near(bench.closed.point[0].p_min_w, 1000 * n, 0);
        assert_int_equal(bench.closed.windows, 1);
    }
}

static void test_flags(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 60000, 0, &no_creep);
    const unsigned flags[] = {QUALITY_UNCALIBRATED | QUALITY_SIMULATED, QUALITY_UNSYNCED, QUALITY_CLIPPED, 0};
    for (size_t k = 0; k < 4; k++) {
        struct reading reading = empty_window();
        reading.quality = flags[k];
        feed(&bench, &reading, 200);
    }
    interval_close(&bench.builder, &bench.registers, &bench.closed);
    assert_int_equal(bench.closed.quality,
                     QUALITY_UNCALIBRATED | QUALITY_SIMULATED | QUALITY_UNSYNCED | QUALITY_CLIPPED);
    assert_int_equal(bench.closed.flagged, 1); /* what concerns the measurement itself */
    assert_int_equal(bench.closed.windows, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means_are_weighted_with_time),
        cmocka_unit_test(test_angles),
        cmocka_unit_test(test_unmetered_time_alone_leaves_every_mean_absent),
        cmocka_unit_test(test_an_interval_starts_with_clean_sums),
        cmocka_unit_test(test_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
