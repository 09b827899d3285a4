/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/pulse_task.h"

#include "firmware/base/log.h"
#include "firmware/thread.h"

#include <string.h>
#include <time.h>

enum { STACK_SIZE = 128 << 10, TURN_MS = 20 };

static void wait_ms(int64_t ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&ts, NULL);
}

int64_t pulse_task_count(int64_t energy_uwh, int64_t imp_per_kwh)
{
    static const int64_t uwh_per_kwh = 1000000000;
    return energy_uwh / uwh_per_kwh * imp_per_kwh + energy_uwh % uwh_per_kwh * imp_per_kwh / uwh_per_kwh;
}

static void give(struct pulse_task *task)
{
    int high = line_write(task->line, true);
    wait_ms(task->width_ms);
    int low = line_write(task->line, false);
    wait_ms(task->width_ms);
    int result = high < 0 ? high : low;
    if (result < 0 && !task->failing)
        log_warning("pulse LED: %s", strerror(-result));
    task->failing = result < 0;
    health_add(&task->health->pulses, 1);
    task->given++;
}

void pulse_task_turn(struct pulse_task *task, const struct record_energy *grid)
{
    int64_t due = pulse_task_count(grid->import_uwh + grid->export_uwh, task->imp_per_kwh);
    if (task->given < 0)
        task->given = due;
    do {
        if (task->given >= due)
            return;
        give(task);
    } while (task->width_ms == 0);
}

static void *run(void *argument)
{
    struct pulse_task *task = argument;
    struct mailbox mailbox;
    if (mailbox_open(&mailbox, task->run_dir) < 0) {
        log_error("pulse LED: no mailbox in %s", task->run_dir);
        return NULL;
    }
    while (!atomic_load(&task->stop)) {
        struct mailbox_live live;
        if (mailbox_read(&mailbox, &live) == 0)
            pulse_task_turn(task, &live.energy[0]);
        wait_ms(TURN_MS);
    }
    mailbox_close(&mailbox);
    return NULL;
}

int pulse_task_start(struct pulse_task *task)
{
    struct thread_config config = {.name = "pulse", .stack_size = STACK_SIZE};
    return task->line == NULL ? 0 : thread_start(&task->thread, &config, run, task);
}

void pulse_task_stop(struct pulse_task *task)
{
    if (task->line == NULL)
        return;
    atomic_store(&task->stop, true);
    pthread_join(task->thread, NULL);
}
