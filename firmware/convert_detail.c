/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/convert_detail.h"

#include <math.h>
#include <string.h>

_Static_assert((int)DSP_POINTS == (int)RECORD_POINTS, "the detail file holds every point");
_Static_assert((int)DSP_HARMONICS + 1 == (int)DETAIL_ORDERS, "the detail file holds every harmonic");
_Static_assert((int)DSP_CHANNELS == (int)DETAIL_CHANNELS, "the detail file holds every channel");

enum sign { EITHER, POSITIVE };

#define SCALAR(name, sign)                                                                                   \
    {                                                                                                        \
        offsetof(struct point_reading, name), offsetof(struct detail_point, name), sign                      \
    }

static const struct {
    size_t from, to;
    enum sign sign; /* POSITIVE: below 0 it is noise's doing */
} scalars[] = {
    SCALAR(u_rms_v, POSITIVE),
    SCALAR(i_rms_a, POSITIVE),
    SCALAR(u_dc_v, EITHER),
    SCALAR(i_dc_a, EITHER),
    SCALAR(p_w, EITHER),
    SCALAR(q1_var, EITHER),
    SCALAR(s_va, POSITIVE),
    SCALAR(n_var, POSITIVE),
    SCALAR(pf, EITHER),
    SCALAR(dpf, EITHER),
    SCALAR(phi_deg, EITHER),
    SCALAR(u1_v, POSITIVE),
    SCALAR(i1_a, POSITIVE),
    SCALAR(p1_w, EITHER),
    SCALAR(ph_w, EITHER),
    SCALAR(uh_v, POSITIVE),
    SCALAR(ih_a, POSITIVE),
    SCALAR(s1_va, POSITIVE),
    SCALAR(sn_va, POSITIVE),
    SCALAR(di_var, POSITIVE),
    SCALAR(dv_var, POSITIVE),
    SCALAR(sh_va, POSITIVE),
    SCALAR(dh_var, POSITIVE),
    SCALAR(thd_u_pct, POSITIVE),
    SCALAR(thd_i_pct, POSITIVE),
    SCALAR(thdh_u_pct, POSITIVE),
    SCALAR(thdh_i_pct, POSITIVE),
    SCALAR(thdg_u_pct, POSITIVE),
    SCALAR(thdg_i_pct, POSITIVE),
    SCALAR(i_k_factor, POSITIVE),
    SCALAR(u_crest, POSITIVE),
    SCALAR(i_crest, POSITIVE),
    SCALAR(u_ll_v, POSITIVE),
    SCALAR(u_unbalance_pct, POSITIVE),
    SCALAR(i_neutral_a, POSITIVE),
    SCALAR(u_half_min_v, POSITIVE),
    SCALAR(u_half_max_v, POSITIVE),
};
enum { SCALARS = sizeof scalars / sizeof scalars[0] };

_Static_assert(SCALARS == offsetof(struct detail_point, u_h_v) / sizeof(double), "every scalar is converted");

#define ORDERS(name, first)                                                                                  \
    {                                                                                                        \
        offsetof(struct point_reading, name), offsetof(struct detail_point, name), first                     \
    }

static const struct {
    size_t from, to;
    int first; /* order that means something */
} orders[] = {
    ORDERS(u_h_v, 1), ORDERS(i_h_a, 1),   ORDERS(u_sg_v, 1),  ORDERS(i_sg_a, 1), ORDERS(u_g_v, 1),
    ORDERS(i_g_a, 1), ORDERS(u_isg_v, 0), ORDERS(i_isg_a, 0), ORDERS(u_ig_v, 0), ORDERS(i_ig_a, 0),
};
enum { SPECTRA = sizeof orders / sizeof orders[0] };

static double shown(double value, enum sign sign)
{
    return sign == POSITIVE && value < 0 ? 0 : value;
}

static void convert_point(const struct point_reading *in, struct detail_point *out)
{
    for (int k = 0; k < SCALARS; k++) {
        double value;
        memcpy(&value, (const char *)in + scalars[k].from, sizeof value);
        value = shown(value, scalars[k].sign);
        memcpy((char *)out + scalars[k].to, &value, sizeof value);
    }
    for (int k = 0; k < SPECTRA; k++) {
        const double *from = (const double *)(const void *)((const char *)in + orders[k].from);
        float *to = (float *)(void *)((char *)out + orders[k].to);
        for (int h = 0; h < DETAIL_ORDERS; h++)
            to[h] = h < orders[k].first ? NAN : (float)shown(from[h], POSITIVE);
    }
    out->u_h_v[0] = (float)in->u_dc_v;
    out->i_h_a[0] = (float)in->i_dc_a;
}

void convert_detail(const struct reading *reading, int64_t utc_start_ms, int64_t utc_end_ms,
                    struct detail_values *values)
{
    if (!reading->metered)
        detail_absent(values);
    for (int p = 0; p < reading->n_points && reading->metered; p++)
        convert_point(&reading->point[p], &values->point[p]);
    values->utc_start_ms = utc_start_ms;
    values->utc_end_ms = utc_end_ms;
    values->duration_us = (int64_t)llround(reading->duration_s * 1e6);
    values->metered = reading->metered;
    values->quality = reading->quality;
    values->h_max = reading->h_max;
    values->f_hz = reading->f_hz;
}
