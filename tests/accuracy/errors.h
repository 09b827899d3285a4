/* SPDX-License-Identifier: GPL-3.0-or-later */
/* errors.h - errors gathered: their rms, worst and mean. One that is no number is the worst there is.
 *
 * Threads: pure.
 */
#ifndef VATIO_ACCURACY_ERRORS_H
#define VATIO_ACCURACY_ERRORS_H

struct errors {
    int n;
    double sum;
    double sum_squares;
    double worst; /* largest size; NaN once one was NaN */
};

void errors_add(struct errors *errors, double error);
/* Both into one. */
void errors_join(struct errors *errors, const struct errors *others);
/* NaN without any. */
double errors_rms(const struct errors *errors);
double errors_mean(const struct errors *errors);
double errors_worst(const struct errors *errors);

/* b - a on the circle, in (-180, 180]. */
double angle_difference_deg(double a_deg, double b_deg);

#endif
