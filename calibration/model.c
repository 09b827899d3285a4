/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration/model.h"

#include <math.h>
#include <string.h>

static const double quantiser_variance_lsb2 = 1.0 / 12.0;

void calibration_scale_init(struct calibration_scale *scale, const struct calibration *calibration)
{
    memset(scale, 0, sizeof *scale);
    scale->n_channels = calibration->n_channels;
    for (int k = 0; k < calibration->n_channels; k++) {
        const struct calibration_channel *channel = &calibration->channel[k];
        for (int code = 0; code < CALIBRATION_CODES; code++) {
            double linear_lsb = code + channel->linearity_lsb[code];
            scale->value[k][code] = channel->gain * (linear_lsb - channel->offset_lsb);
        }
        scale->per_value[k] = 1.0 / channel->gain;
        scale->offset_lsb[k] = channel->offset_lsb;
        scale->back[k] = channel->gain * channel->crosstalk / (1.0 - channel->crosstalk);
        scale->crossed = scale->crossed || channel->crosstalk != 0;
    }
    calibration_scale_reset(scale);
}

/* (lin - x before) / (1 - x) = lin + x / (1 - x) (lin - before): what is added to the table's value is small, so the
 * linearised codes may come back from it. */
static void take_off(struct calibration_scale *scale, double value[])
{
    double before_lsb = scale->last_lsb;
    for (int k = 0; k < scale->n_channels; k++) {
        double linear_lsb = value[k] * scale->per_value[k] + scale->offset_lsb[k];
        if (!isnan(before_lsb))
            value[k] += scale->back[k] * (linear_lsb - before_lsb);
        before_lsb = linear_lsb;
    }
    scale->last_lsb = before_lsb;
}

void calibration_scale_read(struct calibration_scale *scale, const uint16_t code[], double value[])
{
    for (int k = 0; k < scale->n_channels; k++)
        value[k] = scale->value[k][code[k]];
    if (scale->crossed)
        take_off(scale, value);
}

void calibration_scale_reset(struct calibration_scale *scale)
{
    scale->last_lsb = (double)NAN;
}

double calibration_noise_lsb(double noise, double gain)
{
    double codes_lsb = noise / gain;
    return sqrt(fmax(0.0, codes_lsb * codes_lsb - quantiser_variance_lsb2));
}

struct channel_response calibration_response(const struct calibration_channel *channel)
{
    return (struct channel_response){
        .delay_s = channel->delay_ns * 1e-9,
        .high_pass_hz = channel->high_pass_hz,
        .low_pass_hz = channel->low_pass_hz,
    };
}
