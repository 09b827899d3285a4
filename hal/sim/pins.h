/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pins.h - the level at each of the converter's inputs at any instant, from the installation's segments through sensors
 * and front end.
 *
 * Between the 1,024 points of a cycle: 4-point Lagrange, good to 3e-4 of the 50th harmonic's own size; fine: 6-point,
 *          4e-6. Neither matters at the fundamental (4e-11).
 * Ramp:    the response at the segment's beginning goes over into that at its end in a straight line.
 * Tones:   go through the linear path at their own frequency and are added at the pin: sensors and rails do not cut them.
 * Truth:   the model's power goes into the ledger from the segments themselves.
 * Threads: init and close are not thread-safe (FFTW's planner); one object, one thread.
 */
#ifndef VATIO_HAL_SIM_PINS_H
#define VATIO_HAL_SIM_PINS_H

#include "board/board.h"
#include "hal/sim/frontend.h"
#include "hal/sim/ledger.h"
#include "hal/sim/sensor.h"
#include "hal/sim/sim_config.h"
#include "hal/sim/truth.h"
#include "hal/sim/waveform.h"

#include <stdbool.h>

enum {
    PINS_BEFORE = 2, /* points kept before the first and after the last, for the interpolation */
    PINS_AFTER = 4,
    PINS_POINTS = PINS_BEFORE + FRONTEND_POINTS + PINS_AFTER
};

struct pins_tone {
    double rad_s;
    double level_lsb; /* peak */
    double rad;
};

struct pins_input {
    enum board_channel_kind kind;
    enum board_circuit circuit;
    int leg; /* 0 or 1 */
    bool used;
    struct frontend_path path;
    struct sensor sensor;
    double level_lsb[PINS_POINTS]; /* one cycle */
    double ramp_lsb[PINS_POINTS];  /* by how much another it is at the end of the segment; only with a ramp */
    struct pins_tone tone[WAVEFORM_TONES];
};

struct pins {
    struct waveform_source *source; /* NULL: none yet */
    struct ledger *ledger;
    double lsb_per_v;
    bool fine;
    struct pins_input input[BOARD_CHANNELS];
    struct frontend frontend;
    struct truth truth;
    struct waveform_segment segment[2];
    int now; /* index of the present segment; the other one is the one before */
    /* of the present segment: */
    double start_s, end_s, f_hz, half_rate_hz_s;
    bool steady; /* one cycle that repeats, and nobody wants it fine */
};

/* Connects the inputs. False when memory is short; pins_close is safe then. The object must not move afterwards. */
bool pins_init(struct pins *pins, const struct board *board, const struct sim_config *config,
               struct ledger *ledger, double lsb_per_v);

/* This input will be read. False when it hangs on a leg that no installation has. */
bool pins_use(struct pins *pins, int number);

/* Begins with the source's first segment, which starts at 0 s. */
void pins_begin(struct pins *pins, struct waveform_source *source);

void pins_close(struct pins *pins);

/* t_s never goes back further than into the segment before; there the present one is thought to have stood already. */
double pins_level_lsb(struct pins *pins, int number, double t_s);

#endif
