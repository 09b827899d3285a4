/* SPDX-License-Identifier: GPL-3.0-or-later */
/* adc_sim.h - the simulated front end and MCP3008: waveforms in, the converter's bytes out, through the same
 * frame code as the real driver's.
 *
 * Physics: transformer (ratio, magnetising pole), divider, amplifier and offset; Hall sensor and divider;
 * anti-alias RC; Gaussian noise at the pin; 10-bit quantisation and clipping; one conversion after the other,
 * each with its own hold instant; late wake-ups. Each effect is one stage that a later effect can stand
 *          beside.
 * Truth:   the model's energy integrals run beside, from the unfiltered waveforms: see sim_truth.
 * Seeded:  same seed, same bytes.
 */
#ifndef VATIO_HAL_SIM_ADC_SIM_H
#define VATIO_HAL_SIM_ADC_SIM_H

#include "board/board.h"
#include "hal/adc.h"
#include "hal/clock.h"
#include "hal/sim/adc_level.h"
#include "hal/sim/waveform.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_config {
    double noise_lsb;     /* rms at each input; 0 = an ideal converter's pin */
    double jitter_ns;     /* rms of the wake-up delay (one-sided); the stamps see it */
    double stamp_ns;      /* rms error of the stamps, which nobody sees */
    double corrupt_share; /* 0..1 of the answers have one bit flipped on the wire */
    uint64_t seed;
    int ideal; /* 1: the converter is none: scans are physical, exact values behind the linear path, without noise */
    /* Each of these is 0 = off; hal/sim/README.md has formulas and what is usual. */
    double inl_lsb; /* largest integral nonlinearity of the converter: a smooth curve and bit steps by seed */
    double crosstalk;       /* share of the conversion before left on the sampling capacitor */
    double reference_ppm;   /* error of the converter's reference */
    double reference_ppm_k; /* and with temperature */
    double spi_factor;      /* factor on the conversion spacing, in every second second; 0 and 1 = none */
    double clock_ppm;       /* the stamps' clock runs fast against the mains' time */
    double gap_ms;          /* length of a preemption between two scans, */
    double gap_every_ms;    /* and how often; it also hits the middle of a scan */
    double aperture_ns;     /* rms jitter of the true instants, unseen by the stamps */
    double lose_share;      /* 0..1 of the scans are lost */
    double
        magnetising_pct; /* transformer: peak voltage drop of the saturating magnetising current, of nominal */
    double transformer_low_pass_hz; /* leakage; 0 = none */
    double amplifier_bandwidth_hz;  /* AD623; 0 = none */
    double amplifier_drift_uv_k;
    double hall_noise_ma; /* rms of the sensor's own noise at its output's full bandwidth, before the RC */
    double hall_nonlinearity_pct; /* of full scale, cubic */
    double hall_hysteresis_ma;    /* magnetic offset, by the last peak's sign */
    double hall_zero_ma_k;
    double hall_gain_ppm_k;
    double temperature_k; /* amplitude of the daily swing around 25 C that the drifts follow */
    int stuck_input;      /* converter input + 1 that stands at one code from stuck_s on; 0 = none */
    double stuck_s;
    double vanish_s; /* the converter answers with an error from here on, for one second; 0 = never */
};

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
