/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reading as dsp makes it, and the detail file's values: every one under its own name, none below what it can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/convert_detail.h"

#include <math.h>
#include <string.h>

static struct reading reading; /* 38 kB */
static struct detail_values values;

#define SCALAR(name)                                                                                         \
    {                                                                                                        \
#name, offsetof(struct point_reading, name)                                                          \
    }
static const struct {
    const char *name; /* in the detail file */
    size_t from;
} scalars[] = {
    SCALAR(u_rms_v),      SCALAR(i_rms_a),
    SCALAR(u_dc_v),       SCALAR(i_dc_a),
    SCALAR(p_w),          SCALAR(q1_var),
    SCALAR(s_va),         SCALAR(n_var),
    SCALAR(pf),           SCALAR(dpf),
    SCALAR(phi_deg),      SCALAR(u1_v),
    SCALAR(i1_a),         SCALAR(p1_w),
    SCALAR(ph_w),         SCALAR(uh_v),
    SCALAR(ih_a),         SCALAR(s1_va),
    SCALAR(sn_va),        SCALAR(di_var),
    SCALAR(dv_var),       SCALAR(sh_va),
    SCALAR(dh_var),       SCALAR(thd_u_pct),
    SCALAR(thd_i_pct),    SCALAR(thdh_u_pct),
    SCALAR(thdh_i_pct),   SCALAR(thdg_u_pct),
    SCALAR(thdg_i_pct),   SCALAR(i_k_factor),
    SCALAR(u_crest),      SCALAR(i_crest),
    SCALAR(u_ll_v),       SCALAR(u_unbalance_pct),
    SCALAR(i_neutral_a),  SCALAR(u_half_min_v),
    SCALAR(u_half_max_v),
};
enum { SCALARS = sizeof scalars / sizeof scalars[0] };

static const struct {
    const char *name;
    size_t from;
} spectra[] = {
    SCALAR(u_h_v), SCALAR(i_h_a),   SCALAR(u_sg_v),  SCALAR(i_sg_a), SCALAR(u_g_v),
    SCALAR(i_g_a), SCALAR(u_isg_v), SCALAR(i_isg_a), SCALAR(u_ig_v), SCALAR(i_ig_a),
};
enum { SPECTRA = sizeof spectra / sizeof spectra[0] };

/* Every value another: point, place and sign. */
static void fill(double sign)
{
    memset(&reading, 0, sizeof reading);
    reading.metered = true;
    reading.n_points = 2;
    reading.quality = 128;
    reading.duration_s = 0.1999999996;
    reading.h_max = 50;
    reading.f_hz = 50.01;
    for (int p = 0; p < 2; p++) {
        double *value = (double *)(void *)&reading.point[p];
        for (size_t k = 0; k < sizeof reading.point[p] / sizeof *value; k++)
            value[k] = sign * (1000.0 * p + (double)k + 0.5);
    }
}

static const struct record_field *field(const char *name)
{
    for (size_t k = 0; k < detail_point_fields_n; k++)
        if (strcmp(detail_point_fields[k].name, name) == 0)
            return &detail_point_fields[k];
    fail_msg("there is no field %s", name);
    return NULL;
}

static const struct detail_spectrum *spectrum(const char *name)
{
    for (size_t k = 0; k < detail_spectra_n; k++)
        if (strcmp(detail_spectra[k].name, name) == 0)
            return &detail_spectra[k];
    fail_msg("there is no spectrum %s", name);
    return NULL;
}

static double from(int p, size_t offset, int h)
{
    double value;
    memcpy(&value, (const char *)&reading.point[p] + offset + (size_t)h * sizeof value, sizeof value);
    return value;
}

static void every_value_arrives_under_its_name(void **state)
{
    (void)state;
    fill(1);
    detail_absent(&values);
    convert_detail(&reading, 1000, 1200, &values);
    assert_int_equal(SCALARS, detail_point_fields_n);
    assert_int_equal(SPECTRA, detail_spectra_n);
    for (int p = 0; p < 2; p++) {
        for (int k = 0; k < SCALARS; k++)
            assert_true(record_real(field(scalars[k].name), &values.point[p]) == from(p, scalars[k].from, 0));
        for (int k = 0; k < SPECTRA; k++)
            for (int h = 1; h < DETAIL_ORDERS; h++)
                assert_true(detail_orders(spectrum(spectra[k].name), &values.point[p])[h] ==
                            (float)from(p, spectra[k].from, h));
        assert_true(values.point[p].u_h_v[0] == (float)reading.point[p].u_dc_v);
        assert_true(values.point[p].i_h_a[0] == (float)reading.point[p].i_dc_a);
        assert_true(isnan(values.point[p].u_sg_v[0]) && isnan(values.point[p].i_g_a[0]));
        assert_true(values.point[p].i_ig_a[0] == (float)reading.point[p].i_ig_a[0]);
        assert_true(values.point[p].u_isg_v[0] == (float)reading.point[p].u_isg_v[0]);
    }
    assert_int_equal(values.utc_start_ms, 1000);
    assert_int_equal(values.utc_end_ms, 1200);
    assert_int_equal(values.duration_us, 200000);
    assert_int_equal(values.metered, 1);
    assert_int_equal(values.quality, 128);
    assert_int_equal(values.h_max, 50);
    assert_true(values.f_hz == 50.01);
    assert_true(isnan(values.point[2].u_rms_v)); /* there is none */
}

static void only_what_has_a_direction_is_below_zero(void **state)
{
    static const char *const either[] = {"u_dc_v", "i_dc_a",  "p_w",  "q1_var", "pf",
                                         "dpf",    "phi_deg", "p1_w", "ph_w"};
    (void)state;
    fill(-1);
    convert_detail(&reading, 1000, 1200, &values);
    for (int k = 0; k < SCALARS; k++) {
        bool is_either = false;
        for (size_t n = 0; n < sizeof either / sizeof either[0]; n++)
            is_either = is_either || strcmp(either[n], scalars[k].name) == 0;
        const double shown = record_real(field(scalars[k].name), &values.point[1]);
        assert_true(shown == (is_either ? from(1, scalars[k].from, 0) : 0));
    }
    for (int k = 0; k < SPECTRA; k++)
        for (int h = 1; h < DETAIL_ORDERS; h++)
            assert_true(detail_orders(spectrum(spectra[k].name), &values.point[0])[h] == 0);
}

static void absent_values_stay_absent(void **state)
{
    (void)state;
    fill(1);
    reading.point[0].thd_i_pct = reading.point[0].u_g_v[50] = (double)NAN;
    convert_detail(&reading, 1000, 1200, &values);
    assert_true(isnan(values.point[0].thd_i_pct) && isnan(values.point[0].u_g_v[50]));
    fill(1);
    reading.metered = false;
    convert_detail(&reading, 1000, 1200, &values);
    assert_int_equal(values.metered, 0);
    for (int k = 0; k < SCALARS; k++)
        assert_true(isnan(record_real(field(scalars[k].name), &values.point[0])));
    assert_true(isnan(values.point[1].i_h_a[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_arrives_under_its_name),
        cmocka_unit_test(only_what_has_a_direction_is_below_zero),
        cmocka_unit_test(absent_values_stay_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
