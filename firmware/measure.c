/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/measure.h"

#include "dsp/quality.h"
#include "firmware/convert.h"
#include "firmware/convert_detail.h"
#include "firmware/thread.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

enum { STACK_SIZE = 256 << 10, BLOCK = 512, IDLE_REAL_US = 10000, IDLE_SIMULATED_US = 100 };

static const int64_t silence_ns = 1000000000;

_Static_assert((int)MAILBOX_CHANNELS == (int)ADC_CHANNELS, "the mailbox counts every channel");
_Static_assert((int)MAILBOX_CHANNELS == (int)DETAIL_CHANNELS, "noise stands in both");

static const struct {
    enum record_stream stream;
    int64_t period_ms;
    bool local; /* the boundary is local midnight */
} intervals[MEASURE_INTERVALS] = {
    {STREAM_LIVE, 1000, false},
    {STREAM_MINUTE, 60000, false},
    {STREAM_QUARTER, 900000, false},
    {STREAM_DAY, 86400000, true},
};

static void wait_us(long us)
{
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

int measure_init(struct measure *measure, const struct measure_config *config)
{
    *measure = (struct measure){.config = *config};
    calibration_scale_init(&measure->scale, config->calibration);
    measure->meter = meter_init(&config->meter);
    if (measure->meter == NULL)
        return -ENOMEM;
    registers_init(&measure->registers, &config->meter.topology, &config->creep);
    aggregate_init(&measure->aggregate, AGGREGATE_WINDOWS);
    frequency_init(&measure->frequency, FREQUENCY_PERIOD_MS);
    noise_watch_init(&measure->noise, &config->meter.topology, config->calibration);
    const struct watch_config watch = {.u_nominal_v = config->meter.u_nominal_v,
                                       .i_nominal_a = config->i_nominal_a,
                                       .export_unexpected = config->export_unexpected,
                                       .live = &measure->live,
                                       .events = config->events,
                                       .health = config->health};
    watch_init(&measure->watch, &watch, &config->meter.topology);
    for (int k = 0; k < MEASURE_INTERVALS; k++)
        interval_init(&measure->builder[k], intervals[k].period_ms,
                      intervals[k].local ? config->day_offset_ms : 0);
    if (!config->calibration->calibrated)
        measure->standing_quality |= QUALITY_UNCALIBRATED;
    if (config->simulated)
        measure->standing_quality |= QUALITY_SIMULATED;
    measure->start_ns = measure->fed_ns = measure->published_ns = clock_mono_ns(config->clock);
    return 0;
}

static void deliver(struct measure *measure, const struct record *record)
{
    while (!spsc_push(measure->config.records, record)) {
        if (!measure->config.clock->simulated) {
            health_add(&measure->config.health->records_lost, 1);
            return;
        }
        wait_us(IDLE_SIMULATED_US);
    }
}

static void publish_second(struct measure *measure, const struct record *record)
{
    struct second_ring_writer *seconds = measure->config.seconds;
    measure->live.live = *record;
    if (seconds != NULL && seconds->file != NULL)
        second_ring_write(seconds, record);
}

static void publish_interval(struct measure *measure, int k, const struct interval *interval, bool synced)
{
    struct record record;
    convert_interval(interval, &measure->config.meter.topology, intervals[k].stream, &record);
    record.utc_synced = synced;
    memcpy(record.boot_id, measure->live.boot_id, sizeof record.boot_id);
    if (intervals[k].stream == STREAM_LIVE)
        publish_second(measure, &record);
    else
        deliver(measure, &record);
}

static void add_noise(struct measure *measure, const struct reading *reading)
{
    struct mailbox_live *live = &measure->live;
    if (!measure->coded || !noise_watch_add(&measure->noise, reading))
        return;
    watch_noise(&measure->watch, &measure->noise, reading);
    for (int k = 0; k < measure->noise.n; k++) {
        live->noise[k] = measure->noise.state[k];
        live->noise_lsb[k] = measure->noise.noise_lsb[k];
    }
}

/* What is made of several windows but stored nowhere. */
static void aggregate_window(struct measure *measure, const struct reading *reading,
                             const struct watch_label *label)
{
    const int64_t utc_start_ms = label->utc_start_ms, utc_end_ms = label->utc_end_ms;
    struct mailbox_live *live = &measure->live;
    struct aggregate *aggregated = &measure->aggregated;
    struct frequency closed;
    convert_detail(reading, utc_start_ms, utc_end_ms, &measure->detail.window);
    if (aggregate_add(&measure->aggregate, reading, aggregated)) {
        const int64_t length_ns = aggregated->reading.end_ns - aggregated->reading.start_ns;
        convert_detail(&aggregated->reading, utc_end_ms - length_ns / 1000000, utc_end_ms,
                       &measure->detail.aggregate);
    }
    if (frequency_add(&measure->frequency, reading, utc_start_ms, utc_end_ms, &closed)) {
        live->f_10s_hz = closed.f_hz;
        live->f_10s_utc_start_ms = isnan(closed.f_hz) ? RECORD_ABSENT : closed.utc_start_ms;
    }
    add_noise(measure, reading);
}

/* What stands in the mailbox and in the detail file is one value. */
static void publish_detail(struct measure *measure)
{
    const struct mailbox_live *live = &measure->live;
    struct detail *detail = &measure->detail;
    if (measure->config.detail == NULL || measure->config.detail->file == NULL)
        return;
    detail->heartbeat = live->heartbeat;
    detail->utc_synced = measure->watch.synced;
    detail->f_10s_hz = live->f_10s_hz;
    detail->f_10s_utc_start_ms = live->f_10s_utc_start_ms;
    for (int k = 0; k < DETAIL_CHANNELS; k++) {
        detail->channel[k].noise_lsb = live->noise_lsb[k];
        detail->channel[k].noise = live->noise[k];
    }
    detail_write(measure->config.detail, detail);
}

static void publish_health(struct measure *measure)
{
    if (measure->config.store_id != NULL)
        (void)name_take(measure->config.store_id, measure->live.store_id);
    health_read(measure->config.health, &measure->live.health);
    health_audit_read(measure->config.health, &measure->live);
    mailbox_write(measure->config.mailbox, &measure->live);
    measure->published_ns = clock_mono_ns(measure->config.clock);
}

static void publish_window(struct measure *measure, const struct reading *reading)
{
    struct mailbox_live *live = &measure->live;
    const struct registers *registers = &measure->registers;
    live->heartbeat++;
    live->uptime_ms = (clock_mono_ns(measure->config.clock) - measure->start_ns) / 1000000;
    for (int p = 0; p < reading->n_points; p++)
        convert_energy(&registers->energy[p], &live->energy[p]);
    live->metered_ns = registers->metered_ns;
    live->unmetered_ns = registers->unmetered_ns;
    live->dropped_uwh = registers->dropped_uwh;
    convert_harmonics(reading, live);
    publish_detail(measure);

    const unsigned labels = QUALITY_UNCALIBRATED | QUALITY_UNSYNCED | QUALITY_SIMULATED | QUALITY_ASSUMED;
    live->health.windows++;
    live->health.windows_flagged += (reading->quality & ~labels) != 0;
    live->health.windows_withheld += !reading->metered;
    live->health.windows_clipped += (reading->quality & QUALITY_CLIPPED) != 0;
    if (!reading->metered)
        live->health.unmetered_ms += (int64_t)(reading->duration_s * 1e3);
    publish_health(measure);
}

static void look_at_clock(struct measure *measure, int64_t at_ns)
{
    struct clock *clock = measure->config.clock;
    watch_time(&measure->watch, at_ns, clock_utc_at_ms(clock, at_ns), clock_utc_synced_at(clock, at_ns));
}

/* Without a window, which publishes too: who looks for the cause wants today's counters, and nobody the values of a
 * second that is over. newest_ns: up to when scans have been looked at. */
static void publish_when_silent(struct measure *measure, int64_t newest_ns)
{
    if (clock_mono_ns(measure->config.clock) - measure->published_ns <= silence_ns)
        return;
    if (newest_ns - measure->fed_ns > silence_ns) {
        look_at_clock(measure, newest_ns);
        watch_silence(&measure->watch, measure->fed_ns);
        convert_absent(&measure->live);
        detail_absent(&measure->detail.window);
        detail_absent(&measure->detail.aggregate);
        publish_detail(measure);
    }
    publish_health(measure);
}

static void take_window(struct measure *measure, struct reading *reading)
{
    const bool was_synced = measure->watch.synced; /* what a step cuts ended before the window */
    look_at_clock(measure, reading->end_ns);
    const struct watch_label label =
        watch_clock_window(&measure->watch.clock, reading->start_ns, reading->end_ns);
    if (!measure->watch.synced)
        reading->quality |= QUALITY_UNSYNCED;
    registers_add(&measure->registers, reading);

    struct interval closed;
    for (int k = 0; k < MEASURE_INTERVALS; k++)
        if (interval_add(&measure->builder[k], reading, &measure->registers, label.utc_start_ms,
                         label.utc_end_ms, &closed))
            publish_interval(measure, k, &closed,
                             closed.mono_end_ns < reading->end_ns ? was_synced : measure->watch.synced);
    aggregate_window(measure, reading, &label);
    watch_reading(&measure->watch, reading);
    publish_window(measure, reading);
    measure_keep(measure, reading);
    if (measure->config.window != NULL)
        measure->config.window(measure->config.context, reading->end_ns);
}

static void take_codes(struct measure *measure, const struct adc_scan *scan, struct meter_scan *in)
{
    uint16_t code[DSP_CHANNELS] = {0};
    for (int k = 0; k < scan->n; k++) {
        code[k] = scan->code[k] & (CALIBRATION_CODES - 1);
        if (!calibration_clipped(code[k]))
            continue;
        in->quality |= QUALITY_CLIPPED;
        measure->live.clipped_scans[k]++;
    }
    calibration_scale_read(&measure->scale, code, in->value);
}

static void take_scan(struct measure *measure, const struct adc_scan *scan)
{
    if (measure->config.tap != NULL)
        scan_tap_write(measure->config.tap, scan);
    watch_scans_add(&measure->watch.scans, scan);
    if (scan->faults & ADC_CORRUPT)
        measure->pending_quality |= QUALITY_SENSOR_FAULT;
    if (scan->faults != 0) {
        calibration_scale_reset(&measure->scale);
        return;
    }
    struct meter_scan in = {.quality = measure->standing_quality | measure->pending_quality};
    measure->pending_quality = 0;
    memcpy(in.hold_ns, scan->hold_ns, sizeof in.hold_ns);
    if (scan->physical)
        memcpy(in.value, scan->value, sizeof in.value);
    else
        take_codes(measure, scan, &in);
    measure->coded = !scan->physical;
    measure->fed_ns = in.hold_ns[0];
    meter_add(measure->meter, &in);
    struct reading reading;
    while (meter_read(measure->meter, &reading))
        take_window(measure, &reading);
}

static void note_peak(struct measure *measure)
{
    int64_t waiting = (int64_t)spsc_count(measure->config.scans);
    _Atomic int64_t *peak = &measure->config.health->ring_peak;
    if (waiting > atomic_load_explicit(peak, memory_order_relaxed))
        atomic_store_explicit(peak, waiting, memory_order_relaxed);
}

static void look_at_answers(struct measure *measure, int64_t newest_ns)
{
    struct watch_second second;
    const int64_t failed = atomic_load_explicit(&measure->config.health->scans_failed, memory_order_relaxed);
    if (watch_scans_read(&measure->watch.scans, newest_ns, failed, &second))
        watch_answers(&measure->watch, &second);
}

int measure_step(struct measure *measure)
{
    health_add(&measure->config.health->measure_turns, 1);
    note_peak(measure);
    struct adc_scan scan;
    int taken = 0;
    while (taken < BLOCK && spsc_pop(measure->config.scans, &scan)) {
        take_scan(measure, &scan);
        taken++;
    }
    const int64_t newest_ns = taken > 0 ? scan.hold_ns[0] : clock_mono_ns(measure->config.clock);
    look_at_answers(measure, newest_ns);
    publish_when_silent(measure, newest_ns);
    return taken;
}

void measure_finish(struct measure *measure)
{
    struct interval closed;
    for (int k = 0; k < MEASURE_INTERVALS; k++)
        if (interval_close(&measure->builder[k], &measure->registers, &closed))
            publish_interval(measure, k, &closed, measure->watch.synced);
    measure_keep(measure, NULL);
    mailbox_write(measure->config.mailbox, &measure->live);
}

static void *run(void *argument)
{
    struct measure *measure = argument;
    long idle_us = measure->config.clock->simulated ? IDLE_SIMULATED_US : IDLE_REAL_US;
    for (;;) {
        bool ended = atomic_load_explicit(measure->config.ended, memory_order_acquire);
        if (measure_step(measure) > 0)
            continue;
        if (ended)
            break;
        wait_us(idle_us);
    }
    measure_finish(measure);
    return NULL;
}

int measure_start(struct measure *measure)
{
    struct thread_config config = {.name = "measure", .stack_size = STACK_SIZE};
    measure->fed_ns = measure->published_ns = clock_mono_ns(measure->config.clock);
    return thread_start(&measure->thread, &config, run, measure);
}

void measure_join(struct measure *measure)
{
    pthread_join(measure->thread, NULL);
}

void measure_close(struct measure *measure)
{
    meter_close(measure->meter);
}
