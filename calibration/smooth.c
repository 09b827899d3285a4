/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration/smooth.h"

#include <math.h>
#include <stddef.h>

static const double pi = 3.14159265358979323846;

void smooth_hann(const double in[CALIBRATION_CODES], const double weight[CALIBRATION_CODES], int first,
                 int last, int half, double out[CALIBRATION_CODES])
{
    for (int c = first; c <= last; c++) {
        double sum = 0, total = 0;
        for (int d = -half; d <= half; d++) {
            const int at = c + d;
            if (at < first || at > last)
                continue;
            const double w = (1 + cos(pi * d / (half + 1))) * (weight != NULL ? weight[at] : 1);
            sum += w * in[at];
            total += w;
        }
        out[c] = total > 0 ? sum / total : 0;
    }
}

void smooth_level(double table[CALIBRATION_CODES], int first, int last)
{
    const double n = last - first + 1, middle = 0.5 * (first + last);
    double sum = 0, slope = 0, square = 0;
    for (int c = first; c <= last; c++) {
        sum += table[c];
        slope += (c - middle) * table[c];
        square += (c - middle) * (c - middle);
    }
    for (int c = first; c <= last; c++)
        table[c] -= sum / n + (square > 0 ? slope / square * (c - middle) : 0);
}
