/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/thread.h"

#include "firmware/base/log.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

static int create(pthread_t *thread, const struct thread_config *config, int priority, void *(*run)(void *),
                  void *argument)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, config->stack_size);
    if (priority > 0) {
        struct sched_param parameters = {.sched_priority = priority};
        pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
        pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
        pthread_attr_setschedparam(&attributes, &parameters);
    }
    int result = pthread_create(thread, &attributes, run, argument);
    pthread_attr_destroy(&attributes);
    return -result;
}

int thread_start(pthread_t *thread, const struct thread_config *config, void *(*run)(void *), void *argument)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int result = create(thread, config, config->priority, run, argument);
    if (result == -EPERM && config->priority > 0) {
        log_warning("thread %s runs without real-time priority %d: not permitted (LimitRTPRIO)", config->name,
                    config->priority);
        result = create(thread, config, 0, run, argument);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result == 0)
        pthread_setname_np(*thread, config->name);
    return result;
}
