/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hal/replay/recording_build.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

int recording_allocate(struct recording *recording, const struct recording_text *text, int64_t n_channels,
                       int64_t n_samples)
{
    if (n_channels < 1 || n_channels > INT_MAX)
        return recording_refuse(text, "%lld channels: at least 1 was expected", (long long)n_channels);
    if (n_samples < 2)
        return recording_refuse(text, "%lld samples: at least 2 were expected", (long long)n_samples);
    if (n_samples > RECORDING_VALUES_MAX / (n_channels + 1)) /* one more for the instants */
        return recording_refuse(text, "%lld samples of %lld channels: at most %lld values were expected",
                                (long long)n_samples, (long long)n_channels, (long long)RECORDING_VALUES_MAX);
    recording->channel = calloc((size_t)n_channels, sizeof *recording->channel);
    recording->time_s = malloc((size_t)n_samples * sizeof *recording->time_s);
    double *value = malloc((size_t)(n_channels * n_samples) * sizeof *value);
    if (recording->channel == NULL || value == NULL || recording->time_s == NULL) {
        free(value);
        recording_refuse(text, "no memory for %lld samples of %lld channels", (long long)n_samples,
                         (long long)n_channels);
        return -ENOMEM;
    }
    recording->n_channels = (int)n_channels;
    recording->n_samples = n_samples;
    recording->channel[0].value = value; /* one block, which the first channel owns */
    for (int c = 0; c < recording->n_channels; c++) {
        recording->channel[c].primary = recording->channel[c].secondary = 1;
        recording->channel[c].value = value + c * n_samples;
    }
    return 0;
}

int recording_finish(struct recording *recording, const struct recording_text *text)
{
    if (recording->n_samples < 2)
        return recording_refuse(text, "%lld samples: at least 2 were expected",
                                (long long)recording->n_samples);
    const double duration_s = recording->time_s[recording->n_samples - 1];
    const double rate_hz = (double)(recording->n_samples - 1) / duration_s;
    if (!(duration_s > 0) || !(rate_hz > 0 && rate_hz < RECORDING_RATE_MAX_HZ))
        return recording_refuse(
            text, "%lld samples in %g s: instants that rise, at most %g per second, were expected",
            (long long)recording->n_samples, duration_s, RECORDING_RATE_MAX_HZ);
    recording->rate_hz = rate_hz;
    return 0;
}

enum recording_unit recording_unit_of(struct recording_field word, double *factor)
{
    static const struct {
        const char *word;
        enum recording_unit unit;
    } units[] = {
        {"V", RECORDING_VOLT},        {"volt", RECORDING_VOLT},      {"volts", RECORDING_VOLT},
        {"A", RECORDING_AMPERE},      {"amp", RECORDING_AMPERE},     {"amps", RECORDING_AMPERE},
        {"ampere", RECORDING_AMPERE}, {"amperes", RECORDING_AMPERE},
    };
    /* the case of a prefix counts only where both cases are prefixes */
    static const struct {
        char letter;
        double factor;
    } prefixes[] = {{'k', 1e3}, {'K', 1e3}, {'m', 1e-3}, {'M', 1e6}, {'u', 1e-6}, {'U', 1e-6}};

    word = recording_trimmed(word);
    *factor = 1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (recording_is(word, units[i].word))
            return units[i].unit;
    for (size_t p = 0; word.length > 1 && p < sizeof prefixes / sizeof prefixes[0]; p++)
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
            if (word.at[0] == prefixes[p].letter &&
                recording_is((struct recording_field){word.at + 1, word.length - 1}, units[i].word)) {
                *factor = prefixes[p].factor;
                return units[i].unit;
            }
    return RECORDING_OTHER;
}
