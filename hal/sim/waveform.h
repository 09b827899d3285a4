/* SPDX-License-Identifier: GPL-3.0-or-later */
/* waveform.h - what the simulated installation does, as the front end's model sees it: steady waveforms, cycle by
 * cycle, exchanged at cycle boundaries.
 *
 * Shape:   a segment is a whole number of mains cycles at one frequency; tables hold one cycle at WAVEFORM_POINTS
 *          equidistant phases, starting at the zero crossing of the nominal voltage.
 * Ramp:    within a segment the phase is f_hz tau + rate_hz_s tau^2 / 2 cycles, tau from start_s; it ends on whole cycles.
 *          The front end's response follows the frequency.
 * Tones:   what does not repeat with the mains (interharmonics, ripple control) is added as sines that run on from segment
 *          to segment by the simulation's own time.
 * Signs:   currents as in the meter: positive import on grid, generation positive on solar; load = grid + solar at
 *          every point of the table.
 * Truth:   the model's own integrals over the segment, from the tables (not from any sampled or filtered copy).
 */
#ifndef VATIO_HAL_SIM_WAVEFORM_H
#define VATIO_HAL_SIM_WAVEFORM_H

#include <stdint.h>

enum { WAVEFORM_POINTS = 512, WAVEFORM_LEGS = 2, WAVEFORM_TONES = 4 };

/* x(t) = a sin(2 pi f t + rad), t in seconds since the start of the simulation, on leg 1's voltage and grid current, and on
 * leg 2's turned round. */
struct waveform_tone {
    double f_hz; /* > 0 */
    double u_v;  /* peak */
    double u_rad;
    double grid_a; /* peak */
    double grid_rad;
};

struct waveform_segment {
    double start_s; /* since the start of the simulation; segments follow one another without a gap */
    double end_s;
    double f_hz; /* at its start */
    double rate_hz_s;
    int cycles;
    int legs; /* 1 or 2 */
    int n_tones;
    struct waveform_tone tone[WAVEFORM_TONES];
    double u_v[WAVEFORM_LEGS][WAVEFORM_POINTS];
    double grid_a[WAVEFORM_LEGS][WAVEFORM_POINTS];
    double solar_a[WAVEFORM_LEGS][WAVEFORM_POINTS];
    double load_a[WAVEFORM_LEGS][WAVEFORM_POINTS];
};

/* A source of segments: the house or a steady load. Same seed and settings: the same bytes. */
struct waveform_source;
struct waveform_source_ops {
    const char *name;
    /* Fills the next segment. */
    void (*next)(struct waveform_source *source, struct waveform_segment *segment);
};
struct waveform_source {
    const struct waveform_source_ops *ops; /* first member of every source's own struct */
};

static inline void waveform_next(struct waveform_source *source, struct waveform_segment *segment)
{
    source->ops->next(source, segment);
}

#endif
