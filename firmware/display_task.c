/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/display_task.h"

#include "firmware/api/mailbox.h"
#include "firmware/base/log.h"
#include "firmware/thread.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { STACK_SIZE = 128 << 10, TURN_MS = 100, TURNS_PER_S = 10 };

static void show(struct display_task *task, const struct display_text *text)
{
    int result = display_write(task->display, text);
    if (result < 0) {
        health_add(&task->health->display_errors, 1);
        if (!task->failing)
            log_warning("display %s: %s; trying again", task->display->ops->name, strerror(-result));
    } else if (task->failing) {
        log_notice("display %s: back again", task->display->ops->name);
    }
    task->failing = result < 0;
}

static int64_t choose_page(struct display_task *task, int64_t second)
{
    int64_t fixed = atomic_load(&task->page);
    int64_t page = fixed >= 0 ? fixed : second / atomic_load(&task->page_s) % task->pages.n;
    atomic_store(&task->shown, page);
    return page;
}

static void turn(struct display_task *task, struct mailbox *mailbox, int64_t second)
{
    struct mailbox_live live;
    struct display_text text;
    if (mailbox_read(mailbox, &live) != 0)
        return;
    if (live.live.windows == 0)
        pages_render_start(task->meter_id, task->version, &text);
    else
        pages_render(&task->pages, (int)choose_page(task, second), &live, &text);
    show(task, &text);
}

static void *run(void *argument)
{
    struct display_task *task = argument;
    struct mailbox mailbox;
    if (mailbox_open(&mailbox, task->run_dir) < 0) {
        log_error("display: no mailbox in %s", task->run_dir);
        return NULL;
    }
    for (int64_t turns = 0; !atomic_load(&task->stop); turns++) {
        if (turns % TURNS_PER_S == 0)
            turn(task, &mailbox, turns / TURNS_PER_S);
        nanosleep(&(struct timespec){.tv_nsec = TURN_MS * 1000000L}, NULL);
    }
    mailbox_close(&mailbox);
    return NULL;
}

int display_task_start(struct display_task *task)
{
    struct thread_config config = {.name = "display", .stack_size = STACK_SIZE};
    return task->display == NULL ? 0 : thread_start(&task->thread, &config, run, task);
}

void display_task_stop(struct display_task *task)
{
    if (task->display == NULL)
        return;
    atomic_store(&task->stop, true);
    pthread_join(task->thread, NULL);
}

int display_task_page(struct display_task *task, int64_t page)
{
    if (page < -1 || page >= task->pages.n)
        return -ERANGE;
    atomic_store(&task->page, page);
    return 0;
}
