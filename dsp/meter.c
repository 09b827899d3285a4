/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/meter.h"

#include "dsp/absent.h"
#include "dsp/analysis.h"
#include "dsp/lock.h"
#include "dsp/points.h"
#include "dsp/quality.h"
#include "dsp/ring.h"
#include "dsp/track.h"
#include "dsp/window.h"

#include <math.h>
#include <stdlib.h>

static const double pi = 3.14159265358979323846;
static const double live_share = 0.02; /* of u_nominal_v */
static const int64_t hold_most_ns = INT64_C(1) << 61;
enum {
    START_WINDOWS = 2, /* the first lock looks at this many windows */
    KEPT_SCANS = 8 /* before the window: interpolation at its edge, and the span of the channels' delays */
};

struct meter {
    struct meter_config config;
    int cycles;
    struct ring ring;
    struct window window;
    struct track track;
    struct analysis analysis;
    struct points points;
    bool running;             /* the first window has started */
    bool lock_tried;          /* in this window */
    bool broken;              /* the scans stopped for more than a cycle in it */
    uint64_t seen;            /* scans before it have been looked at for such a stop */
    unsigned dropped_quality; /* of scans that could not be taken, for the next one */
    uint64_t seq;
};

int meter_h_max(double scan_rate_hz, double f_hz)
{
    return (int)fmin(DSP_HARMONICS, floor(0.42 * scan_rate_hz / f_hz));
}

double meter_signal_rate(const struct meter_config *config)
{
    return config->signal_rate_hz > 0 ? fmin(config->signal_rate_hz, config->scan_rate_hz)
                                      : config->scan_rate_hz;
}

static bool topology_fits(const struct topology *topology)
{
    bool fits = topology->n_channels >= 1 && topology->n_channels <= DSP_CHANNELS &&
                topology->n_elements >= 1 && topology->n_elements <= DSP_ELEMENTS &&
                topology->n_points >= 1 && topology->n_points <= DSP_POINTS;
    for (int k = 0; fits && k < topology->n_elements; k++) {
        const struct element *element = &topology->element[k];
        fits = element->u_channel >= 0 && element->u_channel < topology->n_channels &&
               element->i_channel >= 0 && element->i_channel < topology->n_channels &&
               element->circuit < CIRCUIT_LOAD && element->leg >= 1 && element->leg <= 2;
    }
    return fits;
}

static bool config_fits(const struct meter_config *config)
{
    bool fits = (config->f_nominal_hz == 50 || config->f_nominal_hz == 60) &&
                config->scan_rate_hz >= RATE_LEAST_HZ && config->scan_rate_hz <= RATE_MOST_HZ &&
                config->u_nominal_v > 0 && isfinite(config->u_nominal_v) && topology_fits(&config->topology);
    for (int k = 0; fits && k < config->topology.n_channels; k++) {
        const struct channel_response *response = &config->response[k];
        fits = fabs(response->delay_s) <= 0.01 && response->high_pass_hz >= 0 && response->low_pass_hz >= 0 &&
               isfinite(response->high_pass_hz) && isfinite(response->low_pass_hz);
    }
    return fits;
}

/* Points of the even grid in a cycle: 1.6 times the scans' or more, so that the straight lines' images of what the scans
 * carry, above half the scan rate, do not fold back below it. */
static int grid_points(const struct meter_config *config)
{
    int points = GRID_POINTS;
    while (points < GRID_POINTS_MOST && points < 1.6 * config->scan_rate_hz / config->f_nominal_hz) {
        points *= 2;
    }
    return points;
}

struct meter *meter_init(const struct meter_config *config)
{
    if (!config_fits(config)) {
        return NULL;
    }
    struct meter *meter = calloc(1, sizeof(*meter));
    if (meter == NULL) {
        return NULL;
    }
    meter->config = *config;
    meter->cycles = config->f_nominal_hz == 50 ? 10 : 12;
    track_init(&meter->track, config->f_nominal_hz);
    /* One second of scans: the first lock and a window, with room for a faster converter. */
    bool complete = ring_init(&meter->ring, config->topology.n_channels, (size_t)config->scan_rate_hz);
    const int points = grid_points(config);
    const size_t capacity = ring_capacity(&meter->ring);
    complete = analysis_init(&meter->analysis, config, meter->cycles, points, capacity) && complete;
    complete = points_init(&meter->points, &config->topology, meter->cycles, points) && complete;
    if (!complete) {
        meter_close(meter);
        return NULL;
    }
    return meter;
}

void meter_close(struct meter *meter)
{
    if (meter == NULL) {
        return;
    }
    ring_close(&meter->ring);
    analysis_close(&meter->analysis);
    points_close(&meter->points);
    free(meter);
}

