/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory_recording.h - recordings made in memory, for tests of what comes after the parsers. */
#ifndef VATIO_TEST_REPLAY_MEMORY_RECORDING_H
#define VATIO_TEST_REPLAY_MEMORY_RECORDING_H

#include "hal/replay/recording.h"

#include <stdio.h>
#include <stdlib.h>

enum { MEMORY_CHANNELS = 8 };

/* n_samples at rate_hz, all values 0, no channels yet; ended by memory_recording_close. */
static inline void memory_recording_init(struct recording *recording, int64_t n_samples, double rate_hz)
{
    *recording = (struct recording){.n_samples = n_samples, .rate_hz = rate_hz};
    recording->channel = calloc(MEMORY_CHANNELS, sizeof *recording->channel);
    recording->time_s = calloc((size_t)n_samples, sizeof *recording->time_s);
    for (int64_t n = 0; n < n_samples; n++)
        recording->time_s[n] = (double)n / rate_hz;
}

static inline struct recording_channel *memory_recording_add(struct recording *recording, const char *name,
                                                             enum recording_unit unit)
{
    struct recording_channel *channel = &recording->channel[recording->n_channels++];
    *channel = (struct recording_channel){.unit = unit, .primary = 1, .secondary = 1};
    snprintf(channel->name, sizeof channel->name, "%s", name);
    channel->value = calloc((size_t)recording->n_samples, sizeof *channel->value);
    return channel;
}

static inline void memory_recording_close(struct recording *recording)
{
    for (int c = 0; c < recording->n_channels; c++)
        free(recording->channel[c].value);
    free(recording->channel);
    free(recording->time_s);
    *recording = (struct recording){0};
}

#endif
