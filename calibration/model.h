/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model.h - converter codes in, volts and amperes out.
 *
 * Per channel: value = gain * (code + linearity_lsb[code] - offset_lsb); delay and the two poles are handed on to dsp,
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

/* Codes to values, as a table made once. */
struct calibration_scale {
    double value[DSP_CHANNELS][CALIBRATION_CODES];
};

void calibration_scale_init(struct calibration_scale *scale, const struct calibration *calibration);

struct channel_response calibration_response(const struct calibration_channel *channel);

/* True if code stands at an end of the range. */
static inline bool calibration_clipped(uint16_t code)
{
    return code == 0 || code >= CALIBRATION_CODES - 1;
}

#endif
