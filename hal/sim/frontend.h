/* SPDX-License-Identifier: GPL-3.0-or-later */
/* frontend.h - the linear path of one channel from the installation to the converter's pin, harmonic by harmonic.
 *
 * Shape:   one cycle in steady state, WAVEFORM_POINTS in (V or A), FRONTEND_POINTS out (V at the pin). Twice as
 *          many points out, so that 4-point Lagrange between them is good to 3e-4 of the 50th harmonic's own size.
 * Formula: pin(h) = gain * jhf / (jhf + high_pass) / (1 + jhf / low_pass) * in(h); the mean gets offset_v on top.
 *          Leakage and bandwidth are two more low passes. Rails cut the wave between them and the last one; of what a cut
 *          makes above FRONTEND_POINTS / 2 harmonics, a part is folded down.
 * Threads: frontend_init and frontend_close are not thread-safe (FFTW's planner); one object, one thread.
 */
#ifndef VATIO_HAL_SIM_FRONTEND_H
#define VATIO_HAL_SIM_FRONTEND_H

#include "board/board.h"
#include "hal/sim/waveform.h"

#include <fftw3.h>
#include <stdbool.h>

enum { FRONTEND_POINTS = 2 * WAVEFORM_POINTS };

struct frontend_path {
    double gain;         /* V at the pin per V or A */
    double offset_v;     /* at the pin with nothing applied */
    double high_pass_hz; /* 0 = none */
    double low_pass_hz;  /* 0 = none */
    /* what a board file does not state */
    double leakage_hz;   /* low pass of the transformer; 0 = none */
    double bandwidth_hz; /* low pass of the amplifier; 0 = none */
    double rail_low_v;   /* the amplifier's output stays within, before the last low pass; */
    double rail_high_v;  /* not above rail_low_v: no bounds */
};

/* From the component values; an unused channel's pin is grounded. */
struct frontend_path frontend_path(const struct board_channel *channel);

/* One bin at f_hz > 0 through the path, without rails: out = scale * pin(f) / in(f) * in. out may be in. */
void frontend_filter(const struct frontend_path *path, double f_hz, double scale, const fftw_complex in,
                     fftw_complex out);

struct frontend {
    double in[WAVEFORM_POINTS];
    fftw_complex spectrum[WAVEFORM_POINTS / 2 + 1];
    fftw_complex padded[FRONTEND_POINTS / 2 + 1];
    double out[FRONTEND_POINTS];
    fftw_plan forward;
    fftw_plan backward;
    fftw_plan forward_out; /* from out to padded */
};

/* False when memory is short; frontend_close is safe then. The object must not move afterwards. */
bool frontend_init(struct frontend *frontend);
void frontend_close(struct frontend *frontend);

/* The voltage at the pin over one cycle of f_hz. */
void frontend_pin(struct frontend *frontend, const struct frontend_path *path, double f_hz,
                  const double table[WAVEFORM_POINTS], double pin_v[FRONTEND_POINTS]);

#endif
