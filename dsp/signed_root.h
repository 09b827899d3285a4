/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signed_root.h - squares that noise may have left below zero, and the values that stand for them: v stands for v |v|.
 *
 * Absent:  NaN stays NaN.
 * Threads: pure.
 */
#ifndef VATIO_DSP_SIGNED_ROOT_H
#define VATIO_DSP_SIGNED_ROOT_H

#include <math.h>

static inline double signed_square(double value)
{
    return value * fabs(value);
}

static inline double signed_root(double square)
{
    return copysign(sqrt(fabs(square)), square);
}

#endif
