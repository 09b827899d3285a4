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

/* Looks at the spacings: only what lies within the window counts as missing. */
static void measure_spacings(struct strip *strip, double u_end)
{
    const double hole = strip->hole;
    double last = strip->n > 0 && strip->u[0] < 0 ? strip->u[0] : 0;
    double widest = 0;
    double missing = 0;
    double bridged = 0;
    int holes = 0;
    for (int k = 0; k <= strip->n; k++) {
        double next = k < strip->n ? strip->u[k] : fmax(u_end, last);
        double d = next - last;
        if (d > hole) {
            missing += fmax(0, fmin(next, u_end) - fmax(last, 0));
            bridged += k > 0 && k < strip->n ? d : 0;
            holes += k > 0 && k < strip->n;
        }
        widest = d > widest ? d : widest;
        last = next;
    }
    int spacings = strip->n - 1 - holes;
    strip->missing = missing;
    strip->widest = widest;
    strip->spacing = spacings > 0 ? (strip->u[strip->n - 1] - strip->u[0] - bridged) / spacings : 0;
}

/* Samples of scans from..to-1, which lie one behind the other in the ring. Returns false behind the first beyond u_end. */
static bool read_run(struct strip *strip, const int64_t *hold_ns, const double *value, size_t n_scans,
                     const struct window *window, double delay_ns, const struct abscissa *abscissa)
{
    const int64_t start_ns = window->start_ns;
    const double rest_ns = window->start_rest_ns + delay_ns;
    const double linear = 1e-9 * abscissa->scale * abscissa->f_hz;
    const double square = 1e-18 * abscissa->scale * abscissa->rate_hz_s / 2;
    const double u_first = abscissa->u_first;
    const double u_end = abscissa->u_end;
    double *restrict u = strip->u;
    double *restrict x = strip->x;
    int n = strip->n;
    for (size_t k = 0; k < n_scans && n < strip->capacity; k++) {
        double tau_ns = (double)(hold_ns[k] - start_ns) - rest_ns;
        double at = tau_ns * (linear + tau_ns * square);
        u[n] = at;
        x[n] = value[k];
        if (fabs(value[k]) <= STRIP_VALUE_MOST && at >= u_first) {
            n++;
            if (at > u_end) {
                strip->n = n;
                return false;
            }
        }
    }
    strip->n = n;
    return true;
}

void strip_read(struct strip *strip, const struct ring *ring, int channel, double delay_ns,
                const struct window *window, const struct abscissa *abscissa, double hole)
{
    uint64_t scan = first_scan(ring, channel, delay_ns, window);
    bool more = true;
    strip->n = 0;
    while (more && scan < ring->head && strip->n < strip->capacity) {
        size_t place = (size_t)(scan & ring->mask);
        size_t run = (size_t)ring->mask + 1 - place;
        run = ring->head - scan < run ? (size_t)(ring->head - scan) : run;
        more = read_run(strip, &ring->hold_ns[channel][place], &ring->value[channel][place], run, window,
                        delay_ns, abscissa);
        scan += run;
    }
    strip->hole = hole;
    measure_spacings(strip, abscissa->u_end);
}
