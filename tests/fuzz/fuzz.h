/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz.h - what every target asks of a reader: whatever the bytes, a recording that keeps its contract or one printable
 * sentence.
 */
#ifndef VATIO_TEST_FUZZ_H
#define VATIO_TEST_FUZZ_H

#include "hal/replay/recording.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FUZZ_ERROR = 256 };

static inline void fuzz_require(bool holds)
{
    if (!holds)
        abort();
}

static inline void fuzz_check_channel(const struct recording *recording, int c)
{
    const struct recording_channel *channel = &recording->channel[c];
    fuzz_require(memchr(channel->name, '\0', sizeof channel->name) != NULL);
    fuzz_require(memchr(channel->phase, '\0', sizeof channel->phase) != NULL);
    fuzz_require(channel->primary > 0 && channel->secondary > 0);
    fuzz_require(isfinite(channel->skew_s));
    fuzz_require(channel->high_pass_hz >= 0 && channel->low_pass_hz >= 0);
    fuzz_require(recording_find(recording, channel->name) <= c);
}

static inline void fuzz_check_recording(const struct recording *recording)
{
    fuzz_require(recording->n_channels > 0 && recording->n_samples >= 2);
    fuzz_require(recording->n_samples <= RECORDING_VALUES_MAX / recording->n_channels);
    fuzz_require(recording->rate_hz > 0 && isfinite(recording->rate_hz) && recording->f_nominal_hz >= 0);
    fuzz_require(recording->time_s[0] == 0);
    for (int64_t k = 1; k < recording->n_samples; k++)
        fuzz_require(recording->time_s[k] >= recording->time_s[k - 1]);
    for (int c = 0; c < recording->n_channels; c++) {
        fuzz_check_channel(recording, c);
        for (int64_t k = 0; k < recording->n_samples; k++)
            fuzz_require(!isinf(recording->channel[c].value[k]));
    }
}

/* A result other than 0 is -EINVAL and a sentence, in a buffer that was filled with '\x01' before. */
static inline void fuzz_check_error(int result, const char *error, size_t size)
{
    if (result == 0)
        return;
    const char *end = memchr(error, '\0', size);
    fuzz_require(result == -EINVAL && end != NULL && end != error);
    for (const char *at = error; at < end; at++)
        fuzz_require((unsigned char)*at >= ' ' && *at != '\x7f');
}

static inline void fuzz_check(struct recording *recording, int result, const char error[FUZZ_ERROR])
{
    if (result == 0)
        fuzz_check_recording(recording);
    fuzz_check_error(result, error, FUZZ_ERROR);
    recording_close(recording);
}

#endif
