/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linearity.h - the converter's integral nonlinearity from the time-stamped codes of a pure sine.
 *
 * Method:  the sine is fitted to each block of samples (IEEE 1057, four parameters); what a code differs from the sine
 *          is gathered by the sine's own level, rising and falling apart. A level's mean is the nonlinearity there,
 *          whatever the phases: they need not be spread evenly as for the histogram of IEEE 1241, which knows no
 *          phase and takes uneven phases for nonlinearity. The table is what is added to a code: weights of the
 *          converter's bits (bits.h), and the rest smoothed over 17 codes (Hann). It holds no gain and no offset.
 * Source:  harmonics of at most 0.02 % in all. Those a quarter cycle off show as a difference between rising and
 *          falling (source_thd_pct); those in phase are taken for nonlinearity, and no estimator sees them.
 * Errors:  read says why there is no table.
 * Threads: pure; nothing is allocated. 64 KiB; read takes 160 KiB of stack.
 */
#ifndef VATIO_CALIBRATION_LINEARITY_H
#define VATIO_CALIBRATION_LINEARITY_H

#include "calibration/model.h"

#include <stdint.h>

enum { LINEARITY_BLOCK = 2048, LINEARITY_SMOOTH = 17 };

enum linearity_status {
    LINEARITY_GOOD,
    LINEARITY_SHORT,    /* too few samples for the noise */
    LINEARITY_SMALL,    /* the sine covers too few codes */
    LINEARITY_CLIPPED,  /* it stands against an end of the range */
    LINEARITY_UNSTEADY, /* no sine that keeps its frequency and size within a block */
    LINEARITY_UNEVEN,   /* codes within its range were hardly visited: its phases repeat */
    LINEARITY_IMPURE,   /* the source has harmonics of its own */
};

struct linearity_result {
    enum linearity_status status;
    double linearity_lsb[CALIBRATION_CODES]; /* all 0 unless good; 0 outside first..last */
    int first, last;                         /* codes that the sine covered */
    double f_hz;
    double amplitude_lsb;
    double offset_lsb;
    int64_t samples;     /* that were used */
    int64_t fewest;      /* samples of a code within first..last */
    double noise_lsb;    /* rms of the codes about their level's mean, rounding to codes included */
    double residual_lsb; /* rms that noise and the visible harmonics leave in the table */
    double source_thd_pct;
};

struct linearity {
    int n; /* in the block */
    double time_s[LINEARITY_BLOCK];
    double code_lsb[LINEARITY_BLOCK];
    int64_t first_ns;                    /* of the block */
    int64_t count[2][CALIBRATION_CODES]; /* by the sine's level: falling, rising */
    double sum_lsb[2][CALIBRATION_CODES];
    double square_lsb2;
    int64_t samples, clipped;
    int blocks, unsteady;
    double f_hz, amplitude_lsb, offset_lsb; /* sums over the blocks that are not unsteady */
};

void linearity_init(struct linearity *linearity);

/* Of one channel, in order of time. */
void linearity_add(struct linearity *linearity, int64_t hold_ns, uint16_t code);

/* What the blocks so far say; samples may be added afterwards. */
void linearity_read(const struct linearity *linearity, struct linearity_result *result);

/* A sentence without full stop, for people. */
const char *linearity_reason(enum linearity_status status);

#endif
