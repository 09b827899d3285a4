/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steady.h - a load of stated voltage, current, phase and harmonics that never changes: what tests compare
 * with.
 *
 * Harmonics are written "h:percent:degrees,..." (percent of the fundamental, phase of a sine: x = sin(h w t +
 * deg)). The current's fundamental lags the voltage's by phi_deg; |phi_deg| > 90 is export. One leg, no
 * solar.
 */
#ifndef VATIO_HAL_SIM_STEADY_H
#define VATIO_HAL_SIM_STEADY_H

#include "hal/sim/waveform.h"

#include <stddef.h>

struct steady_config {
    double f_hz;           /* 42.5..69 */
    double u_v;            /* rms of the fundamental */
    double i_a;            /* rms of the fundamental */
    double phi_deg;        /* -180..180 */
    char u_harmonics[256]; /* "" = none */
    char i_harmonics[256];
};

struct steady {
    struct waveform_source source;
    struct waveform_segment segment; /* repeated; only its times move on */
    int64_t given;                   /* segments so far */
};

/* -EINVAL with one sentence in error when a value is out of range or a harmonics text is wrong (h 2..255,
 * each once). */
int steady_init(struct steady *steady, const struct steady_config *config, char *error, size_t error_size);

#endif
