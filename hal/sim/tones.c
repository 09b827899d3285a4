/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/sim/tones.h"

#include "hal/sim/list.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static const double rad_per_deg = 6.283185307179586 / 360;

enum { FIELDS = 5 };

static const struct list_format format = {.option = "tones",
                                          .rows = WAVEFORM_TONES,
                                          .fields = FIELDS,
                                          .needed = FIELDS,
                                          .field = {{"f_hz", 0.1, 10000},
                                                    {"u_pct", 0, 100},
                                                    {"u_deg", -360, 360},
                                                    {"i_pct", 0, 1000},
                                                    {"i_deg", -360, 360}}};

/* Closer than a tenth of a millihertz two sines are one for hours. */
static int check_apart(const struct waveform_tone *tone, int n, double mains_hz, char *error,
                       size_t error_size)
{
    static const double apart_hz = 1e-4;
    double f_hz = tone[n].f_hz;
    if (mains_hz > 0 && fabs(f_hz - mains_hz * round(f_hz / mains_hz)) < apart_hz) {
        snprintf(error, error_size, "tones: %g Hz is a harmonic of %g Hz: state it as one", f_hz, mains_hz);
        return -EINVAL;
    }
    for (int k = 0; k < n; k++) {
        if (fabs(tone[k].f_hz - f_hz) < apart_hz) {
            snprintf(error, error_size, "tones: %g Hz is given twice", f_hz);
            return -EINVAL;
        }
    }
    return 0;
}

int tones_read(const char *text, double u_v, double i_a, double mains_hz,
               struct waveform_tone tone[WAVEFORM_TONES], char *error, size_t error_size)
{
    double value[WAVEFORM_TONES * FIELDS];
    int tones = list_read(&format, text, value, error, error_size);
    for (int n = 0; n < tones; n++) {
        const double *row = value + (size_t)(n * FIELDS);
        tone[n] = (struct waveform_tone){.f_hz = row[0],
                                         .u_v = sqrt(2) * u_v * row[1] / 100,
                                         .u_rad = row[2] * rad_per_deg,
                                         .grid_a = sqrt(2) * i_a * row[3] / 100,
                                         .grid_rad = row[4] * rad_per_deg};
        if (check_apart(tone, n, mains_hz, error, error_size) < 0) {
            return -EINVAL;
        }
    }
    return tones;
}
