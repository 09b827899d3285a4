/* SPDX-License-Identifier: GPL-3.0-or-later */
/* adc_replay.h - a recording as a source of scans: its samples, one after the other, as values in V and A.
 *
 * Time:    sample n of channel c was held at start + time[n] + skew[c], start being the clock at init; a scan is
 *          delivered when the clock has reached its latest hold instant. The due instant of adc_read is not heeded.
 * Loop:    the recording follows on itself, its period being n samples times their mean distance: a recording of whole
 *          cycles goes on without a seam.
 * Errors:  read returns -ENODATA when the recording has ended, -EINTR each tenth of a second of a gap in it, and what
 *          the clock says.
 * Memory:  none of its own; recording and clock must outlive it.
 * Threads: as adc.h.
 */
#ifndef VATIO_HAL_REPLAY_ADC_REPLAY_H
#define VATIO_HAL_REPLAY_ADC_REPLAY_H

#include "hal/adc.h"
#include "hal/clock.h"
#include "hal/replay/channel_map.h"
#include "hal/replay/recording.h"

#include <stdbool.h>
#include <stdint.h>

struct adc_replay {
    struct adc adc;
    const struct recording *recording;
    struct clock *clock;
    int n; /* channels of a scan, in the order of channel_map_order */
    const double *value[ADC_CHANNELS];
    double factor[ADC_CHANNELS];
    int64_t skew_ns[ADC_CHANNELS];
    bool loop;
    int64_t start_ns; /* the clock at the recording's first sample */
    int64_t turn;     /* times the recording was played through */
    int64_t next;     /* sample */
};

/* map as channel_map_read made it. */
void adc_replay_init(struct adc_replay *replay, const struct recording *recording,
                     const struct channel_map *map, struct clock *clock, bool loop);

/* Seconds that n samples take: what --loop repeats after. */
double adc_replay_period_s(const struct recording *recording);

#endif
