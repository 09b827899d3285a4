/* SPDX-License-Identifier: GPL-3.0-or-later */
/* analysis.h - all channels' samples of one window in, their waves out.
 *
 * Method:  template from the window before; residual; even grid; the mean cycle's spectrum refines the template,
 *          PASSES_WARM or PASSES_COLD times; then the whole grid's spectrum plus the template is the wave's. The number of
 *          passes never depends on how well it goes, so that every machine does the same.
 * Errors:  init returns false when memory is short.
 * Threads: one object, one thread; init and close are not thread-safe (FFTW's planner).
 */
#ifndef VATIO_DSP_ANALYSIS_H
#define VATIO_DSP_ANALYSIS_H

#include "dsp/cycle.h"
#include "dsp/halfcycle.h"
#include "dsp/lines.h"
#include "dsp/meter.h"
#include "dsp/ring.h"
#include "dsp/spectrum.h"
#include "dsp/strip.h"
#include "dsp/wave.h"
#include "dsp/window.h"

enum { PASSES_WARM = 1, PASSES_COLD = 3 };

/* A spacing of more than this many scan periods is a hole: of even samples, three lost in a row. Deliberate pauses of the
 * converter's schedule and its jitter stay below it. At rates so low that it would pass for half a cycle, HOLE_CYCLES is. */
#define HOLE_PERIODS 3.05
#define HOLE_CYCLES  0.23

struct analysis_channel {
    struct channel_response response;
    struct phasor harmonic[DSP_HARMONICS + 1]; /* template; front end left in */
    struct halfcycle half;
    struct wave wave;
};

struct analysis {
    int n_channels;
    double scan_rate_hz;
    struct strip strip;
    struct cycle cycle;
    struct spectrum spectrum;
    struct lines shared; /* of the scans */
    struct lines own;    /* of a channel with holes of its own */
    struct analysis_channel channel[DSP_CHANNELS];
};

/* grid_points: in a cycle. capacity: of samples in a strip. */
bool analysis_init(struct analysis *analysis, const struct meter_config *config, int cycles, int grid_points,
                   size_t capacity);
void analysis_close(struct analysis *analysis);

/* The waves do not continue: the next window is cold. */
void analysis_reset(struct analysis *analysis);

/* Measures every channel over the window; *quality receives QUALITY_GAP where samples were missing. False when too
 * many were: more than a cycle in a row, or half the window. Then the waves hold nothing. */
bool analysis_add(struct analysis *analysis, const struct ring *ring, const struct window *window,
                  unsigned *quality);

/* One channel's samples of the window against seconds from its start. */
struct strip *analysis_strip_s(struct analysis *analysis, const struct ring *ring,
                               const struct window *window, int channel);

#endif
