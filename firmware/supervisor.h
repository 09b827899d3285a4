/* SPDX-License-Identifier: GPL-3.0-or-later */
/* supervisor.h - main's own loop while the daemon runs: signals, the service manager's readiness and watchdog.
 *
 * Watchdog: fed only while acquire and measure both show signs of life; a hung one has the service manager restart
 *           vatiod within WatchdogSec.
 * Signals:  SIGTERM and SIGINT stop, SIGHUP reloads.
 */
#ifndef VATIO_FIRMWARE_SUPERVISOR_H
#define VATIO_FIRMWARE_SUPERVISOR_H

#include "firmware/daemon.h"

#include <stdbool.h>
#include <stdint.h>

struct supervisor {
    int64_t period_ns; /* between two feeds; 0 = no watchdog */
    int64_t fed_ns;
    int64_t acquire_turns; /* at the last feed */
    int64_t measure_turns;
    int64_t real_start_ns;
};

/* Blocks the signals that supervisor_run waits for, and SIGPIPE; before any thread is started. */
void supervisor_init(struct supervisor *supervisor);

/* Returns when the daemon is to stop: a signal, a request, or acquire has ended. */
void supervisor_run(struct supervisor *supervisor, struct daemon *daemon);

/* True when the watchdog may be fed: both threads have moved since the last time. */
bool supervisor_alive(struct supervisor *supervisor, struct health *health);

/* Seconds since supervisor_init, real ones. */
double supervisor_elapsed_s(const struct supervisor *supervisor);

#endif
