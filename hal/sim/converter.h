/* SPDX-License-Identifier: GPL-3.0-or-later */
/* converter.h - the MCP3008 as an imperfect chip: the level at its pin in, the bytes of the answer out.
 *
 * Order:   the level and its noise; what the capacitor kept of the conversion before, of whichever scan; comparison with the
 *          chip's own thresholds; the wire.
 * Search:  ten comparisons, as the chip does: thresholds that are out of order make codes that never come.
 * Random:  noise and corruption from the generator that is handed over, thresholds from the seed alone.
 * Threads: one object, one thread.
 */
#ifndef VATIO_HAL_SIM_CONVERTER_H
#define VATIO_HAL_SIM_CONVERTER_H

#include "hal/mcp3008.h"
#include "hal/sim/noise.h"
#include "hal/sim/sim_config.h"

#include <stdbool.h>
#include <stdint.h>

struct converter {
    double noise_lsb;
    double crosstalk;
    double corrupt_share;
    int stuck_input; /* -1 = none */
    double stuck_s;
    bool stuck; /* and it stands at: */
    double stuck_lsb;
    bool has_held;   /* a conversion was before */
    double held_lsb; /* what it left on the capacitor */
    bool curved;
    double threshold_lsb[MCP3008_CODES]; /* from which level on a code may come; when curved */
};

void converter_init(struct converter *converter, const struct sim_config *config);

/* level_lsb at input's pin at t_s of the simulation; 0 is the lower edge of code 0, 1023 that of the last. */
void converter_read(struct converter *converter, struct noise *noise, int input, double t_s, double level_lsb,
                    uint8_t rx[MCP3008_FRAME]);

#endif
