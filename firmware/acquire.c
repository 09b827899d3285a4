/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/acquire.h"

#include "firmware/base/log.h"
#include "firmware/thread.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { STACK_SIZE = 128 << 10, ROOM_WAIT_US = 200, RETRY_FIRST_MS = 10, RETRY_LAST_MS = 1000 };

static void wait_us(int64_t us)
{
    struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&ts, NULL);
}

static bool stopping(struct acquire *acquire)
{
    return atomic_load_explicit(&acquire->stop, memory_order_relaxed);
}

static void deliver(struct acquire *acquire, const struct adc_scan *scan)
{
    while (!spsc_push(acquire->ring, scan)) {
        if (!acquire->source->clock->simulated) {
            health_add(&acquire->health->ring_lost, 1);
            return;
        }
        if (stopping(acquire))
            return;
        wait_us(ROOM_WAIT_US);
    }
}

static void count(struct acquire *acquire, const struct adc_scan *scan)
{
    health_add(&acquire->health->scans, 1);
    if (scan->faults & ADC_LATE)
        health_add(&acquire->health->scans_late, 1);
    if (scan->faults & ADC_CORRUPT)
        health_add(&acquire->health->scans_corrupt, 1);
}

/* Opens the source again until that works or the meter stops. */
static void recover(struct acquire *acquire, int error)
{
    log_error("converter %s: %s; opening it again", acquire->source->adc->ops->name, strerror(-error));
    char text[160];
    for (int64_t wait_ms = RETRY_FIRST_MS; !stopping(acquire); wait_ms *= 2) {
        if (wait_ms > RETRY_LAST_MS)
            wait_ms = RETRY_LAST_MS;
        wait_us(wait_ms * 1000);
        health_add(&acquire->health->acquire_turns, 1);
        if (source_reopen(acquire->source, text, sizeof text) == 0)
            return;
        health_add(&acquire->health->scans_failed, 1);
    }
}

bool acquire_step(struct acquire *acquire)
{
    int64_t now_ns = clock_mono_ns(acquire->source->clock);
    bool own_pace = acquire->source->adc->ops->own_pace;
    int64_t due_ns = own_pace ? now_ns : pace_next(&acquire->pace, now_ns);
    if (stopping(acquire) || due_ns >= acquire->end_ns)
        return false;
    health_add(&acquire->health->acquire_turns, 1);
    struct adc_scan scan;
    int result = adc_read(acquire->source->adc, due_ns, &scan);
    if (result == -EINTR) /* the wait ended early: nothing is wrong with the converter */
        return true;
    if (result == -ENODATA)
        return false;
    if (result < 0) {
        health_add(&acquire->health->scans_failed, 1);
        recover(acquire, result);
        return true;
    }
    count(acquire, &scan);
    deliver(acquire, &scan);
    return true;
}

static void *run(void *argument)
{
    struct acquire *acquire = argument;
    while (acquire_step(acquire))
        ;
    atomic_store_explicit(&acquire->ended, true, memory_order_release);
    return NULL;
}

int acquire_start(struct acquire *acquire)
{
    struct thread_config config = {
        .name = "acquire", .stack_size = STACK_SIZE, .priority = acquire->priority};
    return thread_start(&acquire->thread, &config, run, acquire);
}

void acquire_stop(struct acquire *acquire)
{
    atomic_store(&acquire->stop, true);
    pthread_join(acquire->thread, NULL);
}
