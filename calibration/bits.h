/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bits.h - the steps of a converter by successive approximation: each of its ten bits weighs a little more or less
 * than it should.
 *
 * Model:   the voltage at which code c begins is c + sum(error_lsb[b] * (bit b of c)), less a straight line.
 * Use:     finds the weights where a smooth curve lies over them: in a table of nonlinearity, or in how often each code
 *          occurs under any signal whose density has no detail finer than some 30 codes. Only what a smooth curve of
 *          that width cannot follow is compared, so the curve itself (nonlinearity or density) stays unknown.
 * Units:   LSB; codes first..last are looked at.
 * Threads: pure; nothing is allocated. 120 KiB of stack.
 */
#ifndef VATIO_CALIBRATION_BITS_H
#define VATIO_CALIBRATION_BITS_H

#include "calibration/model.h"

#include <stdbool.h>
#include <stdint.h>

enum { BITS = 10 };

struct bits {
    double error_lsb[BITS];     /* of bit 0 first; bit 0's own shows only in counts */
    double deviation_lsb[BITS]; /* standard error of each, if the samples are independent */
    /* of counts: mean square distance from what they should be, in their standard errors, with even bits and with
     * these */
    double scatter_before, scatter;
};

/* From table[c], the correction of each code as measured with `spread_lsb` rms of smearing, and the samples behind it.
 * noise_lsb: rms of one sample. */
void bits_fit_table(struct bits *bits, const double table_lsb[CALIBRATION_CODES],
                    const double samples[CALIBRATION_CODES], int first, int last, double spread_lsb,
                    double noise_lsb);

/* From the number of times each code occurred. False, with errors of 0, when there are too few codes or samples, or when
 * no weights explain them: this converter's steps stand elsewhere. */
bool bits_fit_counts(struct bits *bits, const int64_t count[CALIBRATION_CODES], int first, int last);

/* The correction of each code: how far the middle of its step lies above where it should. */
void bits_table(const struct bits *bits, double table_lsb[CALIBRATION_CODES]);

#endif
