/* SPDX-License-Identifier: GPL-3.0-or-later */
/* acquire.h - the real-time thread: converter to ring, nothing else. No lock, no allocation, no system call but the
 * converter's and the clock's.
 *
 * When the converter fails, acquire counts it, waits (10 ms, growing to 1 s) and has the source opened again.
 * When the source says that no scan follows (a recording has ended), the thread ends.
 * When the ring is full a scan is lost and counted; with a simulated clock acquire waits instead.
 */
#ifndef VATIO_FIRMWARE_ACQUIRE_H
#define VATIO_FIRMWARE_ACQUIRE_H

#include "firmware/health.h"
#include "firmware/source.h"
#include "firmware/spsc.h"
#include "hal/pace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct acquire {
    struct source *source;
    struct spsc *ring; /* of struct adc_scan */
    struct health *health;
    struct pace pace;
    int64_t end_ns; /* monotonic; INT64_MAX = until stopped */
    int priority;
    atomic_bool stop;
    atomic_bool ended; /* no scan follows */
    pthread_t thread;
};

int acquire_start(struct acquire *acquire);

/* Asks the thread to end and waits for it. */
void acquire_stop(struct acquire *acquire);

/* One turn of the thread's loop: true while there is more to come. For tests. */
bool acquire_step(struct acquire *acquire);

#endif
