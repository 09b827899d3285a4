/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smooth.h - weighted sums over tables of codes. Private to this folder; pure. */
#ifndef VATIO_CALIBRATION_SMOOTH_H
#define VATIO_CALIBRATION_SMOOTH_H

#include "calibration/model.h"

/* out[c] for first..last: mean of in[c - half..c + half] with Hann's weights times weight[] (NULL: all 1); at the ends
 * over what there is. in and out differ. */
void smooth_hann(const double in[CALIBRATION_CODES], const double weight[CALIBRATION_CODES], int first,
                 int last, int half, double out[CALIBRATION_CODES]);

/* Takes the best straight line out of table[first..last]. */
void smooth_level(double table[CALIBRATION_CODES], int first, int last);

#endif