/* A stamp that runs backwards or is none would only harm the others. */
static bool scan_fits(const struct meter *meter, const struct meter_scan *scan)
{
    const struct ring *ring = &meter->ring;
    for (int k = 0; k < ring->n_channels; k++) {
        int64_t least_ns = ring->head > 0 ? ring_hold_ns(ring, k, ring->head - 1) : -hold_most_ns;
        if (scan->hold_ns[k] < least_ns || scan->hold_ns[k] > hold_most_ns) {
            return false;
        }
    }
    return true;
}

void meter_add(struct meter *meter, const struct meter_scan *scan)
{
    struct ring *ring = &meter->ring;
    if (!scan_fits(meter, scan)) {
        meter->dropped_quality |= scan->quality;
        return;
    }
    ring_add(ring, scan->hold_ns, scan->value, scan->quality | meter->dropped_quality);
    meter->dropped_quality = 0;
}

static double delay_ns(const struct meter *meter, int channel)
{
    return 1e9 * meter->config.response[channel].delay_s;
}

/* True when every channel has a sample beyond the window. */
static bool window_full(const struct meter *meter)
{
    const struct ring *ring = &meter->ring;
    for (int k = 0; k < ring->n_channels; k++) {
        int64_t newest_ns = ring_hold_ns(ring, k, ring->head - 1);
        if (window_tau_s(&meter->window, newest_ns, delay_ns(meter, k)) <= meter->window.duration_s) {
            return false;
        }
    }
    return true;
}

/* Looks for the next stop of more than a cycle that begins before the window's end; it ends with the scan before `seen`. What
 * lies beyond the window is left for the next one, however many scans are there already. */
static bool find_stop(struct meter *meter)
{
    const struct ring *ring = &meter->ring;
    meter->seen = meter->seen > ring->tail ? meter->seen : ring->tail + 1;
    while (meter->seen < ring->head) {
        int64_t last_ns = ring_hold_ns(ring, 0, meter->seen - 1);
        if (window_tau_s(&meter->window, last_ns, delay_ns(meter, 0)) > meter->window.duration_s) {
            return false;
        }
        double pause_s = 1e-9 * (double)(ring_hold_ns(ring, 0, meter->seen++) - last_ns);
        if (pause_s * meter->track.f_hz > 1) {
            return true;
        }
    }
    return false;
}

/* True if no earlier element has the same voltage. */
static bool new_voltage(const struct topology *topology, int element)
{
    for (int k = 0; k < element; k++) {
        if (topology->element[k].u_channel == topology->element[element].u_channel) {
            return false;
        }
    }
    return true;
}

/* Looks for the mains in the samples of the window, on each voltage in turn. */
static bool find_tone(struct meter *meter, struct tone *tone)
{
    const struct topology *topology = &meter->config.topology;
    for (int k = 0; k < topology->n_elements; k++) {
        if (!new_voltage(topology, k)) {
            continue;
        }
        struct strip *strip =
            analysis_strip_s(&meter->analysis, &meter->ring, &meter->window, topology->element[k].u_channel);
        if (lock_find(strip, meter->window.duration_s, meter->track.f_low_hz, meter->track.f_high_hz,
                      live_share * meter->config.u_nominal_v, tone)) {
            return true;
        }
    }
    return false;
}

/* The instant from which on every channel has samples. */
static void set_first_instant(struct meter *meter)
{
    const struct ring *ring = &meter->ring;
    window_start(&meter->window, ring_hold_ns(ring, 0, ring->tail), -delay_ns(meter, 0));
    for (int k = 1; k < ring->n_channels; k++) {
        int64_t first_ns = ring_hold_ns(ring, k, ring->tail);
        if (window_tau_s(&meter->window, first_ns, delay_ns(meter, k)) > 0) {
            window_start(&meter->window, first_ns, -delay_ns(meter, k));
        }
    }
}

/* True when the scans stopped within the first window: it is to start with the first behind the stop. */
static bool begin_anew(struct meter *meter)
{
    bool stopped = find_stop(meter);
    meter->ring.tail = stopped ? meter->seen - 1 : meter->ring.tail;
    return stopped;
}

/* Starts the first window at the first rising zero crossing, or at once when there is no voltage. */
static bool start(struct meter *meter)
{
    struct window *window = &meter->window;
    struct tone tone;
    if (meter->ring.head == meter->ring.tail) {
        return false;
    }
    do {
        set_first_instant(meter);
        window_set(window, START_WINDOWS * meter->cycles, meter->config.f_nominal_hz, 0);
    } while (begin_anew(meter));
    if (!window_full(meter)) {
        return false;
    }
    if (find_tone(meter, &tone)) {
        double turn = -0.25 - atan2(tone.phasor.im, tone.phasor.re) / (2 * pi);
        turn -= floor(turn);
        window_start(window, window->start_ns, window->start_rest_ns + 1e9 * turn / tone.f_hz);
        track_lock(&meter->track, tone.f_hz);
    }
    window_set(window, meter->cycles, meter->track.f_hz, 0);
    meter->lock_tried = true;
    meter->running = true;
    return true;
}

