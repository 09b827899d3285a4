/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watch.h - what of the metering becomes an event: states, each told once when it begins and once when it ends, and steps of
 * the wall clock.
 *
 * State:   a condition at a place (the meter, a metering point, a channel) with its kind's hold times (watch_state.h): what
 *          flickers is one event. The conditions have their own hysteresis. Kinds, hold times, values: firmware/README.md.
 * Time:    an event carries the instant at which its state began or ended, not that at which it was sure.
 * Full:    an event that finds no room in the ring is lost and counted.
 * Threads: one object, one thread.
 */
#ifndef VATIO_FIRMWARE_WATCH_H
#define VATIO_FIRMWARE_WATCH_H

#include "dsp/reading.h"
#include "dsp/topology.h"
#include "firmware/api/mailbox.h"
#include "firmware/health.h"
#include "firmware/noise_watch.h"
#include "firmware/spsc.h"
#include "firmware/watch_clock.h"
#include "firmware/watch_scans.h"
#include "firmware/watch_state.h"

#include <stdbool.h>
#include <stdint.h>

enum watch_kind {
    WATCH_UNMETERED,
    WATCH_VOLTAGE_LOST,
    WATCH_REVERSED,
    WATCH_QUIET,
    WATCH_NOISY,
    WATCH_CORRUPT,
    WATCH_MISSING,
    WATCH_STUCK,
    WATCH_UNSYNCED,
    WATCH_KINDS
};

enum { WATCH_PLACES = DSP_POINTS };

struct watch_config {
    double u_nominal_v;
    double i_nominal_a;
    bool export_unexpected;          /* nothing generates behind the meter */
    const struct mailbox_live *live; /* names of channels, boot id; outlives the watch */
    struct spsc *events;             /* of struct record_event; NULL = nobody */
    struct health *health;
};

struct watch {
    struct watch_config config;
    struct topology topology;
    int64_t point_id[RECORD_POINTS];
    bool has_solar;
    struct watch_clock clock;
    bool synced;
    struct watch_scans scans;
    bool moves[DSP_CHANNELS]; /* its noise, as last measured, must move its code within seconds */
    struct watch_state state[WATCH_KINDS][WATCH_PLACES];
};

void watch_init(struct watch *watch, const struct watch_config *config, const struct topology *topology);

/* The wall clock at mono_ns; tells a step. */
void watch_time(struct watch *watch, int64_t mono_ns, int64_t utc_ms, bool synced);

/* One window. */
void watch_reading(struct watch *watch, const struct reading *reading);

/* New values of the channels' noise, of the time that ends with the reading. */
void watch_noise(struct watch *watch, const struct noise_watch *noise, const struct reading *reading);

/* A second of scans. */
void watch_answers(struct watch *watch, const struct watch_second *second);

/* Since from_ns no window came. */
void watch_silence(struct watch *watch, int64_t from_ns);

/* The condition at a place, in one stretch of time. value: what the beginning tells. */
void watch_see(struct watch *watch, enum watch_kind kind, int place, bool seen, double value,
               const struct watch_span *span);

bool watch_is_on(const struct watch *watch, enum watch_kind kind, int place);

#endif
