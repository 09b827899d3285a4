/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/watch.h"

#include "firmware/convert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum place { PLACE_NONE, PLACE_CONVERTER, PLACE_POINT, PLACE_CHANNEL };
enum told { TOLD_SECONDS, TOLD_VALUE };

static const struct {
    const char *begin, *end;
    struct watch_hold hold;
    enum place place;
    enum told at_end; /* the seconds with the condition, or its value then */
    const char *begin_text, *end_text;
} kinds[WATCH_KINDS] = {
    [WATCH_UNMETERED] = {"unmetered",
                         "unmetered-end",
                         {0, 60},
                         PLACE_NONE,
                         TOLD_SECONDS,
                         "no energy is registered",
                         "energy is registered again"},
    [WATCH_VOLTAGE_LOST] = {"voltage-lost",
                            "voltage-lost-end",
                            {3, 60},
                            PLACE_POINT,
                            TOLD_SECONDS,
                            "no voltage while current flows: its energy cannot be metered",
                            "voltage and current belong together again"},
    [WATCH_REVERSED] = {"reversed",
                        "reversed-end",
                        {60, 60},
                        PLACE_POINT,
                        TOLD_SECONDS,
                        "power flows the wrong way: is a current sensor turned round?",
                        "power flows the right way again"},
    [WATCH_QUIET] = {"quiet",
                     "quiet-end",
                     {0, 0},
                     PLACE_CHANNEL,
                     TOLD_VALUE,
                     "dither missing, small currents read wrong",
                     "enough noise for small currents again"},
    [WATCH_NOISY] = {"noisy",
                     "noisy-end",
                     {0, 0},
                     PLACE_CHANNEL,
                     TOLD_VALUE,
                     "too much noise, small values scatter",
                     "no longer too much noise"},
    [WATCH_CORRUPT] = {"sensor-fault",
                       "sensor-fault-end",
                       {0, 60},
                       PLACE_CONVERTER,
                       TOLD_SECONDS,
                       "answers are corrupt",
                       "answers are whole again"},
    [WATCH_MISSING] = {"sensor-fault",
                       "sensor-fault-end",
                       {0, 60},
                       PLACE_CONVERTER,
                       TOLD_SECONDS,
                       "does not answer",
                       "answers again"},
    [WATCH_STUCK] = {"sensor-fault",
                     "sensor-fault-end",
                     {5, 60},
                     PLACE_CHANNEL,
                     TOLD_SECONDS,
                     "its code stands still",
                     "its code moves again"},
    [WATCH_UNSYNCED] = {"clock-unsynced",
                        "clock-synced",
                        {10, 10},
                        PLACE_NONE,
                        TOLD_SECONDS,
                        "UTC is not synchronised: labels may be wrong",
                        "UTC is synchronised"},
};

void watch_init(struct watch *watch, const struct watch_config *config, const struct topology *topology)
{
    memset(watch, 0, sizeof *watch);
    watch->config = *config;
    watch->topology = *topology;
    convert_points(topology, watch->point_id);
    for (int e = 0; e < topology->n_elements; e++)
        watch->has_solar = watch->has_solar || topology->element[e].circuit == CIRCUIT_SOLAR;
    watch_clock_init(&watch->clock);
    watch_scans_init(&watch->scans);
}

bool watch_is_on(const struct watch *watch, enum watch_kind kind, int place)
{
    return watch->state[kind][place].on;
}

static void tell(struct watch *watch, int64_t at_ns, const char *kind, const char *detail, double value)
{
    struct record_event event = {
        .schema = RECORD_SCHEMA,
        .stream = STREAM_EVENT,
        .utc_ms = watch_clock_utc_ms(&watch->clock, at_ns),
        .utc_synced = watch->synced,
        .mono_us = at_ns / 1000,
        .value = value,
    };
    memcpy(event.boot_id, watch->config.live->boot_id, sizeof event.boot_id);
    snprintf(event.kind, sizeof event.kind, "%s", kind);
    snprintf(event.detail, sizeof event.detail, "%s", detail);
    if (watch->config.events != NULL && !spsc_push(watch->config.events, &event))
        health_add(&watch->config.health->records_lost, 1);
}

static const char *place_name(const struct watch *watch, enum watch_kind kind, int place)
{
    switch (kinds[kind].place) {
    case PLACE_POINT:
        return record_point_name(watch->point_id[place]);
    case PLACE_CHANNEL:
        return watch->config.live->channel[place];
    case PLACE_CONVERTER:
        return "converter";
    case PLACE_NONE:
        break;
    }
    return "";
}

static void tell_state(struct watch *watch, enum watch_kind kind, int place, double value)
{
    const struct watch_state *state = &watch->state[kind][place];
    const char *name = place_name(watch, kind, place);
    char detail[sizeof((struct record_event *)0)->detail];
    snprintf(detail, sizeof detail, "%s%s%s", name, name[0] == '\0' ? "" : ": ",
             state->on ? kinds[kind].begin_text : kinds[kind].end_text);
    if (!state->on && kinds[kind].at_end == TOLD_SECONDS)
        value = state->seen_s;
    tell(watch, state->since_ns, state->on ? kinds[kind].begin : kinds[kind].end, detail, value);
}

void watch_see(struct watch *watch, enum watch_kind kind, int place, bool seen, double value,
               const struct watch_span *span)
{
    if (watch_state_see(&watch->state[kind][place], &kinds[kind].hold, seen, span))
        tell_state(watch, kind, place, value);
}

void watch_time(struct watch *watch, int64_t mono_ns, int64_t utc_ms, bool synced)
{
    const struct watch_span span = {
        .start_ns = watch->clock.mono_ns,
        .duration_s = watch->clock.known ? 1e-9 * (double)(mono_ns - watch->clock.mono_ns) : 0};
    const int64_t step_ms = watch_clock_follow(&watch->clock, mono_ns, utc_ms);
    watch->synced = synced;
    if (step_ms != 0)
        tell(watch, mono_ns, "clock-set", step_ms > 0 ? "set forward" : "set back", 1e-3 * (double)step_ms);
    if (span.duration_s > 0)
        watch_see(watch, WATCH_UNSYNCED, 0, !synced, (double)NAN, &span);
}
