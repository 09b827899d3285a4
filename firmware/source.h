/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source.h - where scans and time come from, chosen by the configuration: the real converter and clocks, the simulated
 * installation, front end and clock, or a recording on the simulated clock.
 *
 * Errors:  -errno and one sentence that says what a user can do.
 * Threads: init, reopen and close from one thread at a time; clock from any.
 */
#ifndef VATIO_FIRMWARE_SOURCE_H
#define VATIO_FIRMWARE_SOURCE_H

#include "board/board.h"
#include "firmware/config.h"
#include "firmware/replay.h"
#include "hal/adc.h"
#include "hal/adc_spidev.h"
#include "hal/clock.h"
#include "hal/replay/adc_replay.h"
#include "hal/sim/adc_sim.h"
#include "hal/sim/house.h"
#include "hal/sim/steady.h"

#include <stdbool.h>
#include <stddef.h>

struct source {
    const struct board *board;
    struct adc_plan plan;
    struct clock *clock;
    struct adc *adc;
    bool simulated; /* clock and scans: nothing of it is measured by this meter */
    bool physical;  /* scans are values, not codes */
    /* real */
    struct clock_real clock_real;
    struct adc_spidev spidev;
    /* simulated */
    struct clock_sim clock_sim;
    struct house *house;
    struct steady steady;
    struct adc_sim *sim;
    /* a recording, as volts and amperes or at the converter's pins */
    struct adc_replay replay;
    struct adc_level *level;
};

/* board must outlive the source. input[k]: converter input of scan position k. */
int source_init(struct source *source, const struct config *config, const struct board *board, int n_channels,
                const int input[], char *error, size_t error_size);

/* The same for a recording, which must outlive the source too. n_channels and input count with replay_through_adc
 * only: without it a scan is the mapped channels in the order of channel_map_order. */
int source_init_replay(struct source *source, const struct config *config, const struct board *board,
                       const struct replay *replay, int n_channels, const int input[], char *error,
                       size_t error_size);

/* Closes and opens the converter; nothing to do for the simulated one. */
int source_reopen(struct source *source, char *error, size_t error_size);

void source_close(struct source *source);

#endif