/* Once per window without a lock: the window takes the frequency that its own samples show. */
static void try_lock(struct meter *meter)
{
    struct tone tone;
    meter->lock_tried = true;
    if (find_tone(meter, &tone)) {
        track_lock(&meter->track, tone.f_hz);
        window_set(&meter->window, meter->cycles, tone.f_hz, 0);
    }
}

/* The mains frequency over the window by the first voltage that is live, NaN when none is. */
static double follow(struct meter *meter)
{
    const struct topology *topology = &meter->config.topology;
    const double live_v = live_share * meter->config.u_nominal_v;
    struct track_phase phase;
    for (int k = 0; k < topology->n_elements; k++) {
        const struct wave *u = &meter->analysis.channel[topology->element[k].u_channel].wave;
        if (u->rms >= live_v && track_measure(u->grid, u->bin, u->cycles, u->points, live_v, &phase)) {
            return track_add(&meter->track, &phase, topology->element[k].u_channel, &meter->window);
        }
    }
    track_lose(&meter->track);
    return ABSENT;
}

/* Flags of the scans of which a sample lies in the window. */
static unsigned scan_quality(const struct meter *meter)
{
    const struct ring *ring = &meter->ring;
    unsigned quality = 0;
    for (uint64_t scan = ring->tail; scan < ring->head; scan++) {
        unsigned more = ring_quality(ring, scan) & ~quality;
        for (int k = 0; more != 0 && k < ring->n_channels; k++) {
            double tau_s = window_tau_s(&meter->window, ring_hold_ns(ring, k, scan), delay_ns(meter, k));
            if (tau_s >= 0 && tau_s <= meter->window.duration_s) {
                quality |= more;
                more = 0;
            }
        }
    }
    return quality;
}

static void fill(struct meter *meter, struct reading *reading)
{
    const struct window *window = &meter->window;
    reading->seq = meter->seq++;
    reading->start_ns = window->start_ns;
    reading->end_ns = window->end_ns;
    reading->duration_s = window->duration_s;
    reading->quality = scan_quality(meter);
    reading->h_max = meter_h_max(meter_signal_rate(&meter->config), window->f_hz);
    reading->f_hz = ABSENT;
    reading->mains_cycles = ABSENT;
    reading->metered =
        !meter->broken && analysis_add(&meter->analysis, &meter->ring, window, &reading->quality);
    if (reading->metered) {
        reading->f_hz = follow(meter);
        reading->mains_cycles = isnan(reading->f_hz) ? ABSENT : meter->track.cycles;
        reading->quality |= isnan(reading->f_hz) ? QUALITY_UNLOCKED : 0;
        points_read(&meter->points, &meter->analysis, reading);
    } else {
        reading->quality |= QUALITY_GAP;
        analysis_reset(&meter->analysis);
        track_lose(&meter->track);
        points_read(&meter->points, NULL, reading);
    }
}

/* The next window, and the end of the scans that no window needs any more. */
static void advance(struct meter *meter)
{
    struct ring *ring = &meter->ring;
    const struct track *track = &meter->track;
    window_next(&meter->window);
    window_set(&meter->window, meter->cycles, track->f_hz * (1 + track->pull), track->rate_hz_s);
    meter->broken = false;
    meter->lock_tried = track->locked;
    for (; ring->tail + KEPT_SCANS < ring->head; ring->tail++) {
        for (int k = 0; k < ring->n_channels; k++) {
            int64_t hold_ns = ring_hold_ns(ring, k, ring->tail + KEPT_SCANS);
            if (window_tau_s(&meter->window, hold_ns, delay_ns(meter, k)) >= 0) {
                return;
            }
        }
    }
}

bool meter_read(struct meter *meter, struct reading *reading)
{
    if (!meter->running && !start(meter)) {
        return false;
    }
    while (find_stop(meter)) {
        meter->broken = true;
        window_extend(&meter->window, ring_hold_ns(&meter->ring, 0, meter->seen - 1));
    }
    if (!window_full(meter)) {
        return false;
    }
    if (!meter->broken && !meter->lock_tried) {
        try_lock(meter);
        if (!window_full(meter)) {
            return false;
        }
    }
    fill(meter, reading);
    advance(meter);
    return true;
}
