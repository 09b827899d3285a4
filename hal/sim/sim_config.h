/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_config.h - what is wrong with the simulated sensors, front end, converter and clock.
 *
 * Zero:    everything but the seed is 0 = off: exact instants and an ideal quantiser. hal/sim/README.md has each
 *          effect's formula and what is usual.
 * Random:  what is drawn at random is drawn from the seed.
 */
#ifndef VATIO_HAL_SIM_SIM_CONFIG_H
#define VATIO_HAL_SIM_SIM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct sim_config {
    uint64_t seed;

    /* sensors and front end, by segment; a recording does not go through these */
    double
        magnetising_pct; /* transformer: peak voltage drop of the saturating magnetising current, of nominal */
    double transformer_low_pass_hz; /* leakage */
    double amplifier_bandwidth_hz;
    double
        amplifier_low_v; /* what the amplifier's output cannot leave, before the RC; high <= low: no bounds */
    double amplifier_high_v;
    double hall_nonlinearity_pct; /* of full scale, cubic; at most so much between zero and full scale */
    double hall_hysteresis_ma;    /* what stays at 0 A after a peak of full scale */
    /* the same, by instant */
    double hall_noise_ma; /* rms of the sensor's own noise over its whole bandwidth, before the RC */
    double temperature_k; /* amplitude of the daily swing around 25 C that the drifts follow */
    double amplifier_drift_uv_k;
    double hall_zero_ma_k;
    double hall_gain_ppm_k;

    /* converter */
    bool ideal;           /* there is none: scans are physical, exact values at the pin, without any noise */
    double noise_lsb;     /* rms at each input */
    double crosstalk;     /* share of the conversion before that is left on the sampling capacitor */
    double reference_ppm; /* how much too high the reference is */
    double reference_ppm_k;
    double inl_lsb;       /* bound of the integral nonlinearity: a smooth curve and bit steps by seed */
    double corrupt_share; /* 0..1 of the answers have one bit flipped on the wire */
    int64_t stuck_input;  /* converter input + 1 that stands at one code from stuck_s on; 0 = none */
    double stuck_s;
    double vanish_s; /* the converter answers with an error from here on, for one second; 0 = never */

    /* timing */
    double jitter_ns;   /* rms of the wake-up delay (one-sided); the stamps see it */
    double stamp_ns;    /* rms error of the stamps, which nobody sees */
    double aperture_ns; /* rms jitter of the true instants, unseen by the stamps */
    double
        spi_factor; /* on the conversion spacing, in every second second; the stamps see it; 0 and 1 = none */
    double clock_ppm;    /* the stamps' clock runs fast against the mains' time */
    double gap_ms;       /* how long a preemption lasts; shorter than gap_every_ms */
    double gap_every_ms; /* and how often one begins, wherever the scans are then */
    double lose_share;   /* 0..0.9 of the scans are lost */
};

#endif
