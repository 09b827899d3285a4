/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/daemon_parts.h"

#include "firmware/base/log.h"
#include "firmware/thread.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CONTROL_STACK = 512 << 10 };

int daemon_fail(int result, const char *what, char *error, size_t error_size)
{
    snprintf(error, error_size, "%s: %s", what, strerror(-result));
    return result;
}

bool daemon_is_replay(const struct daemon *daemon)
{
    return daemon->config.adc_source == CONFIG_ADC_REPLAY;
}

bool daemon_is_physical(const struct daemon *daemon)
{
    return daemon_is_replay(daemon) && !daemon->config.replay_through_adc;
}

static void *serve_control(void *argument)
{
    struct daemon *daemon = argument;
    int result = control_server_run(&daemon->control);
    if (result < 0)
        log_error("control socket: %s", strerror(-result));
    return NULL;
}

static int start_acquire(struct daemon *daemon)
{
    struct acquire *acquire = &daemon->acquire;
    int64_t now_ns = clock_mono_ns(daemon->source.clock);
    acquire->source = &daemon->source;
    acquire->ring = &daemon->scans;
    acquire->health = &daemon->health;
    acquire->priority = daemon->source.simulated ? 0 : (int)daemon->config.priority;
    acquire->end_ns =
        daemon->arguments->seconds > 0 ? now_ns + daemon->arguments->seconds * 1000000000 : INT64_MAX;
    pace_init(&acquire->pace, now_ns, daemon->source.plan.period_ns, (uint64_t)daemon->config.sim_seed);
    if (!daemon->source.simulated && daemon->config.lock_memory && mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
        log_warning("memory is not locked: %s (LimitMEMLOCK)", strerror(errno));
    return acquire_start(acquire);
}

int daemon_start(struct daemon *daemon, char *error, size_t error_size)
{
    struct thread_config control = {.name = "control", .stack_size = CONTROL_STACK};
    int result = recorder_start(&daemon->recorder);
    if (result == 0)
        result = measure_start(&daemon->measure);
    if (result == 0)
        result = keeper_start(&daemon->keeper);
    if (result == 0)
        result = display_task_start(&daemon->display_task);
    if (result == 0)
        result = pulse_task_start(&daemon->pulse_task);
    if (result == 0)
        result = thread_start(&daemon->control_thread, &control, serve_control, daemon);
    if (result == 0)
        result = start_acquire(daemon);
    return result == 0 ? 0 : daemon_fail(result, "starting threads", error, error_size);
}

void daemon_stop(struct daemon *daemon)
{
    acquire_stop(&daemon->acquire);
    measure_join(&daemon->measure);
    control_server_stop(&daemon->control); /* what it did until now is still told */
    pthread_join(daemon->control_thread, NULL);
    recorder_event(&daemon->recorder, "stop", "ended as asked", NAN);
    recorder_stop(&daemon->recorder);
    keeper_stop(&daemon->keeper);
    keeper_write(&daemon->keeper, &daemon->measure.kept, true);
    pulse_task_stop(&daemon->pulse_task);
    display_task_stop(&daemon->display_task);
}

void daemon_close(struct daemon *daemon)
{
    if (daemon->opened & PART_CONTROL)
        control_server_close(&daemon->control);
    if (daemon->display_task.display != NULL)
        display_close(daemon->display_task.display);
    if (daemon->pulse_task.line != NULL)
        line_close(daemon->pulse_task.line);
    if (daemon->opened & PART_KEEPER)
        keeper_close(&daemon->keeper);
    if (daemon->opened & PART_READER)
        store_reader_close(&daemon->reader);
    if (daemon->opened & PART_AUDIT)
        audit_log_close(&daemon->audit);
    if (daemon->opened & PART_STORE)
        store_close(&daemon->store);
    if (daemon->opened & PART_MEASURE)
        measure_close(&daemon->measure);
    if (daemon->opened & PART_SOURCE)
        source_close(&daemon->source);
    if (daemon->opened & PART_MAILBOX)
        mailbox_remove(&daemon->mailbox, daemon->config.run_dir);
    detail_remove(&daemon->detail, daemon->config.run_dir);
    scan_tap_close(&daemon->tap, daemon->config.run_dir);
    second_ring_leave(&daemon->seconds);
    if (daemon->opened & PART_REPLAY)
        replay_close(&daemon->replay);
    free(daemon->scan_memory);
    free(daemon->record_memory);
    free(daemon->event_memory);
    if (daemon->opened & PART_RUN_LOCK)
        instance_unlock(&daemon->run_lock);
    if (daemon->opened & PART_DATA_LOCK)
        instance_unlock(&daemon->data_lock);
}
