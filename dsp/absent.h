/* SPDX-License-Identifier: GPL-3.0-or-later */
/* absent.h - a value that could not be measured. Test for it with isnan(). */
#ifndef VATIO_DSP_ABSENT_H
#define VATIO_DSP_ABSENT_H

#include <math.h>

#define ABSENT ((double)NAN) /* C's NAN is a float */

#endif
