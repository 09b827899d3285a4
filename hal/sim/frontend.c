/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/frontend.h"

#include <math.h>
#include <string.h>

static const double two_pi = 6.283185307179586;

static double rc_pole_hz(double resistance_ohm, double capacitance_f)
{
    double tau_s = resistance_ohm * capacitance_f;
    return tau_s > 0 ? 1 / (two_pi * tau_s) : 0;
}

/* The amplifier's output drives the RC, so its resistor alone makes the pole. */
static struct frontend_path voltage_path(const struct board_channel *channel)
{
    const struct board_voltage_path *v = &channel->voltage;
    double divider = v->divider_bottom_ohm / (v->divider_top_ohm + v->divider_bottom_ohm);
    return (struct frontend_path){
        .gain = divider * v->amplifier_gain / v->transformer_ratio,
        .offset_v = v->amplifier_offset_v,
        .high_pass_hz = v->transformer_high_pass_hz,
        .low_pass_hz = rc_pole_hz(channel->filter_ohm, channel->filter_f),
    };
}

/* The divider drives the RC directly: its source resistance, top in parallel with bottom, adds to the
 * resistor. */
static struct frontend_path current_path(const struct board_channel *channel)
{
    const struct board_current_path *c = &channel->current;
    double sum_ohm = c->divider_top_ohm + c->divider_bottom_ohm;
    double divider = c->divider_bottom_ohm / sum_ohm;
    double source_ohm = c->divider_top_ohm * divider;
    return (struct frontend_path){
        .gain = c->sensitivity_v_per_a * divider,
        .offset_v = c->zero_v * divider,
        .high_pass_hz = 0,
        .low_pass_hz = rc_pole_hz(channel->filter_ohm + source_ohm, channel->filter_f),
    };
}

struct frontend_path frontend_path(const struct board_channel *channel)
{
    switch (channel->kind) {
    case BOARD_VOLTAGE:
        return voltage_path(channel);
    case BOARD_CURRENT:
        return current_path(channel);
    default:
        return (struct frontend_path){0};
    }
}

bool frontend_init(struct frontend *frontend)
{
    memset(frontend, 0, sizeof *frontend);
    /* FFTW_ESTIMATE: the same plan, so the same bytes, on each run. */
    frontend->forward =
        fftw_plan_dft_r2c_1d(WAVEFORM_POINTS, frontend->in, frontend->spectrum, FFTW_ESTIMATE);
    frontend->backward =
        fftw_plan_dft_c2r_1d(FRONTEND_POINTS, frontend->padded, frontend->out, FFTW_ESTIMATE);
    frontend->forward_out =
        fftw_plan_dft_r2c_1d(FRONTEND_POINTS, frontend->out, frontend->padded, FFTW_ESTIMATE);
    return frontend->forward != NULL && frontend->backward != NULL && frontend->forward_out != NULL;
}

void frontend_close(struct frontend *frontend)
{
    if (frontend->forward != NULL) {
        fftw_destroy_plan(frontend->forward);
    }
    if (frontend->backward != NULL) {
        fftw_destroy_plan(frontend->backward);
    }
    if (frontend->forward_out != NULL) {
        fftw_destroy_plan(frontend->forward_out);
    }
}

/* One bin times both poles. With a = hf / low_pass and b = high_pass / hf the factor is
 * 1 / (1 + ja) / (1 - jb) = (1 - ja) (1 + jb) / (1 + a^2) / (1 + b^2). */
static void filter_bin(const fftw_complex in, double scale, double a, double b, fftw_complex out)
{
    double over = scale / ((1 + a * a) * (1 + b * b));
    double re = (1 + a * b) * over;
    double im = (b - a) * over;
    double in_re = in[0];
    out[0] = in_re * re - in[1] * im;
    out[1] = in_re * im + in[1] * re;
}

/* Times 1 / (1 + jf / pole). */
static void low_pass(double f_hz, double pole_hz, fftw_complex bin)
{
    if (pole_hz > 0) {
        filter_bin(bin, 1, f_hz / pole_hz, 0, bin);
    }
}

void frontend_filter(const struct frontend_path *path, double f_hz, double scale, const fftw_complex in,
                     fftw_complex out)
{
    double a = path->low_pass_hz > 0 ? f_hz / path->low_pass_hz : 0;
    filter_bin(in, scale * path->gain, a, path->high_pass_hz / f_hz, out);
    low_pass(f_hz, path->leakage_hz, out);
    low_pass(f_hz, path->bandwidth_hz, out);
}

static void more_low_passes(struct frontend *frontend, const struct frontend_path *path, double f_hz)
{
    if (path->leakage_hz > 0 || path->bandwidth_hz > 0) {
        for (int h = 1; h <= WAVEFORM_POINTS / 2; h++) {
            low_pass(f_hz * h, path->leakage_hz, frontend->padded[h]);
            low_pass(f_hz * h, path->bandwidth_hz, frontend->padded[h]);
        }
    }
}

/* The path with its last low pass at low_pass_hz, into out. */
static void run_path(struct frontend *frontend, const struct frontend_path *path, double f_hz,
                     double low_pass_hz)
{
    double scale = path->gain / WAVEFORM_POINTS;
    double a_per_h = low_pass_hz > 0 ? f_hz / low_pass_hz : 0;
    double b_times_h = path->high_pass_hz / f_hz;
    double mean = path->high_pass_hz > 0 ? 0 : frontend->spectrum[0][0] * scale;
    /* c2r destroys its input, so all of it is written anew. */
    memset(frontend->padded, 0, sizeof frontend->padded);
    frontend->padded[0][0] = mean + path->offset_v;
    for (int h = 1; h < WAVEFORM_POINTS / 2; h++) {
        filter_bin(frontend->spectrum[h], scale, a_per_h * h, b_times_h / h, frontend->padded[h]);
    }
    /* The table's last bin is both +256 and -256: half of it for each. */
    filter_bin(frontend->spectrum[WAVEFORM_POINTS / 2], scale / 2, a_per_h * (WAVEFORM_POINTS / 2),
               b_times_h / (WAVEFORM_POINTS / 2), frontend->padded[WAVEFORM_POINTS / 2]);
    more_low_passes(frontend, path, f_hz);
    fftw_execute(frontend->backward);
}

/* Cuts what is in out, and then runs the last low pass over it. */
static void run_rails(struct frontend *frontend, const struct frontend_path *path, double f_hz)
{
    for (int n = 0; n < FRONTEND_POINTS; n++) {
        frontend->out[n] = fmin(fmax(frontend->out[n], path->rail_low_v), path->rail_high_v);
    }
    fftw_execute(frontend->forward_out);
    double a_per_h = path->low_pass_hz > 0 ? f_hz / path->low_pass_hz : 0;
    for (int h = 0; h <= FRONTEND_POINTS / 2; h++) {
        filter_bin(frontend->padded[h], 1.0 / FRONTEND_POINTS, a_per_h * h, 0, frontend->padded[h]);
    }
    fftw_execute(frontend->backward);
}

void frontend_pin(struct frontend *frontend, const struct frontend_path *path, double f_hz,
                  const double table[WAVEFORM_POINTS], double pin_v[FRONTEND_POINTS])
{
    bool rails = path->rail_high_v > path->rail_low_v;
    memcpy(frontend->in, table, sizeof frontend->in);
    fftw_execute(frontend->forward);
    run_path(frontend, path, f_hz, rails ? 0 : path->low_pass_hz);
    if (rails) {
        run_rails(frontend, path, f_hz);
    }
    memcpy(pin_v, frontend->out, sizeof frontend->out);
}
