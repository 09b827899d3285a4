/* SPDX-License-Identifier: GPL-3.0-or-later */
/* service.h - vatio-mqtt as a process: clock, signals, systemd and the real publisher and source around the courier.
 *
 * Signals: SIGTERM, SIGINT and SIGHUP end it cleanly; a second one ends it without waiting for the broker.
 * systemd: READY once the settings hold and the state directory can be used (the broker may come later), STATUS when
 *          it changes, WATCHDOG while the loop turns.
 * Errors:  -errno, logged.
 */
#ifndef VATIO_NET_SERVICE_H
#define VATIO_NET_SERVICE_H

#include "net/arguments.h"
#include "net/courier.h"
#include "net/publisher_paho.h"
#include "net/source_vatiod.h"

struct service {
    struct publisher_paho paho;
    struct source_vatiod vatiod;
    struct courier courier;
    const char *status_file;
    int signal_fd;
    int64_t watchdog_ms; /* between two signs of life; 0 = none wanted */
    int64_t alive_ms;    /* of the last one */
    int64_t told_ms;     /* when the status was written last */
    char told[512];
};

/* settings and arguments must live as long as the object. Blocks the signals for this thread and those it starts. */
int service_open(struct service *service, const struct settings *settings, const struct arguments *arguments);

/* Returns the exit status. */
int service_run(struct service *service);

void service_close(struct service *service);

#endif
