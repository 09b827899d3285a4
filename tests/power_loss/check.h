/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check.h - what must hold after a cut. What does not is the world's fault, in one sentence. */
#ifndef VATIO_TESTS_POWER_LOSS_CHECK_H
#define VATIO_TESTS_POWER_LOSS_CHECK_H

#include "tests/power_loss/process.h"

/* Windows that a start did without (lost) and by how many it was ahead of the last promise. */
struct check_loss {
    int lost;
    int ahead;
};

/* The registers are those of one window of the past, no older than what was promised or shown, at most one journal interval old.
 * From here on this is the present. */
void check_registers(struct process *process, struct check_loss *loss);

/* The database is the one that was begun, whole, and all that was shown is in it as it was. */
void check_store(struct process *process);

/* Numbers go on above those that the journal knew. */
void check_numbers(struct process *process);

/* Of each stream: seq rises, and each record begins where the one before ended, in each register. When ended: the last ends at
 * the registers. */
void check_streams(struct world *world, const struct energy energy[DSP_POINTS]);

#endif
