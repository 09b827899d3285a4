/* SPDX-License-Identifier: GPL-3.0-or-later */
/* strip.h - one channel's samples of one window, laid out along an abscissa.
 *
 * Shape:   up to STRIP_BEFORE samples before the window, all within, one beyond its end: abscissa u[], value x[] and
 *          room for residuals r[]. u never decreases. Samples that are NaN or beyond STRIP_VALUE_MOST are left out: a hole.
 * Holes:   a spacing above hole is not interpolated but bridged; see grid.h. What the spacings are like goes into
 *          spacing, widest and missing.
 * Threads: pure; one object, one thread.
 */
#ifndef VATIO_DSP_STRIP_H
#define VATIO_DSP_STRIP_H

#include "dsp/ring.h"
#include "dsp/window.h"

#include <stdbool.h>
#include <stddef.h>

enum { STRIP_BEFORE = 4 };
#define STRIP_VALUE_MOST 1e9 /* V or A: beyond any measurement */

struct strip {
    int n;
    int capacity;
    double *u;
    double *x;
    double *r;
    double hole;    /* spacings above it are holes */
    double spacing; /* mean of all but the holes; 0 when there is none */
    double widest;  /* largest spacing, window edges without a sample included */
    double missing; /* sum of the holes */
};

/* u = scale (f tau + rate tau^2 / 2); the window is 0..u_end; samples before u_first are left out. */
struct abscissa {
    double u_first; /* <= 0 */
    double scale;
    double f_hz;
    double rate_hz_s;
    double u_end;
};

bool strip_init(struct strip *strip, size_t capacity);
void strip_close(struct strip *strip);

/* Reads the window's samples of one channel out of the ring. hole is in units of u. */
void strip_read(struct strip *strip, const struct ring *ring, int channel, double delay_ns,
                const struct window *window, const struct abscissa *abscissa, double hole);

#endif
