/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_report.h - after a simulated run: the registers of every point beside the model's own integrals. */
#ifndef VATIO_FIRMWARE_SIM_REPORT_H
#define VATIO_FIRMWARE_SIM_REPORT_H

#include "dsp/registers.h"
#include "hal/sim/adc_sim.h"

#include <stdbool.h>
#include <stdio.h>

/* Prints register, meter, model, difference and error for the energy that each point gained since start, and how many
 * times real time it ran. True if each register is within limit_pct of the model's and 1 mWh (limit_pct 0: always true).
 * A register that holds less than a thousandth of the point's apparent energy is measured by that instead: a power that is
 * as good as zero takes the sign of the converter's noise in each window, and import and export, or two quadrants, collect
 * it in turn. */
bool sim_report(FILE *file, const struct topology *topology, const struct energy start[DSP_POINTS],
                const struct energy end[DSP_POINTS], const struct sim_truth *truth, double limit_pct,
                double real_s);

#endif
