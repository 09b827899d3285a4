/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture.h - what the simulator's tests share: the reference board's values, written out once more on purpose, and a
 * plain Fourier sum that knows nothing of the simulator's own transforms.
 */
#ifndef VATIO_TEST_SIM_FIXTURE_H
#define VATIO_TEST_SIM_FIXTURE_H

#include "board/board.h"
#include "hal/adc.h"
#include "hal/sim/waveform.h"

#include <math.h>

static const double fixture_pi = 3.141592653589793;

static inline struct board fixture_board(void)
{
    return (struct board){.f_nominal_hz = 60,
                          .u_nominal_v = 120,
                          .converter = {.reference_v = 3,
                                        .conversion_spacing_ns = 31800,
                                        .hold_offset_ns = 10000,
                                        .scan_rate_hz = 8000},
                          .channel = {
                              {.kind = BOARD_VOLTAGE,
                               .voltage = {.transformer_ratio = 10,
                                           .transformer_high_pass_hz = 0.5,
                                           .divider_top_ohm = 150e3,
                                           .divider_bottom_ohm = 10e3,
                                           .amplifier_gain = 1,
                                           .amplifier_offset_v = 1.5},
                               .filter_ohm = 1430,
                               .filter_f = 33e-9},
                              {.kind = BOARD_CURRENT,
                               .current = {.sensitivity_v_per_a = 0.04,
                                           .supply_v = 5,
                                           .zero_v = 2.5,
                                           .divider_top_ohm = 1910,
                                           .divider_bottom_ohm = 2870},
                               .filter_ohm = 270,
                               .filter_f = 33e-9,
                               .circuit = BOARD_GRID,
                               .element = 1,
                               .voltage_channel = 0},
                          }};
}

static inline struct adc_plan fixture_plan(void)
{
    return (struct adc_plan){.n = 2,
                             .input = {0, 1},
                             .conversion_spacing_ns = 31800,
                             .hold_offset_ns = 10000,
                             .period_ns = 125000};
}

struct fixture_phasor {
    double peak;
    double angle_rad; /* x = peak sin(h w t + angle) */
};

static inline struct fixture_phasor fixture_harmonic(const double *table, int h)
{
    double in_sine = 0, in_cosine = 0;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        in_sine += table[n] * sin(2 * fixture_pi * h * n / WAVEFORM_POINTS);
        in_cosine += table[n] * cos(2 * fixture_pi * h * n / WAVEFORM_POINTS);
    }
    return (struct fixture_phasor){hypot(in_sine, in_cosine) * 2 / WAVEFORM_POINTS,
                                   atan2(in_cosine, in_sine)};
}

static inline double fixture_mean(const double *a, const double *b)
{
    double sum = 0;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        sum += a[n] * (b != 0 ? b[n] : 1);
    }
    return sum / WAVEFORM_POINTS;
}

#endif
