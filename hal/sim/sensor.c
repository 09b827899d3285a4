/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/sensor.h"

#include <math.h>
#include <string.h>

static const double two_pi = 6.283185307179586;
static const double cubic_peak = 0.3849001794597505; /* of |x^3 - x| on 0..1: 2 / (3 sqrt(3)) */

/* An ACS758 swings by 0.4 of its supply to either side: 50 A at 40 mV/A on 5 V. */
static double hall_full_scale_a(const struct board_current_path *current)
{
    double sensitivity = fabs(current->sensitivity_v_per_a);
    return sensitivity > 0 ? 0.4 * current->supply_v / sensitivity : 0;
}

struct sensor sensor_of(const struct board *board, int input, const struct sim_config *config)
{
    const struct board_channel *channel = &board->channel[input];
    struct sensor sensor = {0};
    if (channel->kind == BOARD_VOLTAGE) {
        double peak_v = sqrt(2) * board->u_nominal_v;
        sensor.saturation_v = config->magnetising_pct / 100 * peak_v;
        sensor.nominal_flux_vs = peak_v / (two_pi * board->f_nominal_hz);
    } else if (channel->kind == BOARD_CURRENT) {
        sensor.full_scale_a = hall_full_scale_a(&channel->current);
        sensor.cubic_a = config->hall_nonlinearity_pct / 100 * sensor.full_scale_a;
        sensor.hysteresis_a = sensor.full_scale_a > 0 ? config->hall_hysteresis_ma * 1e-3 : 0;
    }
    return sensor;
}

static double mean_of(const double x[WAVEFORM_POINTS])
{
    double sum = 0;
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        sum += x[n];
    }
    return sum / WAVEFORM_POINTS;
}

static void saturate(const struct sensor *sensor, double f_hz, const double u_v[WAVEFORM_POINTS],
                     double out[WAVEFORM_POINTS])
{
    double flux_vs[WAVEFORM_POINTS];
    double mean_v = mean_of(u_v), step_s = 1 / (f_hz * WAVEFORM_POINTS);
    flux_vs[0] = 0;
    for (int n = 1; n < WAVEFORM_POINTS; n++) {
        flux_vs[n] = flux_vs[n - 1] + step_s * ((u_v[n - 1] + u_v[n]) / 2 - mean_v);
    }
    double mean_vs = mean_of(flux_vs);
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double flux = (flux_vs[n] - mean_vs) / sensor->nominal_flux_vs;
        out[n] = u_v[n] - sensor->saturation_v * flux * flux * flux * flux * flux;
    }
}

static void bend(const struct sensor *sensor, const double i_a[WAVEFORM_POINTS], double out[WAVEFORM_POINTS])
{
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        double x = i_a[n] / sensor->full_scale_a;
        out[n] += sensor->cubic_a * x * (x * x - 1) / cubic_peak;
    }
}

static void lag(const struct sensor *sensor, const double i_a[WAVEFORM_POINTS], double out[WAVEFORM_POINTS])
{
    int highest = 0, lowest = 0;
    for (int n = 1; n < WAVEFORM_POINTS; n++) {
        highest = i_a[n] > i_a[highest] ? n : highest;
        lowest = i_a[n] < i_a[lowest] ? n : lowest;
    }
    double half = (i_a[highest] - i_a[lowest]) / 2, middle = (i_a[highest] + i_a[lowest]) / 2;
    double per_a = sensor->hysteresis_a / (sensor->full_scale_a * sensor->full_scale_a);
    for (int k = 0, n = highest, side = 1; k < WAVEFORM_POINTS; k++, n = (n + 1) % WAVEFORM_POINTS) {
        side = n == lowest ? -1 : side;
        out[n] += side * per_a * (half * half - (i_a[n] - middle) * (i_a[n] - middle));
    }
}

void sensor_distort(const struct sensor *sensor, double f_hz, const double in[WAVEFORM_POINTS],
                    double out[WAVEFORM_POINTS])
{
    memcpy(out, in, WAVEFORM_POINTS * sizeof in[0]);
    if (sensor->saturation_v > 0) {
        saturate(sensor, f_hz, in, out);
    }
    if (sensor->cubic_a > 0) {
        bend(sensor, in, out);
    }
    if (sensor->hysteresis_a > 0) {
        lag(sensor, in, out);
    }
}
