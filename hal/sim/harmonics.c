/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/harmonics.h"

#include "hal/sim/list.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

static const double two_pi = 6.283185307179586;

/* Whatever h and degrees are, the sum over the table's points stays one whole cycle. */
void harmonics_add_sine(double *table, double peak, int h, double angle_rad)
{
    for (int n = 0; n < WAVEFORM_POINTS; n++) {
        table[n] += peak * sin(two_pi * h * n / WAVEFORM_POINTS + angle_rad);
    }
}

static bool take_harmonic(const char **text, int *h, double *percent, double *degrees)
{
    double number;
    if (!list_number(text, 2, HARMONICS_MAX, &number) || number != floor(number) || *(*text)++ != ':') {
        return false;
    }
    *h = (int)number;
    return list_number(text, 0, 1000, percent) && *(*text)++ == ':' &&
           list_number(text, -360, 360, degrees) && (**text == ',' || **text == '\0');
}

int harmonics_add(double *table, double fundamental, const char *text, double turn_rad, const char *option,
                  char *error, size_t error_size)
{
    bool given[HARMONICS_MAX + 1] = {false};
    while (*text != '\0') {
        const char *entry = text;
        int h;
        double percent, degrees;
        if (!take_harmonic(&text, &h, &percent, &degrees)) {
            snprintf(error, error_size,
                     "%s: expected h:percent:degrees with h 2..%d, percent 0..1000, degrees -360..360, got "
                     "\"%.40s\"",
                     option, HARMONICS_MAX, entry);
            return -EINVAL;
        }
        if (given[h]) {
            snprintf(error, error_size, "%s: harmonic %d is given twice", option, h);
            return -EINVAL;
        }
        given[h] = true;
        harmonics_add_sine(table, percent / 100 * fundamental, h, degrees * two_pi / 360 + h * turn_rad);
        if (*text == ',') {
            text++;
            if (*text == '\0') {
                snprintf(error, error_size, "%s: expected a harmonic after the last comma", option);
                return -EINVAL;
            }
        }
    }
    return 0;
}
