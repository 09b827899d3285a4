/* SPDX-License-Identifier: GPL-3.0-or-later */
/* display_task.h - the display's thread: newest values from the mailbox, page after page. The device may be slow or
 * gone; that is counted and delays nobody else.
 *
 * Threads: display_task_page and display_task_page_s from any thread; the others from main.
 */
#ifndef VATIO_FIRMWARE_DISPLAY_TASK_H
#define VATIO_FIRMWARE_DISPLAY_TASK_H

#include "firmware/health.h"
#include "firmware/pages.h"
#include "hal/display.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct display_task {
    struct display *display; /* NULL: none, the thread is not started */
    const char *run_dir;
    struct pages pages; /* set by pages_init before the start */
    const char *meter_id;
    const char *version;
    struct health *health;
    _Atomic int64_t page_s; /* seconds per page while rotating */
    _Atomic int64_t page;   /* -1: rotating; else this page stays */
    _Atomic int64_t shown;  /* the page shown now */
    int failing;
    atomic_bool stop;
    pthread_t thread;
};

int display_task_start(struct display_task *task);
void display_task_stop(struct display_task *task);

/* page -1 rotates. -ERANGE for a page there is not. */
int display_task_page(struct display_task *task, int64_t page);

#endif
