/* SPDX-License-Identifier: GPL-3.0-or-later */
/* replay.h - a recording made ready to be metered: read, mapped, and asked for its rate and its nominal values.
 *
 * Rates:   rate_hz is the slowest that the recording keeps up over 16 samples (it limits the harmonics), rate_most_hz
 *          the fastest (it sets buffers); stretches in which samples are further apart than a cycle count as neither.
 * Nominal: as set; else f by the file's line frequency, else by the zero crossings of the first voltage (the nearer of
 *          50 and 60), u by the median over the cycles of its rms value, to two digits; else the board's.
 * Errors:  -errno and one sentence.
 * Threads: none.
 */
#ifndef VATIO_FIRMWARE_REPLAY_H
#define VATIO_FIRMWARE_REPLAY_H

#include "board/board.h"
#include "dsp/meter.h"
#include "firmware/config.h"
#include "hal/replay/channel_map.h"
#include "hal/replay/recording.h"

#include <stddef.h>

struct replay {
    struct recording recording;
    struct channel_map map;
    double rate_hz;
    double rate_most_hz;
    double f_nominal_hz;
    double u_nominal_v;
};

/* Says in the log what it found. replay_close only after success. */
int replay_init(struct replay *replay, const struct config *config, const struct board *board, char *error,
                size_t error_size);
void replay_close(struct replay *replay);

/* Elements of the mapped channels at their positions in a scan. A leg without a voltage has the other one's, assumed. */
void replay_topology(const struct channel_map *map, struct topology *topology);

/* What the recording says of the front end it was made with, at the same positions. */
void replay_response(const struct replay *replay, struct channel_response response[DSP_CHANNELS]);

#endif
