/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/supervisor.h"

#include "firmware/base/log.h"

#include <signal.h>
#include <stddef.h>
#include <systemd/sd-daemon.h>
#include <time.h>

static const long turn_ns = 100000000;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void awaited(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

void supervisor_init(struct supervisor *supervisor)
{
    sigset_t set;
    awaited(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    uint64_t watchdog_us = 0;
    sd_watchdog_enabled(0, &watchdog_us);
    *supervisor = (struct supervisor){
        .period_ns = (int64_t)watchdog_us * 1000 / 3,
        .fed_ns = now_ns(),
        .acquire_turns = -1,
        .measure_turns = -1,
        .real_start_ns = now_ns(),
    };
}

bool supervisor_alive(struct supervisor *supervisor, struct health *health)
{
    int64_t acquire_turns = atomic_load(&health->acquire_turns);
    int64_t measure_turns = atomic_load(&health->measure_turns);
    bool alive = acquire_turns != supervisor->acquire_turns && measure_turns != supervisor->measure_turns;
    supervisor->acquire_turns = acquire_turns;
    supervisor->measure_turns = measure_turns;
    return alive;
}

static void feed(struct supervisor *supervisor, struct daemon *daemon)
{
    if (supervisor->period_ns == 0 || now_ns() - supervisor->fed_ns < supervisor->period_ns)
        return;
    supervisor->fed_ns = now_ns();
    if (supervisor_alive(supervisor, &daemon->health))
        sd_notify(0, "WATCHDOG=1");
    else
        log_error("watchdog not fed: acquire or measure stands still");
}

static void reload(struct daemon *daemon)
{
    char text[CONTROL_TEXT];
    sd_notify(0, "RELOADING=1");
    daemon_reload(daemon, text, sizeof text);
    log_notice("%s", text);
    sd_notify(0, "READY=1");
}

void supervisor_run(struct supervisor *supervisor, struct daemon *daemon)
{
    sigset_t set;
    awaited(&set);
    sd_notify(0, "READY=1\nSTATUS=metering");
    while (!atomic_load(&daemon->stop) && !atomic_load(&daemon->acquire.ended)) {
        struct timespec wait = {.tv_nsec = turn_ns};
        int signal_number = sigtimedwait(&set, NULL, &wait);
        if (signal_number == SIGHUP)
            reload(daemon);
        else if (signal_number > 0)
            break;
        feed(supervisor, daemon);
    }
    sd_notify(0, "STOPPING=1");
}

double supervisor_elapsed_s(const struct supervisor *supervisor)
{
    return (double)(now_ns() - supervisor->real_start_ns) * 1e-9;
}
