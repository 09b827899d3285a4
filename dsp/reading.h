/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reading.h - what one mains-synchronous window says.
 *
 * Absent:  a value that could not be measured is NaN, never 0 and never the last good one.
 * Signs:   p_w > 0 import; q1_var > 0 current lags on import (quadrant I); phi_deg in (-180, 180], the angle by
 *          which the fundamental current lags the voltage: atan2(q1_var, p1_w).
 * Noise:   rms values, thd and what is made of them (s_va, groups, subgroups) are freed of the channel's noise in the
 *          squares, and the square keeps its sign: a value v stands for the square v |v|. Near nothing it is as often below
 *          zero as above, so that means of squares have no bias; only what is shown to people is held to 0 or more.
 * Source:  IEEE 1459-2010 quantities, IEC 61000-4-7 subgroups; formulas in dsp/README.md.
 */
#ifndef VATIO_DSP_READING_H
#define VATIO_DSP_READING_H

#include "dsp/topology.h"

#include <stdbool.h>
#include <stdint.h>

enum { DSP_HARMONICS = 50 };

struct point_reading {
    double
        u_rms_v; /* absent on a circuit with two voltages; an assumed one (QUALITY_ASSUMED) is the other leg's */
    double i_rms_a; /* AC only, to the Nyquist frequency of the scan; absent on a circuit with two currents */
    double u_dc_v;  /* mean, apart from u_rms_v */
    double i_dc_a;  /* mean, apart from i_rms_a */
    double p_w;     /* active power, all harmonics, without the product of the means */
    double q1_var;  /* reactive power of the fundamental */
    double s_va;    /* u_rms_v * i_rms_a; on a circuit the sum over its elements */
    double n_var;   /* sqrt(s^2 - p^2) */
    double pf;      /* p_w / s_va, -1..1, sign of p_w; absent when s_va is 0 or less */
    double dpf;     /* displacement factor: p1 / sqrt(p1^2 + q1^2), -1..1 */
    double phi_deg; /* displacement angle, (-180, 180]; absent as dpf when the fundamental has no power */
    double u1_v;    /* rms of the fundamental */
    double i1_a;
    double p1_w;
    double ph_w; /* p_w - p1_w */
    double uh_v; /* rms of all but the fundamental, without DC */
    double ih_a;
    double s1_va;      /* u1_v * i1_a */
    double sn_va;      /* sqrt(s^2 - s1^2) */
    double di_var;     /* u1_v * ih_a; as dv_var, sh_va and dh_var absent on a circuit of two legs */
    double dv_var;     /* uh_v * i1_a */
    double sh_va;      /* uh_v * ih_a */
    double dh_var;     /* sqrt(sh^2 - ph^2) */
    double thd_u_pct;  /* IEC 61000-4-7 subgroups (THDS), of the fundamental, h = 2..h_max */
    double thd_i_pct;  /* absent when there is no fundamental current to speak of */
    double thdh_u_pct; /* of the harmonics' own bins alone */
    double thdh_i_pct;
    double thdg_u_pct; /* of groups */
    double thdg_i_pct;
    double i_k_factor; /* sum (h I_h)^2 / sum I_h^2, h = 1..h_max; absent as thd */
    double u_crest;    /* peak / rms */
    double i_crest;
    double u_ll_v; /* rms of the voltage between the legs, on a circuit with two measured ones, else absent */
    double
        u_unbalance_pct; /* where there is a u_ll_v: largest deviation of a leg's rms from the mean, of the mean */
    double
        i_neutral_a; /* rms of the neutral's current, estimated as the sum of the legs'; on a circuit with two */
    double u_half_min_v; /* smallest and largest half-cycle rms of the window */
    double u_half_max_v;
    double u_h_v[DSP_HARMONICS + 1]; /* rms of harmonic h (the bin itself); [0] unused; absent above h_max */
    double i_h_a[DSP_HARMONICS + 1];
    double u_sg_v[DSP_HARMONICS + 1]; /* harmonic subgroups: the bin and its neighbours; [0] unused */
    double i_sg_a[DSP_HARMONICS + 1];
    double u_g_v[DSP_HARMONICS + 1]; /* harmonic groups; [0] unused */
    double i_g_a[DSP_HARMONICS + 1];
    double
        u_isg_v[DSP_HARMONICS + 1]; /* interharmonic centred subgroups between h and h + 1; [0] below h = 1 */
    double i_isg_a[DSP_HARMONICS + 1];
    double u_ig_v[DSP_HARMONICS + 1]; /* interharmonic groups between h and h + 1 */
    double i_ig_a[DSP_HARMONICS + 1];
};

struct reading {
    uint64_t seq;     /* windows since start; a long gap is one reading */
    int64_t start_ns; /* monotonic; == end_ns of the one before */
    int64_t end_ns;
    double duration_s; /* (end - start) with its fraction of a nanosecond */
    bool metered;      /* false: nothing was measured, all values absent, the time counts as unmetered */
    unsigned quality;  /* enum quality */
    double f_hz;       /* mean over the window; absent when UNLOCKED */
    double
        mains_cycles; /* counted by the voltage's phase up to the middle of the window, anew after each window without;
                          * absent with f_hz */
    int h_max;
    double noise
        [DSP_CHANNELS]; /* V or A, rms of a sample's white noise, quantisation included; absent when too few bins
                                 * lie above h_max */
    int n_points;
    struct point_reading point[DSP_POINTS]; /* in the order of struct topology */
};

#endif
