/* SPDX-License-Identifier: GPL-3.0-or-later */
/* waveform.h - the last seconds of the scan ring, copied, and what a file of them needs to say.
 *
 * Shape:   scans in order of time; each channel has its own instant in each: the scan's (its first channel's) plus the
 *          channel's skew. Late and corrupt scans are left out and counted, as the meter leaves them out.
 * Units:   V and A at the meter's terminals; the front end's poles are left in and named.
 * Errors:  -errno; -EAGAIN when the meter overwrites faster than can be copied, -ENODATA when there is no scan yet.
 */
#ifndef VATIO_TOOLS_WAVEFORM_H
#define VATIO_TOOLS_WAVEFORM_H

#include "firmware/api/scan_ring.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct waveform {
    const struct scan_ring_plan *plan; /* the ring's: valid while that is open */
    struct scan_ring_scan *scan;
    int64_t n_scans;
    int64_t left_out; /* late or corrupt */
    double skew_ns
        [SCAN_RING_CHANNELS]; /* from the scan's instant to that at which the terminals had the value */
    int64_t utc_start_ms;     /* of the first scan; 0 = not known. Set by the caller */
    bool utc_synced;
};

/* The last `seconds` of the ring. */
int waveform_take(struct waveform *waveform, const struct scan_ring *ring, double seconds);
void waveform_free(struct waveform *waveform);

/* ns from the first scan to this one. */
int64_t waveform_ns(const struct waveform *waveform, int64_t scan);

/* "V" or "A". */
const char *waveform_unit(const struct scan_ring_channel *channel);

/* A header row of names and units, rows of t_s and values; comment rows before it carry skew and poles. */
void waveform_write_csv(const struct waveform *waveform, FILE *file);

#endif
