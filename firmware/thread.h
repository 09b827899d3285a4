/* SPDX-License-Identifier: GPL-3.0-or-later */
/* thread.h - a thread with a name, a small explicit stack (mlockall would otherwise pin megabytes of each) and, where
 * asked for, a real-time priority set on it alone.
 */
#ifndef VATIO_FIRMWARE_THREAD_H
#define VATIO_FIRMWARE_THREAD_H

#include <pthread.h>
#include <stddef.h>

struct thread_config {
    const char *name;  /* at most 15 characters: seen in ps -T */
    size_t stack_size; /* bytes */
    int priority;      /* SCHED_FIFO 1..99; 0 = ordinary */
};

/* 0, or -errno. Without the right to a real-time priority the thread runs without, and a warning says so. Signals are
 * blocked in the new thread: main alone takes them. */
int thread_start(pthread_t *thread, const struct thread_config *config, void *(*run)(void *), void *argument);

#endif
