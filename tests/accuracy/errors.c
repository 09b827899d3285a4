/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/accuracy/errors.h"

#include <math.h>

static double larger(double a, double b)
{
    return isnan(a) || isnan(b) ? (double)NAN : fmax(a, b);
}

void errors_add(struct errors *errors, double error)
{
    errors->n++;
    errors->sum += error;
    errors->sum_squares += error * error;
    errors->worst = larger(errors->worst, fabs(error));
}

void errors_join(struct errors *errors, const struct errors *others)
{
    errors->n += others->n;
    errors->sum += others->sum;
    errors->sum_squares += others->sum_squares;
    errors->worst = larger(errors->worst, others->worst);
}

double errors_rms(const struct errors *errors)
{
    return errors->n > 0 ? sqrt(errors->sum_squares / errors->n) : (double)NAN;
}

double errors_mean(const struct errors *errors)
{
    return errors->n > 0 ? errors->sum / errors->n : (double)NAN;
}

double errors_worst(const struct errors *errors)
{
    return errors->n > 0 ? errors->worst : (double)NAN;
}

double angle_difference_deg(double a_deg, double b_deg)
{
    double difference = fmod(b_deg - a_deg, 360);
    if (difference > 180)
        difference -= 360;
    return difference <= -180 ? difference + 360 : difference;
}
