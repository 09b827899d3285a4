/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/drift.h"

#include "hal/sim/frontend.h"

#include <math.h>

static const double two_pi = 6.283185307179586;
static const double day_s = 86400;

void drift_init(struct drift *drift, const struct board *board, const struct sim_config *config,
                double lsb_per_v)
{
    *drift = (struct drift){.swing_k = config->temperature_k};
    if (!config->ideal) {
        drift->reference = config->reference_ppm * 1e-6;
        drift->reference_per_k = config->reference_ppm_k * 1e-6;
    }
    for (int k = 0; k < BOARD_CHANNELS; k++) {
        const struct board_channel *channel = &board->channel[k];
        struct frontend_path path = frontend_path(channel);
        struct drift_input *input = &drift->input[k];
        input->zero_lsb = path.offset_v * lsb_per_v;
        if (channel->kind == BOARD_VOLTAGE) {
            input->zero_lsb_per_k = config->amplifier_drift_uv_k * 1e-6 * lsb_per_v;
        } else if (channel->kind == BOARD_CURRENT) {
            input->zero_lsb_per_k = config->hall_zero_ma_k * 1e-3 * path.gain * lsb_per_v;
            input->gain_per_k = config->hall_gain_ppm_k * 1e-6;
        }
    }
    drift->any = fabs(drift->swing_k) > 0 || fabs(drift->reference) > 0;
    drift_move(drift, 0);
}

void drift_move(struct drift *drift, double t_s)
{
    double above_k = drift->swing_k * sin(two_pi * t_s / day_s);
    double reference = 1 + drift->reference + drift->reference_per_k * above_k;
    for (int k = 0; k < BOARD_CHANNELS; k++) {
        struct drift_input *input = &drift->input[k];
        double gain = input->gain_per_k * above_k;
        input->scale = (1 + gain) / reference;
        input->shift_lsb = (input->zero_lsb_per_k * above_k - gain * input->zero_lsb) / reference;
    }
    drift->next_s = floor(t_s) + 1;
}
