/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meter.h - time-stamped scans in, contiguous mains-synchronous readings out.
 *
 * Shape:   one scan = one sample per channel, each with its own hold instant; windows of 10 cycles (50 Hz nominal)
 *          or 12 (60 Hz), the end of one being the start of the next.
 * Units:   ns of one monotonic clock; V and A at the meter's terminals.
 * Errors:  meter_init returns NULL when the configuration is out of range or memory is short. After that nothing
 *          fails and nothing is allocated; doubtful input is flagged in the reading's quality.
 * Threads: pure; one object, one thread. meter_init and meter_close are not thread-safe (FFTW's planner).
 * Source:  dsp/README.md.
 */
#ifndef VATIO_DSP_METER_H
#define VATIO_DSP_METER_H

#include "dsp/reading.h"
#include "dsp/topology.h"

#include <stdbool.h>
#include <stdint.h>

/* What the front end of one channel does to a waveform, and the meter takes out again. */
struct channel_response {
    double delay_s; /* pure delay: the sample taken at t shows the input at t - delay_s; may be negative */
    double high_pass_hz; /* single pole; 0 = none */
    double low_pass_hz;  /* single pole; 0 = none */
};

/* A converter makes 3,000 to 20,000 scans/s; recordings are slower and faster. */
#define RATE_LEAST_HZ 400.0
#define RATE_MOST_HZ  200000.0

struct meter_config {
    double f_nominal_hz;   /* 50 or 60 */
    double scan_rate_hz;   /* nominal, RATE_LEAST_HZ..RATE_MOST_HZ: sets h_max, grid and buffers */
    double signal_rate_hz; /* that a recording keeps up at least: limits h_max; 0 = scan_rate_hz */
    double u_nominal_v;    /* below 2 % of it a voltage is taken as lost */
    struct topology topology;
    struct channel_response response[DSP_CHANNELS];
};

struct meter_scan {
    int64_t hold_ns[DSP_CHANNELS]; /* never decreasing from scan to scan, per channel */
    double value[DSP_CHANNELS];
    unsigned quality; /* flags of this scan; they reach every window it touches */
};

struct
    meter; /* about 1 MiB, of RATE_MOST_HZ 13 + 4 a channel; made by meter_init, owned by the caller, freed by meter_close */

struct meter *meter_init(const struct meter_config *config);
void meter_close(struct meter *meter);

/* Takes one scan. */
void meter_add(struct meter *meter, const struct meter_scan *scan);

/* The next closed window, if there is one. Call it until it returns false, after each meter_add or after any block of scans that
 * the ring holds beside a window (half a second of them): the digits are the same. */
bool meter_read(struct meter *meter, struct reading *reading);

/* Harmonics that scan_rate_hz can carry at f_hz: min(50, floor(0.42 scan_rate / f)); 0 when not even the first. Below 2
 * there is no THD. */
int meter_h_max(double scan_rate_hz, double f_hz);

/* The rate that limits h_max: scan_rate_hz, or signal_rate_hz where that is given and lower. */
double meter_signal_rate(const struct meter_config *config);

#endif
