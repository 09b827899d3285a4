/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration/crosstalk.h"

#include <math.h>
#include <string.h>

/* Keeps sums of products small; any other middle gives the same. */
static const double middle_lsb = 512;

static const double moved_least_lsb = 20;

/* 1e-5 of 256 LSB rms are 0.003 LSB: 0.3 mA rms on the reference board, a sixtieth of the starting current. */
static const double deviation_most = 1e-5;

/* At the input, as dsp wants for currents; the codes have the rounding's 1/12 besides. */
static const double dither_least_lsb2 = 0.3 * 0.3 + 1.0 / 12;
static const double noise_most_lsb = 2.0;

static const double crosstalk_most = 0.05;

void crosstalk_init(struct crosstalk *crosstalk)
{
    memset(crosstalk, 0, sizeof *crosstalk);
}

void crosstalk_add(struct crosstalk *crosstalk, double before_lsb, double code_lsb)
{
    const double x = before_lsb - middle_lsb, y = code_lsb - middle_lsb;
    crosstalk->n++;
    crosstalk->x += x;
    crosstalk->y += y;
    crosstalk->xx += x * x;
    crosstalk->xy += x * y;
    crosstalk->yy += y * y;
}

static enum crosstalk_status judge(const struct crosstalk_result *result, double slope)
{
    if (result->samples < 3)
        return CROSSTALK_SHORT;
    if (result->moved_lsb < moved_least_lsb)
        return CROSSTALK_STILL;
    if (result->noise_lsb > noise_most_lsb)
        return CROSSTALK_MOVING;
    if (result->noise_lsb * result->noise_lsb < dither_least_lsb2)
        return CROSSTALK_UNDITHERED;
    if (fabs(slope) > crosstalk_most)
        return CROSSTALK_LARGE;
    return result->deviation > deviation_most ? CROSSTALK_SHORT : CROSSTALK_GOOD;
}

void crosstalk_read(const struct crosstalk *crosstalk, struct crosstalk_result *result)
{
    const double n = (double)crosstalk->n;
    double slope = 0;
    memset(result, 0, sizeof *result);
    result->samples = crosstalk->n;
    if (crosstalk->n >= 3) {
        const double xx = fmax(0, crosstalk->xx - crosstalk->x * crosstalk->x / n);
        const double xy = crosstalk->xy - crosstalk->x * crosstalk->y / n;
        const double yy = crosstalk->yy - crosstalk->y * crosstalk->y / n;
        slope = xx > 0 ? xy / xx : 0;
        result->moved_lsb = sqrt(xx / n);
        result->noise_lsb = sqrt(fmax(0, yy - slope * xy) / (n - 2));
        result->deviation = xx > 0 ? result->noise_lsb / sqrt(xx) : 0;
    }
    result->status = judge(result, slope);
    if (result->status == CROSSTALK_GOOD)
        result->crosstalk = slope;
}

const char *crosstalk_reason(enum crosstalk_status status)
{
    static const char *const reasons[] = {
        [CROSSTALK_GOOD] = "the coefficient is good",
        [CROSSTALK_SHORT] = "too few samples: sample longer",
        [CROSSTALK_STILL] = "the channel before hardly moves: apply its voltage or current",
        [CROSSTALK_MOVING] = "the channel itself moves: open its conductor",
        [CROSSTALK_UNDITHERED] = "the channel has too little noise for fractions of a step to be seen",
        [CROSSTALK_LARGE] = "more than 0.05: the conductor is not open, or the input has no filter",
    };
    return reasons[status];
}
