/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recording.h - recorded waveforms in memory, whatever file they came from.
 *
 * Shape:   channels of equally many samples; one instant per sample, and per channel a skew that is added to it. Instants
 *          never fall; the rate may change within the recording.
 * Units:   V and A (k and m of a file's unit are taken out); channels of other units keep their values, unit OTHER.
 * Errors:  -errno for what the system said, -EINVAL for a malformed file: then error holds one sentence with the file,
 *          its line or byte offset, and what was expected.
 * Memory:  allocated by recording_read, freed by recording_close. At most RECORDING_VALUES_MAX values.
 * Threads: one object, one thread.
 */
#ifndef VATIO_HAL_REPLAY_RECORDING_H
#define VATIO_HAL_REPLAY_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORDING_NAME = 64 };
#define RECORDING_VALUES_MAX INT64_C(200000000)

enum recording_unit { RECORDING_OTHER, RECORDING_VOLT, RECORDING_AMPERE };

struct recording_channel {
    char name[RECORDING_NAME]; /* without its unit */
    char phase[8];             /* as in a COMTRADE file; "" where there is none */
    enum recording_unit unit;
    double primary, secondary; /* ratio of the instrument transformer; 1, 1 where there is none */
    bool in_primary;           /* values are on the primary's side */
    double skew_s;
    double high_pass_hz,
        low_pass_hz; /* single poles that whatever recorded it left in its values; 0 = none */
    double *value;   /* n_samples; as in the file, scaled by its a and b, not by primary / secondary */
};

struct recording {
    int n_channels;
    struct recording_channel *channel;
    int64_t n_samples;
    double *time_s;       /* of each sample, from the first one's */
    double rate_hz;       /* mean: (n_samples - 1) / duration */
    double f_nominal_hz;  /* 0 where the file does not say */
    int64_t utc_start_ms; /* 0 where the file does not say */
};

/* By the name's end: .cfg (with .dat or .DAT beside it, and .inf if there is one), .cff, .csv. */
int recording_read(struct recording *recording, const char *path, char *error, size_t error_size);
void recording_close(struct recording *recording);

/* The index of the channel of this name (case and surrounding blanks ignored), or of "#n" (counted from 1); -1: none. */
int recording_find(const struct recording *recording, const char *name);

#endif
