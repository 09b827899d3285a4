/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_report.h - after a simulated run: the grid registers beside the model's own integrals. */
#ifndef VATIO_FIRMWARE_SIM_REPORT_H
#define VATIO_FIRMWARE_SIM_REPORT_H

#include "dsp/registers.h"
#include "hal/sim/adc_sim.h"

#include <stdbool.h>
#include <stdio.h>

/* Prints register, meter, model, difference and error for the energy gained since start, and how many times real time
 * it ran. True if each register is within limit_pct of the model's (limit_pct 0: always true), or within 1 mWh where
 * the model's is nearly nothing. */
bool sim_report(FILE *file, const struct energy *start, const struct energy *end,
                const struct sim_truth *truth, double limit_pct, double real_s);

#endif
