/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock_steps.h - the steps of a simulated clock's UTC from a text "at_s:step_s,...".
 *
 * Time:    at_s counts from the start of the simulation; step_s > 0 sets the clock forward.
 * Errors:  -EINVAL with one sentence.
 * Threads: before anyone reads the clock.
 */
#ifndef VATIO_HAL_SIM_CLOCK_STEPS_H
#define VATIO_HAL_SIM_CLOCK_STEPS_H

#include "hal/clock.h"

#include <stddef.h>

int clock_steps_read(struct clock_sim *sim, const char *text, char *error, size_t error_size);

#endif
