/* SPDX-License-Identifier: GPL-3.0-or-later */
/* near.h - a value within a tolerance of the expected one; NaN is never near.
 */
#ifndef VATIO_TESTS_UNIT_NEAR_H
#define VATIO_TESTS_UNIT_NEAR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka after these */
#include <cmocka.h>

static inline void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not within %.2g of %.17g", value, tolerance, expected);
}

#endif
