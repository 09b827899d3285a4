/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_config.h - what is wrong with the simulated sensors, front end, converter and clock.
 *
 * Zero:    everything but the seed is 0 = off: exact instants and an ideal converter. hal/sim/README.md has each effect's
 *          formula and what is usual.
 * Random:  what is drawn at random is drawn from the seed.
 */
#ifndef VATIO_HAL_SIM_SIM_CONFIG_H
#define VATIO_HAL_SIM_SIM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct sim_config {
    double noise_lsb;     /* rms at each input; 0 = an ideal converter's pin */
    double jitter_ns;     /* rms of the wake-up delay (one-sided); the stamps see it */
    double stamp_ns;      /* rms error of the stamps, which nobody sees */
    double corrupt_share; /* 0..1 of the answers have one bit flipped on the wire */
    uint64_t seed;
    bool
        ideal; /* the converter is none: scans are physical, exact values behind the linear path, without noise */
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

#endif
