/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model.h - converter codes in, volts and amperes out.
 *
 * Per channel: lin = code + linearity_lsb[code]; what the converter kept of its conversion before is taken off:
 * own = (lin - crosstalk * lin_before) / (1 - crosstalk), lin_before of the scan's channel before it, of the first one the
 * last of the scan before; value = gain * (own - offset_lsb). Delay and the two poles are handed on to dsp,
 * which takes them out of time stamps and spectrum.
 * Units:   gain in V/LSB or A/LSB; a negative gain turns a sensor round.
 * Threads: pure.
 */
#ifndef VATIO_CALIBRATION_MODEL_H
#define VATIO_CALIBRATION_MODEL_H

#include "dsp/meter.h"

#include <stdbool.h>
#include <stdint.h>

enum { CALIBRATION_CODES = 1024, CALIBRATION_TEXT = 32 };

struct calibration_channel {
    double gain;                             /* V/LSB or A/LSB, not 0 */
    double offset_lsb;                       /* mean code at 0 V or 0 A, 0..1023 */
    double delay_ns;                         /* -1e6..1e6 */
    double high_pass_hz;                     /* 0..10, 0 = none */
    double low_pass_hz;                      /* 0 = none, else 500..1e6 */
    double crosstalk;                        /* share of the conversion before it, -0.05..0.05; 0 = none */
    double linearity_lsb[CALIBRATION_CODES]; /* added to the code; all 0 = ideal converter */
};

struct calibration {
    int schema;
    char board[CALIBRATION_TEXT];     /* name of the board file it is for */
    char serial[CALIBRATION_TEXT];    /* of the unit */
    char date[CALIBRATION_TEXT];      /* ISO 8601 */
    char reference[CALIBRATION_TEXT]; /* what it was compared with */
    bool calibrated;                  /* false: nominal values, readings are marked UNCALIBRATED */
    int n_channels;                   /* in scan order */
    int input[DSP_CHANNELS];          /* converter input of each, as in the board file's [channelN] */
    struct calibration_channel channel[DSP_CHANNELS];
};

/* Codes to values: a table made once, and the last conversion of the scan before. */
struct calibration_scale {
    int n_channels;
    double value[DSP_CHANNELS][CALIBRATION_CODES]; /* as if nothing were kept of the conversion before */
    bool crossed;                                  /* any crosstalk at all; the rest is used only then */
    double per_value[DSP_CHANNELS]; /* 1 / gain: linearised code = value * per_value + offset_lsb */
    double offset_lsb[DSP_CHANNELS];
    double back[DSP_CHANNELS]; /* V or A to add per LSB that this conversion differs from the one before */
    double last_lsb;           /* linearised code of the last conversion so far; NaN: there is none */
};

void calibration_scale_init(struct calibration_scale *scale, const struct calibration *calibration);

/* One scan's codes, 0..1023 each, of all channels, in V and A. */
void calibration_scale_read(struct calibration_scale *scale, const uint16_t code[], double value[]);

/* After scans that are missing: what stood before the next scan's first conversion is not known, and that one sample
 * stays as it is. */
void calibration_scale_reset(struct calibration_scale *scale);

struct channel_response calibration_response(const struct calibration_channel *channel);

/* rms noise at the converter's input, in LSB, from a channel's noise in V or A: freed of the 1/12 LSB^2 that rounding to
 * codes adds; 0 where less than that is left. */
double calibration_noise_lsb(double noise, double gain);

/* True if code stands at an end of the range. */
static inline bool calibration_clipped(uint16_t code)
{
    return code == 0 || code >= CALIBRATION_CODES - 1;
}

#endif
