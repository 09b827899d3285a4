/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reading.h - what one mains-synchronous window says.
 *
 * Absent:  a value that could not be measured is NaN, never 0 and never the last good one.
 * Signs:   p_w > 0 import; q1_var > 0 current lags on import (quadrant I); phi_deg in (-180, 180], the angle by
 *          which the fundamental current lags the voltage: atan2(q1_var, p1_w).
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
    double n_var;   /* sqrt(s^2 - p^2), >= 0 */
    double pf;      /* p_w / s_va, -1..1, sign of p_w; absent when s_va is 0 */
    double dpf;     /* displacement factor: p1 / s1, -1..1 */
    double phi_deg; /* displacement angle, (-180, 180] */
    double u1_v;    /* rms of the fundamental */
    double i1_a;
    double p1_w;
    double thd_u_pct; /* IEC 61000-4-7 subgroups (THDS), of the fundamental, h = 2..h_max */
    double thd_i_pct; /* absent when there is no fundamental current to speak of */
    double u_crest;   /* peak / rms */
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
};

struct reading {
    uint64_t seq;     /* windows since start; a long gap is one reading */
    int64_t start_ns; /* monotonic; == end_ns of the one before */
    int64_t end_ns;
    double duration_s; /* (end - start) with its fraction of a nanosecond */
    bool metered;      /* false: nothing was measured, all values absent, the time counts as unmetered */
    unsigned quality;  /* enum quality */
    double f_hz;       /* mean over the window; absent when UNLOCKED */
    int h_max;
    int n_points;
    struct point_reading point[DSP_POINTS]; /* in the order of struct topology */
};

#endif
