/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/vatio/doctor.h"

#include "firmware/api/detail.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "CH1 current grid L1 0.12 LSB, ..." of the channels in this state; returns how many there are. */
static int list(const struct mailbox_live *live, enum detail_noise state, char *text, size_t size)
{
    int n = 0;
    text[0] = '\0';
    for (int k = 0; k < MAILBOX_CHANNELS; k++) {
        if (live->noise[k] != state || isnan(live->noise_lsb[k]))
            continue;
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%s %.2f LSB", n > 0 ? ", " : "", live->channel[k],
                 live->noise_lsb[k]);
        n++;
    }
    return n;
}

/* Channels whose noise is known; the lowest and the highest value. */
static int range(const struct mailbox_live *live, double *lowest_lsb, double *highest_lsb)
{
    int n = 0;
    *lowest_lsb = *highest_lsb = (double)NAN;
    for (int k = 0; k < MAILBOX_CHANNELS; k++) {
        if (live->noise[k] == DETAIL_NOISE_UNKNOWN || isnan(live->noise_lsb[k]))
            continue;
        *lowest_lsb = fmin(*lowest_lsb, live->noise_lsb[k]); /* of a number and NaN: the number */
        *highest_lsb = fmax(*highest_lsb, live->noise_lsb[k]);
        n++;
    }
    return n;
}

/* The finding but for its advice; true when there are such channels. */
static bool find_state(const struct doctor_inputs *inputs, enum detail_noise state, const char *limit,
                       struct doctor_finding *finding)
{
    char names[DOCTOR_FOUND - 32];
    double lowest_lsb, highest_lsb;
    if (range(&inputs->now, &lowest_lsb, &highest_lsb) == 0) {
        doctor_find(finding, DOCTOR_SKIPPED,
                    "noise is not known: not in the first 10 s, nor without converter codes");
        return false;
    }
    if (list(&inputs->now, state, names, sizeof names) > 0) {
        doctor_find(finding, DOCTOR_FAULT, "%s, %s", names, limit);
        return true;
    }
    doctor_find(finding, DOCTOR_OK, "%.2f to %.2f LSB of noise", lowest_lsb, highest_lsb);
    return false;
}

void doctor_quiet(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    if (find_state(inputs, DETAIL_NOISE_QUIET, "needed are 0.4", finding))
        doctor_advise(
            finding,
            "Small currents will read wrong: dither missing. A Hall sensor's own noise is enough: check "
            "that its output reaches the converter (plug, supply, a stuck input), and that no filter below "
            "the board's own stands between.");
}

void doctor_noisy(const struct doctor_inputs *inputs, struct doctor_finding *finding)
{
    if (find_state(inputs, DETAIL_NOISE_NOISY, "usual are below 2", finding))
        doctor_advise(
            finding,
            "Small values will scatter: keep sensor wires short, twisted and off dimmers, motors and radios, "
            "check ground, shield and the sensor's 5 V supply; a loose plug picks up noise, too.");
}
