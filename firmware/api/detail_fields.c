/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/api/detail.h"

#include <math.h>

#define COUNT(table)                        (sizeof(table) / sizeof(table)[0])
#define FIELD(type, member, of, unit, help) #member, type, offsetof(of, member), 0, unit, help
#define INTEGER(member, unit, help)         FIELD(FIELD_INTEGER, member, struct detail_values, unit, help)
#define REAL(member, unit, help)            FIELD(FIELD_REAL, member, struct detail_point, unit, help)

const char *const detail_noise_name[DETAIL_NOISES] = {"unknown", "good", "quiet", "noisy"};

const struct record_field detail_values_fields[] = {
    {INTEGER(utc_start_ms, "ms", "begin")},
    {INTEGER(utc_end_ms, "ms", "end")},
    {INTEGER(duration_us, "us", "length")},
    {INTEGER(metered, "", "0: nothing was measured")},
    {INTEGER(quality, "", "flags, a bit each")},
    {INTEGER(h_max, "", "highest harmonic that the scan rate carries")},
    {FIELD(FIELD_REAL, f_hz, struct detail_values, "Hz", "frequency")},
};
const size_t detail_values_fields_n = COUNT(detail_values_fields);

const struct record_field detail_point_fields[] = {
    {REAL(u_rms_v, "V", "voltage, rms of all but DC")},
    {REAL(i_rms_a, "A", "current, rms of all but DC")},
    {REAL(u_dc_v, "V", "mean voltage")},
    {REAL(i_dc_a, "A", "mean current")},
    {REAL(p_w, "W", "active power, > 0 import")},
    {REAL(q1_var, "var", "reactive power of the fundamental, > 0 current lags on import")},
    {REAL(s_va, "VA", "apparent power")},
    {REAL(n_var, "var", "non-active power, sqrt(S^2 - P^2)")},
    {REAL(pf, "", "power factor, P / S")},
    {REAL(dpf, "", "displacement factor, P1 / S1")},
    {REAL(phi_deg, "deg", "angle by which the fundamental current lags")},
    {REAL(u1_v, "V", "fundamental voltage, rms")},
    {REAL(i1_a, "A", "fundamental current, rms")},
    {REAL(p1_w, "W", "active power of the fundamental")},
    {REAL(ph_w, "W", "active power of all else")},
    {REAL(uh_v, "V", "voltage without its fundamental, rms")},
    {REAL(ih_a, "A", "current without its fundamental, rms")},
    {REAL(s1_va, "VA", "apparent power of the fundamental")},
    {REAL(sn_va, "VA", "apparent power that is not the fundamental's, sqrt(S^2 - S1^2)")},
    {REAL(di_var, "var", "current distortion power, U1 IH")},
    {REAL(dv_var, "var", "voltage distortion power, UH I1")},
    {REAL(sh_va, "VA", "harmonic apparent power, UH IH")},
    {REAL(dh_var, "var", "harmonic distortion power, sqrt(SH^2 - PH^2)")},
    {REAL(thd_u_pct, "%", "THD of the voltage, subgroups (THDS)")},
    {REAL(thd_i_pct, "%", "THD of the current, subgroups (THDS)")},
    {REAL(thdh_u_pct, "%", "THD of the voltage, harmonics alone")},
    {REAL(thdh_i_pct, "%", "THD of the current, harmonics alone")},
    {REAL(thdg_u_pct, "%", "THD of the voltage, groups (THDG)")},
    {REAL(thdg_i_pct, "%", "THD of the current, groups (THDG)")},
    {REAL(i_k_factor, "", "K factor of the current")},
    {REAL(u_crest, "", "crest factor of the voltage")},
    {REAL(i_crest, "", "crest factor of the current")},
    {REAL(u_ll_v, "V", "voltage between the legs, rms")},
    {REAL(u_unbalance_pct, "%", "largest deviation of a leg's voltage from their mean")},
    {REAL(i_neutral_a, "A", "current of the neutral, rms, as the sum of the legs'")},
    {REAL(u_half_min_v, "V", "lowest half-cycle voltage, rms")},
    {REAL(u_half_max_v, "V", "highest half-cycle voltage, rms")},
};
const size_t detail_point_fields_n = COUNT(detail_point_fields);

_Static_assert(COUNT(detail_point_fields) == offsetof(struct detail_point, u_h_v) / sizeof(double),
               "every scalar has its field");

const struct record_field detail_channel_fields[] = {
    {"name", FIELD_TEXT, offsetof(struct detail_channel, name), DETAIL_CHANNEL_NAME, "", "input and sensor"},
    {FIELD(FIELD_REAL, noise_lsb, struct detail_channel, "LSB", "noise, rms over 10 s")},
    {FIELD(FIELD_INTEGER, noise, struct detail_channel, "", "0 unknown, 1 good, 2 quiet, 3 noisy")},
};
const size_t detail_channel_fields_n = COUNT(detail_channel_fields);

#define SPECTRUM(member, unit, help) #member, offsetof(struct detail_point, member), unit, help

const struct detail_spectrum detail_spectra[] = {
    {SPECTRUM(u_h_v, "V", "voltage, harmonics; [0] is the mean")},
    {SPECTRUM(i_h_a, "A", "current, harmonics; [0] is the mean")},
    {SPECTRUM(u_sg_v, "V", "voltage, harmonic subgroups")},
    {SPECTRUM(i_sg_a, "A", "current, harmonic subgroups")},
    {SPECTRUM(u_g_v, "V", "voltage, harmonic groups")},
    {SPECTRUM(i_g_a, "A", "current, harmonic groups")},
    {SPECTRUM(u_isg_v, "V", "voltage, interharmonic centred subgroups between h and h + 1")},
    {SPECTRUM(i_isg_a, "A", "current, interharmonic centred subgroups between h and h + 1")},
    {SPECTRUM(u_ig_v, "V", "voltage, interharmonic groups between h and h + 1")},
    {SPECTRUM(i_ig_a, "A", "current, interharmonic groups between h and h + 1")},
};
const size_t detail_spectra_n = COUNT(detail_spectra);

_Static_assert(COUNT(detail_spectra) * DETAIL_ORDERS * sizeof(float) ==
                   sizeof(struct detail_point) - offsetof(struct detail_point, u_h_v),
               "every array has its field");

const float *detail_orders(const struct detail_spectrum *spectrum, const struct detail_point *point)
{
    return (const float *)(const void *)((const char *)point + spectrum->offset);
}

static void point_absent(struct detail_point *point)
{
    for (size_t k = 0; k < detail_point_fields_n; k++)
        record_set_real(&detail_point_fields[k], point, (double)NAN);
    for (size_t k = 0; k < detail_spectra_n; k++) {
        float *order = (float *)(void *)((char *)point + detail_spectra[k].offset);
        for (int h = 0; h < DETAIL_ORDERS; h++)
            order[h] = NAN;
    }
}

void detail_absent(struct detail_values *values)
{
    values->utc_start_ms = values->utc_end_ms = values->duration_us = RECORD_ABSENT;
    values->quality = values->h_max = RECORD_ABSENT;
    values->metered = 0;
    values->f_hz = (double)NAN;
    for (int p = 0; p < RECORD_POINTS; p++)
        point_absent(&values->point[p]);
}
