/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pulse_task.h - the pulse LED's thread: imp_per_kwh pulses for each kWh through the grid point, in either direction.
 *
 * What is below one pulse is carried: pulses are the whole multiples of the registers' sum, so none is lost or made
 * up over a restart. A pulse lasts width_ms, as does the pause after it; with a simulated clock pulses are given at
 * once.
 */
#ifndef VATIO_FIRMWARE_PULSE_TASK_H
#define VATIO_FIRMWARE_PULSE_TASK_H

#include "firmware/api/mailbox.h"
#include "firmware/health.h"
#include "hal/line.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct pulse_task {
    struct line *line; /* NULL: none, the thread is not started */
    const char *run_dir;
    struct health *health;
    int64_t imp_per_kwh;
    int64_t width_ms; /* 0: at once */
    int64_t given;    /* whole pulses in the registers that have been shown; -1 before the first look */
    int failing;
    atomic_bool stop;
    pthread_t thread;
};

int pulse_task_start(struct pulse_task *task);
void pulse_task_stop(struct pulse_task *task);

/* Whole pulses in an energy. */
int64_t pulse_task_count(int64_t energy_uwh, int64_t imp_per_kwh);

/* Gives what is due at these registers; at most one pulse when width_ms > 0. For tests. */
void pulse_task_turn(struct pulse_task *task, const struct record_energy *grid);

#endif
