/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rig.h - the real pipeline in one process on a simulated clock: waveforms, front end, the converter's bytes, its decoder,
 * calibration, meter and registers; only vatiod's threads are left out.
 *
 * Shape:   rig_config says what the unit is (board, sim), what the meter believes of it (calibration) and what it
 *          is connected to (steady or source). rig_read simulates until the next window has closed.
 * Errors:  what cannot be set up or stops ends the program (fail.h).
 * Memory:  about 2 MiB a rig, from rig_init to rig_close. A rig must not move.
 * Threads: one rig, one thread; init and close of one at a time (FFTW's planner).
 */
#ifndef VATIO_ACCURACY_RIG_H
#define VATIO_ACCURACY_RIG_H

#include "board/board.h"
#include "calibration/model.h"
#include "dsp/meter.h"
#include "dsp/registers.h"
#include "hal/clock.h"
#include "hal/pace.h"
#include "hal/sim/adc_sim.h"
#include "hal/sim/steady.h"

#include <stdbool.h>
#include <stdint.h>

struct rig_config {
    struct board board;             /* what the unit physically is */
    struct calibration calibration; /* what the meter believes */
    struct sim_config sim;
    struct steady_config steady;    /* connected, unless there is a source */
    struct waveform_source *source; /* must outlive the rig */
    double scan_rate_hz;            /* 0 = the board's */
    struct creep_config creep;
    uint64_t pace_seed;
    bool with_truth; /* the model's integrals are netted with each window: rig_truth */
};

/* What the samples of a window were, beside its reading. */
struct rig_window {
    int64_t scans; /* that were held within it */
    double
        widest_periods; /* largest distance between two neighbours, also across its ends, in scan periods */
    double spread_s2;   /* sum of (t - mean t)^2: what a bound on frequency needs */
};

enum { RIG_STAMPS = 1 << 16 };

struct rig {
    struct rig_config config;
    struct topology topology;
    struct adc_plan plan;
    struct clock_sim clock;
    struct steady steady;
    struct adc_sim *sim;
    struct adc *adc;
    struct pace pace;
    struct calibration_scale scale;
    struct meter *meter;
    struct registers registers;
    int64_t start_ns; /* the clock at second 0 of the simulation */
    int64_t clipped;  /* scans with a code at an end of the range */
    struct rig_window window;
    int64_t stamp_ns[RIG_STAMPS];  /* of the latest scans */
    int64_t widest_ns[RIG_STAMPS]; /* from the scan before to each, of the channel where it is most */
    int64_t last_hold_ns[DSP_CHANNELS];
    int64_t stamps, stamps_used;
    bool begun;              /* a window was read */
    struct sim_truth before; /* of the model until the first window */
};

/* board/reference.ini at f_nominal_hz (50 or 60): nominal calibration marked as made, steady at nominal voltage and
 * current, no fault and no noise. */
void rig_reference(struct rig_config *config, double f_nominal_hz);

/* Topology, plan and nominal calibration of another board, after config->board was changed. */
void rig_nominal(struct rig_config *config);

/* What the accuracy table calls the reference board: 0.5 LSB rms of noise on each channel, stamps off by 1 us rms. */
void rig_noise(struct rig_config *config, uint64_t seed);

/* An ideal converter: exact values at exact instants. */
void rig_ideal(struct rig_config *config);

void rig_init(struct rig *rig, const struct rig_config *config);
void rig_close(struct rig *rig);

/* The next window, which has gone into the registers too. What its samples were is then in rig->window. */
void rig_read(struct rig *rig, struct reading *reading);

/* Reads windows until so many seconds since the start are over. */
void rig_skip(struct rig *rig, double until_s);

/* Seconds from the start of the simulation to an instant. */
double rig_seconds(const struct rig *rig, int64_t ns);

/* One scan of the converter that the meter does not see. */
void rig_scan(struct rig *rig, struct adc_scan *scan);

/* The model's integrals from the first window's start to the last one's end. */
void rig_truth(struct rig *rig, struct sim_truth *truth);

#endif
