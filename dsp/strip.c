/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/strip.h"

#include <math.h>
#include <stdlib.h>

bool strip_init(struct strip *strip, size_t capacity)
{
    *strip = (struct strip){.capacity = (int)capacity};
    strip->u = calloc(capacity, sizeof(*strip->u));
    strip->x = calloc(capacity, sizeof(*strip->x));
    strip->r = calloc(capacity, sizeof(*strip->r));
    return strip->u != NULL && strip->x != NULL && strip->r != NULL;
}

void strip_close(struct strip *strip)
{
    free(strip->u);
    free(strip->x);
    free(strip->r);
}

/* The scan STRIP_BEFORE before the first one in the window, or the oldest there is. */
static uint64_t first_scan(const struct ring *ring, int channel, double delay_ns, const struct window *window)
{
    uint64_t scan = ring->tail;
    while (scan < ring->head && window_tau_s(window, ring_hold_ns(ring, channel, scan), delay_ns) < 0) {
        scan++;
    }
    return scan - ring->tail > STRIP_BEFORE ? scan - STRIP_BEFORE : ring->tail;
}

/* Sums the spacings up: only what lies within the window counts as missing. */
static void measure_spacings(struct strip *strip, double u_end)
{
    double sum = 0;
    double sum_cubes = 0;
    strip->missing = 0;
    strip->widest = 0;
    double last = strip->n > 0 && strip->u[0] < 0 ? strip->u[0] : 0;
    for (int k = 0; k <= strip->n; k++) {
        double next = k < strip->n ? strip->u[k] : fmax(u_end, last);
        double d = next - last;
        if (d > strip->hole) {
            strip->missing += fmax(0, fmin(next, u_end) - fmax(last, 0));
        } else {
            sum += d;
            sum_cubes += d * d * d;
        }
        strip->widest = d > strip->widest ? d : strip->widest;
        last = next;
    }
    strip->spacing = sum > 0 ? sqrt(sum_cubes / sum) : 0;
}

void strip_read(struct strip *strip, const struct ring *ring, int channel, double delay_ns,
                const struct window *window, const struct abscissa *abscissa, double hole)
{
    const double linear = abscissa->scale * abscissa->f_hz;
    const double square = abscissa->scale * abscissa->rate_hz_s / 2;
    int n = 0;
    uint64_t scan = first_scan(ring, channel, delay_ns, window);
    for (; scan < ring->head && n < strip->capacity; scan++) {
        double x = ring_value(ring, channel, scan);
        double tau = window_tau_s(window, ring_hold_ns(ring, channel, scan), delay_ns);
        double u = tau * (linear + tau * square);
        if (!(fabs(x) <= STRIP_VALUE_MOST) || u < abscissa->u_first) {
            continue;
        }
        strip->u[n] = u;
        strip->x[n] = x;
        n++;
        if (u > abscissa->u_end) {
            break;
        }
    }
    strip->n = n;
    strip->hole = hole;
    measure_spacings(strip, abscissa->u_end);
}
