/* SPDX-License-Identifier: GPL-3.0-or-later */
/* adc_sim.h - the simulated front end and MCP3008: waveforms in, the converter's bytes out, through the same
 * frame code as the real driver's.
 *
 * Physics: each effect stands in a file of its own (sensor, frontend, drift, hall_noise, converter, curve, timing) with a
 *          switch in sim_config.h; this one strings them together.
 * Truth:   the model's energy integrals run beside, from the unfiltered waveforms: see sim_truth.
 * Errors:  read returns -ENODEV for one second from vanish_s on; each such call takes 10 ms of the clock.
 * Lost:    a scan that lose_share takes is never returned: read goes on to one a period later.
 * Seeded:  same seed, same bytes.
 */
#ifndef VATIO_HAL_SIM_ADC_SIM_H
#define VATIO_HAL_SIM_ADC_SIM_H

#include "board/board.h"
#include "hal/adc.h"
#include "hal/clock.h"
#include "hal/sim/adc_level.h"
#include "hal/sim/sim_config.h"
#include "hal/sim/waveform.h"

#include <stdbool.h>
#include <stdint.h>

/* The model's own totals, for a circuit (grid, solar, load): what a perfect meter would have registered with the
 * netting intervals that adc_sim_net was told. Micro-units as in the registers, in double. */
struct sim_truth {
    double duration_s;
    double energy[3][7]; /* [grid, solar, load][import, export, q1..q4, apparent], uWh, uvarh, uVAh */
    double leg[3][2][7]; /* the same of each leg, netted by itself */
};

struct adc_sim; /* opaque; allocated once by adc_sim_init, freed by adc_close */

/* The simulation's second 0 is the clock's present instant. NULL when plan and board do not fit each other or
 * memory is short. source and clock must outlive it; board and plan are copied. Plans with FFTW: not
 * thread-safe. */
struct adc_sim *adc_sim_init(const struct board *board, const struct adc_plan *plan,
                             const struct sim_config *config, struct waveform_source *source,
                             struct clock *clock);
/* The same with a recording instead of an installation: second 0 is its first sample, and reads after its end return
 * -ENODATA. It has no truth. */
struct adc_sim *adc_sim_init_level(const struct board *board, const struct adc_plan *plan,
                                   const struct sim_config *config, const struct adc_level *level,
                                   struct clock *clock);
struct adc *adc_sim_adc(struct adc_sim *sim);

/* Nets the model's integrals from the last call's instant (the start at first) up to end_ns of the clock: one netting
 * interval. The instant must have been simulated, and not more than 1,024 changes of load ago. Any thread. */
void adc_sim_net(struct adc_sim *sim, int64_t end_ns);

/* What was netted so far. False when an interval came too late: then it is worthless. Any thread, until close. */
bool adc_sim_truth(struct adc_sim *sim, struct sim_truth *truth);

#endif
