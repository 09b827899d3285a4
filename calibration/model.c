/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration/model.h"

void calibration_scale_init(struct calibration_scale *scale, const struct calibration *calibration)
{
    for (int k = 0; k < DSP_CHANNELS; k++) {
        const struct calibration_channel *channel = &calibration->channel[k];
        bool used = k < calibration->n_channels;
        for (int code = 0; code < CALIBRATION_CODES; code++) {
            double linear_lsb = code + channel->linearity_lsb[code];
            scale->value[k][code] = used ? channel->gain * (linear_lsb - channel->offset_lsb) : 0;
        }
    }
}

struct channel_response calibration_response(const struct calibration_channel *channel)
{
    return (struct channel_response){
        .delay_s = channel->delay_ns * 1e-9,
        .high_pass_hz = channel->high_pass_hz,
        .low_pass_hz = channel->low_pass_hz,
    };
}
