/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure.h - scans in; readings, registers, intervals and the live mailbox out. No I/O that can block.
 *
 * Order of one window: registers first, then intervals (which are differences of registers; a second that closed goes into
 * the ring of seconds, a record into the records' ring), then the detail file and the mailbox. A record that finds its ring full is lost and counted; its energy is in the next record's
 * registers. With a simulated clock measure waits instead.
 * Labels are UTC at a window's end (watch_clock.h); what becomes an event is in watch.h.
 * Scans with a corrupt frame or doubtful stamps are left out; dsp bridges the gap and flags it.
 */
#ifndef VATIO_FIRMWARE_MEASURE_H
#define VATIO_FIRMWARE_MEASURE_H

#include "calibration/model.h"
#include "dsp/aggregate.h"
#include "dsp/frequency.h"
#include "dsp/interval.h"
#include "dsp/meter.h"
#include "dsp/registers.h"
#include "firmware/api/detail.h"
#include "firmware/api/mailbox.h"
#include "firmware/api/second_ring.h"
#include "firmware/health.h"
#include "firmware/kept.h"
#include "firmware/name_cell.h"
#include "firmware/noise_watch.h"
#include "firmware/scan_tap.h"
#include "firmware/spsc.h"
#include "firmware/watch.h"
#include "hal/adc.h"
#include "hal/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct measure_config {
    const struct calibration *calibration;
    struct meter_config meter;
    struct creep_config creep;
    bool simulated;
    double i_nominal_a;
    bool export_unexpected; /* nothing generates behind the meter */
    int64_t day_offset_ms;
    struct spsc *scans;   /* of struct adc_scan, from acquire */
    struct spsc *records; /* of struct record, to the recorder */
    struct spsc *events;  /* of struct record_event, to the recorder; NULL = nobody */
    struct mailbox_writer *mailbox;
    struct detail_writer *detail;       /* NULL or without a file: nobody */
    struct second_ring_writer *seconds; /* NULL or without a file: nobody */
    struct scan_tap *tap;               /* is given every scan; NULL = nobody */
    struct kept_cell *cell;             /* what the keeper writes; NULL = nobody */
    const struct name_cell *store_id;   /* the recorder's, for the mailbox; NULL = it stays as it is */
    struct health *health;
    struct clock *clock;
    atomic_bool *ended;                            /* acquire's: no scan follows */
    void (*window)(void *context, int64_t end_ns); /* told of each window's end; NULL = nobody */
    void *context;
};

enum { MEASURE_INTERVALS = 4 }; /* live, minute, quarter, day */

struct measure {
    struct measure_config config;
    struct calibration_scale scale;
    struct meter *meter;
    struct registers registers;
    struct interval_builder builder[MEASURE_INTERVALS];
    struct mailbox_live live;           /* identity is filled in by main before the start */
    struct detail detail;               /* as live */
    struct aggregate_builder aggregate; /* 150 or 180 cycles */
    struct aggregate aggregated;        /* the newest one; here, not on the thread's small stack */
    struct frequency_builder frequency; /* of 10 s */
    struct noise_watch noise;
    struct watch watch;
    struct kept kept;          /* as of the newest window; here, not on the thread's small stack */
    bool collapsed;            /* in the newest window the mains were gone */
    bool coded;                /* the newest scan carried codes: there is an LSB */
    unsigned standing_quality; /* of every scan */
    unsigned pending_quality;  /* of scans left out since the last one taken */
    int64_t fed_ns;            /* the last scan that was measured */
    int64_t published_ns;      /* the mailbox was last written */
    int64_t start_ns;
    pthread_t thread;
};

/* -ENOMEM or -EINVAL. The registers start at zero: registers_restore may follow. */
int measure_init(struct measure *measure, const struct measure_config *config);

int measure_start(struct measure *measure);

/* Waits until all scans are measured; call after acquire has ended. Open intervals are closed and recorded. */
void measure_join(struct measure *measure);

void measure_close(struct measure *measure);

/* Into kept and its cell what a power cut must not take: after each window, and after measure_finish; reading NULL = no
 * new window. In measure_kept.c. */
void measure_keep(struct measure *measure, const struct reading *reading);

/* Takes what is in the ring, at most a block. Returns the number of scans taken. For tests. */
int measure_step(struct measure *measure);

/* Closes open intervals at the end. For tests. */
void measure_finish(struct measure *measure);

#endif
