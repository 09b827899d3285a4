/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drift.h - temperature, and what it does to the level at each input: level' = scale * level + shift.
 *
 * Temperature: 25 C + temperature_k sin(2 pi t / 24 h), t since the start: the simulation begins at 25 C.
 * Cost:    scale and shift are made anew once in a simulated second.
 * Threads: one object, one thread.
 */
#ifndef VATIO_HAL_SIM_DRIFT_H
#define VATIO_HAL_SIM_DRIFT_H

#include "board/board.h"
#include "hal/sim/sim_config.h"

#include <stdbool.h>

struct drift_input {
    double zero_lsb;       /* the level with nothing applied, at 25 C */
    double zero_lsb_per_k; /* how it moves */
    double gain_per_k;
    double scale;
    double shift_lsb;
};

struct drift {
    double swing_k;
    double reference; /* error of the reference at 25 C, as a share */
    double reference_per_k;
    double next_s;
    bool any; /* else scale is 1 and shift 0 */
    struct drift_input input[BOARD_CHANNELS];
};

/* lsb_per_v: with the reference as the board says. */
void drift_init(struct drift *drift, const struct board *board, const struct sim_config *config,
                double lsb_per_v);

/* Moves on to t_s, since the start; never back. */
void drift_move(struct drift *drift, double t_s);

static inline void drift_step(struct drift *drift, double t_s)
{
    if (drift->any && t_s >= drift->next_s) {
        drift_move(drift, t_s);
    }
}

static inline double drift_level(const struct drift *drift, int input, double level_lsb)
{
    if (!drift->any) {
        return level_lsb;
    }
    return drift->input[input].scale * level_lsb + drift->input[input].shift_lsb;
}

#endif
